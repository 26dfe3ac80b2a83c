//! `POST /api/auth/logout-all`: signs every device out, this one too.
use axum::{extract::State, routing::post};
use shared::{
    app::App,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Docs, Reply},
    identity::session::{self, cleared_cookie},
    table::{Write, retry_lost_race},
};

use crate::{
    WING,
    access::{BORROWER, Borrower, SESSION_COOKIE},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-logout-all",
    module: module_path!(),
    wing: &WING,
    summary: "Sign every device out",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/auth/logout-all",
        access: BORROWER,
        handler: || post(handle),
        docs: Docs::NONE,
        ..Route::DEFAULT
    }),
    needs: &[Need::Query, Need::Delete],
    ..Function::ENDPOINT
};

async fn handle(State(app): State<App>, Borrower { session, .. }: Borrower) -> Result<Reply, Error> {
    // A session that ends by itself meanwhile must not keep the others alive.
    retry_lost_race(5, async || {
        let sessions = session::others(&app, &session.owner, None).await?;
        app.table().write(sessions.iter().fold(Write::new(), Write::delete)).await
    })
    .await?;
    Ok(Reply::done("All your devices are signed out").cookie(cleared_cookie(SESSION_COOKIE)))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::auth::{get_profile, logout},
        testing::signed_in,
    };

    #[tokio::test]
    async fn every_session_of_the_borrower_ends_and_no_other() {
        let stand = Stand::new().await;
        let mut cookies = Vec::new();
        for _ in 0..3 {
            cookies.push(signed_in(&stand, "9876543210").await);
            stand.advance(SignedDuration::from_mins(6));
        }
        let other = signed_in(&stand, "9876543211").await;
        let answer = stand.call(&FUNCTION).cookie(&cookies[2]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.cookies[0].starts_with("__Host-sid=;"));
        for cookie in &cookies {
            assert_eq!(stand.call(&get_profile::FUNCTION).cookie(cookie).await.status, 401);
        }
        assert_eq!(stand.call(&get_profile::FUNCTION).cookie(&other).await.status, 200);
    }

    #[tokio::test]
    async fn signing_one_device_out_at_the_same_moment_keeps_none_alive() {
        for _ in 0..5 {
            let stand = Stand::new().await;
            let one = signed_in(&stand, "9876543210").await;
            stand.advance(SignedDuration::from_mins(2));
            let two = signed_in(&stand, "9876543210").await;
            let all = async { stand.call(&FUNCTION).cookie(&two).await };
            let single = async { stand.call(&logout::FUNCTION).cookie(&one).await };
            let (all, single) = futures::join!(all, single);
            assert_eq!((all.status, single.status), (200, 200), "{all:?} {single:?}");
            for cookie in [&one, &two] {
                assert_eq!(stand.call(&get_profile::FUNCTION).cookie(cookie).await.status, 401);
            }
        }
    }
}
