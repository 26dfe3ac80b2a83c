//! `DELETE /api/auth/sessions/{id}`: signs one device out.
use axum::{extract::State, routing::delete};
use shared::{
    app::App,
    codes,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Docs, Path, Reply},
    identity::session::{self, SessionId, cleared_cookie},
    table::Write,
};

use crate::{
    WING,
    access::{BORROWER, Borrower, SESSION_COOKIE},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-end-session",
    module: module_path!(),
    wing: &WING,
    summary: "Sign one device out",
    trigger: Trigger::Http(Route {
        method: Method::Delete,
        path: "/api/auth/sessions/{id}",
        access: BORROWER,
        handler: || delete(handle),
        docs: Docs::NONE,
        ..Route::DEFAULT
    }),
    needs: &[Need::Query, Need::Delete],
    ..Function::ENDPOINT
};

async fn handle(
    State(app): State<App>,
    Borrower { session: current, .. }: Borrower,
    Path(id): Path<SessionId>,
) -> Result<Reply, Error> {
    let sessions = session::others(&app, &current.owner, None).await?;
    let session = sessions.iter().find(|session| session.id == id).ok_or(codes::NOT_FOUND)?;
    // Ended by somebody else at this moment: there is no such session any more.
    app.table().write(Write::new().delete(session).or(codes::NOT_FOUND)).await?;
    let reply = Reply::done("That device is signed out");
    Ok(if id == current.id { reply.cookie(cleared_cookie(SESSION_COOKIE)) } else { reply })
}

#[cfg(test)]
mod tests {
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::auth::{get_profile, list_sessions},
        testing::signed_in,
    };

    /// The id of the session behind `cookie`.
    async fn session_of(stand: &Stand, cookie: &str) -> String {
        let answer = stand.call(&list_sessions::FUNCTION).cookie(cookie).await;
        let sessions = answer.body["data"]["sessions"].as_array().unwrap().clone();
        let current = sessions.into_iter().find(|session| session["current"] == true).unwrap();
        current["id"].as_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn another_device_is_signed_out_and_this_one_stays() {
        let stand = Stand::new().await;
        let phone = signed_in(&stand, "9876543210").await;
        stand.advance(jiff::SignedDuration::from_mins(2));
        let laptop = signed_in(&stand, "9876543210").await;
        let id = session_of(&stand, &phone).await;
        let answer = stand.call(&FUNCTION).cookie(&laptop).path("id", &id).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.cookies.is_empty());
        assert_eq!(stand.call(&get_profile::FUNCTION).cookie(&phone).await.status, 401);
        assert_eq!(stand.call(&get_profile::FUNCTION).cookie(&laptop).await.status, 200);
        assert_eq!(stand.call(&FUNCTION).cookie(&laptop).path("id", &id).await.status, 404);
    }

    #[tokio::test]
    async fn ending_the_own_session_clears_the_cookie() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let id = session_of(&stand, &cookie).await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).path("id", &id).await;
        assert!(answer.cookies[0].starts_with("__Host-sid=;"), "{answer:?}");
        assert_eq!(stand.call(&get_profile::FUNCTION).cookie(&cookie).await.status, 401);
    }

    #[tokio::test]
    async fn the_sessions_of_others_are_not_there() {
        let stand = Stand::new().await;
        let asha = signed_in(&stand, "9876543210").await;
        let bela = signed_in(&stand, "9876543211").await;
        let id = session_of(&stand, &asha).await;
        for id in [id.as_str(), "ses_nonsense"] {
            assert_eq!(stand.call(&FUNCTION).cookie(&bela).path("id", id).await.code(), "NOT_FOUND");
        }
        assert_eq!(stand.call(&get_profile::FUNCTION).cookie(&asha).await.status, 200);
    }
}
