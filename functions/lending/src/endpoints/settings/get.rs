//! `GET /api/admin/settings/{key}`: one setting, with the version that a change must name.
use axum::{extract::State, routing::get};
use shared::{
    app::App,
    codes,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Path, Reply},
};

use super::Shown;
use crate::{
    WING,
    access::ADMIN,
    settings::{self, StoredSetting},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-setting",
    module: module_path!(),
    wing: &WING,
    summary: "Show a setting",
    trigger: Trigger::Http(Route {
        path: "/api/admin/settings/{key}",
        access: ADMIN,
        handler: || get(handle),
        docs: Docs::reply::<Shown>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get],
    ..Function::ENDPOINT
};

async fn handle(State(app): State<App>, Path(key): Path<String>) -> Result<Reply<Shown>, Error> {
    let setting = settings::find(&key).ok_or(codes::NOT_FOUND)?;
    let stored = app.table().get(StoredSetting::at(setting.key())).await?;
    let shown = Shown::of(setting, stored.as_ref());
    let version = shown.version;
    Ok(Reply::ok("The setting", shown).version(version))
}

#[cfg(test)]
mod tests {
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::staff_signed_in;

    #[tokio::test]
    async fn a_setting_shows_its_version_and_unknown_keys_are_not_there() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        let answer = stand.call(&FUNCTION).cookie(&admin).path("key", "foir_pct").await;
        assert_eq!((answer.status, answer.headers["etag"].as_str()), (200, "\"0\""), "{answer:?}");
        assert_eq!(answer.body["data"]["value"], 50);
        let answer = stand.call(&FUNCTION).cookie(&admin).path("key", "otp-pepper").await;
        assert_eq!(answer.status, 404);
        let officer = staff_signed_in(&stand, &["officer"]).await;
        assert_eq!(stand.call(&FUNCTION).cookie(&officer).path("key", "foir_pct").await.status, 403);
    }
}
