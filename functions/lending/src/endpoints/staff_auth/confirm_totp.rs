//! `POST /api/admin/auth/totp/confirm`: the first code of a new authenticator turns it on and hands out the recovery codes.
use axum::{extract::State, routing::post};
use serde::Serialize;
use shared::{
    app::App,
    audit::Entry,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, Reply},
    identity::{recovery::RecoveryCode, session, staff::StaffMember, totp::TotpCode, vault::FIELD_KEY},
    table::Write,
};
use utoipa::ToSchema;

use crate::{
    WING,
    access::{STAFF_IN_SETUP, Staff},
    codes as lending_codes,
    staff::count_admins,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-confirm-staff-totp",
    module: module_path!(),
    wing: &WING,
    summary: "Turn a new authenticator on",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/admin/auth/totp/confirm",
        access: STAFF_IN_SETUP,
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Update, Need::Query, Need::Put, Need::Delete, Need::Secret(&FIELD_KEY)],
    ..Function::ENDPOINT
};

/// The first code.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// What the app shows now.
    #[schema(value_type = String, example = "012345")]
    totp: TotpCode,
}

/// To be kept on paper; shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    /// Ten codes that each stand in once for the authenticator.
    #[schema(example = json!(["abcd-efgh-jkmn-pqrs"]))]
    recovery_codes: Vec<String>,
    /// What is still to do: `password`.
    missing: Vec<&'static str>,
}

/// Ends the other sessions, because one of them may have begun before there was an authenticator.
async fn handle(
    State(app): State<App>,
    Staff { mut member, session, actor }: Staff,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let before = member.value.clone();
    let recovery_codes = member.confirm(&app, &request.totp)?.ok_or(lending_codes::NOT_IN_THAT_STATE)?;
    let others = session::others(&app, &StaffMember::partition(&WING, member.id), Some(session.id)).await?;
    let line = Entry::new(&app, &WING, &actor, "confirm_totp", member.id, &before.view(), &member.view())?;
    let write = count_admins(Some(&before), &member, Write::new().replace(&member).create(&line));
    app.table().write(others.iter().fold(write, Write::delete)).await?;
    let recovery_codes = recovery_codes.iter().map(RecoveryCode::reveal).collect();
    let response = Response { recovery_codes, missing: member.missing() };
    Ok(Reply::ok("The authenticator is on; keep the recovery codes on paper", response))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::{Value, json};
    use shared::{function::Function, identity::totp::TotpSecret};
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::{
            admin_users,
            staff_auth::{change_password, enrol_totp, get_self, sign_in},
        },
        testing::{STAFF_PASSWORD, first_admin, staff_signed_in},
    };

    const EMAIL: &str = "first@lender.example";

    async fn post(stand: &Stand, function: &'static Function, cookie: &str, body: Value) -> Answer {
        stand.call(function).cookie(cookie).json(body).await
    }

    async fn enrol(stand: &Stand, cookie: &str, password: &str) -> TotpSecret {
        let answer = post(stand, &enrol_totp::FUNCTION, cookie, json!({ "password": password })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        TotpSecret::from_base32(answer.body["data"]["secret"].as_str().unwrap()).unwrap()
    }

    /// The whole way from the operator's command to work.
    #[tokio::test]
    async fn the_first_sign_in_can_only_set_up_and_then_everything() {
        let stand = Stand::new().await;
        let temporary = first_admin(&stand, EMAIL).await;
        let credentials = json!({ "email": EMAIL, "password": temporary });
        let signed_in = stand.call(&sign_in::FUNCTION).json(credentials).await;
        assert_eq!(signed_in.body["data"]["missing"], json!(["password", "totp"]), "{signed_in:?}");
        let cookie = signed_in.cookie("__Host-staff").unwrap();
        let users = stand.call(&admin_users::list::FUNCTION).cookie(&cookie).await;
        assert_eq!((users.status, users.code()), (403, "SETUP_INCOMPLETE"));
        assert_eq!(users.body["data"]["missing"], json!(["password", "totp"]));

        let body = json!({ "current_password": temporary, "new_password": STAFF_PASSWORD });
        assert_eq!(post(&stand, &change_password::FUNCTION, &cookie, body).await.status, 200);
        assert_eq!(stand.call(&admin_users::list::FUNCTION).cookie(&cookie).await.code(), "SETUP_INCOMPLETE");
        let secret = enrol(&stand, &cookie, STAFF_PASSWORD).await;
        let answer = post(&stand, &FUNCTION, &cookie, json!({ "totp": secret.code_at(stand.now()) })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["data"]["recovery_codes"].as_array().unwrap().len(), 10);
        assert_eq!(stand.call(&admin_users::list::FUNCTION).cookie(&cookie).await.status, 200);
    }

    #[tokio::test]
    async fn a_session_from_before_the_authenticator_does_not_outlive_its_enrolment() {
        let stand = Stand::new().await;
        let temporary = first_admin(&stand, EMAIL).await;
        let sign_in = async || {
            let credentials = json!({ "email": EMAIL, "password": temporary });
            stand.call(&sign_in::FUNCTION).json(credentials).await.cookie("__Host-staff").unwrap()
        };
        let (thief, owner) = (sign_in().await, sign_in().await);
        let secret = enrol(&stand, &owner, &temporary).await;
        let body = json!({ "totp": secret.code_at(stand.now()) });
        assert_eq!(post(&stand, &FUNCTION, &owner, body).await.status, 200);
        assert_eq!(stand.call(&get_self::FUNCTION).cookie(&thief).await.code(), "NOT_SIGNED_IN");
        assert_eq!(stand.call(&get_self::FUNCTION).cookie(&owner).await.status, 200);
    }

    #[tokio::test]
    async fn a_recovery_code_stands_in_once() {
        let stand = Stand::new().await;
        let temporary = first_admin(&stand, EMAIL).await;
        let credentials = json!({ "email": EMAIL, "password": temporary });
        let cookie = stand.call(&sign_in::FUNCTION).json(credentials).await.cookie("__Host-staff").unwrap();
        let secret = enrol(&stand, &cookie, &temporary).await;
        let answer = post(&stand, &FUNCTION, &cookie, json!({ "totp": secret.code_at(stand.now()) })).await;
        let code = answer.body["data"]["recovery_codes"][4].as_str().unwrap().to_owned();
        let with_code = json!({ "email": EMAIL, "password": temporary, "recovery_code": code });
        assert_eq!(stand.call(&sign_in::FUNCTION).json(with_code.clone()).await.status, 200);
        assert_eq!(stand.call(&sign_in::FUNCTION).json(with_code).await.code(), "INVALID_TOTP");
        let me = stand.call(&get_self::FUNCTION).cookie(&cookie).await;
        assert_eq!(me.body["data"]["recovery_codes_left"], 9);
        assert!(!stand.everything_stored().await.contains(&code.replace('-', "")));
    }

    #[tokio::test]
    async fn a_wrong_code_or_none_waiting_turns_nothing_on() {
        let stand = Stand::new().await;
        let temporary = first_admin(&stand, EMAIL).await;
        let credentials = json!({ "email": EMAIL, "password": temporary });
        let cookie = stand.call(&sign_in::FUNCTION).json(credentials).await.cookie("__Host-staff").unwrap();
        let secret = enrol(&stand, &cookie, &temporary).await;
        let wrong = secret.code_at(stand.now() + SignedDuration::from_mins(10));
        let answer = post(&stand, &FUNCTION, &cookie, json!({ "totp": wrong })).await;
        assert_eq!((answer.status, answer.code()), (400, "INVALID_OTP"));
        let me = stand.call(&get_self::FUNCTION).cookie(&cookie).await;
        assert_eq!(me.body["data"]["totp"], "pending");
        let officer = staff_signed_in(&stand, &["officer"]).await;
        let answer = post(&stand, &FUNCTION, &officer, json!({ "totp": "123456" })).await;
        assert_eq!((answer.status, answer.code()), (409, "NOT_IN_THAT_STATE"));
    }

    #[tokio::test]
    async fn a_temporary_password_dies_after_three_days() {
        let stand = Stand::new().await;
        let temporary = first_admin(&stand, EMAIL).await;
        stand.advance(SignedDuration::from_hours(72));
        let answer =
            stand.call(&sign_in::FUNCTION).json(json!({ "email": EMAIL, "password": temporary })).await;
        assert_eq!((answer.status, answer.code()), (403, "PASSWORD_EXPIRED"));
    }
}
