//! A borrower is reminded of an instalment: before it falls due, on the day, after it. Each reminder is sent once, whatever
//! became of the runs; what was missed is made up for by the newest one that applies.
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    clock::{day_in, india},
    codes,
    error::Error,
    function::{Consumer, Function, Need, Queue, Trigger},
    messages::notice::{self, Template},
    runtime::Delivery,
    table::{Key, Write, retry_lost_race},
};

use crate::{
    WING,
    borrower::{User, UserId},
    loan_account::{
        Book, Loan, LoanId, ReminderDuty,
        reminder::{self, Reminder},
    },
    notices,
};

/// Loans whose borrowers are to be reminded.
pub static REMINDER_DUE_QUEUE: Queue = Queue::standard("lending-reminder-due");

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-on-reminder-due",
    module: module_path!(),
    wing: &WING,
    summary: "Remind a borrower of an instalment",
    trigger: Trigger::Queue(Consumer {
        queue: &REMINDER_DUE_QUEUE,
        batch: 10,
        handle: |app, delivery| Box::pin(handle(app, delivery)),
    }),
    needs: &[Need::BatchGet, Need::Put, Need::Delete],
    ..Function::WORKER
};

/// Which loan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReminderDue {
    /// Whose it is.
    pub user: UserId,
    /// The loan.
    pub loan: LoanId,
}

impl ReminderDue {
    /// The loan whose duty lies at `key`.
    pub fn named_by(key: &Key) -> Option<Self> {
        let (user, loan) = ReminderDuty::named_by(key)?;
        Some(Self { user, loan })
    }
}

async fn handle(app: &App, delivery: Delivery<'_>) -> Result<(), Error> {
    let due: ReminderDue = delivery.message()?;
    retry_lost_race(3, || remind(app, &due)).await
}

async fn remind(app: &App, due: &ReminderDue) -> Result<(), Error> {
    let (mut book, user) = match Book::load_with_user(app.table(), due.user, due.loan).await {
        Err(error) if error.code() == codes::NOT_FOUND => return Ok(()),
        found => found?,
    };
    if book.loan.remind_at.is_none_or(|at| app.now() < at) {
        return Ok(());
    }
    let state = book.account.account.state_on(day_in(app.now(), &india()));
    let mut write = Write::new();
    for reminder in reminder::reminders(&state, &book.loan.reminded) {
        write = tell(app, &user, &book.loan, &reminder, write)?;
        reminder::remember(&mut book.loan.reminded, &reminder, &state);
    }
    book.loan.remind_at = reminder::remind_at(&state, &book.loan.reminded);
    book.loan.updated_at = app.now();
    let write = match book.loan.remind_at {
        Some(remind_at) => write.overwrite(&ReminderDuty { loan: due.loan, user: due.user, remind_at }),
        None => write.erase(ReminderDuty::at(due.user, due.loan)),
    };
    app.table().write(write.replace(&book.loan)).await
}

fn tell(app: &App, user: &User, loan: &Loan, reminder: &Reminder, write: Write) -> Result<Write, Error> {
    let template: &Template = match reminder.days {
        ..=-1 => &notices::DUE_SOON,
        0 => &notices::DUE_TODAY,
        1.. => &notices::OVERDUE,
    };
    let (amount, due_on, days) =
        (reminder.amount.to_string(), reminder.due_on.to_string(), reminder.days.to_string());
    let values =
        [("number", loan.number.as_str()), ("amount", &amount), ("due_on", &due_on), ("days", &days)];
    notice::tell(write, app, &WING, &notices::recipient(user), template, &values)
}
