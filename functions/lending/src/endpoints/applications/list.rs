//! `GET /api/loan-applications`: the borrower's own applications, newest first, with how many stand where.
use axum::{extract::State, routing::get};
use serde::Serialize;
use shared::{
    app::{App, CURSOR_KEY},
    deserr::Deserr,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, FieldErrors, Query, Reply},
    table::{Limit, PageRequest},
};
use utoipa::ToSchema;

use super::{ApplicationView, summarise::Summary};
use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::{ApplicationStats, LoanApplication},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-list-applications",
    module: module_path!(),
    wing: &WING,
    summary: "List your loan applications",
    trigger: Trigger::Http(Route {
        path: "/api/loan-applications",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>().query::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get, Need::Query, Need::Secret(&CURSOR_KEY)],
    ..Function::ENDPOINT
};

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
    applications: Vec<ApplicationView>,
    /// Over all applications, not only this page.
    statistics: Summary,
    total_applications: i64,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Query(request): Query<Request>,
) -> Result<Reply<Response>, Error> {
    let wanted = PageRequest { limit: request.limit.unwrap_or(Limit::DEFAULT), cursor: request.cursor };
    let page = app.page(&LoanApplication::of_borrower(user.id), &wanted, |_| true).await?;
    let stats = app.table().get(ApplicationStats::of_borrower(user.id)).await?;
    let statistics = Summary::from(stats.map(|stats| stats.value).unwrap_or_default());
    let now = app.now();
    let response = Response {
        applications: page.items.iter().map(|application| ApplicationView::of(application, now)).collect(),
        total_applications: statistics.total_applications,
        statistics,
        next_cursor: page.next_cursor,
    };
    Ok(Reply::ok("Your applications", response))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::applications::withdraw,
        testing::{applied, profile_done},
    };

    #[tokio::test]
    async fn a_borrower_sees_their_own_newest_first_page_by_page() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let other = profile_done(&stand, "9876543211").await;
        applied(&stand, &other).await;
        let mut made = Vec::new();
        for n in 0..3 {
            made.push(applied(&stand, &cookie).await);
            stand.advance(SignedDuration::from_secs(1));
            if n < 2 {
                stand.call(&withdraw::FUNCTION).cookie(&cookie).path("id", &made[n]).await;
            }
        }
        let page = stand.call(&FUNCTION).cookie(&cookie).query("limit=2").await;
        assert_eq!(page.status, 200, "{page:?}");
        assert_eq!(page.cost.calls, 3);
        let data = &page.body["data"];
        let ids = |data: &serde_json::Value| -> Vec<String> {
            let list = data["applications"].as_array().unwrap().iter();
            list.map(|application| application["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids(data), [made[2].clone(), made[1].clone()]);
        assert_eq!(data["total_applications"], 3);
        assert_eq!(
            (&data["statistics"]["submitted_count"], &data["statistics"]["withdrawn_count"]),
            (&json!(1), &json!(2))
        );

        let cursor = data["next_cursor"].as_str().unwrap();
        let query = format!("limit=2&cursor={cursor}");
        let rest = stand.call(&FUNCTION).cookie(&cookie).query(&query).await;
        assert_eq!(ids(&rest.body["data"]), [made[0].clone()]);
        assert_eq!(rest.body["data"]["next_cursor"], json!(null));
        let foreign = stand.call(&FUNCTION).cookie(&other).query(&query).await;
        assert_eq!((foreign.status, foreign.code()), (400, "INVALID_CURSOR"));
    }

    #[tokio::test]
    async fn a_borrower_without_applications_sees_none() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).await;
        assert_eq!(answer.body["data"]["applications"], json!([]));
        assert_eq!(answer.body["data"]["total_applications"], 0);
        for query in ["limit=0", "limit=101", "limit=x", "sort=amount", "cursor=x"] {
            assert_eq!(stand.call(&FUNCTION).cookie(&cookie).query(query).await.status, 400, "{query}");
        }
    }
}
