//! `POST /api/admin/admin-users/{id}/reset`: a member who lost password or authenticator begins anew with a temporary password.
use axum::{extract::State, routing::post};
use serde::Serialize;
use shared::{
    app::App,
    audit::Entry,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, IfMatch, Line, Path, Reply},
    identity::{
        session,
        staff::{StaffId, StaffMember, StaffView},
    },
    table::Write,
};
use utoipa::ToSchema;

use super::find;
use crate::{
    WING,
    access::{ADMIN, Staff},
    staff::count_admins,
};

/// The declaration. As with a new member, the reply holds a password and is not kept.
pub static FUNCTION: Function = Function {
    name: "lending-reset-staff",
    module: module_path!(),
    wing: &WING,
    summary: "Let a member of staff begin anew",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/admin/admin-users/{id}/reset",
        access: ADMIN,
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get, Need::Query, Need::Put, Need::Update, Need::Delete],
    memory_mb: 512,
    ..Function::ENDPOINT
};

/// Why.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// For the audit log.
    #[schema(value_type = String, example = "Lost the phone")]
    reason: Line<3, 500>,
}

/// The member, and how they get in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    member: StaffView,
    /// Good for three days and for setting up only. Hand it over in person; nobody can see it again.
    temporary_password: String,
}

async fn handle(
    State(app): State<App>,
    Staff { actor, .. }: Staff,
    Path(id): Path<StaffId>,
    if_match: IfMatch,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let mut member = find(&app, id).await?;
    if_match.require(member.revision())?;
    let before = member.value.clone();
    let password = member.begin_anew(&app)?;
    let sessions = session::others(&app, &StaffMember::partition(&WING, id), None).await?;
    let line = Entry::new(&app, &WING, &actor, "reset_staff", id, &before.view(), &member.view())?;
    let line = line.because(request.reason);
    let write = count_admins(Some(&before), &member, Write::new().replace(&member).create(&line));
    app.table().write(sessions.iter().fold(write, Write::delete)).await?;
    let response = Response { member: member.view(), temporary_password: password.reveal().to_owned() };
    Ok(Reply::ok("They can sign in and set up again", response).version(member.revision() + 1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::staff_auth::{get_self, sign_in},
        testing::{STAFF_PASSWORD, staff_member, staff_signed_in},
    };

    #[tokio::test]
    async fn a_member_who_lost_the_phone_begins_anew() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        let ravi = staff_member(&stand, &["officer"]).await;
        let call = stand.call(&FUNCTION).cookie(&admin).path("id", ravi.id).header("if-match", "\"1\"");
        let answer = call.json(json!({ "reason": "Lost the phone" })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["data"]["member"]["missing"], json!(["password", "totp"]));
        assert_eq!(stand.call(&get_self::FUNCTION).cookie(&ravi.cookie).await.code(), "NOT_SIGNED_IN");
        let old = json!({ "email": ravi.email, "password": STAFF_PASSWORD });
        assert_eq!(stand.call(&sign_in::FUNCTION).json(old).await.code(), "WRONG_CREDENTIALS");
        let temporary = &answer.body["data"]["temporary_password"];
        let new = json!({ "email": ravi.email, "password": temporary });
        assert_eq!(stand.call(&sign_in::FUNCTION).json(new).await.status, 200);
        let stored = stand.everything_stored().await;
        assert!(
            !stored.contains(temporary.as_str().unwrap())
                && stored.contains("\"action\": S(\"reset_staff\")")
        );
    }

    #[tokio::test]
    async fn the_last_admin_cannot_be_reset() {
        let stand = Stand::new().await;
        let admin = staff_member(&stand, &["admin"]).await;
        let call =
            stand.call(&FUNCTION).cookie(&admin.cookie).path("id", admin.id).header("if-match", "\"1\"");
        let answer = call.json(json!({ "reason": "Why not" })).await;
        assert_eq!((answer.status, answer.code()), (409, "LAST_ADMIN"));
    }
}
