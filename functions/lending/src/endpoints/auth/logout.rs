//! `POST /api/auth/logout`: ends the session. Harmless when there is none.
use axum::{extract::State, http::HeaderMap, routing::post};
use shared::{
    app::App,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Docs, Reply, cookie_value},
    identity::session::{Token, cleared_cookie},
    table::Write,
};

use crate::{WING, access::SESSION_COOKIE, borrower::User};

/// The declaration. Open to all, because signing out must work after the session ended; a page elsewhere that triggers it can
/// do no more than sign the visitor out, and `SameSite=Lax` keeps the cookie from it.
pub static FUNCTION: Function = Function {
    name: "lending-logout",
    module: module_path!(),
    wing: &WING,
    summary: "Sign out",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/auth/logout",
        handler: || post(handle),
        docs: Docs::NONE,
        ..Route::DEFAULT
    }),
    needs: &[Need::Delete],
    ..Function::ENDPOINT
};

async fn handle(State(app): State<App>, headers: HeaderMap) -> Result<Reply, Error> {
    if let Some(presented) = cookie_value(&headers, SESSION_COOKIE).and_then(Token::present::<User>) {
        let session = presented.session_at(&User::partition(presented.owner));
        app.table().write(Write::new().erase(session)).await?;
    }
    Ok(Reply::done("You are signed out").cookie(cleared_cookie(SESSION_COOKIE)))
}

#[cfg(test)]
mod tests {
    use stand::Stand;

    use super::FUNCTION;
    use crate::{endpoints::auth::get_profile, testing::signed_in};

    #[tokio::test]
    async fn signing_out_ends_the_session_and_clears_the_cookie() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.cookies[0].starts_with("__Host-sid=;") && answer.cookies[0].contains("Max-Age=0"));
        assert_eq!(stand.call(&get_profile::FUNCTION).cookie(&cookie).await.status, 401);
    }

    #[tokio::test]
    async fn signing_out_twice_or_without_a_session_is_fine() {
        let stand = Stand::new().await;
        assert_eq!(stand.call(&FUNCTION).await.status, 200);
        let cookie = signed_in(&stand, "9876543210").await;
        for _ in 0..2 {
            assert_eq!(stand.call(&FUNCTION).cookie(&cookie).await.status, 200);
        }
    }
}
