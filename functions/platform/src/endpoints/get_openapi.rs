//! `GET /openapi.json`: all endpoints with the shapes of their requests and replies, for programs.
use axum::routing::get;
use shared::{
    function::{Function, Route, Trigger},
    http::OpenApi,
};

use crate::WING;

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "platform-get-openapi",
    module: module_path!(),
    wing: &WING,
    summary: "Describe this API for programs",
    trigger: Trigger::Http(Route {
        path: "/openapi.json",
        handler: || get(async || OpenApi(DOCUMENT)),
        ..Route::DEFAULT
    }),
    ..Function::ENDPOINT
};

/// Written by `cargo run -- derive`.
const DOCUMENT: &str = include_str!("../../../../docs/openapi/platform.json");

#[cfg(test)]
mod tests {
    use stand::Stand;

    use super::FUNCTION;

    #[tokio::test]
    async fn the_document_comes_as_it_is_and_may_be_kept_for_a_while() {
        let stand = Stand::new().await;
        let answer = stand.call(&FUNCTION).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.body["openapi"].as_str().unwrap().starts_with("3."));
        assert!(answer.body["paths"].is_object());
        assert_eq!(answer.headers["content-type"], "application/json");
        assert_eq!(answer.headers["cache-control"], "public, max-age=300");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    }
}
