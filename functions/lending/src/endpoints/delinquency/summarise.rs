//! `GET /api/admin/delinquency`: how many running loans are how late, and with how much.
use axum::{extract::State, routing::get};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Reply},
    money::{Paise, Rupees},
};
use utoipa::ToSchema;

use crate::{
    WING,
    access::OFFICER_OR_ADMIN,
    loan::delinquency::DpdBucket,
    loan_account::{Portfolio, Shelf, ShelfPart, portfolio::OnShelf},
    product::Percent,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-summarise-delinquency",
    module: module_path!(),
    wing: &WING,
    summary: "Show how late the loans are",
    trigger: Trigger::Http(Route {
        path: "/api/admin/delinquency",
        access: OFFICER_OR_ADMIN,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Query],
    ..Function::ENDPOINT
};

/// The running loans by days past due. The numbers are kept with every booking; time alone is booked after
/// midnight.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    /// From those that are not late to the latest.
    buckets: Vec<Bucket>,
    total: Sum,
    /// Loans more than 30 days late, per cent of the principal of all.
    #[schema(value_type = f64)]
    portfolio_at_risk_30: Percent,
    /// Given up in the books; not among the running loans.
    written_off: Sum,
    /// RFC 3339.
    #[schema(value_type = String)]
    as_of: Timestamp,
}

/// One bucket.
#[derive(Debug, Serialize, ToSchema)]
pub struct Bucket {
    #[schema(example = "1-30")]
    dpd: DpdBucket,
    #[serde(flatten)]
    sum: Sum,
}

/// Loans together.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Sum {
    loans: i64,
    /// Principal not yet repaid.
    #[schema(value_type = f64)]
    outstanding: Rupees,
    /// What is past due of all that they owe.
    #[schema(value_type = f64)]
    overdue: Rupees,
}

impl From<OnShelf> for Sum {
    fn from(on: OnShelf) -> Self {
        Self { loans: on.loans, outstanding: on.outstanding.into(), overdue: on.overdue.into() }
    }
}

async fn handle(State(app): State<App>) -> Result<Reply<Response>, Error> {
    let parts = app.table().list(&ShelfPart::all(), ShelfPart::MOST).await?;
    let portfolio = Portfolio::of(parts.iter().map(|part| &part.value));
    let on = |bucket| portfolio.on(Shelf::Running(bucket));
    let sum = |buckets: &[DpdBucket]| {
        buckets.iter().map(|bucket| on(*bucket)).fold(OnShelf::default(), |sum, on| OnShelf {
            loans: sum.loans + on.loans,
            outstanding: sum.outstanding + on.outstanding,
            overdue: sum.overdue + on.overdue,
        })
    };
    let total = sum(&DpdBucket::ALL);
    let at_risk = sum(&[DpdBucket::UpTo60, DpdBucket::UpTo90, DpdBucket::Over90]);
    let response = Response {
        buckets: DpdBucket::ALL.map(|dpd| Bucket { dpd, sum: on(dpd).into() }).into(),
        total: total.into(),
        portfolio_at_risk_30: Percent(share(at_risk.outstanding, total.outstanding)),
        written_off: portfolio.on(Shelf::WrittenOff).into(),
        as_of: app.now(),
    };
    Ok(Reply::ok("The loans by days past due", response))
}

/// Per cent, with two decimals.
fn share(part: Paise, whole: Paise) -> Decimal {
    let share = Decimal::from(part.minor()) * Decimal::ONE_HUNDRED;
    share.checked_div(Decimal::from(whole.minor())).unwrap_or_default().round_dp(2)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::loans::arrange::{lent, pays},
        testing::{profile_done, signed_in, staff_signed_in},
    };

    #[tokio::test]
    async fn loans_are_counted_where_they_stand_in_one_query() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        lent(&stand, &cookie, 30_000, 12).await;
        let late = lent(&stand, &cookie, 10_000, 12).await;
        // Both are 54 days past due on 2026-03-31; a booking brings one of them up to date.
        stand.advance(SignedDuration::from_hours(24 * 85));
        let cookie = signed_in(&stand, "9876543210").await;
        pays(&stand, &cookie, late, 1).await;
        let officer = staff_signed_in(&stand, &["officer"]).await;
        let answer = stand.call(&FUNCTION).cookie(&officer).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let data = &answer.body["data"];
        assert_eq!(
            data["buckets"][0],
            json!({ "dpd": "current", "loans": 1, "outstanding": 30_000, "overdue": 0 })
        );
        assert_eq!((&data["buckets"][2]["dpd"], &data["buckets"][2]["loans"]), (&json!("31-60"), &json!(1)));
        assert_eq!(data["total"]["outstanding"], 40_000);
        assert_eq!(data["portfolio_at_risk_30"], 25);
        assert_eq!(answer.cost.calls, 2, "who calls, and the counters");
    }

    #[tokio::test]
    async fn an_empty_house_has_no_risk_and_borrowers_do_not_see_it() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        let answer = stand.call(&FUNCTION).cookie(&admin).await;
        assert_eq!(answer.body["data"]["portfolio_at_risk_30"], 0);
        let finance = staff_signed_in(&stand, &["finance"]).await;
        assert_eq!(stand.call(&FUNCTION).cookie(&finance).await.status, 403);
        let borrower = signed_in(&stand, "9876543210").await;
        assert_eq!(stand.call(&FUNCTION).cookie(&borrower).await.status, 401);
    }
}
