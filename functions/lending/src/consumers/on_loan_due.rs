//! A loan that a day has changed: what fell due is posted, days past due, bucket, class and status follow. Harmless when
//! repeated or late, since everything is computed from the loan itself for today, and posted is only what is missing.
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    clock::{day_in, india},
    codes,
    error::Error,
    function::{Consumer, Function, Need, Queue, Trigger},
    runtime::Delivery,
    table::{Key, Write, retry_lost_race},
};

use crate::{
    WING,
    borrower::UserId,
    loan_account::{Book, Happening, Loan, LoanId, booking::DAY},
};

/// Loans that a day has changed.
pub static LOAN_DUE_QUEUE: Queue = Queue::standard("lending-loan-due");

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-on-loan-due",
    module: module_path!(),
    wing: &WING,
    summary: "Post what fell due of a loan and count its days past due",
    trigger: Trigger::Queue(Consumer {
        queue: &LOAN_DUE_QUEUE,
        batch: 10,
        handle: |app, delivery| Box::pin(handle(app, delivery)),
    }),
    needs: &[Need::BatchGet, Need::Put, Need::Update, Need::Delete],
    ..Function::WORKER
};

/// Which loan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoanDue {
    /// Whose it is.
    pub user: UserId,
    /// The loan.
    pub loan: LoanId,
}

impl LoanDue {
    /// The loan that lies at `key`.
    pub fn named_by(key: &Key) -> Option<Self> {
        let (user, loan) = Loan::named_by(key)?;
        Some(Self { user, loan })
    }
}

async fn handle(app: &App, delivery: Delivery<'_>) -> Result<(), Error> {
    let due: LoanDue = delivery.message()?;
    retry_lost_race(3, || judge(app, &due)).await
}

/// Brings the loan to today, if anything waits for that.
async fn judge(app: &App, due: &LoanDue) -> Result<(), Error> {
    let today = day_in(app.now(), &india());
    let mut book = match Book::load(app.table(), due.user, due.loan).await {
        Err(error) if error.code() == codes::NOT_FOUND => return Ok(()),
        book => book?,
    };
    if book.loan.summary.judge_on.is_none_or(|day| today < day) {
        return Ok(());
    }
    let happening =
        Happening { event: DAY, reference: &due.loan.to_string(), value_on: today, now: app.now() };
    let booked = book.book(happening, |_| ())?;
    app.table().write(book.write(&booked, Write::new())).await
}

#[cfg(test)]
mod tests {
    use jiff::{ToSpan, civil::Date};
    use serde_json::json;
    use shared::money::Paise;
    use stand::Stand;

    use super::{FUNCTION, LoanDue};
    use crate::{
        loan::{
            delinquency::{AssetClass, DpdBucket},
            state::LoanStatus,
        },
        loan_account::{Portfolio, Shelf, ShelfPart},
        schedules::mark_due,
        testing::{PaidOut, assert_books_right, book_of, go_to, paid_out, receive, run_job, staff_signed_in},
    };

    async fn midnight(stand: &Stand, day: Date) -> usize {
        run_job(stand, (&mark_due::FUNCTION, &FUNCTION), day, (0, 15)).await
    }

    async fn portfolio(stand: &Stand) -> Portfolio {
        let parts = stand.table().list(&ShelfPart::all(), ShelfPart::MOST).await.unwrap();
        Portfolio::of(parts.iter().map(|part| &part.value))
    }

    fn due(loan: &PaidOut) -> serde_json::Value {
        json!(LoanDue { user: loan.user, loan: loan.loan })
    }

    #[tokio::test]
    async fn on_its_due_date_the_interest_is_earned_and_the_day_after_the_loan_is_overdue() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        assert_eq!(midnight(&stand, "2026-02-04".parse().unwrap()).await, 0, "nothing falls due today");

        assert_eq!(midnight(&stand, "2026-02-05".parse().unwrap()).await, 1);
        let book = book_of(&stand, &loan).await;
        assert_eq!(book.account.posted.interest_income, Paise::major(750));
        assert_eq!((book.loan.status, book.loan.summary.due_total), (LoanStatus::Active, Paise::major(4584)));
        assert_books_right(&stand, &loan).await;

        assert_eq!(midnight(&stand, "2026-02-06".parse().unwrap()).await, 1);
        let book = book_of(&stand, &loan).await;
        assert_eq!((book.loan.status, book.loan.summary.days_past_due), (LoanStatus::Overdue, 1));
        assert_eq!((book.loan.summary.bucket, book.loan.asset_class), (DpdBucket::UpTo30, AssetClass::Sma0));
        let portfolio = portfolio(&stand).await;
        let late = portfolio.on(Shelf::Running(DpdBucket::UpTo30));
        assert_eq!(
            (late.loans, late.outstanding, late.overdue),
            (1, Paise::major(50_000), Paise::major(4584))
        );
        assert_eq!(portfolio.on(Shelf::Running(DpdBucket::Current)).loans, 0);
        let listed = crate::loan_account::Loan::on_shelf(Shelf::Running(DpdBucket::UpTo30));
        assert_eq!(stand.table().list(&listed, 10).await.unwrap().len(), 1);
        assert_books_right(&stand, &loan).await;
    }

    #[tokio::test]
    async fn a_message_that_comes_twice_or_late_or_to_no_loan_changes_nothing_more() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        stand.deliver(&FUNCTION, &due(&loan)).await.unwrap();
        assert_eq!(book_of(&stand, &loan).await.loan.revision(), 1, "its day has not come");
        go_to(&stand, "2026-02-20");
        stand.deliver(&FUNCTION, &due(&loan)).await.unwrap();
        let once = book_of(&stand, &loan).await;
        assert_eq!(once.loan.summary.days_past_due, 15);
        for _ in 0..3 {
            stand.deliver(&FUNCTION, &due(&loan)).await.unwrap();
        }
        assert_eq!(book_of(&stand, &loan).await.loan.revision(), once.loan.revision());
        let nobody = json!({ "user": loan.user, "loan": "ln_01ARZ3NDEKTSV4RRFFQ69G5FAV" });
        stand.deliver(&FUNCTION, &nobody).await.unwrap();
        assert_books_right(&stand, &loan).await;
    }

    #[tokio::test]
    async fn runs_that_were_missed_leave_the_loan_as_if_they_had_not_been() {
        let mut ends = Vec::new();
        for every in [1, 13] {
            let stand = Stand::new().await;
            let loan = paid_out(&stand, "9876543210").await;
            let mut day: Date = "2026-02-01".parse().unwrap();
            let last: Date = "2026-05-13".parse().unwrap();
            while day < last {
                midnight(&stand, day).await;
                day += every.days();
            }
            midnight(&stand, last).await;
            let book = book_of(&stand, &loan).await;
            assert_eq!((book.loan.summary.days_past_due, book.loan.asset_class), (97, AssetClass::Npa));
            assert_books_right(&stand, &loan).await;
            ends.push((book.loan.summary.clone(), book.account.posted, portfolio(&stand).await));
        }
        assert_eq!(ends[0], ends[1]);
    }

    #[tokio::test]
    async fn a_loan_that_was_non_performing_on_a_missed_day_stays_so_until_all_arrears_are_paid() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        go_to(&stand, "2026-05-20");
        let finance = staff_signed_in(&stand, &["finance"]).await;
        let answer = receive(&stand, &finance, &loan, json!(9800), "2026-05-20", "UTR-1").await;
        assert_eq!(answer.body["data"]["loan"]["asset_class"], "npa", "{answer:?}");
        assert_eq!(answer.body["data"]["loan"]["bucket"], "31-60");
        let answer = receive(&stand, &finance, &loan, json!(12_000), "2026-05-20", "UTR-2").await;
        assert_eq!(answer.body["data"]["loan"]["asset_class"], "standard");
    }

    #[tokio::test]
    async fn money_on_account_is_used_on_the_due_date() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        receive(&stand, &loan.finance, &loan, json!(5000), "2026-01-05", "UTR-1").await;
        midnight(&stand, "2026-02-05".parse().unwrap()).await;
        let book = book_of(&stand, &loan).await;
        assert_eq!(
            (book.loan.summary.due_total, book.loan.summary.on_account),
            (Paise::ZERO, Paise::major(416))
        );
        assert_eq!(
            book.loan.summary.judge_on.unwrap().to_string(),
            "2026-03-05",
            "nothing happens until then"
        );
        assert_books_right(&stand, &loan).await;
    }
}
