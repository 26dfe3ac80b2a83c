//! The statement itself: what was charged and what was paid between two days, and what was owed before and
//! after.
use std::collections::BTreeSet;

use jiff::civil::Date;
use shared::money::Paise;

use crate::{
    loan::account::{Event, EventKind, InstalmentStatus, LineKind, LoanState},
    loan_account::LoanAccount,
};

/// A statement of a loan from one day to another, both included.
///
/// Balances are what is owed: principal not yet repaid, interest and charges that fell due, less money on
/// account. They follow from the same replay as everything else that is shown of the loan, so opening +
/// debits − credits = closing, to the paisa. Receipts that were reversed are left out, as they are in the
/// loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Owed before the first day.
    pub opening: Paise,
    /// In the order of days.
    pub entries: Vec<Entry>,
    /// Owed at the end of the last day.
    pub closing: Paise,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The value date.
    pub on: Date,
    /// What for.
    pub particulars: &'static str,
    /// The outside name of a receipt.
    pub reference: String,
    /// Charged.
    pub debit: Paise,
    /// Paid or forgiven.
    pub credit: Paise,
    /// Owed afterwards.
    pub balance: Paise,
}

/// What is owed of a loan in this state.
pub fn owed(state: &LoanState) -> Paise {
    state.outstanding_principal + state.due.interest + state.due.charges - state.on_account
}

impl Statement {
    /// The statement of `account`.
    pub fn of(account: &LoanAccount, from: Date, to: Date) -> Self {
        let terms = &account.account.schedule.terms;
        let paid_out_before = terms.disbursed_on < from;
        let day_before = from.yesterday().unwrap_or(from);
        let before = paid_out_before.then(|| account.account.state_on(day_before));
        let opening = before.as_ref().map_or(Paise::ZERO, owed);

        let mut entries = Entries { entries: Vec::new(), balance: opening };
        if (from..=to).contains(&terms.disbursed_on) {
            entries.debit(terms.disbursed_on, "Loan disbursed", terms.principal);
        }
        let mut charged = before.as_ref().map_or_else(Charged::default, Charged::until);
        for day in days_of_change(account, from, to) {
            let state = account.account.state_on(day);
            let now = Charged::until(&state);
            entries.debit(day, "Interest", now.interest - charged.interest);
            entries.debit(day, "Penal charges", now.penal - charged.penal);
            entries.debit(day, "Fee for early settlement, with tax", now.fee - charged.fee);
            entries.credit(day, "Charges waived", String::new(), now.waived - charged.waived);
            for event in account.account.events.iter().filter(|event| event.on == day) {
                entries.take(account, event);
            }
            charged = now;
        }
        Self { from, to, opening, closing: entries.balance, entries: entries.entries }
    }

    /// All that was charged.
    pub fn debits(&self) -> Paise {
        self.entries.iter().map(|entry| entry.debit).sum()
    }

    /// All that was paid or forgiven.
    pub fn credits(&self) -> Paise {
        self.entries.iter().map(|entry| entry.credit).sum()
    }
}

/// The days on which something was charged or paid, and the last one: penal charges grow up to it.
fn days_of_change(account: &LoanAccount, from: Date, to: Date) -> BTreeSet<Date> {
    let at_the_end = account.account.state_on(to);
    let due = at_the_end.instalments.iter().map(|line| line.due_on);
    let events = account.account.events.iter().map(|event| event.on);
    let within =
        |day: &Date| (from..=to).contains(day) && *day >= account.account.schedule.terms.disbursed_on;
    due.chain(events).chain([to]).filter(within).collect()
}

/// What a loan had been charged by some day, whoever paid it.
#[derive(Debug, Clone, Copy, Default)]
struct Charged {
    interest: Paise,
    penal: Paise,
    fee: Paise,
    waived: Paise,
}

impl Charged {
    fn until(state: &LoanState) -> Self {
        let mut charged = Self::default();
        for line in state.instalments.iter().filter(|line| line.status != InstalmentStatus::Upcoming) {
            charged.interest += line.interest.due;
            charged.waived += line.waived;
            let gross = line.charges.due + line.waived;
            // A settlement bears nothing but its fee: it is paid on the day it is made, and what is written
            // off bears no more.
            match line.kind {
                LineKind::Instalment => charged.penal += gross,
                LineKind::Settlement => charged.fee += gross,
            }
        }
        charged
    }
}

/// The lines while they are made.
struct Entries {
    entries: Vec<Entry>,
    balance: Paise,
}

impl Entries {
    fn debit(&mut self, on: Date, particulars: &'static str, amount: Paise) {
        if !amount.is_zero() {
            self.add(on, particulars, String::new(), amount, Paise::ZERO);
        }
    }

    fn credit(&mut self, on: Date, particulars: &'static str, reference: String, amount: Paise) {
        if !amount.is_zero() {
            self.add(on, particulars, reference, Paise::ZERO, amount);
        }
    }

    fn take(&mut self, account: &LoanAccount, event: &Event) {
        let receipt = || account.receipts.iter().find(|receipt| receipt.id.to_string() == event.reference);
        let reference = || receipt().map_or_else(String::new, |receipt| receipt.reference.clone());
        match event.what {
            EventKind::Repayment { amount } => self.credit(event.on, "Payment received", reference(), amount),
            EventKind::Foreclosure { amount, .. } => {
                self.credit(event.on, "Payment for early settlement", reference(), amount);
            }
            EventKind::CoolingOffReturn { amount } => {
                self.credit(event.on, "Loan returned within the cooling-off period", reference(), amount);
            }
            EventKind::Rescheduled { .. } => self.note(event.on, "New schedule from this day"),
            EventKind::WrittenOff => self.note(event.on, "Written off in the lender's books"),
            // Its amount may exceed the charges; what was forgiven of them stands in a line of its own.
            EventKind::ChargeWaived { .. } => {}
        }
    }

    fn note(&mut self, on: Date, particulars: &'static str) {
        self.add(on, particulars, String::new(), Paise::ZERO, Paise::ZERO);
    }

    fn add(&mut self, on: Date, particulars: &'static str, reference: String, debit: Paise, credit: Paise) {
        self.balance = self.balance + debit - credit;
        self.entries.push(Entry { on, particulars, reference, debit, credit, balance: self.balance });
    }
}

#[cfg(test)]
pub(super) mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;
    use shared::{id::Id, random::SeededRandom};

    use super::*;
    use crate::{
        loan::{account::Account, due_dates::Frequency},
        loan_account::Position,
        product,
    };

    pub fn day(days: i32) -> Date {
        Frequency::every_days(1).step(date(2024, 1, 1), days)
    }

    /// 12,000 rupees over 12 months at 12 per cent, paid out on the first day of 2024.
    pub fn account(events: Vec<Event>) -> LoanAccount {
        let mut product = product::built_in().terms;
        product.annual_rate_pct = 12.into();
        let schedule = product.terms(Paise::major(12_000), 12, date(2024, 1, 1)).schedule().unwrap();
        let (random, now) = (SeededRandom::new(1), "2024-01-01T00:00:00Z".parse().unwrap());
        LoanAccount {
            loan: Id::new(now, &random),
            user: Id::new(now, &random),
            account: Account { schedule, penal: product.penal, order: product.allocation, events },
            receipts: Vec::new(),
            decisions: Vec::new(),
            posted: Position::default(),
            bookings: 0,
        }
    }

    pub fn event(on: Date, what: EventKind) -> Event {
        Event { reference: format!("{on} {what:?}"), on, what }
    }

    #[test]
    fn a_statement_tells_what_was_charged_and_paid() {
        let paid = EventKind::Repayment { amount: Paise::major(1500) };
        let account = account(vec![event(date(2024, 2, 15), paid)]);
        let statement = Statement::of(&account, date(2024, 1, 1), date(2024, 2, 29));
        let lines: Vec<_> = statement
            .entries
            .iter()
            .map(|e| (e.on.to_string(), e.particulars, e.debit.minor(), e.credit.minor(), e.balance.minor()))
            .collect();
        assert_eq!(
            lines,
            [
                ("2024-01-01".to_owned(), "Loan disbursed", 1_200_000, 0, 1_200_000),
                ("2024-02-01".to_owned(), "Interest", 12_000, 0, 1_212_000),
                ("2024-02-15".to_owned(), "Penal charges", 684, 0, 1_212_684),
                ("2024-02-15".to_owned(), "Payment received", 0, 150_000, 1_062_684),
            ]
        );
        assert_eq!((statement.opening, statement.closing), (Paise::ZERO, Paise::new(1_062_684)));
    }

    #[test]
    fn a_later_statement_opens_where_the_earlier_one_closed() {
        let paid = EventKind::Repayment { amount: Paise::major(1500) };
        let account = account(vec![event(date(2024, 2, 15), paid)]);
        let first = Statement::of(&account, date(2024, 1, 1), date(2024, 2, 10));
        let second = Statement::of(&account, date(2024, 2, 11), date(2024, 4, 30));
        assert_eq!(first.closing, second.opening);
        assert_eq!(second.entries[0].debit, Paise::new(684 - 373), "penal charges since the first statement");
    }

    #[test]
    fn nothing_happens_before_the_loan() {
        let statement = Statement::of(&account(Vec::new()), date(2023, 1, 1), date(2023, 12, 31));
        assert_eq!((statement.entries.len(), statement.closing), (0, Paise::ZERO));
    }

    /// From the day on, 12,000 over 18 months; the replay fits it to what is left.
    fn rescheduled(on: Date, with_arrears: bool) -> EventKind {
        let terms = product::built_in().terms.terms(Paise::major(12_000), 18, on);
        EventKind::Rescheduled { schedule: terms.schedule().unwrap(), with_arrears }
    }

    fn any_event() -> impl Strategy<Value = Event> {
        (0..500_i32, 0..12_u8, 1..1_300_000_i64).prop_map(|(days, kind, paise)| {
            let amount = Paise::new(paise);
            let what = match kind {
                0..=5 => EventKind::Repayment { amount: Paise::new(paise / 4) },
                6 | 7 => EventKind::ChargeWaived { amount: Paise::new(paise / 100) },
                8 => EventKind::Foreclosure { amount, fee: Paise::new(5_000) },
                9 => EventKind::CoolingOffReturn { amount },
                10 => EventKind::WrittenOff,
                _ => rescheduled(day(days), paise % 2 == 0),
            };
            event(day(days), what)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_statement_closes_at_what_the_loan_says_is_owed(
            events in proptest::collection::vec(any_event(), 0..8), from in 0..400_i32, length in 0..400_i32,
        ) {
            let account = account(events);
            let (from, to) = (day(from), day(from + length));
            let statement = Statement::of(&account, from, to);
            prop_assert_eq!(statement.closing, owed(&account.account.state_on(to)));
            prop_assert_eq!(statement.opening + statement.debits() - statement.credits(), statement.closing);
            prop_assert!(statement.entries.iter().all(|entry| !entry.debit.is_negative() && !entry.credit.is_negative()));
            prop_assert!(statement.entries.iter().all(|entry| (from..=to).contains(&entry.on)));
        }
    }
}
