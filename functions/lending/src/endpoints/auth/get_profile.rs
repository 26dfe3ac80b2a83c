//! `GET /api/auth/profile`: who is signed in, with identifiers masked.
use axum::{extract::State, routing::get};
use jiff::Timestamp;
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Reply},
    identity::{
        Vault,
        vault::{FIELD_KEY, masked},
    },
};
use utoipa::ToSchema;

use crate::{
    WING,
    access::{BORROWER, Borrower},
    borrower::{FullName, Language, UserId},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-profile",
    module: module_path!(),
    wing: &WING,
    summary: "Show the signed-in borrower",
    trigger: Trigger::Http(Route {
        path: "/api/auth/profile",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Secret(&FIELD_KEY)],
    ..Function::ENDPOINT
};

/// The borrower as they may see themselves.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    #[schema(value_type = String)]
    id: UserId,
    mobile: String,
    #[schema(value_type = Option<String>)]
    full_name: Option<FullName>,
    email: Option<String>,
    /// A new address that waits for its confirmation.
    pending_email: Option<String>,
    language: Language,
    /// All but the last four characters hidden.
    pan: Option<String>,
    profile_completion_step: u8,
    /// RFC 3339.
    #[schema(value_type = String)]
    member_since: Timestamp,
    /// For `X-CSRF-Token`.
    csrf_token: String,
}

async fn handle(
    State(app): State<App>,
    Borrower { user, session }: Borrower,
) -> Result<Reply<Response>, Error> {
    let mobile = Vault::of(&app)?.open(&user.id.to_string(), "phone", &user.phone)?;
    let pending_email = user.pending_email(app.now()).map(str::to_owned);
    let basic = user.value.basic;
    Ok(Reply::ok(
        "Your profile",
        Response {
            id: user.value.id,
            mobile,
            pan: basic.as_ref().map(|basic| masked(&format!("XXXXXX{}", basic.pan_last4), 4)),
            email: basic.as_ref().map(|basic| basic.email.clone()),
            pending_email,
            language: user.value.language,
            full_name: basic.map(|basic| basic.full_name),
            profile_completion_step: user.value.profile_completion_step.number(),
            member_since: user.value.created_at,
            csrf_token: session.csrf_token(),
        },
    ))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::signed_in;

    #[tokio::test]
    async fn a_borrower_sees_themselves_in_one_read() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["data"]["mobile"], "9876543210");
        assert_eq!(answer.cost.calls, 1);
    }

    #[tokio::test]
    async fn a_session_ends_after_twenty_four_hours_whatever_happened_in_it() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        stand.advance(SignedDuration::from_secs(24 * 3600 - 1));
        assert_eq!(stand.call(&FUNCTION).cookie(&cookie).await.status, 200);
        stand.advance(SignedDuration::from_secs(1));
        let answer = stand.call(&FUNCTION).cookie(&cookie).await;
        assert_eq!((answer.status, answer.code()), (401, "SESSION_EXPIRED"));
    }

    #[tokio::test]
    async fn without_a_session_or_with_a_made_up_one_nobody_is_signed_in() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let forged = format!("{}A", &cookie[..cookie.len() - 1]);
        assert_eq!(stand.call(&FUNCTION).await.status, 401);
        for cookie in [forged.as_str(), "__Host-sid=", "__Host-sid=nonsense"] {
            assert_eq!(stand.call(&FUNCTION).cookie(cookie).await.code(), "NOT_SIGNED_IN", "{cookie}");
        }
    }
}
