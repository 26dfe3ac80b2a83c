//! `GET /api/admin/statistics`: applications and loans in numbers, with the portfolio at risk. Everything is kept in counters, so
//! the answer costs the same however many loans there are.
use axum::{extract::State, routing::get};
use jiff::Timestamp;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Reply},
    money::{Paise, Rupees},
    table::Stored,
};
use utoipa::ToSchema;

use crate::{
    WING,
    access::ADMIN,
    application::ApplicationStats,
    loan::delinquency::DpdBucket,
    loan_account::{Portfolio, Shelf, ShelfPart, portfolio::OnShelf},
    product::Percent,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-statistics",
    module: module_path!(),
    wing: &WING,
    summary: "Show the house in numbers",
    trigger: Trigger::Http(Route {
        path: "/api/admin/statistics",
        access: ADMIN,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::BatchGet, Need::Query],
    ..Function::ENDPOINT
};

/// As of now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Statistics)]
pub struct Response {
    applications: Applications,
    loans: Loans,
    #[schema(value_type = String)]
    as_of: Timestamp,
}

/// Applications by status.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApplicationCounts)]
pub struct Applications {
    total: i64,
    submitted: i64,
    under_review: i64,
    approved: i64,
    rejected: i64,
    withdrawn: i64,
    accepted: i64,
    disbursed: i64,
    disbursal_failed: i64,
    expired: i64,
    /// Of the approvals that stand: approved, accepted, disbursed.
    #[schema(value_type = f64)]
    total_approved_amount: Rupees,
}

impl From<ApplicationStats> for Applications {
    fn from(stats: ApplicationStats) -> Self {
        Self {
            total: stats.total,
            submitted: stats.submitted,
            under_review: stats.under_review,
            approved: stats.approved,
            rejected: stats.rejected,
            withdrawn: stats.withdrawn,
            accepted: stats.accepted,
            disbursed: stats.disbursed,
            disbursal_failed: stats.disbursal_failed,
            expired: stats.expired,
            total_approved_amount: stats.approved_amount.into(),
        }
    }
}

/// Loans by where they stand.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LoanCounts)]
pub struct Loans {
    /// All that run.
    running: i64,
    /// Their principal not yet repaid.
    #[schema(value_type = f64)]
    outstanding: Rupees,
    /// Running loans by days past due, from current to the worst.
    portfolio_at_risk: Vec<AtRisk>,
    /// Given up in the books.
    written_off: i64,
    #[schema(value_type = f64)]
    written_off_outstanding: Rupees,
    /// Closed, foreclosed or given back.
    ended: i64,
}

/// The loans of one bucket.
#[derive(Debug, Serialize, ToSchema)]
pub struct AtRisk {
    /// Days past due.
    #[schema(value_type = String, example = "31-60")]
    bucket: DpdBucket,
    loans: i64,
    #[schema(value_type = f64)]
    outstanding: Rupees,
    /// The part of what they owe that is past due.
    #[schema(value_type = f64)]
    overdue: Rupees,
    /// Of the outstanding principal of all running loans, per cent.
    #[schema(value_type = f64)]
    share_pct: Percent,
}

async fn handle(State(app): State<App>) -> Result<Reply<Response>, Error> {
    let applications = app.table().get_all(&ApplicationStats::of_the_house()).await?;
    let parts = app.table().list(&ShelfPart::all(), ShelfPart::MOST).await?;
    let response = Response {
        applications: ApplicationStats::sum(applications.iter().map(|part| &part.value)).into(),
        loans: loans(&parts),
        as_of: app.now(),
    };
    Ok(Reply::ok("The house in numbers", response))
}

fn loans(parts: &[Stored<ShelfPart>]) -> Loans {
    let portfolio = Portfolio::of(parts.iter().map(|part| &part.value));
    let running = DpdBucket::ALL.map(|bucket| (bucket, portfolio.on(Shelf::Running(bucket))));
    let outstanding: Paise = running.iter().map(|(_, on)| on.outstanding).sum();
    let at_risk = |(bucket, on): &(DpdBucket, OnShelf)| AtRisk {
        bucket: *bucket,
        loans: on.loans,
        outstanding: on.outstanding.into(),
        overdue: on.overdue.into(),
        share_pct: share(on.outstanding, outstanding),
    };
    let written_off = portfolio.on(Shelf::WrittenOff);
    Loans {
        running: running.iter().map(|(_, on)| on.loans).sum(),
        outstanding: outstanding.into(),
        portfolio_at_risk: running.iter().map(at_risk).collect(),
        written_off: written_off.loans,
        written_off_outstanding: written_off.outstanding.into(),
        ended: portfolio.on(Shelf::Ended).loans,
    }
}

/// `part` of `whole`, per cent with two decimals; nothing of nothing.
fn share(part: Paise, whole: Paise) -> Percent {
    if whole.is_zero() {
        return Percent(Decimal::ZERO);
    }
    let share = part.to_decimal() * Decimal::ONE_HUNDRED / whole.to_decimal();
    Percent(share.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven).normalize())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::{applied, paid_out, profile_done, staff_signed_in};

    #[tokio::test]
    async fn applications_and_loans_are_counted_where_they_stand() {
        let stand = Stand::new().await;
        paid_out(&stand, "9876543210").await;
        let waiting = profile_done(&stand, "9876543211").await;
        applied(&stand, &waiting).await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        let answer = stand.call(&FUNCTION).cookie(&admin).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let (applications, loans) = (&answer.body["data"]["applications"], &answer.body["data"]["loans"]);
        let counted = ["total", "submitted", "approved", "disbursed"].map(|name| &applications[name]);
        assert_eq!(counted, [&json!(2), &json!(1), &json!(0), &json!(1)]);
        assert_eq!((&loans["running"], &loans["outstanding"]), (&json!(1), &json!(50_000)));
        let current = &loans["portfolio_at_risk"][0];
        assert_eq!((&current["bucket"], &current["share_pct"]), (&json!("current"), &json!(100)));
        assert_eq!(loans["portfolio_at_risk"].as_array().unwrap().len(), 5);
        assert_eq!(answer.cost.calls, 3);
    }

    #[tokio::test]
    async fn an_empty_house_has_zeros_and_only_admins_see_it() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        let answer = stand.call(&FUNCTION).cookie(&admin).await;
        assert_eq!(answer.body["data"]["loans"]["portfolio_at_risk"][4]["share_pct"], 0, "{answer:?}");
        for role in ["officer", "finance"] {
            let cookie = staff_signed_in(&stand, &[role]).await;
            assert_eq!(stand.call(&FUNCTION).cookie(&cookie).await.code(), "FORBIDDEN", "{role}");
        }
    }
}
