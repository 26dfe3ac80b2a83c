//! What a payment would do, without booking it: the very replay that a booked receipt goes through (C48).
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use shared::money::Paise;

use super::{
    account::{Account, AllocationLine, Event, EventKind, LoanState},
    replay::Replay,
};

/// What a payment would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentPreview {
    /// How the money would be split on the day.
    pub lines: Vec<AllocationLine>,
    /// What would stay on account for instalments to come.
    pub to_on_account: Paise,
    /// The loan at the end of the day.
    pub after: LoanState,
}

/// The reference of the payment in [`PaymentPreview::lines`].
pub const REFERENCE: &str = "preview";

/// What `amount` paid on `day` would do, after everything else that is booked for that day.
pub fn preview(account: &Account, amount: Paise, day: Date) -> PaymentPreview {
    let payment = Event { reference: REFERENCE.to_owned(), on: day, what: EventKind::Repayment { amount } };
    let mut events = account.events_until(day);
    events.push(&payment);
    let after = Replay::until(account, &events, day).state();
    let lines: Vec<_> = after.allocations.iter().filter(|line| line.receipt == REFERENCE).cloned().collect();
    let to_on_account = amount - lines.iter().map(|line| line.amount).sum();
    PaymentPreview { lines, to_on_account, after }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use rust_decimal::Decimal;

    use super::*;
    use crate::loan::{
        account::PenalTerms,
        allocation::{AllocationOrder, Part},
        day_count::DayCount,
        due_dates::Frequency,
        schedule::{EmiRounding, Terms},
    };

    fn account() -> Account {
        let terms = Terms {
            principal: Paise::major(12_000),
            annual_rate_pct: Decimal::from(12),
            tenure: 12,
            frequency: Frequency::MONTHLY,
            day_count: DayCount::Thirty360,
            disbursed_on: date(2024, 1, 1),
            first_due_on: date(2024, 2, 1),
            rounding: EmiRounding::Paisa,
        };
        Account {
            schedule: terms.schedule().unwrap(),
            penal: PenalTerms { annual_rate_pct: Decimal::from(24), grace_days: 3 },
            order: AllocationOrder::default(),
            events: Vec::new(),
        }
    }

    #[test]
    fn a_preview_shows_the_split_and_what_stays_on_account() {
        let shown = preview(&account(), Paise::major(2000), date(2024, 2, 15));
        let split: Vec<_> = shown.lines.iter().map(|line| (line.part, line.amount.minor())).collect();
        assert_eq!(split, [(Part::Charges, 684), (Part::Interest, 12_000), (Part::Principal, 94_619)]);
        assert_eq!(shown.to_on_account, Paise::new(200_000 - 684 - 106_619));
    }

    #[test]
    fn the_preview_of_a_payment_is_what_booking_it_does() {
        let mut account = account();
        let day = date(2024, 3, 20);
        let what = EventKind::Repayment { amount: Paise::major(300) };
        account.events.push(Event { reference: "earlier".into(), on: date(2024, 2, 10), what });
        let shown = preview(&account, Paise::major(1500), day);
        let what = EventKind::Repayment { amount: Paise::major(1500) };
        account.events.push(Event { reference: REFERENCE.into(), on: day, what });
        assert_eq!(shown.after, account.state_on(day));
    }
}
