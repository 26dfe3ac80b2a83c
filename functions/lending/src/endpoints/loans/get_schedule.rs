//! `GET /api/loans/{id}/schedule`: every instalment with what it asks for and what was paid of it, as of
//! today.
use axum::{extract::State, routing::get};
use jiff::civil::Date;
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Path, Reply},
    money::{Paise, Rupees},
};
use utoipa::ToSchema;

use super::view::today;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    loan::account::{InstalmentState, InstalmentStatus, LineKind, LoanState, Owed},
    loan_account::{Book, LoanId},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-schedule",
    module: module_path!(),
    wing: &WING,
    summary: "Show the instalments of a loan",
    trigger: Trigger::Http(Route {
        path: "/api/loans/{id}/schedule",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::BatchGet],
    ..Function::ENDPOINT
};

/// The instalments. Their principal adds up to the amount lent, to the paisa.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    #[schema(value_type = String)]
    loan_id: LoanId,
    /// The day of these figures.
    #[schema(value_type = String, format = Date)]
    as_of: Date,
    instalments: Vec<Line>,
    totals: Totals,
}

/// One instalment, or what was settled at once.
#[derive(Debug, Serialize, ToSchema)]
pub struct Line {
    /// The version of the schedule; more than 1 after a rescheduling.
    version: u16,
    number: u16,
    kind: LineKind,
    #[schema(value_type = String, format = Date)]
    due_on: Date,
    status: InstalmentStatus,
    days_past_due: u32,
    #[schema(value_type = f64)]
    principal: Rupees,
    #[schema(value_type = f64)]
    interest: Rupees,
    /// Penal charges up to today, less waivers.
    #[schema(value_type = f64)]
    charges: Rupees,
    /// All of them.
    #[schema(value_type = f64)]
    amount: Rupees,
    #[schema(value_type = f64)]
    paid: Rupees,
    #[schema(value_type = f64)]
    unpaid: Rupees,
}

/// The sums of the lines.
#[derive(Debug, Serialize, ToSchema)]
pub struct Totals {
    #[schema(value_type = f64)]
    principal: Rupees,
    #[schema(value_type = f64)]
    interest: Rupees,
    #[schema(value_type = f64)]
    charges: Rupees,
    #[schema(value_type = f64)]
    paid: Rupees,
    #[schema(value_type = f64)]
    unpaid: Rupees,
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Path(loan_id): Path<LoanId>,
) -> Result<Reply<Response>, Error> {
    let book = Book::load(app.table(), user.id, loan_id).await?;
    let state = book.account.account.state_on(today(&app));
    let instalments = state.instalments.iter().map(Line::from).collect();
    let response = Response { loan_id, as_of: state.as_of, instalments, totals: Totals::from(&state) };
    Ok(Reply::ok("Your instalments", response))
}

impl From<&InstalmentState> for Line {
    fn from(line: &InstalmentState) -> Self {
        let of =
            |part: fn(&Owed) -> Paise| part(&line.principal) + part(&line.interest) + part(&line.charges);
        Self {
            version: line.version,
            number: line.number,
            kind: line.kind,
            due_on: line.due_on,
            status: line.status,
            days_past_due: line.days_past_due,
            principal: line.principal.due.into(),
            interest: line.interest.due.into(),
            charges: line.charges.due.into(),
            amount: of(|owed| owed.due).into(),
            paid: of(|owed| owed.paid).into(),
            unpaid: line.unpaid().into(),
        }
    }
}

impl From<&LoanState> for Totals {
    fn from(state: &LoanState) -> Self {
        let sum = |amount: fn(&InstalmentState) -> Paise| {
            Rupees::from(state.instalments.iter().map(amount).sum::<Paise>())
        };
        Self {
            principal: sum(|line| line.principal.due),
            interest: sum(|line| line.interest.due),
            charges: sum(|line| line.charges.due),
            paid: sum(|line| line.principal.paid + line.interest.paid + line.charges.paid),
            unpaid: sum(InstalmentState::unpaid),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::{Value, json};
    use shared::money::Paise;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::loans::arrange::{lent, pays, receives},
        loan_account::TransactionKind,
        testing::{profile_done, signed_in},
    };

    fn paise(amount: &Value) -> i64 {
        shared::money::Rupees::parse(&amount.to_string()).unwrap().0.minor()
    }

    #[tokio::test]
    async fn principal_adds_up_to_the_amount_to_the_paisa() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        for (rupees, months) in [(12_000, 12), (49_999, 36), (5_000, 3)] {
            let loan = lent(&stand, &cookie, rupees, months).await;
            let answer = stand.call(&FUNCTION).path("id", loan).cookie(&cookie).await;
            let data = &answer.body["data"];
            let lines = data["instalments"].as_array().unwrap();
            assert_eq!(lines.len(), usize::from(months));
            assert_eq!(lines.iter().map(|line| paise(&line["principal"])).sum::<i64>(), rupees * 100);
            for line in lines {
                let parts = ["principal", "interest", "charges"].map(|part| paise(&line[part]));
                assert_eq!(parts.iter().sum::<i64>(), paise(&line["amount"]));
            }
            assert_eq!(data["totals"]["principal"], rupees);
            assert_eq!(answer.cost.calls, 2, "who calls, and the loan with its account");
        }
    }

    #[tokio::test]
    async fn instalments_are_judged_by_the_clock_and_a_payment_shows_where_it_went() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let loan = lent(&stand, &cookie, 12_000, 12).await;
        // 2026-03-05: the second due date; the first has waited for 28 days, 25 of them behind the grace.
        stand.advance(SignedDuration::from_hours(24 * 59));
        let cookie = signed_in(&stand, "9876543210").await;
        pays(&stand, &cookie, loan, 1_100).await;
        let answer = stand.call(&FUNCTION).path("id", loan).cookie(&cookie).await;
        let lines = &answer.body["data"]["instalments"];
        let first = json!({
            "version": 1, "number": 1, "kind": "instalment", "due_on": "2026-02-05", "status": "paid",
            "days_past_due": 0, "principal": 946.19, "interest": 120, "charges": 15.55,
            "amount": 1_081.74, "paid": 1_081.74, "unpaid": 0,
        });
        assert_eq!(lines[0], first, "{answer:?}");
        assert_eq!((&lines[1]["status"], &lines[1]["paid"]), (&json!("partially_paid"), &json!(18.26)));
        assert_eq!(lines[2]["status"], "upcoming");
    }

    #[tokio::test]
    async fn a_settled_loan_shows_one_line_for_all_that_was_not_yet_due() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let loan = lent(&stand, &cookie, 12_000, 12).await;
        receives(&stand, &cookie, loan, TransactionKind::Foreclosure, Paise::major(12_000)).await;
        let answer = stand.call(&FUNCTION).path("id", loan).cookie(&cookie).await;
        let lines = answer.body["data"]["instalments"].as_array().unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!((&lines[0]["kind"], &lines[0]["principal"]), (&json!("settlement"), &json!(12_000)));
    }

    #[tokio::test]
    async fn somebody_elses_loan_is_not_there() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let loan = lent(&stand, &asha, 12_000, 12).await;
        assert_eq!(stand.call(&FUNCTION).path("id", loan).cookie(&bela).await.status, 404);
    }
}
