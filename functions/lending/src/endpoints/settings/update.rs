//! `PUT /api/admin/settings/{key}`: an admin sets it. It holds from the next request that reads it on.
use axum::{extract::State, routing::put};
use serde_json::Value;
use shared::{
    app::App,
    audit::Entry,
    codes,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, IfMatch, Path, Reply},
    table::{Stored, Write},
};
use utoipa::ToSchema;

use super::Shown;
use crate::{
    WING,
    access::{ADMIN, Staff},
    settings::{self, StoredSetting},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-update-setting",
    module: module_path!(),
    wing: &WING,
    summary: "Change a setting",
    trigger: Trigger::Http(Route {
        method: Method::Put,
        path: "/api/admin/settings/{key}",
        access: ADMIN,
        handler: || put(handle),
        docs: Docs::reply::<Shown>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get, Need::Put],
    ..Function::ENDPOINT
};

/// The new value.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// Of the setting's kind.
    value: Value,
}

async fn handle(
    State(app): State<App>,
    Staff { actor, .. }: Staff,
    Path(key): Path<String>,
    if_match: IfMatch,
    Body(request): Body<Request>,
) -> Result<Reply<Shown>, Error> {
    let setting = settings::find(&key).ok_or(codes::NOT_FOUND)?;
    let value = setting
        .accept(&request.value)
        .ok_or_else(|| Error::invalid_field("value", "range", setting.rule()))?;
    let before = app.table().get(StoredSetting::at(setting.key())).await?;
    if_match.require(before.as_ref().map_or(0, Stored::revision))?;

    let (updated_by, updated_at) = (actor.id.clone(), app.now());
    let after = StoredSetting { key: setting.key().to_owned(), value, updated_by, updated_at };
    let was = before.as_ref().map_or_else(|| setting.default(), |before| before.value.value.clone());
    let line = Entry::new(&app, &WING, &actor, "update_setting", setting.key(), &was, &after.value)?;
    let write = match before {
        Some(mut stored) => {
            stored.value = after;
            Write::new().replace(&stored)
        }
        None => Write::new().create(&after),
    };
    app.table().write(write.create(&line)).await?;
    let stored = app.table().get(StoredSetting::at(setting.key())).await?;
    let shown = Shown::of(setting, stored.as_ref());
    let version = shown.version;
    Ok(Reply::ok("Saved", shown).version(version))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::settings::get,
        testing::{staff_member, staff_signed_in},
    };

    async fn put(stand: &Stand, cookie: &str, version: &str, value: Value) -> Answer {
        let call = stand.call(&FUNCTION).cookie(cookie).path("key", "maker_checker_limit");
        call.header("if-match", version).json(json!({ "value": value })).await
    }

    #[tokio::test]
    async fn a_setting_is_versioned_and_its_change_audited_with_before_and_after() {
        let stand = Stand::new().await;
        let admin = staff_member(&stand, &["admin"]).await;
        let answer = put(&stand, &admin.cookie, "\"0\"", json!(150_000.5)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let data = &answer.body["data"];
        assert_eq!((&data["value"], &data["version"]), (&json!(150_000.5), &json!(1)));
        assert_eq!(data["updated_by"], admin.id.to_string());
        assert_eq!(put(&stand, &admin.cookie, "\"1\"", json!(100_000)).await.status, 200);
        let shown = stand.call(&get::FUNCTION).cookie(&admin.cookie).path("key", "maker_checker_limit").await;
        assert_eq!(
            (&shown.body["data"]["value"], &shown.body["data"]["version"]),
            (&json!(100_000), &json!(2))
        );
        let stored = stand.everything_stored().await;
        assert!(
            stored.contains("\"before\": N(\"200000\")") && stored.contains("\"after\": N(\"150000.5\")")
        );
    }

    #[tokio::test]
    async fn the_version_is_asked_for_and_compared() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        assert_eq!(put(&stand, &admin, "*", json!(1)).await.status, 428);
        assert_eq!(put(&stand, &admin, "\"1\"", json!(1)).await.status, 412);
        let (one, two) = futures::join!(
            put(&stand, &admin, "\"0\"", json!(100_000)),
            put(&stand, &admin, "\"0\"", json!(300_000))
        );
        let done = [one.status, two.status].iter().filter(|status| **status == 200).count();
        assert_eq!(done, 1, "{one:?} {two:?}");
    }

    #[tokio::test]
    async fn a_value_out_of_bounds_is_refused_with_the_rule() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        let answer = put(&stand, &admin, "\"0\"", json!("much")).await;
        assert_eq!((answer.status, answer.code()), (400, "VALIDATION_FAILED"));
        assert_eq!(answer.body["errors"][0]["message"], "must be an amount from 0 to 100000000 rupees");
    }

    #[tokio::test]
    async fn only_admins_set() {
        let stand = Stand::new().await;
        for role in ["officer", "finance"] {
            let cookie = staff_signed_in(&stand, &[role]).await;
            assert_eq!(put(&stand, &cookie, "\"0\"", json!(1)).await.code(), "FORBIDDEN", "{role}");
        }
    }
}
