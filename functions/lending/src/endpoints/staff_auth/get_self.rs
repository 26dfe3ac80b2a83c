//! `GET /api/admin/auth/me`: which member of staff is signed in, and what they must still set up.
use axum::routing::get;
use serde::Serialize;
use shared::{
    error::Error,
    function::{Function, Route, Trigger},
    http::{Docs, Reply},
    identity::staff::StaffView,
};
use utoipa::ToSchema;

use crate::{
    WING,
    access::{STAFF_IN_SETUP, Staff},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-staff-self",
    module: module_path!(),
    wing: &WING,
    summary: "Show the signed-in member of staff",
    trigger: Trigger::Http(Route {
        path: "/api/admin/auth/me",
        access: STAFF_IN_SETUP,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    ..Function::ENDPOINT
};

/// The member, and the proof of intent for their pages.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    #[serde(flatten)]
    member: StaffView,
    /// For `X-CSRF-Token`.
    csrf_token: String,
}

async fn handle(Staff { member, session, .. }: Staff) -> Result<Reply<Response>, Error> {
    let response = Response { member: member.view(), csrf_token: session.csrf_token() };
    Ok(Reply::ok("You", response).version(member.revision()))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::staff_signed_in;

    #[tokio::test]
    async fn staff_see_themselves_in_one_read_and_no_secrets() {
        let stand = Stand::new().await;
        let cookie = staff_signed_in(&stand, &["admin", "finance"]).await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let data = &answer.body["data"];
        assert_eq!((&data["totp"], &data["recovery_codes_left"]), (&"on".into(), &10.into()));
        assert!(!data.to_string().contains("argon2") && data.get("password").is_none());
        assert_eq!(answer.cost.calls, 1);
    }

    #[tokio::test]
    async fn a_session_of_staff_ends_after_a_day() {
        let stand = Stand::new().await;
        let cookie = staff_signed_in(&stand, &["officer"]).await;
        stand.advance(SignedDuration::from_hours(24));
        assert_eq!(stand.call(&FUNCTION).cookie(&cookie).await.code(), "SESSION_EXPIRED");
        assert_eq!(stand.call(&FUNCTION).await.code(), "NOT_SIGNED_IN");
    }
}
