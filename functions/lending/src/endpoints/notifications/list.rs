//! `GET /api/notifications`: what we told the borrower, newest first.
use axum::{extract::State, routing::get};
use jiff::Timestamp;
use serde::Serialize;
use shared::{
    app::{App, CURSOR_KEY},
    deserr::Deserr,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, FieldErrors, Query, Reply},
    id::Id,
    messages::notice::Notice,
    table::{Limit, PageRequest},
};
use utoipa::ToSchema;

use super::Preferences;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    borrower::User,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-list-notifications",
    module: module_path!(),
    wing: &WING,
    summary: "List your notifications",
    trigger: Trigger::Http(Route {
        path: "/api/notifications",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>().query::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Query, Need::Secret(&CURSOR_KEY)],
    ..Function::ENDPOINT
};

/// The unread are counted among so many of the newest, so that the cost does not grow with the years.
const COUNTED: usize = 100;

/// Which page.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// 1 to 100, usually 20.
    #[deserr(default)]
    #[schema(value_type = Option<u16>)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    #[deserr(default)]
    cursor: Option<String>,
}

/// One page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    notifications: Vec<Notification>,
    /// Of the hundred newest.
    unread_count: usize,
    preferences: Preferences,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

/// One notification.
#[derive(Debug, Serialize, ToSchema)]
pub struct Notification {
    #[schema(value_type = String, example = "ntc_01J9ZQ6V0M8Q2W3E4R5T6Y7V8Z")]
    id: Id<Notice>,
    /// What it is about: `payment_received`.
    kind: String,
    title: String,
    body: String,
    /// RFC 3339.
    #[schema(value_type = String)]
    created_at: Timestamp,
    read: bool,
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Query(request): Query<Request>,
) -> Result<Reply<Response>, Error> {
    let theirs = Notice::of(&User::partition(user.id));
    let wanted = PageRequest { limit: request.limit.unwrap_or(Limit::DEFAULT), cursor: request.cursor };
    let page = app.page(&theirs, &wanted, |_| true).await?.map(|notice| Notification::from(notice.value));
    let newest = app.table().list(&theirs, COUNTED).await?;
    let response = Response {
        notifications: page.items,
        unread_count: newest.iter().filter(|notice| notice.read_at.is_none()).count(),
        preferences: Preferences { optional: user.wants_optional_notices },
        next_cursor: page.next_cursor,
    };
    Ok(Reply::ok("Your notifications", response))
}

impl From<Notice> for Notification {
    fn from(notice: Notice) -> Self {
        Self {
            id: notice.id,
            kind: notice.template,
            title: notice.title,
            body: notice.body,
            created_at: notice.created_at,
            read: notice.read_at.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::{signed_in, told};

    #[tokio::test]
    async fn the_newest_notices_come_first_page_by_page() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let other = signed_in(&stand, "9876543211").await;
        told(&stand, &other, 1).await;
        let ids = told(&stand, &cookie, 3).await;
        let first = stand.call(&FUNCTION).cookie(&cookie).query("limit=2").await;
        assert_eq!(first.status, 200, "{first:?}");
        assert_eq!(first.cost.calls, 3);
        let data = &first.body["data"];
        let shown = |data: &serde_json::Value| -> Vec<String> {
            let list = data["notifications"].as_array().unwrap().iter();
            list.map(|notice| notice["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(shown(data), [ids[2].clone(), ids[1].clone()]);
        assert_eq!((&data["unread_count"], &data["preferences"]), (&json!(3), &json!({ "optional": true })));
        let query = format!("cursor={}", data["next_cursor"].as_str().unwrap());
        let second = stand.call(&FUNCTION).cookie(&cookie).query(&query).await;
        assert_eq!(shown(&second.body["data"]), [ids[0].clone()]);
        assert_eq!(second.body["data"]["next_cursor"], json!(null));
        assert_eq!(second.body["data"]["unread_count"], 3);
    }

    #[tokio::test]
    async fn a_cursor_of_somebody_else_opens_nothing() {
        let stand = Stand::new().await;
        let asha = signed_in(&stand, "9876543210").await;
        let bela = signed_in(&stand, "9876543211").await;
        told(&stand, &asha, 2).await;
        let page = stand.call(&FUNCTION).cookie(&asha).query("limit=1").await;
        let query = format!("cursor={}", page.body["data"]["next_cursor"].as_str().unwrap());
        let answer = stand.call(&FUNCTION).cookie(&bela).query(&query).await;
        assert_eq!((answer.status, answer.code()), (400, "INVALID_CURSOR"));
    }
}
