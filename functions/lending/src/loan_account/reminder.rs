//! When a borrower is reminded: three days and one day before an instalment falls due, on the day, and 1, 3, 7, 15 and 30 days
//! after it (`spec/lending.md` 3.1). Each of these is sent once for each instalment. A run that was missed is made up for by
//! the newest reminder that applies, never by an older one as well.
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use shared::{
    clock::{at_local, india},
    money::Paise,
    table::{Address, Due, Entity, IndexKeys, Key},
};

use super::LoanId;
use crate::{
    borrower::{User, UserId},
    loan::{
        account::{InstalmentState, LoanState},
        due_dates::{Frequency, days_between},
    },
};

/// Days from the due date, in order.
const OFFSETS: [i8; 8] = [-3, -1, 0, 1, 3, 7, 15, 30];
/// Reminders go out at nine in the morning in India.
const HOUR: i8 = 9;

/// The newest reminder that was sent for an instalment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminded {
    /// The version of the schedule.
    pub version: u16,
    /// The number within the version.
    pub number: u16,
    /// Days from the due date.
    pub offset: i8,
}

/// A reminder that is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reminder {
    /// What it will be when it is sent.
    pub mark: Reminded,
    /// The due date.
    pub due_on: Date,
    /// Still missing of the instalment; what lies on account is taken off.
    pub amount: Paise,
    /// Days since the due date, negative before it.
    pub days: i64,
}

/// The reminders to be sent on the day of `state`, when those in `sent` have been.
pub fn reminders(state: &LoanState, sent: &[Reminded]) -> Vec<Reminder> {
    let due = unpaid(state).into_iter().filter_map(|(line, amount)| {
        let days = days_between(line.due_on, state.as_of);
        let newest = OFFSETS.into_iter().rfind(|offset| i64::from(*offset) <= days)?;
        let already = last_sent(line, sent).is_some_and(|offset| offset >= newest);
        let mark = Reminded { version: line.version, number: line.number, offset: newest };
        (!already).then_some(Reminder { mark, due_on: line.due_on, amount, days })
    });
    due.collect()
}

/// The next instant at which a reminder may have to be sent, behind the day of `state` and everything in `sent`.
pub fn remind_at(state: &LoanState, sent: &[Reminded]) -> Option<Timestamp> {
    let days = unpaid(state).into_iter().filter_map(|(line, _)| next_day(line, sent, state.as_of));
    days.min().map(|day| at_local(day, HOUR, 0, &india()))
}

/// Marks `reminder` as sent, and forgets the instalments that are no longer open.
pub fn remember(sent: &mut Vec<Reminded>, reminder: &Reminder, state: &LoanState) {
    let open = unpaid(state);
    sent.retain(|mark| {
        let is = |line: &InstalmentState| (line.version, line.number) == (mark.version, mark.number);
        (mark.version, mark.number) != (reminder.mark.version, reminder.mark.number)
            && open.iter().any(|(line, _)| is(line))
    });
    sent.push(reminder.mark);
}

/// The day of the newest reminder that applies and was not sent, otherwise of the next one.
fn next_day(line: &InstalmentState, sent: &[Reminded], today: Date) -> Option<Date> {
    let day_of = |offset: i8| Frequency::every_days(1).step(line.due_on, i32::from(offset));
    let behind = last_sent(line, sent);
    let mut open = OFFSETS.into_iter().filter(|offset| behind.is_none_or(|sent| *offset > sent));
    let mut next = open.next()?;
    for offset in open {
        if day_of(offset) > today {
            break;
        }
        next = offset;
    }
    Some(day_of(next))
}

fn last_sent(line: &InstalmentState, sent: &[Reminded]) -> Option<i8> {
    let of_line = sent.iter().filter(|mark| (mark.version, mark.number) == (line.version, line.number));
    of_line.map(|mark| mark.offset).max()
}

/// The open instalments with what is missing of each, in the order in which they fall due.
fn unpaid(state: &LoanState) -> Vec<(&InstalmentState, Paise)> {
    if !state.status.is_running() {
        return Vec::new();
    }
    let mut on_account = state.on_account;
    let missing = state.instalments.iter().filter_map(|line| {
        let covered = on_account.min(line.unpaid());
        on_account -= covered;
        let missing = line.unpaid() - covered;
        missing.is_positive().then_some((line, missing))
    });
    missing.collect()
}

/// Lets a loan be found when its borrower is to be reminded. What was sent stands in the loan itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReminderDuty {
    /// The loan.
    pub loan: LoanId,
    /// Whose it is.
    pub user: UserId,
    /// When.
    pub remind_at: Timestamp,
}

impl ReminderDuty {
    /// The kind of the due index.
    pub const DUE: &'static str = "LENDING#REMINDER";

    /// The duty of the loan `id` of `user`.
    pub fn at(user: UserId, id: LoanId) -> Address<Self> {
        Address::new(User::partition(user), format!("REMINDER#{id}"))
    }

    /// The borrower and the loan whose duty lies at `key`.
    pub fn named_by(key: &Key) -> Option<(UserId, LoanId)> {
        let user = key.pk.strip_prefix("LENDING#USER#")?.parse().ok()?;
        Some((user, key.sk.strip_prefix("REMINDER#")?.parse().ok()?))
    }
}

impl Entity for ReminderDuty {
    const NAME: &'static str = "lending_reminder_duty";

    fn key(&self) -> Key {
        ReminderDuty::at(self.user, self.loan).key
    }

    fn index_keys(&self) -> IndexKeys {
        IndexKeys { due: Some(Due { kind: Self::DUE, at: self.remind_at }), ..IndexKeys::default() }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;
    use crate::{
        loan::account::{Account, Event, EventKind},
        loan_account::loan::running,
        product,
    };

    /// ₹12,000 for a year at 12 %, due on the 5th of each month from February 2026 on.
    fn account() -> Account {
        let product = product::built_in().terms;
        let mut terms = product.terms(Paise::major(12_000), 12, date(2026, 1, 5));
        terms.annual_rate_pct = Decimal::from(12);
        running(&product, &terms.schedule().unwrap())
    }

    /// Asks on each of `days` and marks what is sent: (day, number, offset).
    fn sent_on(account: &Account, days: impl IntoIterator<Item = Date>) -> Vec<(Date, u16, i8)> {
        let mut sent = Vec::new();
        let mut all = Vec::new();
        for day in days {
            let state = account.state_on(day);
            for reminder in reminders(&state, &sent) {
                all.push((day, reminder.mark.number, reminder.mark.offset));
                remember(&mut sent, &reminder, &state);
            }
        }
        all
    }

    fn day(after: i32) -> Date {
        Frequency::every_days(1).step(date(2026, 1, 5), after)
    }

    #[test]
    fn each_reminder_has_its_day() {
        let first: Vec<_> = sent_on(&account(), (0..70).map(day))
            .into_iter()
            .filter(|(_, number, _)| *number == 1)
            .map(|(day, _, offset)| (days_between(date(2026, 2, 5), day), offset))
            .collect();
        assert_eq!(first, OFFSETS.map(|offset| (i64::from(offset), offset)));
    }

    #[test]
    fn the_next_instant_is_never_behind_what_was_sent_and_never_too_late() {
        let (account, mut sent) = (account(), Vec::new());
        let mut today = day(0);
        while today < day(100) {
            let state = account.state_on(today);
            for reminder in reminders(&state, &sent) {
                remember(&mut sent, &reminder, &state);
            }
            let next = remind_at(&state, &sent).unwrap();
            let next_day = shared::clock::day_in(next, &india());
            assert!(next_day > today, "{today}");
            for between in (1..days_between(today, next_day)).filter_map(|n| i32::try_from(n).ok()) {
                let state = account.state_on(Frequency::every_days(1).step(today, between));
                assert_eq!(reminders(&state, &sent), [], "between {today} and {next_day}");
            }
            today = next_day;
        }
    }

    proptest! {
        #[test]
        fn no_reminder_is_sent_twice_or_after_a_newer_one_whichever_days_were_missed(
            asked in prop::collection::vec(any::<bool>(), 200), paid in 0..2_000_000_i64, paid_after in 0..100_i32,
        ) {
            let mut account = account();
            let what = EventKind::Repayment { amount: Paise::new(paid) };
            account.events.push(Event { reference: "r".into(), on: day(paid_after), what });
            let days = asked.iter().enumerate().filter(|(_, asked)| **asked);
            let days = days.filter_map(|(after, _)| i32::try_from(after).ok()).map(day);
            let all = sent_on(&account, days);
            for (index, (_, number, offset)) in all.iter().enumerate() {
                let earlier = all[..index].iter().filter(|(_, other, _)| other == number);
                prop_assert!(earlier.map(|(_, _, offset)| offset).all(|earlier| earlier < offset));
            }
        }
    }
}
