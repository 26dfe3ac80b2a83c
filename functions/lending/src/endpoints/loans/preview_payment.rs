//! `GET /api/loans/{id}/payment-preview?amount=`: how a payment of today would be split. Nothing is written.
use axum::{extract::State, routing::get};
use jiff::civil::Date;
use serde::Serialize;
use shared::{
    app::App,
    deserr::Deserr,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, FieldErrors, Path, Query, Reply},
    money::{Paise, Rupees},
};
use utoipa::ToSchema;

use super::view::{NextDueView, today};
use crate::{
    WING,
    access::{BORROWER, Borrower},
    codes,
    loan::{
        account::{AllocationLine, LoanState},
        allocation::Part,
        preview::{self, PaymentPreview},
        state::LoanStatus,
    },
    loan_account::{Book, LoanId},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-preview-payment",
    module: module_path!(),
    wing: &WING,
    summary: "Show how a payment would be split",
    trigger: Trigger::Http(Route {
        path: "/api/loans/{id}/payment-preview",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>().query::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::BatchGet],
    ..Function::ENDPOINT
};

/// How much.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// From 1 rupee to all that is owed.
    #[schema(value_type = f64, example = 1500)]
    amount: Rupees,
}

/// What the payment would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    #[schema(value_type = String)]
    loan_id: LoanId,
    #[schema(value_type = String, format = Date)]
    as_of: Date,
    #[schema(value_type = f64)]
    amount: Rupees,
    lines: Vec<Line>,
    /// Would stay on account for instalments to come.
    #[schema(value_type = f64)]
    to_on_account: Rupees,
    after: After,
}

/// One part of one instalment.
#[derive(Debug, Serialize, ToSchema)]
pub struct Line {
    /// The version of the schedule.
    version: u16,
    number: u16,
    part: Part,
    #[schema(value_type = f64)]
    amount: Rupees,
}

impl From<&AllocationLine> for Line {
    fn from(line: &AllocationLine) -> Self {
        Self { version: line.version, number: line.number, part: line.part, amount: line.amount.into() }
    }
}

/// The loan afterwards.
#[derive(Debug, Serialize, ToSchema)]
pub struct After {
    status: LoanStatus,
    #[schema(value_type = f64)]
    outstanding_principal: Rupees,
    /// Still due today.
    #[schema(value_type = f64)]
    due_amount: Rupees,
    next_due: Option<NextDueView>,
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Path(id): Path<LoanId>,
    Query(request): Query<Request>,
) -> Result<Reply<Response>, Error> {
    let amount = request.amount.0;
    let book = Book::load(app.table(), user.id, id).await?;
    let account = &book.account.account;
    let state = account.state_on(today(&app));
    if !state.status.is_running() && state.status != LoanStatus::WrittenOff {
        return Err(codes::NOT_IN_THAT_STATE.into());
    }
    if amount < Paise::major(1) || amount > owed(&state) {
        return Err(Error::invalid_field("amount", "range", "must be from 1 rupee to all that is owed"));
    }
    let preview = preview::preview(account, amount, state.as_of);
    Ok(Reply::ok("What this payment would do", Response::of(id, amount, &preview)))
}

/// All principal, and what else is due today.
fn owed(state: &LoanState) -> Paise {
    state.outstanding_principal + state.due.interest + state.due.charges - state.on_account
}

impl Response {
    fn of(loan_id: LoanId, amount: Paise, preview: &PaymentPreview) -> Self {
        let after = &preview.after;
        Self {
            loan_id,
            as_of: after.as_of,
            amount: amount.into(),
            lines: preview.lines.iter().map(Line::from).collect(),
            to_on_account: preview.to_on_account.into(),
            after: After {
                status: after.status,
                outstanding_principal: after.outstanding_principal.into(),
                due_amount: after.due.total().into(),
                next_due: after.next_due.map(NextDueView::from),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::loans::arrange::lent,
        testing::{profile_done, signed_in},
    };

    #[tokio::test]
    async fn a_preview_shows_the_split_and_writes_nothing() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let loan = lent(&stand, &cookie, 12_000, 12).await;
        stand.advance(SignedDuration::from_hours(24 * 41));
        let cookie = signed_in(&stand, "9876543210").await;
        let before = stand.everything_stored().await;
        let answer = stand.call(&FUNCTION).path("id", loan).query("amount=1500").cookie(&cookie).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let data = &answer.body["data"];
        let lines = json!([
            { "version": 1, "number": 1, "part": "charges", "amount": 4.36 },
            { "version": 1, "number": 1, "part": "interest", "amount": 120 },
            { "version": 1, "number": 1, "part": "principal", "amount": 946.19 },
        ]);
        assert_eq!((&data["lines"], &data["to_on_account"]), (&lines, &json!(429.45)));
        assert_eq!(data["after"]["next_due"], json!({ "on": "2026-03-05", "amount": 636.74 }));
        assert_eq!((answer.cost.calls, answer.cost.write_units), (2, 0.0));
        assert_eq!(stand.everything_stored().await.len(), before.len());
    }

    #[tokio::test]
    async fn an_amount_lies_between_one_rupee_and_all_that_is_owed() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let loan = lent(&stand, &cookie, 12_000, 12).await;
        for (query, status) in [
            ("amount=0.99", 400),
            ("amount=1", 200),
            ("amount=12000", 200),
            ("amount=12000.01", 400),
            ("amount=1.005", 400),
            ("amount=-5", 400),
            ("", 400),
        ] {
            let answer = stand.call(&FUNCTION).path("id", loan).query(query).cookie(&cookie).await;
            assert_eq!(answer.status, status, "{query}");
            assert_eq!(answer.wrong_fields(), if status == 400 { vec!["amount"] } else { vec![] });
        }
    }

    #[tokio::test]
    async fn somebody_elses_loan_is_not_there() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let loan = lent(&stand, &asha, 12_000, 12).await;
        let answer = stand.call(&FUNCTION).path("id", loan).query("amount=100").cookie(&bela).await;
        assert_eq!(answer.status, 404);
    }
}
