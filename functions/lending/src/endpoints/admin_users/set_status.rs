//! `PUT /api/admin/admin-users/{id}/status`: takes a member's access away, or gives it back. Their sessions end at once.
use axum::{extract::State, routing::put};
use shared::{
    app::App,
    audit::Entry,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, IfMatch, Line, Path, Reply},
    identity::{
        session,
        staff::{StaffId, StaffMember, StaffStatus, StaffView},
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

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-set-staff-status",
    module: module_path!(),
    wing: &WING,
    summary: "Take a member's access away or give it back",
    trigger: Trigger::Http(Route {
        method: Method::Put,
        path: "/api/admin/admin-users/{id}/status",
        access: ADMIN,
        handler: || put(handle),
        docs: Docs::reply::<StaffView>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get, Need::Query, Need::Put, Need::Update, Need::Delete],
    ..Function::ENDPOINT
};

/// How it shall be, and why.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    status: Wanted,
    /// For the audit log.
    #[schema(value_type = String, example = "Left the company")]
    reason: Line<3, 500>,
}

/// See [`StaffStatus`].
#[derive(Debug, Clone, Copy, Deserr, ToSchema)]
#[schema(as = WantedStaffStatus, rename_all = "lowercase")]
#[deserr(error = FieldErrors, rename_all = lowercase)]
enum Wanted {
    Active,
    Disabled,
}

/// Everything at once, so that no session outlives the access, and so that of two admins who disable each other at the same
/// moment one stays.
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
    member.status = match request.status {
        Wanted::Active => StaffStatus::Active,
        Wanted::Disabled => StaffStatus::Disabled,
    };
    member.updated_at = app.now();
    let line = Entry::new(&app, &WING, &actor, "set_staff_status", id, &before.view(), &member.view())?;
    let line = line.because(request.reason);
    let mut write = count_admins(Some(&before), &member, Write::new().replace(&member).create(&line));
    if member.is_disabled() {
        let sessions = session::others(&app, &StaffMember::partition(&WING, id), None).await?;
        write = sessions.iter().fold(write, Write::delete);
    }
    app.table().write(write).await?;
    Ok(Reply::ok("Saved", member.view()).version(member.revision() + 1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::identity::staff::StaffId;
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::staff_auth::{get_self, sign_in},
        testing::{STAFF_PASSWORD, staff_member, staff_signed_in},
    };

    async fn put(stand: &Stand, cookie: &str, id: StaffId, status: &str, version: u64) -> Answer {
        let body = json!({ "status": status, "reason": "Left the company" });
        let version = format!("\"{version}\"");
        stand.call(&FUNCTION).cookie(cookie).path("id", id).header("if-match", &version).json(body).await
    }

    #[tokio::test]
    async fn a_disabled_member_is_out_at_once_and_may_come_back() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        let ravi = staff_member(&stand, &["officer"]).await;
        let answer = put(&stand, &admin, ravi.id, "disabled", 1).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(stand.call(&get_self::FUNCTION).cookie(&ravi.cookie).await.code(), "NOT_SIGNED_IN");
        let sign_in = async || {
            let code = ravi.totp.code_at(stand.now());
            let credentials = json!({ "email": ravi.email, "password": STAFF_PASSWORD, "totp": code });
            stand.call(&sign_in::FUNCTION).json(credentials).await
        };
        assert_eq!(sign_in().await.code(), "ACCOUNT_BLOCKED");
        assert_eq!(put(&stand, &admin, ravi.id, "active", 2).await.status, 200);
        assert_eq!(sign_in().await.status, 200);
        let stored = stand.everything_stored().await;
        assert!(stored.contains("\"reason\": S(\"Left the company\")"));
    }

    #[tokio::test]
    async fn the_last_active_admin_cannot_be_disabled() {
        let stand = Stand::new().await;
        let admin = staff_member(&stand, &["admin"]).await;
        let answer = put(&stand, &admin.cookie, admin.id, "disabled", 1).await;
        assert_eq!((answer.status, answer.code()), (409, "LAST_ADMIN"));
        assert_eq!(stand.call(&get_self::FUNCTION).cookie(&admin.cookie).await.status, 200);
    }

    #[tokio::test]
    async fn of_two_admins_who_disable_each_other_at_once_one_stays() {
        for _ in 0..5 {
            let stand = Stand::new().await;
            let (asha, bela) =
                (staff_member(&stand, &["admin"]).await, staff_member(&stand, &["admin"]).await);
            let (one, two) = futures::join!(
                put(&stand, &asha.cookie, bela.id, "disabled", 1),
                put(&stand, &bela.cookie, asha.id, "disabled", 1)
            );
            let done = [one.status, two.status].iter().filter(|status| **status == 200).count();
            assert_eq!(done, 1, "{one:?} {two:?}");
        }
    }

    #[tokio::test]
    async fn an_admin_who_never_set_up_does_not_count_as_one_who_stays() {
        let stand = Stand::new().await;
        let admin = staff_member(&stand, &["admin"]).await;
        let body = json!({ "email": "new@lender.example", "name": "New Admin", "roles": ["admin"] });
        let created = stand.call(&super::super::add::FUNCTION).cookie(&admin.cookie).json(body).await;
        assert_eq!(created.status, 201);
        assert_eq!(put(&stand, &admin.cookie, admin.id, "disabled", 1).await.code(), "LAST_ADMIN");
    }

    #[tokio::test]
    async fn a_reason_and_a_known_status_are_needed() {
        let stand = Stand::new().await;
        let admin = staff_member(&stand, &["admin"]).await;
        let call =
            stand.call(&FUNCTION).cookie(&admin.cookie).path("id", admin.id).header("if-match", "\"1\"");
        assert_eq!(
            call.json(json!({ "status": "gone", "reason": "" })).await.wrong_fields(),
            ["reason", "status"]
        );
    }
}
