//! `GET /api/admin/loan-applications`: the work queue of a status, oldest first.
use axum::{extract::State, routing::get};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use shared::{
    app::{App, CURSOR_KEY},
    clock::{at_local, india},
    deserr::Deserr,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Day, Docs, FieldErrors, Line, Parsed, Query, Reply},
    read_with,
    table::{Index, Limit, PageRequest},
};
use utoipa::ToSchema;

use crate::{
    WING, access::ANY_STAFF, application::LoanApplication, borrower::UserId,
    endpoints::applications::ApplicationView, loan::state::ApplicationStatus,
};

/// The declaration. For finance as well, who find in it what is accepted and waits for its payout.
pub static FUNCTION: Function = Function {
    name: "lending-list-work-queue",
    module: module_path!(),
    wing: &WING,
    summary: "List loan applications for staff",
    trigger: Trigger::Http(Route {
        path: "/api/admin/loan-applications",
        access: ANY_STAFF,
        handler: || get(handle),
        docs: Docs::reply::<Response>().query::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::QueryIndex(Index::Gsi2), Need::Secret(&CURSOR_KEY)],
    ..Function::ENDPOINT
};

/// Which. Filters apply before paging; a page may be shorter than asked for and goes on while there is a cursor.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// `submitted` when absent: what waits for an officer.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "submitted")]
    status: Option<InStatus>,
    /// Made on this Indian day or later.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Date, example = "2026-01-01")]
    from: Option<Day>,
    /// Made on this Indian day or earlier.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Date, example = "2026-01-31")]
    to: Option<Day>,
    /// With this officer.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "stf_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    assigned: Option<Line<1, 64>>,
    /// 1 to 100, 20 when absent.
    #[deserr(default)]
    #[schema(value_type = Option<u16>, example = 20)]
    limit: Option<Limit>,
    /// Where the page before ended.
    #[deserr(default)]
    cursor: Option<String>,
}

/// A status as a query names it.
#[derive(Debug, Clone, Copy)]
struct InStatus(ApplicationStatus);

impl Parsed for InStatus {
    const RULE: &'static str = "must be a status of applications, such as submitted or under_review";
    fn parsed(text: &str) -> Option<Self> {
        serde_json::from_value(text.into()).ok().map(Self)
    }
}
read_with!(InStatus);

/// One page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    applications: Vec<Waiting>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// An application in the queue.
#[derive(Debug, Serialize, ToSchema)]
pub struct Waiting {
    #[serde(flatten)]
    application: ApplicationView,
    #[schema(value_type = String)]
    user_id: UserId,
    /// The officer who has it.
    assigned_to: Option<String>,
    /// Approved by one person, and above the limit for one.
    awaits_second_approval: bool,
}

async fn handle(State(app): State<App>, Query(request): Query<Request>) -> Result<Reply<Response>, Error> {
    let status = request.status.map_or(ApplicationStatus::Submitted, |InStatus(status)| status);
    let from = request.from.map_or(Timestamp::UNIX_EPOCH, |Day(day)| at_local(day, 0, 0, &india()));
    let to = request.to.map_or_else(|| app.now(), end_of);
    let assigned = request.assigned.map(String::from);
    let page = PageRequest { limit: request.limit.unwrap_or(Limit::DEFAULT), cursor: request.cursor };
    let pattern = LoanApplication::in_status(status, from, to);
    let keep = |application: &LoanApplication| assigned.is_none() || application.assigned_to == assigned;
    let page = app.page(&pattern, &page, |application| keep(application)).await?;
    let applications = page.items.iter().map(|application| Waiting {
        user_id: application.user,
        assigned_to: application.assigned_to.clone(),
        awaits_second_approval: application.status == ApplicationStatus::UnderReview
            && application.approval.is_some(),
        application: ApplicationView::of(application, app.now()),
    });
    let response = Response { applications: applications.collect(), next_cursor: page.next_cursor };
    Ok(Reply::ok("Applications", response))
}

fn end_of(Day(day): Day) -> Timestamp {
    let next = at_local(day.tomorrow().unwrap_or(day), 0, 0, &india());
    next.saturating_sub(SignedDuration::from_millis(1)).unwrap_or(next)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::reviews::review,
        testing::{applied, profile_done, staff_member, staff_signed_in},
    };

    async fn list(stand: &Stand, cookie: &str, query: &str) -> Answer {
        stand.call(&FUNCTION).cookie(cookie).query(query).await
    }

    fn ids(answer: &Answer) -> Vec<&str> {
        assert_eq!(answer.status, 200, "{answer:?}");
        let rows = answer.body["data"]["applications"].as_array().unwrap();
        rows.iter().map(|row| row["id"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn the_queue_is_oldest_first_and_filtered_before_paging() {
        let stand = Stand::new().await;
        let mut made = Vec::new();
        for n in 0..4 {
            let cookie = profile_done(&stand, &format!("987654321{n}")).await;
            made.push(applied(&stand, &cookie).await);
            stand.advance(SignedDuration::from_hours(24));
        }
        let officer = staff_member(&stand, &["officer"]).await;
        assert_eq!(ids(&list(&stand, &officer.cookie, "").await), made);
        assert_eq!(ids(&list(&stand, &officer.cookie, "from=2026-01-06&to=2026-01-07").await), made[1..3]);
        let first = list(&stand, &officer.cookie, "limit=3").await;
        assert_eq!(ids(&first), made[..3]);
        let cursor = first.body["data"]["next_cursor"].as_str().unwrap();
        assert_eq!(ids(&list(&stand, &officer.cookie, &format!("limit=3&cursor={cursor}")).await), made[3..]);
        assert_eq!(first.cost.calls, 2);

        for id in [&made[0], &made[2]] {
            let taken = stand.call(&review::FUNCTION).cookie(&officer.cookie).path("id", id).await;
            assert_eq!(taken.status, 200, "{taken:?}");
        }
        let other = staff_signed_in(&stand, &["officer"]).await;
        let taken = stand.call(&review::FUNCTION).cookie(&other).path("id", &made[1]).await;
        assert_eq!(taken.status, 200, "{taken:?}");
        let mine =
            list(&stand, &officer.cookie, &format!("status=under_review&limit=1&assigned={}", officer.id))
                .await;
        assert_eq!(ids(&mine), made[..1]);
        assert!(mine.body["data"]["next_cursor"].is_string());
    }

    #[tokio::test]
    async fn what_is_no_status_is_refused_and_borrowers_do_not_see_it() {
        let stand = Stand::new().await;
        let finance = staff_signed_in(&stand, &["finance"]).await;
        assert_eq!(list(&stand, &finance, "status=accepted").await.status, 200);
        assert_eq!(list(&stand, &finance, "status=open&sort=x").await.wrong_fields(), ["sort", "status"]);
        let borrower = profile_done(&stand, "9876543210").await;
        assert_eq!(list(&stand, &borrower, "").await.code(), "NOT_SIGNED_IN");
    }
}
