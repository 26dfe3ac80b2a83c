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
