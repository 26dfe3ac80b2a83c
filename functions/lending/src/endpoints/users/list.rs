//! `GET /api/admin/users`: a borrower by mobile number or PAN, or all of them, newest first.
//!
//! Numbers are found by their keyed hash; there is no search by a part of one. The list goes through a bucket for each month,
//! so a page may be shorter than asked for, and goes on as long as there is a cursor.
use axum::{extract::State, routing::get};
use serde::Serialize;
use shared::{
    app::{App, CURSOR_KEY},
    codes,
    deserr::Deserr,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, FieldErrors, Query, Reply},
    identity::{
        IndianMobile, Vault,
        vault::{self, FIELD_KEY, LOOKUP_KEY},
    },
    table::{Index, Limit, Page, PageRequest, Stored},
};
use utoipa::ToSchema;

use super::UserLine;
use crate::{
    WING,
    access::OFFICER_OR_ADMIN,
    borrower::{Pan, PanTaken, User, month_of},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-list-users",
    module: module_path!(),
    wing: &WING,
    summary: "Find borrowers",
    trigger: Trigger::Http(Route {
        path: "/api/admin/users",
        access: OFFICER_OR_ADMIN,
        handler: || get(handle),
        docs: Docs::reply::<Response>().query::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[
        Need::Get,
        Need::QueryIndex(Index::Gsi1),
        Need::QueryIndex(Index::Gsi2),
        Need::Secret(&LOOKUP_KEY),
        Need::Secret(&FIELD_KEY),
        Need::Secret(&CURSOR_KEY),
    ],
    ..Function::ENDPOINT
};

/// Before this month nobody can have signed in: there the list ends.
const FIRST_MONTH: &str = "202601";
/// So many empty months are passed over in one call.
const EMPTY_MONTHS: usize = 6;

/// Whom.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// The one with this number.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "9876543210")]
    mobile: Option<IndianMobile>,
    /// The one with this PAN.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "ABCDE1234F")]
    pan: Option<Pan>,
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
    users: Vec<UserLine>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

async fn handle(State(app): State<App>, Query(request): Query<Request>) -> Result<Reply<Response>, Error> {
    let page = match (request.mobile, request.pan) {
        (None, None) => {
            newest(&app, request.limit.unwrap_or(Limit::DEFAULT), request.cursor.as_deref()).await?
        }
        (Some(mobile), None) => the_one(with_mobile(&app, &mobile).await?),
        (None, Some(pan)) => the_one(with_pan(&app, &pan).await?),
        (Some(_), Some(_)) => {
            return Err(Error::invalid_field("", "choice", "name only one of mobile and pan"));
        }
    };
    let vault = Vault::of(&app)?;
    let users = page.items.iter().map(|user| UserLine::of(&vault, user)).collect::<Result<_, _>>()?;
    Ok(Reply::ok("Borrowers", Response { users, next_cursor: page.next_cursor }))
}

fn the_one(found: Option<Stored<User>>) -> Page<Stored<User>> {
    Page { items: found.into_iter().collect(), next_cursor: None }
}

async fn with_mobile(app: &App, mobile: &IndianMobile) -> Result<Option<Stored<User>>, Error> {
    let phone = vault::lookup(app, WING.tag, "phone", mobile.digits())?;
    Ok(app.table().list(&User::with_phone(&phone), 1).await?.into_iter().next())
}

async fn with_pan(app: &App, pan: &Pan) -> Result<Option<Stored<User>>, Error> {
    let lookup = vault::lookup(app, WING.tag, "pan", pan.as_str())?;
    match app.table().get(PanTaken::at(&lookup)).await? {
        Some(taken) => app.table().get(User::at(taken.user)).await,
        None => Ok(None),
    }
}

/// One page, from one month where anybody came in it. The cursor names the month, then the place in it.
async fn newest(app: &App, limit: Limit, cursor: Option<&str>) -> Result<Page<Stored<User>>, Error> {
    let (mut month, mut place) = position(app, cursor)?;
    for _ in 0..EMPTY_MONTHS {
        let request = PageRequest { limit, cursor: place.take() };
        let page = app.page(&User::of_month(&month), &request, |_| true).await?;
        if let Some(next) = page.next_cursor {
            return Ok(Page { items: page.items, next_cursor: Some(format!("{month}.{next}")) });
        }
        let Some(before) = month_before(&month) else { return Ok(page) };
        month = before;
        if !page.items.is_empty() {
            return Ok(Page { items: page.items, next_cursor: Some(month) });
        }
    }
    Ok(Page { items: Vec::new(), next_cursor: Some(month) })
}

fn position(app: &App, cursor: Option<&str>) -> Result<(String, Option<String>), Error> {
    let present = month_of(app.now());
    let Some(cursor) = cursor else { return Ok((present, None)) };
    let (month, place) = cursor.split_once('.').map_or((cursor, None), |(month, place)| (month, Some(place)));
    let fits = month.len() == 6
        && month.bytes().all(|b| b.is_ascii_digit())
        && (FIRST_MONTH..=present.as_str()).contains(&month);
    if fits { Ok((month.to_owned(), place.map(str::to_owned))) } else { Err(codes::INVALID_CURSOR.into()) }
}

/// `202512` before `202601`; nothing before [`FIRST_MONTH`].
fn month_before(month: &str) -> Option<String> {
    let number: u32 = month.parse().ok()?;
    let before = if number % 100 == 1 { number - 89 } else { number - 1 };
    Some(before.to_string()).filter(|before| before.as_str() >= FIRST_MONTH)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::Value;
    use stand::{Answer, Stand};

    use super::{FUNCTION, month_before};
    use crate::testing::{basic_done, signed_in, staff_signed_in};

    async fn list(stand: &Stand, cookie: &str, query: &str) -> Answer {
        stand.call(&FUNCTION).cookie(cookie).query(query).await
    }

    fn mobiles(answer: &Answer) -> Vec<&str> {
        let users = answer.body["data"]["users"].as_array().map(Vec::as_slice).unwrap_or_default();
        users.iter().map(|user| user["mobile"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn borrowers_are_found_by_mobile_however_written_and_by_pan() {
        let stand = Stand::new().await;
        basic_done(&stand, "9876543210").await;
        basic_done(&stand, "9876543211").await;
        let officer = staff_signed_in(&stand, &["officer"]).await;
        for (query, calls) in [("mobile=%2B91+98765+43211", 2), ("pan=abcde3211f", 3)] {
            let answer = list(&stand, &officer, query).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(mobiles(&answer), ["XXXXXX3211"], "{query}");
            assert_eq!(answer.body["data"]["users"][0]["pan"], "XXXXXX211F");
            assert_eq!(answer.cost.calls, calls);
        }
        for query in ["mobile=9876543219", "pan=ABCDE0000F"] {
            assert!(mobiles(&list(&stand, &officer, query).await).is_empty(), "{query}");
        }
        assert_eq!(list(&stand, &officer, "mobile=9876543210&pan=ABCDE3211F").await.status, 400);
        assert_eq!(list(&stand, &officer, "mobile=98").await.wrong_fields(), ["mobile"]);
    }

    #[tokio::test]
    async fn all_borrowers_come_newest_first_through_the_months() {
        let stand = Stand::new().await;
        for (mobile, days) in [("9876543210", 0), ("9876543211", 1), ("9876543212", 70)] {
            stand.advance(SignedDuration::from_hours(24 * days));
            signed_in(&stand, mobile).await;
        }
        let officer = staff_signed_in(&stand, &["officer"]).await;
        let (mut seen, mut query) = (Vec::new(), "limit=1".to_owned());
        loop {
            let answer = list(&stand, &officer, &query).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            seen.extend(mobiles(&answer).into_iter().map(str::to_owned));
            let Value::String(cursor) = &answer.body["data"]["next_cursor"] else { break };
            query = format!("limit=1&cursor={cursor}");
        }
        assert_eq!(seen, ["XXXXXX3212", "XXXXXX3211", "XXXXXX3210"]);
    }

    #[tokio::test]
    async fn made_up_cursors_are_refused() {
        let stand = Stand::new().await;
        let officer = staff_signed_in(&stand, &["officer"]).await;
        for cursor in ["202512", "999912", "2026", "x", "202601.x"] {
            assert_eq!(
                list(&stand, &officer, &format!("cursor={cursor}")).await.code(),
                "INVALID_CURSOR",
                "{cursor}"
            );
        }
    }

    #[test]
    fn months_go_back_over_the_new_year_until_the_first() {
        assert_eq!(month_before("202701").as_deref(), Some("202612"));
        assert_eq!(month_before("202602").as_deref(), Some("202601"));
        assert_eq!(month_before("202601"), None);
    }

    #[tokio::test]
    async fn finance_does_not_search_borrowers() {
        let stand = Stand::new().await;
        for (role, status) in [("finance", 403), ("officer", 200), ("admin", 200)] {
            let cookie = staff_signed_in(&stand, &[role]).await;
            assert_eq!(list(&stand, &cookie, "").await.status, status, "{role}");
        }
    }
}
