//! `POST /api/admin/loans/{id}/repayments`: money came in over the counter or by bank transfer. It counts from its value date,
//! so everything after that day is computed again.
use axum::{extract::State, routing::post};
use serde::Serialize;
use shared::{
    app::App,
    audit::{self, Actor},
    clock::{day_in, india},
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Day, Docs, FieldErrors, Line, Path, Reply},
    money::Rupees,
    table::{Index, Write, retry_lost_race},
};
use utoipa::ToSchema;

use super::{AllocationView, LoanView, TRIES, TransactionView, not_so};
use crate::{
    WING,
    access::{FINANCE, Staff},
    loan::state::LoanStatus,
    loan_account::{Book, Incoming, LoanId, Mode, TransactionKind, receiving},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-record-repayment",
    module: module_path!(),
    wing: &WING,
    summary: "Record money that came in by hand or by bank transfer",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/admin/loans/{id}/repayments",
        access: FINANCE,
        idempotent: true,
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>().created(),
        ..Route::DEFAULT
    }),
    needs: &[Need::QueryIndex(Index::Gsi1), Need::BatchGet, Need::Put, Need::Update, Need::Delete],
    ..Function::ENDPOINT
};

/// What came in.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    #[schema(value_type = f64, example = 4584.5)]
    amount: Rupees,
    /// From the disbursal to today.
    #[schema(value_type = String, format = Date, example = "2026-02-05")]
    received_on: Day,
    mode: Counter,
    /// The bank's name for it, or the number of the paper receipt; belongs to one receipt only.
    #[schema(value_type = String, example = "UTIBN52026020500012345")]
    reference: Line<4, 64>,
    /// Usually `repayment`; `foreclosure` when it is to settle the loan early, with the fee for that.
    #[deserr(default)]
    kind: Option<Purpose>,
}

/// How it came.
#[derive(Debug, Clone, Copy, Deserr, ToSchema)]
#[deserr(error = FieldErrors, rename_all = lowercase)]
#[schema(rename_all = "lowercase")]
pub enum Counter {
    /// At the counter.
    Cash,
    /// By bank transfer.
    Bank,
}

/// What it is for.
#[derive(Debug, Clone, Copy, Deserr, ToSchema)]
#[deserr(error = FieldErrors, rename_all = lowercase)]
#[schema(rename_all = "lowercase")]
pub enum Purpose {
    /// It pays what is due, and then what falls due.
    Repayment,
    /// It settles the loan early.
    Foreclosure,
}

/// What it did.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    transaction: TransactionView,
    /// What it paid; the rest lies on account.
    allocations: Vec<AllocationView>,
    loan: LoanView,
}

async fn handle(
    State(app): State<App>,
    Staff { actor, .. }: Staff,
    Path(id): Path<LoanId>,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let incoming = incoming(&app, &actor, request)?;
    let response = retry_lost_race(TRIES, || record(&app, &actor, id, &incoming)).await?;
    Ok(Reply::created("The receipt is recorded", response))
}

fn incoming(app: &App, actor: &Actor, request: Request) -> Result<Incoming, Error> {
    let (amount, Day(received_on)) = (request.amount.0, request.received_on);
    if !amount.is_positive() {
        return Err(Error::invalid_field("amount", "range", "must be more than 0"));
    }
    if received_on > day_in(app.now(), &india()) {
        return Err(Error::invalid_field("received_on", "range", "must not lie in the future"));
    }
    Ok(Incoming {
        kind: match request.kind.unwrap_or(Purpose::Repayment) {
            Purpose::Repayment => TransactionKind::Repayment,
            Purpose::Foreclosure => TransactionKind::Foreclosure,
        },
        amount,
        mode: match request.mode {
            Counter::Cash => Mode::Cash,
            Counter::Bank => Mode::Bank,
        },
        reference: request.reference.into(),
        received_on,
        recorded_by: actor.id.clone(),
    })
}

async fn record(app: &App, actor: &Actor, id: LoanId, incoming: &Incoming) -> Result<Response, Error> {
    let (mut book, user) = Book::find_with_user(app.table(), id).await?;
    // What was written off may still be recovered; what is closed owes nothing.
    if !book.loan.status.is_running() && book.loan.status != LoanStatus::WrittenOff {
        return Err(not_so(&book.loan));
    }
    let before = book.loan.summary.clone();
    let (received, write) = receiving::receive(app, &mut book, &user, incoming, Write::new())?;
    let after = (&received.transaction, &book.loan.summary);
    let entry = audit::Entry::new(app, &WING, actor, "record_repayment", id, &before, &after)?;
    app.table().write(write.create(&entry)).await?;
    Ok(Response {
        transaction: TransactionView::from(&received.transaction),
        allocations: received.allocations.iter().map(AllocationView::from).collect(),
        loan: LoanView::from(&*book.loan),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use shared::money::Paise;
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        loan::state::LoanStatus,
        loan_account::LoanTransaction,
        testing::{PaidOut, assert_books_right, book_of, go_to, paid_out, receive, staff_signed_in},
    };

    /// The instalment of [`paid_out`]: 750.00 interest and 3834.00 principal at first.
    const EMI: f64 = 4584.0;

    async fn at_the_counter(stand: &Stand, finance: &str, loan: &PaidOut, changes: Value) -> Answer {
        let mut body =
            json!({ "amount": EMI, "received_on": "2026-02-05", "mode": "cash", "reference": "R-0001" });
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        stand.call(&FUNCTION).cookie(finance).path("id", loan.loan).json(body).await
    }

    #[tokio::test]
    async fn a_receipt_pays_what_is_due_and_the_borrower_is_thanked() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        go_to(&stand, "2026-02-05");
        let finance = staff_signed_in(&stand, &["finance"]).await;
        let answer = at_the_counter(&stand, &finance, &loan, json!({ "amount": 5000 })).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let data = &answer.body["data"];
        let split: Vec<_> = data["allocations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| (&line["part"], &line["amount"]))
            .collect();
        assert_eq!(split, [(&json!("interest"), &json!(750)), (&json!("principal"), &json!(3834))]);
        assert_eq!((&data["loan"]["on_account"], &data["loan"]["due"]), (&json!(416), &json!(0)));
        assert_eq!(data["loan"]["outstanding_principal"], 46_166);
        assert_books_right(&stand, &loan).await;
        let stored = stand.everything_stored().await;
        assert!(stored.contains("Rs 5000.00 for your loan LN-202601-000001 have arrived"));
        assert!(stored.contains("record_repayment"), "it stands in the audit log");
    }

    #[tokio::test]
    async fn a_reference_is_recorded_once_also_at_the_same_moment_and_for_another_loan() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        let other = paid_out(&stand, "9876543211").await;
        let calls = (0..5).map(|_| receive(&stand, &loan.finance, &loan, json!(100), "2026-01-05", "UTR-77"));
        let answers = futures::future::join_all(calls).await;
        let recorded: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(recorded.len(), 1, "{answers:?}");
        let again = receive(&stand, &loan.finance, &other, json!(900), "2026-01-05", "utr-77").await;
        assert_eq!((again.status, again.code()), (409, "RECEIPT_EXISTS"));
        assert_eq!(again.body["data"]["transaction"], recorded[0].body["data"]["transaction"]["id"]);
        assert_eq!(book_of(&stand, &loan).await.loan.summary.received, Paise::major(100));
        assert_books_right(&stand, &loan).await;
        assert_books_right(&stand, &other).await;
    }

    #[tokio::test]
    async fn twenty_receipts_at_once_are_all_in_loan_and_ledger_or_nowhere() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        go_to(&stand, "2026-02-10");
        let finance = staff_signed_in(&stand, &["finance"]).await;
        let references: Vec<String> = (0..20).map(|n| format!("UTR-{n:04}")).collect();
        let calls =
            references.iter().map(|name| receive(&stand, &finance, &loan, json!(300.5), "2026-02-10", name));
        let answers = futures::future::join_all(calls).await;
        let recorded = i64::try_from(answers.iter().filter(|answer| answer.status == 201).count()).unwrap();
        assert!(answers.iter().all(|answer| [201, 503].contains(&answer.status)), "{answers:?}");
        assert!(recorded >= 5, "{recorded}");
        let book = book_of(&stand, &loan).await;
        assert_eq!(book.loan.summary.received, Paise::new(30_050 * recorded));
        let transactions = stand.table().list(&LoanTransaction::of_loan(loan.loan), 100).await.unwrap();
        assert_eq!(i64::try_from(transactions.len()).unwrap(), recorded + 1, "and the disbursal");
        assert_books_right(&stand, &loan).await;
    }

    #[tokio::test]
    async fn a_back_dated_receipt_does_what_it_would_have_done_in_time() {
        let mut ends = Vec::new();
        for order in [["2026-02-05", "2026-03-20"], ["2026-03-20", "2026-02-05"]] {
            let stand = Stand::new().await;
            let loan = paid_out(&stand, "9876543210").await;
            go_to(&stand, "2026-03-25");
            let finance = staff_signed_in(&stand, &["finance"]).await;
            for on in order {
                let answer = receive(&stand, &finance, &loan, json!(EMI), on, on).await;
                assert_eq!(answer.status, 201, "{answer:?}");
                assert_books_right(&stand, &loan).await;
            }
            let book = book_of(&stand, &loan).await;
            ends.push((book.loan.summary.clone(), book.account.posted));
        }
        assert_eq!(ends[0], ends[1]);
    }

    #[tokio::test]
    async fn the_last_instalment_closes_the_loan_and_a_closed_loan_takes_no_more() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        go_to(&stand, "2027-01-05");
        let finance = staff_signed_in(&stand, &["finance"]).await;
        let schedule = book_of(&stand, &loan).await.account.account.schedule.clone();
        for line in &schedule.instalments {
            let (amount, on) = (shared::money::Rupees::from(line.emi), line.due_on.to_string());
            let answer = receive(&stand, &finance, &loan, json!(amount), &on, &format!("UTR-{on}")).await;
            assert_eq!(answer.status, 201, "{answer:?}");
        }
        let book = book_of(&stand, &loan).await;
        assert_eq!(
            (book.loan.status, book.loan.summary.outstanding_principal),
            (LoanStatus::Closed, Paise::ZERO)
        );
        assert_eq!((book.loan.remind_at, book.loan.summary.judge_on), (None, None));
        assert_books_right(&stand, &loan).await;
        assert!(stand.everything_stored().await.contains("You owe us nothing more"));
        let late = receive(&stand, &finance, &loan, json!(1), "2027-01-05", "UTR-late").await;
        assert_eq!((late.status, late.code()), (409, "NOT_IN_THAT_STATE"));
        assert_eq!(late.body["data"]["status"], "closed");
    }

    #[tokio::test]
    async fn a_foreclosure_settles_the_loan_or_is_not_recorded() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        go_to(&stand, "2026-01-20");
        let finance = staff_signed_in(&stand, &["finance"]).await;
        let wanted = json!({ "kind": "foreclosure", "received_on": "2026-01-20", "amount": 50_000 });
        let answer = at_the_counter(&stand, &finance, &loan, wanted.clone()).await;
        assert_eq!((answer.status, answer.code()), (409, "TOO_LITTLE_TO_FORECLOSE"));
        let needed = answer.body["data"]["needed"].clone();
        assert_eq!(needed, json!(50_362.9), "15 of 31 days of the 750.00 of the first month");
        let mut enough = wanted;
        enough["amount"] = needed;
        let answer = at_the_counter(&stand, &finance, &loan, enough).await;
        assert_eq!(
            (answer.status, &answer.body["data"]["loan"]["status"]),
            (201, &json!("foreclosed")),
            "{answer:?}"
        );
        assert_books_right(&stand, &loan).await;
        assert!(stand.everything_stored().await.contains("Your loan is settled early"));
    }

    #[tokio::test]
    async fn what_cannot_have_come_is_refused() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        for (changes, field) in [
            (json!({ "amount": 0 }), "amount"),
            (json!({ "amount": -5 }), "amount"),
            (json!({ "amount": 1.005 }), "amount"),
            (json!({ "received_on": "2026-01-06" }), "received_on"),
            (json!({ "received_on": "2026-01-04" }), "received_on"),
            (json!({ "mode": "gateway" }), "mode"),
            (json!({ "reference": "x" }), "reference"),
        ] {
            let mut body = json!({ "received_on": "2026-01-05" });
            body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            let answer = at_the_counter(&stand, &loan.finance, &loan, body).await;
            assert_eq!((answer.status, answer.wrong_fields()), (400, vec![field]), "{changes}");
        }
        let nobody = "ln_01ARZ3NDEKTSV4RRFFQ69G5FAV";
        let body = json!({ "amount": 5, "received_on": "2026-01-05", "mode": "cash", "reference": "R-1" });
        let mut body_ok = body.clone();
        body_ok["reference"] = json!("R-0001");
        let answer = stand.call(&FUNCTION).cookie(&loan.finance).path("id", nobody).json(body_ok).await;
        assert_eq!(answer.status, 404);
    }
}
