//! `GET /api/auth/sessions`: where the borrower is signed in.
use axum::{extract::State, routing::get};
use jiff::Timestamp;
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Reply},
    identity::session::{self, Session, SessionId},
};
use utoipa::ToSchema;

use crate::{
    WING,
    access::{BORROWER, Borrower},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-list-sessions",
    module: module_path!(),
    wing: &WING,
    summary: "List the devices you are signed in on",
    trigger: Trigger::Http(Route {
        path: "/api/auth/sessions",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Query],
    ..Function::ENDPOINT
};

/// The living sessions, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    sessions: Vec<SessionView>,
}

/// A session as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    #[schema(value_type = String, example = "ses_01J9ZQ6V0M8Q2W3E4R5T6Y7V8Z")]
    id: SessionId,
    /// How the browser or the app names itself.
    device: String,
    /// The network it signed in from; the last part of the address is not kept.
    network: String,
    /// RFC 3339.
    #[schema(value_type = String)]
    began_at: Timestamp,
    /// RFC 3339.
    #[schema(value_type = String)]
    ends_at: Timestamp,
    /// Whether this very request came in it.
    current: bool,
}

async fn handle(
    State(app): State<App>,
    Borrower { session, .. }: Borrower,
) -> Result<Reply<Response>, Error> {
    let mut sessions = session::others(&app, &session.owner, None).await?;
    sessions.retain(|each| each.is_alive(app.now()));
    sessions.sort_by_key(|each| std::cmp::Reverse(each.id.to_bytes()));
    let sessions = sessions.into_iter().map(|each| SessionView::of(each.value, session.id)).collect();
    Ok(Reply::ok("Your sessions", Response { sessions }))
}

impl SessionView {
    fn of(session: Session, current: SessionId) -> Self {
        Self {
            id: session.id,
            device: session.user_agent,
            network: session.network,
            began_at: session.began_at,
            ends_at: session.ends_at,
            current: session.id == current,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::{Value, json};
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::{signed_in, signed_in_on};

    #[tokio::test]
    async fn a_borrower_sees_their_living_sessions_and_which_one_this_is() {
        let stand = Stand::new().await;
        signed_in_on(&stand, "9876543210", "Old phone").await;
        stand.advance(SignedDuration::from_hours(23));
        signed_in_on(&stand, "9876543210", "Phone").await;
        stand.advance(SignedDuration::from_hours(1));
        let cookie = signed_in_on(&stand, "9876543210", "Laptop").await;
        signed_in(&stand, "9876543211").await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.cost.calls, 2);
        let sessions = answer.body["data"]["sessions"].as_array().unwrap();
        let shown: Vec<_> = sessions.iter().map(|each| (&each["device"], &each["current"])).collect();
        assert_eq!(shown, [(&json!("Laptop"), &json!(true)), (&json!("Phone"), &json!(false))]);
        assert_eq!(sessions[0]["network"], "203.0.113.0/24");
    }

    #[tokio::test]
    async fn nothing_that_opens_a_session_is_shown() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).await;
        let session: &Value = &answer.body["data"]["sessions"][0];
        let mut names: Vec<_> = session.as_object().unwrap().keys().collect();
        names.sort_unstable();
        assert_eq!(names, ["began_at", "current", "device", "ends_at", "id", "network"]);
    }
}
