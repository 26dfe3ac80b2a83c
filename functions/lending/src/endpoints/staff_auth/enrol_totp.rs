//! `POST /api/admin/auth/totp/enrol`: hands out the secret of a new authenticator, which counts once its first code is confirmed.
//!
//! Whoever has one already proves it with a code of it or with a recovery code; the old one counts until the new one is confirmed.
use axum::{Extension, extract::State, routing::post};
use serde::Serialize;
use shared::{
    app::App,
    audit::Entry,
    codes,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, Reply, Source},
    identity::{
        password::Password,
        recovery::RecoveryCode,
        staff::{self, SecondFactor},
        totp::TotpCode,
        vault::FIELD_KEY,
    },
    table::Write,
};
use utoipa::ToSchema;

use crate::{
    WING,
    access::{STAFF_IN_SETUP, Staff},
};

/// The declaration. Twice the usual memory, because it comes with twice the processor for hashing the password.
pub static FUNCTION: Function = Function {
    name: "lending-enrol-staff-totp",
    module: module_path!(),
    wing: &WING,
    summary: "Begin to use another authenticator",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/admin/auth/totp/enrol",
        access: STAFF_IN_SETUP,
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Update, Need::Put, Need::Delete, Need::Secret(&FIELD_KEY)],
    memory_mb: 512,
    ..Function::ENDPOINT
};

/// The proof that it is really them.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    #[schema(value_type = String, example = "correct horse battery")]
    password: Password,
    /// Of the present authenticator, if there is one.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "012345")]
    totp: Option<TotpCode>,
    /// In its place.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "abcd-efgh-jkmn-pqrs")]
    recovery_code: Option<RecoveryCode>,
}

/// What the app needs, shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    /// To type in: 32 characters of base 32.
    secret: String,
    /// To show as a QR code.
    otpauth_uri: String,
}

async fn handle(
    State(app): State<App>,
    Extension(source): Extension<Source>,
    Staff { mut member, actor, .. }: Staff,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let attempt = staff::ask_again(&app, &WING, &member, &request.password, &source.prefix()).await?;
    let before = member.view();
    let factor = SecondFactor { totp: request.totp, recovery_code: request.recovery_code };
    if let Err(error) = member.prove(&app, &factor) {
        if error.code() == codes::TOTP_REQUIRED {
            app.table().write(attempt.take_back(Write::new())).await?;
        }
        return Err(error);
    }
    let secret = member.enrol(&app)?;
    let line = Entry::new(&app, &WING, &actor, "enrol_totp", member.id, &before, &member.view())?;
    app.table().write(attempt.forgive(Write::new().replace(&member).create(&line))).await?;
    let response =
        Response { secret: secret.base32(), otpauth_uri: secret.uri("Pocket Credit", &member.email) };
    Ok(Reply::ok("Confirm the first code of the new authenticator", response))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::{Value, json};
    use shared::identity::totp::TotpSecret;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::staff_auth::{confirm_totp, sign_in},
        testing::{STAFF_PASSWORD, staff_member},
    };

    #[tokio::test]
    async fn a_new_phone_needs_the_password_and_a_code_of_the_old_one() {
        let stand = Stand::new().await;
        let ravi = staff_member(&stand, &["officer"]).await;
        let enrol = async |body: Value| stand.call(&FUNCTION).cookie(&ravi.cookie).json(body).await;
        assert_eq!(enrol(json!({ "password": "correct horse batterY" })).await.code(), "WRONG_CREDENTIALS");
        assert_eq!(enrol(json!({ "password": STAFF_PASSWORD })).await.code(), "TOTP_REQUIRED");
        let old = ravi.totp.code_at(stand.now());
        let answer = enrol(json!({ "password": STAFF_PASSWORD, "totp": old })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let data = &answer.body["data"];
        let secret = TotpSecret::from_base32(data["secret"].as_str().unwrap()).unwrap();
        assert!(data["otpauth_uri"].as_str().unwrap().starts_with("otpauth://totp/Pocket%20Credit:"));

        // Until it is confirmed, the old one counts.
        stand.advance(SignedDuration::from_secs(30));
        let with = async |secret: &TotpSecret| {
            let body = json!({ "email": ravi.email, "password": STAFF_PASSWORD, "totp": secret.code_at(stand.now()) });
            stand.call(&sign_in::FUNCTION).json(body).await.status
        };
        assert_eq!((with(&secret).await, with(&ravi.totp).await), (401, 200));
        let confirm = stand.call(&confirm_totp::FUNCTION).cookie(&ravi.cookie);
        assert_eq!(confirm.json(json!({ "totp": secret.code_at(stand.now()) })).await.status, 200);
        stand.advance(SignedDuration::from_secs(30));
        assert_eq!((with(&ravi.totp).await, with(&secret).await), (401, 200));
    }

    #[tokio::test]
    async fn the_secret_rests_sealed_and_not_in_the_audit_log() {
        let stand = Stand::new().await;
        let ravi = staff_member(&stand, &["officer"]).await;
        let body = json!({ "password": STAFF_PASSWORD, "totp": ravi.totp.code_at(stand.now()) });
        let answer = stand.call(&FUNCTION).cookie(&ravi.cookie).json(body).await;
        let stored = stand.everything_stored().await;
        assert!(stored.contains("\"action\": S(\"enrol_totp\")"));
        assert!(!stored.contains(answer.body["data"]["secret"].as_str().unwrap()));
    }
}
