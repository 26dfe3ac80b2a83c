//! `POST /api/admin/auth/logout`: ends the session of a member of staff. Harmless when there is none.
use axum::{extract::State, http::HeaderMap, routing::post};
use shared::{
    app::App,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Docs, Reply, cookie_value},
    identity::{
        session::{Token, cleared_cookie},
        staff::StaffMember,
    },
    table::Write,
};

use crate::{WING, access::STAFF_COOKIE};

/// The declaration. Open to all, because signing out must work after the session ended; see the borrowers' one.
pub static FUNCTION: Function = Function {
    name: "lending-sign-out-staff",
    module: module_path!(),
    wing: &WING,
    summary: "Sign a member of staff out",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/admin/auth/logout",
        handler: || post(handle),
        docs: Docs::NONE,
        ..Route::DEFAULT
    }),
    needs: &[Need::Delete],
    ..Function::ENDPOINT
};

async fn handle(State(app): State<App>, headers: HeaderMap) -> Result<Reply, Error> {
    if let Some(presented) = cookie_value(&headers, STAFF_COOKIE).and_then(Token::present::<StaffMember>) {
        let session = presented.session_at(&StaffMember::partition(&WING, presented.owner));
        app.table().write(Write::new().erase(session)).await?;
    }
    Ok(Reply::done("You are signed out").cookie(cleared_cookie(STAFF_COOKIE)))
}

#[cfg(test)]
mod tests {
    use stand::Stand;

    use super::FUNCTION;
    use crate::{endpoints::staff_auth::get_self, testing::staff_signed_in};

    #[tokio::test]
    async fn signing_out_ends_the_session_and_clears_the_cookie_and_may_be_repeated() {
        let stand = Stand::new().await;
        let cookie = staff_signed_in(&stand, &["finance"]).await;
        for _ in 0..2 {
            let answer = stand.call(&FUNCTION).cookie(&cookie).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(
                answer.cookies[0].starts_with("__Host-staff=;") && answer.cookies[0].contains("Max-Age=0")
            );
        }
        assert_eq!(stand.call(&get_self::FUNCTION).cookie(&cookie).await.status, 401);
        assert_eq!(stand.call(&FUNCTION).await.status, 200);
    }
}
