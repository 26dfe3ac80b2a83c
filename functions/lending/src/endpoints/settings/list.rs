//! `GET /api/admin/settings`: everything that can be set, with what it is now.
use axum::{extract::State, routing::get};
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Reply},
};
use utoipa::ToSchema;

use super::Shown;
use crate::{
    WING,
    access::ADMIN,
    settings::{ALL, Settings},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-list-settings",
    module: module_path!(),
    wing: &WING,
    summary: "List the settings",
    trigger: Trigger::Http(Route {
        path: "/api/admin/settings",
        access: ADMIN,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Query],
    ..Function::ENDPOINT
};

/// All of them, in the order of the registry.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    settings: Vec<Shown>,
}

async fn handle(State(app): State<App>) -> Result<Reply<Response>, Error> {
    let current = Settings::load(app.table()).await?;
    let settings = ALL.iter().map(|setting| Shown::of(*setting, current.stored(setting.key()))).collect();
    Ok(Reply::ok("The settings", Response { settings }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{settings::ALL, testing::staff_signed_in};

    #[tokio::test]
    async fn admins_see_every_setting_with_its_default() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        let answer = stand.call(&FUNCTION).cookie(&admin).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let settings = answer.body["data"]["settings"].as_array().unwrap();
        assert_eq!(settings.len(), ALL.len());
        let limit = settings.iter().find(|setting| setting["key"] == "maker_checker_limit").unwrap();
        assert_eq!((&limit["value"], &limit["version"]), (&json!(200_000), &json!(0)));
        assert_eq!(answer.cost.calls, 2);
    }
}
