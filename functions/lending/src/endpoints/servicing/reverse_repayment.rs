//! `POST /api/admin/repayments/{id}/reverse`: a recorded receipt did not come after all (a cheque that bounced, a slip of the
//! hand). The loan is computed again without it; a loan that it had closed runs again. Nothing is deleted.
use axum::{extract::State, routing::post};
use serde::Serialize;
use shared::{
    app::App,
    audit::{self, Actor},
    codes,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, Line, Path, Reply},
    table::{Index, Write, retry_lost_race},
};
use utoipa::ToSchema;

use super::{LoanView, TRIES, TransactionView};
use crate::{
    WING,
    access::{FINANCE, Staff},
    loan_account::{Book, LoanTransaction, Reversal, TransactionId, receiving},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-reverse-repayment",
    module: module_path!(),
    wing: &WING,
    summary: "Take back a receipt that did not come after all",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/admin/repayments/{id}/reverse",
        access: FINANCE,
        idempotent: true,
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::QueryIndex(Index::Gsi2), Need::Get, Need::BatchGet, Need::Put, Need::Update, Need::Delete],
    ..Function::ENDPOINT
};

/// Why.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    #[schema(value_type = String, example = "The cheque bounced")]
    reason: Line<3, 200>,
}

/// Where the loan stands without it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    transaction: TransactionView,
    loan: LoanView,
}

async fn handle(
    State(app): State<App>,
    Staff { actor, .. }: Staff,
    Path(id): Path<TransactionId>,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let reason = String::from(request.reason);
    let response = retry_lost_race(TRIES, || reverse(&app, &actor, id, &reason)).await?;
    Ok(Reply::ok("The receipt is reversed", response))
}

async fn reverse(app: &App, actor: &Actor, id: TransactionId, reason: &str) -> Result<Response, Error> {
    let found = app.table().list(&LoanTransaction::with_id(id), 1).await?.into_iter().next();
    let found = found.filter(|found| found.kind.is_receipt()).ok_or(codes::NOT_FOUND)?;
    let transaction = app.table().get(LoanTransaction::at(found.user, id)).await?;
    let mut transaction = transaction.ok_or(codes::NOT_FOUND)?;
    let (mut book, user) = Book::load_with_user(app.table(), found.user, found.loan).await?;
    let before = book.loan.summary.clone();
    let reversal = Reversal { by: actor.id.clone(), reason: reason.to_owned(), at: app.now() };
    let (_, write) = receiving::take_back(app, &mut book, &user, &mut transaction, reversal, Write::new())?;
    let after = (&*transaction, &book.loan.summary);
    let entry = audit::Entry::new(app, &WING, actor, "reverse_repayment", found.loan, &before, &after)?;
    app.table().write(write.create(&entry.because(reason))).await?;
    Ok(Response { transaction: TransactionView::from(&*transaction), loan: LoanView::from(&*book.loan) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        loan::state::LoanStatus,
        testing::{assert_books_right, book_of, go_to, paid_out, receive, staff_signed_in},
    };

    async fn reverse(stand: &Stand, finance: &str, receipt: &str) -> Answer {
        let body = json!({ "reason": "The cheque bounced" });
        stand.call(&FUNCTION).cookie(finance).path("id", receipt).json(body).await
    }

    fn id_of(answer: &Answer) -> String {
        answer.body["data"]["transaction"]["id"].as_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn without_the_receipt_everything_is_as_if_it_had_never_come() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        go_to(&stand, "2026-03-20");
        let finance = staff_signed_in(&stand, &["finance"]).await;
        receive(&stand, &finance, &loan, json!(4584), "2026-03-18", "UTR-1").await;
        let before = book_of(&stand, &loan).await;
        let receipt = id_of(&receive(&stand, &finance, &loan, json!(4584), "2026-02-05", "UTR-2").await);
        let answer = reverse(&stand, &finance, &receipt).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["data"]["transaction"]["status"], "reversed");
        let after = book_of(&stand, &loan).await;
        assert_eq!(
            (&after.loan.summary, after.account.posted),
            (&before.loan.summary, before.account.posted)
        );
        assert_eq!(after.account.account, before.account.account);
        assert_eq!(after.account.receipts.len(), 2, "its record stays");
        assert_books_right(&stand, &loan).await;
        assert!(stand.everything_stored().await.contains("Your payment did not go through"));
    }

    #[tokio::test]
    async fn a_receipt_is_reversed_once_and_its_reference_stays_taken() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        let receipt = id_of(&receive(&stand, &loan.finance, &loan, json!(100), "2026-01-05", "UTR-1").await);
        let calls = (0..5).map(|_| reverse(&stand, &loan.finance, &receipt));
        let answers = futures::future::join_all(calls).await;
        let statuses = |wanted| answers.iter().filter(|answer| answer.status == wanted).count();
        assert_eq!((statuses(200), statuses(409)), (1, 4), "{answers:?}");
        let answer = receive(&stand, &loan.finance, &loan, json!(100), "2026-01-05", "UTR-1").await;
        assert_eq!(answer.code(), "RECEIPT_EXISTS");
        assert_books_right(&stand, &loan).await;
    }

    #[tokio::test]
    async fn reversing_the_receipt_that_closed_a_loan_opens_it_again() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        go_to(&stand, "2027-01-05");
        let finance = staff_signed_in(&stand, &["finance"]).await;
        let due =
            book_of(&stand, &loan).await.account.account.state_on("2027-01-05".parse().unwrap()).due.total();
        let all = shared::money::Rupees::from(due);
        let closing = receive(&stand, &finance, &loan, json!(all), "2027-01-05", "UTR-1").await;
        assert_eq!(closing.body["data"]["loan"]["status"], "closed", "{closing:?}");
        let answer = reverse(&stand, &finance, &id_of(&closing)).await;
        assert_eq!(answer.body["data"]["loan"]["status"], "overdue");
        let book = book_of(&stand, &loan).await;
        assert_eq!((book.loan.status, book.loan.ended_on), (LoanStatus::Overdue, None));
        assert!(
            book.loan.remind_at.is_some() && book.loan.summary.judge_on.is_some(),
            "the jobs find it again"
        );
        assert_books_right(&stand, &loan).await;
    }

    #[tokio::test]
    async fn a_disbursal_is_no_receipt() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        let pattern = crate::loan_account::LoanTransaction::of_loan(loan.loan);
        let disbursal = stand.table().list(&pattern, 1).await.unwrap()[0].id.to_string();
        assert_eq!(reverse(&stand, &loan.finance, &disbursal).await.status, 404);
    }
}
