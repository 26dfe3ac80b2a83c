//! `GET /api/dashboard`: the borrower's credit score, running loans, next payments and what needs their
//! attention.
use axum::{extract::State, routing::get};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Reply},
    money::{Paise, Rupees},
    table::{Mixed, Pattern},
};
use utoipa::ToSchema;

use super::alerts::{self, Alert, AlertKind};
use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::LoanApplication,
    borrower::{EmploymentDetails, FinancialDetails, Step, User, UserId},
    endpoints::loans::view::{self, Judged, LoanView},
    loan_account::LoanId,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-dashboard",
    module: module_path!(),
    wing: &WING,
    summary: "Show everything at a glance",
    trigger: Trigger::Http(Route {
        path: "/api/dashboard",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Query],
    ..Function::ENDPOINT
};

/// Everything at a glance.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    /// Null until a credit bureau or the lender states it.
    credit_score: Option<u16>,
    /// The newest first.
    active_loans: Vec<LoanView>,
    totals: Totals,
    /// The next payment of each running loan, the earliest first.
    upcoming_payments: Vec<Upcoming>,
    /// The most pressing first.
    alerts: Vec<Alert>,
    /// When all of this was so, RFC 3339.
    #[schema(value_type = String)]
    as_of: Timestamp,
}

/// Over all running loans.
#[derive(Debug, Serialize, ToSchema)]
pub struct Totals {
    /// Principal not yet repaid.
    #[schema(value_type = f64)]
    outstanding_principal: Rupees,
    /// Due and unpaid, today's instalments included.
    #[schema(value_type = f64)]
    due_amount: Rupees,
    /// The part of it that is past its due date.
    #[schema(value_type = f64)]
    overdue_amount: Rupees,
}

/// The next payment of a loan.
#[derive(Debug, Serialize, ToSchema)]
pub struct Upcoming {
    #[schema(value_type = String)]
    loan_id: LoanId,
    loan_number: String,
    #[schema(value_type = String, format = Date)]
    on: Date,
    /// What lies on account is already taken off.
    #[schema(value_type = f64)]
    amount: Rupees,
}

async fn handle(State(app): State<App>, Borrower { user, .. }: Borrower) -> Result<Reply<Response>, Error> {
    let items = app.table().list(&at_a_glance(user.id), MOST).await?;
    let mut loans = view::judge(&items, view::today(&app))?;
    let mut alerts: Vec<Alert> = loans.iter().flat_map(alerts::of_loan).collect();
    let applications = Mixed::all::<LoanApplication>(&items)?;
    alerts.extend(applications.iter().filter_map(|each| alerts::of_application(each, app.now())));
    alerts.extend(missing(&user, &items)?);
    alerts::sort(&mut alerts);

    loans.retain(|judged| judged.state.status.is_running());
    let finances = Mixed::all::<FinancialDetails>(&items)?.pop();
    let response = Response {
        credit_score: finances.and_then(|finances| finances.credit_score),
        active_loans: loans.iter().map(|judged| LoanView::of(&judged.loan, &judged.state)).collect(),
        totals: Totals::of(&loans),
        upcoming_payments: upcoming(&loans),
        alerts,
        as_of: app.now(),
    };
    Ok(Reply::ok("Your dashboard", response))
}

/// One query of the borrower's partition: their applications, accounts, employment, finances and loans lie
/// between these keys; sessions, notices and transactions, of which there may be many, lie behind them.
fn at_a_glance(user: UserId) -> Pattern<Mixed> {
    Pattern::table(User::partition(user)).between("APPLICATION#", "LOAN_ACCOUNT#~")
}

/// More items than all that ever makes.
const MOST: usize = 1000;

/// The sections that are still to be given.
fn missing(user: &User, items: &[Mixed]) -> Result<Vec<Alert>, Error> {
    let mut alerts = Vec::new();
    if user.profile_completion_step < Step::Complete {
        alerts.push(Alert::new(AlertKind::CompleteProfile, "Complete your profile to apply for a loan"));
    }
    if Mixed::all::<EmploymentDetails>(items)?.is_empty() {
        alerts.push(Alert::new(AlertKind::GiveEmployment, "Give your employment details"));
    }
    if Mixed::all::<FinancialDetails>(items)?.is_empty() {
        alerts.push(Alert::new(AlertKind::GiveFinances, "Give your financial details"));
    }
    Ok(alerts)
}

impl Totals {
    fn of(loans: &[Judged]) -> Self {
        let sum = |amount: fn(&Judged) -> Paise| Rupees::from(loans.iter().map(amount).sum::<Paise>());
        Self {
            outstanding_principal: sum(|judged| judged.state.outstanding_principal),
            due_amount: sum(|judged| judged.state.due.total()),
            overdue_amount: sum(|judged| judged.state.overdue.total()),
        }
    }
}

fn upcoming(loans: &[Judged]) -> Vec<Upcoming> {
    let next = loans.iter().filter_map(|Judged { loan, state }| {
        let next = state.next_due?;
        let loan_number = loan.number.clone();
        Some(Upcoming { loan_id: loan.id, loan_number, on: next.on, amount: next.amount.into() })
    });
    let mut upcoming: Vec<_> = next.collect();
    upcoming.sort_by_key(|payment| payment.on);
    upcoming
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::{Value, json};
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::{
            employment, finances,
            loans::arrange::{lent, pays},
        },
        testing::{applied, approved, employment_details, financial_details, profile_done, signed_in},
    };

    fn kinds(answer: &Answer) -> Vec<&str> {
        let alerts = answer.body["data"]["alerts"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
        alerts.iter().map(|alert| alert["kind"].as_str().unwrap()).collect()
    }

    async fn all_given(stand: &Stand, cookie: &str) {
        stand.call(&employment::add::FUNCTION).cookie(cookie).json(employment_details()).await;
        stand.call(&finances::add::FUNCTION).cookie(cookie).json(financial_details()).await;
    }

    #[tokio::test]
    async fn a_newcomer_sees_what_is_missing() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).await;
        assert_eq!(kinds(&answer), ["complete_profile", "give_employment", "give_finances"]);
        let data = &answer.body["data"];
        assert_eq!((&data["credit_score"], &data["active_loans"]), (&Value::Null, &json!([])));
        assert_eq!(data["as_of"], "2026-01-05T04:30:00Z");
    }

    #[tokio::test]
    async fn a_dashboard_is_one_query_whatever_it_shows() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        all_given(&stand, &cookie).await;
        let first = lent(&stand, &cookie, 12_000, 12).await;
        stand.advance(SignedDuration::from_hours(24 * 5));
        let cookie = signed_in(&stand, "9876543210").await;
        let second = lent(&stand, &cookie, 24_000, 12).await;
        pays(&stand, &cookie, second, 100).await;
        let id = applied(&stand, &cookie).await;
        approved(&stand, &id).await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let data = &answer.body["data"];
        assert_eq!(data["active_loans"].as_array().unwrap().len(), 2);
        let upcoming = json!([
            { "loan_id": first, "loan_number": "LN-202601-000001", "on": "2026-02-05", "amount": 1_066.19 },
            { "loan_id": second, "loan_number": "LN-202601-000001", "on": "2026-02-10", "amount": 2_032.37 },
        ]);
        assert_eq!(data["upcoming_payments"], upcoming);
        assert_eq!(data["totals"]["outstanding_principal"], 36_000);
        assert_eq!(kinds(&answer), ["offer_waiting", "cooling_off"]);
        assert_eq!(
            (&data["alerts"][0]["on"], &data["alerts"][0]["amount"]),
            (&json!("2026-01-17"), &json!(50_000))
        );
        assert_eq!(answer.cost.calls, 2, "who calls, and everything else");
        // Items of some 4 KB a loan, read consistently.
        assert!(answer.cost.read_units <= 16.0, "{:?}", answer.cost);
    }

    #[tokio::test]
    async fn due_dates_become_more_pressing_by_the_clock_alone() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        all_given(&stand, &cookie).await;
        let loan = lent(&stand, &cookie, 12_000, 12).await;
        // Due on 2026-02-05, 31 days after the payout.
        let mut passed = 0;
        for (days, expected) in [
            (4, vec![]),
            (27, vec![]),
            (28, vec!["due_soon"]),
            (31, vec!["due_today"]),
            (32, vec!["overdue"]),
        ] {
            stand.advance(SignedDuration::from_hours(24 * (days - passed)));
            passed = days;
            let cookie = signed_in(&stand, "9876543210").await;
            let answer = stand.call(&FUNCTION).cookie(&cookie).await;
            assert_eq!(kinds(&answer), expected, "after {days} days");
            if let Some(alert) = answer.body["data"]["alerts"].get(0) {
                assert_eq!((&alert["loan_id"], &alert["on"]), (&json!(loan), &json!("2026-02-05")));
                assert_eq!(alert["amount"], 1_066.19);
            }
        }
    }
}
