//! `GET /api/admin/admin-users`: everybody on the staff, in the order in which they came.
use axum::{extract::State, routing::get};
use serde::Serialize;
use shared::{
    app::{App, CURSOR_KEY},
    deserr::Deserr,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, FieldErrors, Query, Reply},
    identity::staff::StaffMember,
    table::{Index, Limit, PageRequest},
};
use utoipa::ToSchema;

use super::Member;
use crate::{WING, access::ADMIN};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-list-staff",
    module: module_path!(),
    wing: &WING,
    summary: "List the staff",
    trigger: Trigger::Http(Route {
        path: "/api/admin/admin-users",
        access: ADMIN,
        handler: || get(handle),
        docs: Docs::reply::<Response>().query::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::QueryIndex(Index::Gsi2), Need::Secret(&CURSOR_KEY)],
    ..Function::ENDPOINT
};

/// Which page.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// 1 to 100, 20 when absent.
    #[deserr(default)]
    #[schema(value_type = Option<u16>, example = 20)]
    limit: Option<Limit>,
    /// Where the page before ended.
    #[deserr(default)]
    cursor: Option<String>,
}

/// One page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    members: Vec<Member>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

async fn handle(State(app): State<App>, Query(request): Query<Request>) -> Result<Reply<Response>, Error> {
    let page = PageRequest { limit: request.limit.unwrap_or(Limit::DEFAULT), cursor: request.cursor };
    let page = app.page(&StaffMember::all(&WING), &page, |_| true).await?.map(|member| Member::of(&member));
    Ok(Reply::ok("The staff", Response { members: page.items, next_cursor: page.next_cursor }))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::staff_member;

    #[tokio::test]
    async fn admins_see_everybody_page_by_page_and_no_secrets() {
        let stand = Stand::new().await;
        let admin = staff_member(&stand, &["admin"]).await;
        for role in ["officer", "finance"] {
            stand.advance(SignedDuration::from_secs(1));
            staff_member(&stand, &[role]).await;
        }
        let first = stand.call(&FUNCTION).cookie(&admin.cookie).query("limit=2").await;
        assert_eq!(first.status, 200, "{first:?}");
        let members = first.body["data"]["members"].as_array().unwrap();
        assert_eq!((members.len(), &members[0]["email"]), (2, &admin.email.into()));
        let cursor = first.body["data"]["next_cursor"].as_str().unwrap();
        let last =
            stand.call(&FUNCTION).cookie(&admin.cookie).query(&format!("limit=2&cursor={cursor}")).await;
        assert_eq!(last.body["data"]["members"][0]["roles"][0], "finance");
        assert!(last.body["data"].get("next_cursor").is_none());
        assert!(!first.body.to_string().contains("argon2"));
        assert_eq!(first.cost.calls, 2);
    }
}
