//! `PUT /api/admin/admin-users/{id}`: another name, other roles. They hold from the member's next request on.
use axum::{extract::State, routing::put};
use shared::{
    app::App,
    audit::Entry,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, IfMatch, Line, Path, Reply},
    identity::staff::{StaffId, StaffView},
    table::Write,
};
use utoipa::ToSchema;

use super::{find, roles};
use crate::{
    WING,
    access::{ADMIN, Staff},
    staff::{Role, count_admins},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-update-staff",
    module: module_path!(),
    wing: &WING,
    summary: "Change the name or the roles of a member of staff",
    trigger: Trigger::Http(Route {
        method: Method::Put,
        path: "/api/admin/admin-users/{id}",
        access: ADMIN,
        handler: || put(handle),
        docs: Docs::reply::<StaffView>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get, Need::Put, Need::Update],
    ..Function::ENDPOINT
};

/// Both, as they shall be.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    #[schema(value_type = String, example = "Ravi Rao")]
    name: Line<2, 100>,
    /// At least one.
    roles: Vec<Role>,
}

async fn handle(
    State(app): State<App>,
    Staff { actor, .. }: Staff,
    Path(id): Path<StaffId>,
    if_match: IfMatch,
    Body(request): Body<Request>,
) -> Result<Reply<StaffView>, Error> {
    let mut member = find(&app, id).await?;
    if_match.require(member.revision())?;
    let before = member.value.clone();
    member.name = request.name.into();
    member.roles = roles(request.roles)?;
    member.updated_at = app.now();
    let line = Entry::new(&app, &WING, &actor, "update_staff", id, &before.view(), &member.view())?;
    let write = Write::new().replace(&member).create(&line);
    app.table().write(count_admins(Some(&before), &member, write)).await?;
    Ok(Reply::ok("Saved", member.view()).version(member.revision() + 1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::identity::staff::StaffId;
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::admin_users,
        testing::{staff_member, staff_signed_in},
    };

    async fn put(stand: &Stand, cookie: &str, id: StaffId, version: &str, roles: &[&str]) -> Answer {
        let body = json!({ "name": "Ravi K Rao", "roles": roles });
        stand.call(&FUNCTION).cookie(cookie).path("id", id).header("if-match", version).json(body).await
    }

    #[tokio::test]
    async fn new_roles_hold_at_once_and_are_audited() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        let ravi = staff_member(&stand, &["officer"]).await;
        assert_eq!(stand.call(&admin_users::list::FUNCTION).cookie(&ravi.cookie).await.status, 403);
        let answer = put(&stand, &admin, ravi.id, "\"1\"", &["admin"]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(
            (&answer.body["data"]["name"], answer.headers["etag"].as_str()),
            (&"Ravi K Rao".into(), "\"2\"")
        );
        assert_eq!(stand.call(&admin_users::list::FUNCTION).cookie(&ravi.cookie).await.status, 200);
        assert!(stand.everything_stored().await.contains("\"action\": S(\"update_staff\")"));
    }

    #[tokio::test]
    async fn the_version_is_asked_for_and_compared() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        let ravi = staff_member(&stand, &["officer"]).await;
        assert_eq!(put(&stand, &admin, ravi.id, "*", &["officer"]).await.status, 428);
        assert_eq!(put(&stand, &admin, ravi.id, "\"7\"", &["officer"]).await.status, 412);
        let unknown: StaffId = "stf_01J9ZQ6V0M8Q2W3E4R5T6Y7V8A".parse().unwrap();
        assert_eq!(put(&stand, &admin, unknown, "\"1\"", &["officer"]).await.status, 404);
    }

    #[tokio::test]
    async fn the_last_admin_cannot_become_something_else() {
        let stand = Stand::new().await;
        let admin = staff_member(&stand, &["admin"]).await;
        let answer = put(&stand, &admin.cookie, admin.id, "\"1\"", &["officer"]).await;
        assert_eq!((answer.status, answer.code()), (409, "LAST_ADMIN"));
        staff_member(&stand, &["admin"]).await;
        assert_eq!(put(&stand, &admin.cookie, admin.id, "\"1\"", &["officer"]).await.status, 200);
    }
}
