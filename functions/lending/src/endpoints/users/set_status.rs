//! `PUT /api/admin/users/{id}/status`: blocks a borrower, which ends all their sessions, or lets them in again.
use axum::{extract::State, routing::put};
use serde::Serialize;
use shared::{
    app::App,
    audit::Entry,
    codes,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, IfMatch, Line, Path, Reply},
    identity::session,
    table::Write,
};
use utoipa::ToSchema;

use crate::{
    WING,
    access::{OFFICER_OR_ADMIN, Staff},
    borrower::{User, UserId, UserStatus},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-set-user-status",
    module: module_path!(),
    wing: &WING,
    summary: "Block a borrower or let them in again",
    trigger: Trigger::Http(Route {
        method: Method::Put,
        path: "/api/admin/users/{id}/status",
        access: OFFICER_OR_ADMIN,
        handler: || put(handle),
        docs: Docs::reply::<Standing>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get, Need::Query, Need::Put, Need::Delete],
    ..Function::ENDPOINT
};

/// How it shall be, and why.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    status: Wanted,
    /// For staff and the audit log.
    #[schema(value_type = String, example = "The number belongs to somebody else now")]
    reason: Line<3, 500>,
}

/// See [`UserStatus`].
#[derive(Debug, Clone, Copy, Deserr, ToSchema)]
#[schema(as = WantedUserStatus, rename_all = "lowercase")]
#[deserr(error = FieldErrors, rename_all = lowercase)]
enum Wanted {
    Active,
    Blocked,
}

/// How it is; also what the audit log keeps of the borrower.
#[derive(Debug, Serialize, ToSchema)]
pub struct Standing {
    #[schema(value_type = String)]
    id: UserId,
    status: UserStatus,
    blocked_reason: Option<String>,
}

async fn handle(
    State(app): State<App>,
    Staff { actor, .. }: Staff,
    Path(id): Path<UserId>,
    if_match: IfMatch,
    Body(request): Body<Request>,
) -> Result<Reply<Standing>, Error> {
    let mut user = app.table().get(User::at(id)).await?.ok_or(codes::NOT_FOUND)?;
    if_match.require(user.revision())?;
    let before = standing(&user);
    let reason = String::from(request.reason);
    (user.status, user.blocked_reason) = match request.status {
        Wanted::Active => (UserStatus::Active, None),
        Wanted::Blocked => (UserStatus::Blocked, Some(reason.clone())),
    };
    user.updated_at = app.now();
    let after = standing(&user);
    let line = Entry::new(&app, &WING, &actor, "set_user_status", id, &before, &after)?.because(reason);
    let mut write = Write::new().replace(&user).create(&line);
    if user.is_blocked() {
        // A session that begins at this very moment is refused all the same: every request looks at the status.
        let sessions = session::others(&app, &User::partition(id), None).await?;
        write = sessions.iter().fold(write, Write::delete);
    }
    app.table().write(write).await?;
    Ok(Reply::ok("Saved", after).version(user.revision() + 1))
}

fn standing(user: &User) -> Standing {
    Standing { id: user.id, status: user.status, blocked_reason: user.blocked_reason.clone() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::{auth::get_profile, users::list},
        testing::{signed_in, staff_signed_in},
    };

    async fn put(stand: &Stand, cookie: &str, version: &str, status: &str) -> Answer {
        let officer = staff_signed_in(stand, &["officer"]).await;
        let found = stand.call(&list::FUNCTION).cookie(&officer).query("mobile=9876543210").await;
        let id = found.body["data"]["users"][0]["id"].as_str().unwrap();
        let call = stand.call(&FUNCTION).cookie(cookie).path("id", id).header("if-match", version);
        call.json(json!({ "status": status, "reason": "Reported stolen" })).await
    }

    #[tokio::test]
    async fn blocking_ends_every_session_at_once_and_is_audited_with_before_and_after() {
        let stand = Stand::new().await;
        let phone = signed_in(&stand, "9876543210").await;
        stand.advance(jiff::SignedDuration::from_secs(60));
        let laptop = signed_in(&stand, "9876543210").await;
        let officer = staff_signed_in(&stand, &["officer"]).await;
        let answer = put(&stand, &officer, "\"1\"", "blocked").await;
        assert_eq!((answer.status, answer.headers["etag"].as_str()), (200, "\"2\""), "{answer:?}");
        for cookie in [&phone, &laptop] {
            assert_eq!(stand.call(&get_profile::FUNCTION).cookie(cookie).await.code(), "NOT_SIGNED_IN");
        }
        let stored = stand.everything_stored().await;
        assert!(
            stored.contains("\"action\": S(\"set_user_status\")")
                && stored.contains("\"reason\": S(\"Reported stolen\")")
        );
        assert!(stored.contains("\"status\": S(\"active\")"), "before");

        assert_eq!(put(&stand, &officer, "\"2\"", "active").await.status, 200);
        stand.advance(jiff::SignedDuration::from_secs(900));
        let again = signed_in(&stand, "9876543210").await;
        assert_eq!(stand.call(&get_profile::FUNCTION).cookie(&again).await.status, 200);
    }

    #[tokio::test]
    async fn the_version_is_asked_for_and_compared() {
        let stand = Stand::new().await;
        signed_in(&stand, "9876543210").await;
        let officer = staff_signed_in(&stand, &["officer"]).await;
        for (version, status) in [("*", 428), ("\"9\"", 412), ("\"1\"", 200), ("\"1\"", 412)] {
            assert_eq!(put(&stand, &officer, version, "blocked").await.status, status, "{version}");
        }
    }

    #[tokio::test]
    async fn finance_does_not_block_anybody() {
        let stand = Stand::new().await;
        signed_in(&stand, "9876543210").await;
        let finance = staff_signed_in(&stand, &["finance"]).await;
        assert_eq!(put(&stand, &finance, "\"1\"", "blocked").await.code(), "FORBIDDEN");
    }
}
