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

#[cfg(test)]
mod tests {
    use jiff::{ToSpan, civil::Date};
    use serde_json::json;
    use shared::{messages::notice::Notice, table::Stored};
    use stand::Stand;

    use super::{FUNCTION, ReminderDue};
    use crate::{
        borrower::User,
        schedules::send_reminders,
        testing::{PaidOut, go_to, paid_out, receive, run_job, staff_signed_in},
    };

    async fn morning(stand: &Stand, day: &str) -> usize {
        run_job(stand, (&send_reminders::FUNCTION, &FUNCTION), day.parse().unwrap(), (9, 0)).await
    }

    /// `MM-DD template` of every reminder, in order.
    async fn reminded(stand: &Stand, loan: &PaidOut) -> Vec<String> {
        let mut notices: Vec<Stored<Notice>> =
            stand.table().list(&Notice::of(&User::partition(loan.user)), 1000).await.unwrap();
        notices.reverse();
        let reminders = notices
            .iter()
            .filter(|notice| ["due_soon", "due_today", "overdue"].contains(&notice.template.as_str()));
        reminders
            .map(|notice| format!("{} {}", notice.created_at.strftime("%m-%d"), notice.template))
            .collect()
    }

    #[tokio::test]
    async fn an_unpaid_instalment_is_reminded_of_on_eight_days() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        let mut day: Date = "2026-01-25".parse().unwrap();
        while day < "2026-03-01".parse().unwrap() {
            morning(&stand, &day.to_string()).await;
            day += 1.days();
        }
        assert_eq!(
            reminded(&stand, &loan).await,
            [
                "02-02 due_soon",
                "02-04 due_soon",
                "02-05 due_today",
                "02-06 overdue",
                "02-08 overdue",
                "02-12 overdue",
                "02-20 overdue",
            ]
        );
        morning(&stand, "2026-03-07").await;
        let all = reminded(&stand, &loan).await;
        assert_eq!(
            all[7..],
            ["03-07 overdue", "03-07 overdue"],
            "30 days after the first, 2 after the second"
        );
    }

    #[tokio::test]
    async fn what_was_missed_is_made_up_for_by_the_newest_that_applies() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        for day in ["2026-02-03", "2026-02-10", "2026-02-11", "2026-02-12"] {
            morning(&stand, day).await;
        }
        assert_eq!(reminded(&stand, &loan).await, ["02-03 due_soon", "02-10 overdue", "02-12 overdue"]);
    }

    #[tokio::test]
    async fn a_message_that_comes_twice_reminds_once() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        go_to(&stand, "2026-02-05");
        let due = json!(ReminderDue { user: loan.user, loan: loan.loan });
        let deliveries = futures::future::join_all((0..5).map(|_| stand.deliver(&FUNCTION, &due))).await;
        assert!(deliveries.iter().all(Result::is_ok), "{deliveries:?}");
        assert_eq!(reminded(&stand, &loan).await, ["02-05 due_today"]);
    }

    #[tokio::test]
    async fn who_has_paid_is_not_reminded_and_who_has_paid_a_part_of_the_rest() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        receive(&stand, &loan.finance, &loan, json!(5000), "2026-01-05", "UTR-1").await;
        for day in ["2026-02-02", "2026-02-05", "2026-02-08"] {
            assert_eq!(morning(&stand, day).await, 0);
        }
        morning(&stand, "2026-03-05").await;
        assert_eq!(reminded(&stand, &loan).await, ["03-05 due_today"]);
        assert!(stand.everything_stored().await.contains("Rs 4168.00 of your loan"), "416.00 lay on account");
    }

    #[tokio::test]
    async fn a_reversed_receipt_lets_the_reminders_go_on() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        go_to(&stand, "2026-02-05");
        let finance = staff_signed_in(&stand, &["finance"]).await;
        let answer = receive(&stand, &finance, &loan, json!(4584), "2026-02-05", "UTR-1").await;
        assert_eq!(morning(&stand, "2026-02-06").await, 0);
        let receipt = answer.body["data"]["transaction"]["id"].as_str().unwrap();
        let reverse = &crate::endpoints::servicing::reverse_repayment::FUNCTION;
        go_to(&stand, "2026-02-07");
        let finance = staff_signed_in(&stand, &["finance"]).await;
        let body = json!({ "reason": "It bounced" });
        stand.call(reverse).cookie(&finance).path("id", receipt).json(body).await;
        morning(&stand, "2026-02-08").await;
        assert_eq!(reminded(&stand, &loan).await, ["02-08 overdue"]);
    }
}
