//! `GET /api/loans/{id}`: one loan with its terms, what is owed, and every payment with what it paid.
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

use super::view::{LoanView, today};
use crate::{
    WING,
    access::{BORROWER, Borrower},
    loan::{account::LoanState, allocation::Part},
    loan_account::{Book, LoanId, Mode, Receipt, TransactionId, TransactionKind, TransactionStatus},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-loan",
    module: module_path!(),
    wing: &WING,
    summary: "Show a loan with its payments",
    trigger: Trigger::Http(Route {
        path: "/api/loans/{id}",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::BatchGet],
    ..Function::ENDPOINT
};

/// The loan.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    loan: LoanView,
    terms: TermsView,
    /// The newest first; reversed ones are among them.
    payments: Vec<Payment>,
}

/// What was agreed.
#[derive(Debug, Serialize, ToSchema)]
pub struct TermsView {
    product: String,
    /// Kept back at disbursal, tax included.
    #[schema(value_type = f64)]
    fees: Rupees,
    /// Paid out.
    #[schema(value_type = f64)]
    net_disbursed: Rupees,
    /// The last four digits of the account it went to.
    bank_account_last4: String,
    /// The last day on which the loan may be given back.
    #[schema(value_type = String, format = Date)]
    cooling_off_ends_on: Date,
}

/// Money that came in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Payment {
    #[schema(value_type = String, example = "txn_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    transaction_id: TransactionId,
    kind: TransactionKind,
    mode: Mode,
    reference: String,
    #[schema(value_type = f64)]
    amount: Rupees,
    #[schema(value_type = String, format = Date)]
    received_on: Date,
    /// `succeeded` or `reversed`.
    status: TransactionStatus,
    /// What it has paid until today.
    paid: Split,
}

/// Money by what it paid.
#[derive(Debug, Serialize, ToSchema)]
pub struct Split {
    #[schema(value_type = f64)]
    charges: Rupees,
    #[schema(value_type = f64)]
    interest: Rupees,
    #[schema(value_type = f64)]
    principal: Rupees,
    /// Not yet used.
    #[schema(value_type = f64)]
    on_account: Rupees,
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Path(id): Path<LoanId>,
) -> Result<Reply<Response>, Error> {
    let Book { loan, account } = Book::load(app.table(), user.id, id).await?;
    let state = account.account.state_on(today(&app));
    let mut payments: Vec<Payment> =
        account.receipts.iter().map(|receipt| payment(receipt, &state)).collect();
    payments.sort_by_key(|payment| std::cmp::Reverse((payment.received_on, payment.transaction_id)));
    let terms = TermsView {
        product: loan.product.name.clone(),
        fees: loan.fees.total().into(),
        net_disbursed: loan.net_disbursed.into(),
        bank_account_last4: loan.bank_account_last4.clone(),
        cooling_off_ends_on: loan.cooling_off_ends_on,
    };
    Ok(Reply::ok("Your loan", Response { loan: LoanView::of(&loan, &state), terms, payments }))
}

fn payment(receipt: &Receipt, state: &LoanState) -> Payment {
    let reversed = receipt.reversed.is_some();
    Payment {
        transaction_id: receipt.id,
        kind: receipt.kind,
        mode: receipt.mode,
        reference: receipt.reference.clone(),
        amount: receipt.amount.into(),
        received_on: receipt.received_on,
        status: if reversed { TransactionStatus::Reversed } else { TransactionStatus::Succeeded },
        paid: split(receipt, state),
    }
}

/// A reversed receipt paid nothing.
fn split(receipt: &Receipt, state: &LoanState) -> Split {
    let reference = receipt.id.to_string();
    let paid = |part: Part| -> Paise {
        let lines = state.allocations.iter().filter(|line| line.receipt == reference && line.part == part);
        lines.map(|line| line.amount).sum()
    };
    let (charges, interest, principal) = (paid(Part::Charges), paid(Part::Interest), paid(Part::Principal));
    let counts = if receipt.reversed.is_some() { Paise::ZERO } else { receipt.amount };
    Split {
        charges: charges.into(),
        interest: interest.into(),
        principal: principal.into(),
        on_account: (counts - charges - interest - principal).into(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::loans::arrange::{lent, pays},
        testing::{profile_done, signed_in},
    };

    #[tokio::test]
    async fn a_loan_shows_what_every_payment_paid_in_one_read() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let loan = lent(&stand, &cookie, 12_000, 12).await;
        // Ten days after the first due date: seven days of penal charges at 24 per cent on 946.19.
        stand.advance(SignedDuration::from_hours(24 * 41));
        let cookie = signed_in(&stand, "9876543210").await;
        pays(&stand, &cookie, loan, 1_500).await;
        let answer = stand.call(&FUNCTION).path("id", loan).cookie(&cookie).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let data = &answer.body["data"];
        let paid = json!({ "charges": 4.36, "interest": 120, "principal": 946.19, "on_account": 429.45 });
        assert_eq!(data["payments"][0]["paid"], paid);
        assert_eq!(data["payments"][0]["received_on"], "2026-02-15");
        assert_eq!(
            (&data["loan"]["status"], &data["loan"]["on_account"]),
            (&json!("active"), &json!(429.45))
        );
        assert_eq!(
            (&data["terms"]["fees"], &data["terms"]["net_disbursed"]),
            (&json!(283.2), &json!(11_716.8))
        );
        assert_eq!(answer.cost.calls, 2, "who calls, and the loan with its account");
    }

    #[tokio::test]
    async fn somebody_elses_loan_is_not_there() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let loan = lent(&stand, &asha, 12_000, 12).await;
        let answer = stand.call(&FUNCTION).path("id", loan).cookie(&bela).await;
        assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"));
        assert_eq!(stand.call(&FUNCTION).path("id", "nonsense").cookie(&asha).await.status, 404);
    }
}
