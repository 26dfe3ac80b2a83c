//! `GET /health/ready`: whether what the service stands on answers.
use axum::{extract::State, routing::get};
use shared::{
    app::App,
    function::{Function, Need, Route, Trigger},
    http::health,
};

use crate::WING;

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-readiness",
    module: module_path!(),
    wing: &WING,
    summary: "Tell whether what the service stands on answers",
    trigger: Trigger::Http(Route {
        path: "/health/ready",
        handler: || get(async |State(app): State<App>| health::ready(&app, &WING).await),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get],
    ..Function::ENDPOINT
};

#[cfg(test)]
mod tests {
    use stand::Stand;

    use super::FUNCTION;

    #[tokio::test]
    async fn the_service_is_ready_while_the_table_answers() {
        let stand = Stand::new().await;
        assert_eq!(stand.call(&FUNCTION).await.status, 200);
        stand.break_down("dynamodb");
        let answer = stand.call(&FUNCTION).await;
        assert_eq!((answer.status, answer.code()), (503, "UNAVAILABLE"));
        stand.mend("dynamodb");
        assert_eq!(stand.call(&FUNCTION).await.status, 200);
    }
}
