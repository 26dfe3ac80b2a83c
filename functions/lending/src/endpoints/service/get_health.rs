//! `GET /health`: whether the service is up.
use axum::routing::get;
use shared::{
    function::{Function, Route, Trigger},
    http::health,
};

use crate::WING;

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-health",
    module: module_path!(),
    wing: &WING,
    summary: "Tell whether the service is up",
    trigger: Trigger::Http(Route {
        path: "/health",
        handler: || get(async || health::alive()),
        ..Route::DEFAULT
    }),
    ..Function::ENDPOINT
};

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;

    #[tokio::test]
    async fn the_service_is_up_without_asking_anybody() {
        let stand = Stand::new().await;
        stand.break_down("dynamodb");
        let answer = stand.call(&FUNCTION).await;
        assert_eq!(
            (answer.status, &answer.body),
            (200, &json!({ "status": "success", "message": "The service is up" }))
        );
        assert_eq!(answer.cost.calls, 0);
    }
}
