//! Early settlement: what ends the loan on a day. Interest only to that day, never of the time after it.
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use shared::money::Paise;

use super::{
    account::{Account, Event, EventKind},
    precision::percent_of,
    replay::Replay,
};

/// The price of settling early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ForeclosureFee {
    /// Per cent of the principal that is not yet due.
    pub pct: Decimal,
    /// Tax on the fee, per cent.
    pub gst_pct: Decimal,
}

impl ForeclosureFee {
    /// No fee, as within the cooling-off period.
    pub const NONE: Self = Self { pct: Decimal::ZERO, gst_pct: Decimal::ZERO };
}

/// What ends the loan. `total` = principal + interest due + interest accrued + charges + fee + tax − on account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeclosureQuote {
    /// The quote is for this day and valid until its end.
    pub valid_until: Date,
    /// Principal outstanding, due or not.
    pub principal: Paise,
    /// Interest that had fallen due and is unpaid.
    pub interest_due: Paise,
    /// Interest of the running period, up to the day.
    pub interest_accrued: Paise,
    /// Penal charges due and unpaid.
    pub charges: Paise,
    /// The fee.
    pub fee: Paise,
    /// Tax on the fee.
    pub fee_gst: Paise,
    /// Money that already lies on account.
    pub on_account: Paise,
    /// To be paid.
    pub total: Paise,
    /// Goes back to the borrower, when more lies on account than is owed.
    pub refund: Paise,
}

impl ForeclosureQuote {
    /// The event to be recorded when the total has been paid.
    pub fn paid(&self, reference: impl Into<String>) -> Event {
        let what = EventKind::Foreclosure { amount: self.total, fee: self.fee + self.fee_gst };
        Event { reference: reference.into(), on: self.valid_until, what }
    }
}

/// What ends the loan on `day`.
pub fn quote(account: &Account, day: Date, fee: ForeclosureFee) -> ForeclosureQuote {
    let payoff = Replay::until(account, &account.events_until(day), day).payoff();
    let fee_amount = percent_of(fee.pct, payoff.future_principal);
    let fee_gst = percent_of(fee.gst_pct, fee_amount);
    let owed = payoff.due.total() + payoff.future_principal + payoff.accrued_interest + fee_amount + fee_gst;
    ForeclosureQuote {
        valid_until: day,
        principal: payoff.due.principal + payoff.future_principal,
        interest_due: payoff.due.interest,
        interest_accrued: payoff.accrued_interest,
        charges: payoff.due.charges,
        fee: fee_amount,
        fee_gst,
        on_account: payoff.on_account,
        total: (owed - payoff.on_account).max(Paise::ZERO),
        refund: (payoff.on_account - owed).max(Paise::ZERO),
    }
}

/// What gives the loan back on `day` within the cooling-off period: principal and interest to the day, no charges, no fee.
/// Source: RBI Digital Lending Directions, 8 May 2025 (C46).
pub fn cooling_off_quote(account: &Account, day: Date) -> ForeclosureQuote {
    let quote = quote(account, day, ForeclosureFee::NONE);
    let owed = quote.principal + quote.interest_due + quote.interest_accrued;
    ForeclosureQuote {
        charges: Paise::ZERO,
        total: (owed - quote.on_account).max(Paise::ZERO),
        refund: (quote.on_account - owed).max(Paise::ZERO),
        ..quote
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::loan::{
        account::PenalTerms,
        allocation::AllocationOrder,
        cases,
        day_count::DayCount,
        due_dates::Frequency,
        schedule::{EmiRounding, Terms},
        state::LoanStatus,
    };

    fn account(rupees: i64, rate: i64, months: u16) -> Account {
        let terms = Terms {
            principal: Paise::major(rupees),
            annual_rate_pct: Decimal::from(rate),
            tenure: months,
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

    fn paid(reference: &str, on: Date, paise: i64) -> Event {
        let what = EventKind::Repayment { amount: Paise::new(paise) };
        Event { reference: reference.into(), on, what }
    }

    #[test]
    fn interest_is_asked_only_to_the_day_of_the_quote() {
        let case = cases::by_id("L10");
        let mut account = account(100, 7, 6);
        account.events.push(paid("r1", date(2024, 2, 1), 1701));
        let query = &case["expected"]["queries"][2];
        let quote = quote(&account, cases::day(&query["on"]), ForeclosureFee::NONE);
        assert_eq!(quote.interest_accrued, cases::rupees(&query["interest"]));
        assert_eq!(quote.principal, cases::rupees(&query["balance"]));
        assert_eq!(quote.total, Paise::new(8357 + 24));
        assert_eq!(quote.valid_until, date(2024, 2, 15));
    }

    #[test]
    fn arrears_charges_fee_and_tax_are_added_and_money_on_account_is_taken_off() {
        let account = account(12_000, 12, 12);
        let fee = ForeclosureFee { pct: Decimal::TWO, gst_pct: Decimal::from(18) };
        // EMI 1066.19: 946.19 principal, 120.00 interest, unpaid for 14 days, of which 11 bear 24 % a year.
        let late = quote(&account, date(2024, 2, 15), fee);
        assert_eq!(late.principal, Paise::major(12_000));
        assert_eq!(late.interest_due, Paise::major(120));
        assert_eq!(late.charges, Paise::new(684));
        assert_eq!(late.interest_accrued, Paise::new(5336), "110.54 for 29 days, 14 of them");
        assert_eq!(late.fee, Paise::new(22_108), "2 % of 11,053.81");
        assert_eq!(late.fee_gst, Paise::new(3979));
        assert_eq!(late.total, Paise::new(1_200_000 + 12_000 + 684 + 5336 + 22_108 + 3979));

        let mut early = account;
        early.events.push(paid("r1", date(2024, 1, 10), 106_619 + 50_000));
        let quote = quote(&early, date(2024, 2, 15), ForeclosureFee::NONE);
        assert_eq!(quote.on_account, Paise::major(500));
        assert_eq!(quote.total, Paise::new(1_105_381 + 5336 - 50_000));
    }

    #[test]
    fn within_the_cooling_off_period_principal_and_interest_to_the_day_suffice() {
        let mut account = account(29_000, 12, 12);
        let day = date(2024, 1, 4);
        let quote = cooling_off_quote(&account, day);
        assert_eq!(quote.total, Paise::new(2_900_000 + 2806), "290.00 for 31 days, 3 of them");
        let what = EventKind::CoolingOffReturn { amount: quote.total };
        account.events.push(Event { reference: "c".into(), on: day, what });
        let state = account.state_on(day);
        assert_eq!(state.status, LoanStatus::CoolingOffReturned);
        assert_eq!((state.due.total(), state.outstanding_principal), (Paise::ZERO, Paise::ZERO));
    }

    #[test]
    fn giving_a_loan_back_costs_no_charges_even_when_some_have_arisen() {
        let mut account = account(12_000, 12, 12);
        let day = date(2024, 2, 15);
        let quote = cooling_off_quote(&account, day);
        assert_eq!(quote.charges, Paise::ZERO);
        assert_eq!(quote.total, Paise::new(1_200_000 + 12_000 + 5336));
        let what = EventKind::CoolingOffReturn { amount: quote.total };
        account.events.push(Event { reference: "c".into(), on: day, what });
        assert_eq!(account.state_on(day).status, LoanStatus::CoolingOffReturned);
    }

    #[test]
    fn reversing_a_receipt_before_the_settlement_makes_it_an_ordinary_repayment() {
        let mut account = account(12_000, 12, 12);
        account.events.push(paid("r1", date(2024, 2, 1), 106_619));
        let settlement = quote(&account, date(2024, 2, 15), ForeclosureFee::NONE).paid("f");
        account.events.push(settlement);
        assert_eq!(account.state_on(date(2024, 3, 1)).status, LoanStatus::Foreclosed);
        account.events.remove(0);
        let state = account.state_on(date(2024, 3, 1));
        assert_eq!(state.status, LoanStatus::Active);
        assert!(state.on_account.is_positive(), "the rest waits for the instalments to come");
    }

    proptest! {
        #[test]
        fn paying_the_quote_leaves_nothing_on_any_day(
            rupees in 10..500_000_i64, rate in 0..48_i64, months in 1..36_u16, elapsed in 0..900_i32,
            fee in 0..5_i64, receipts in prop::collection::vec((0..900_i32, 1..5_000_000_i64), 0..8),
        ) {
            let mut account = account(rupees, rate, months);
            let day = |after| Frequency::every_days(1).step(date(2024, 1, 1), after);
            for (index, (after, paise)) in receipts.into_iter().enumerate() {
                account.events.push(paid(&format!("r{index}"), day(after), paise));
            }
            account.events.retain(|event| event.on <= day(elapsed));
            let quote = quote(&account, day(elapsed), ForeclosureFee { pct: fee.into(), gst_pct: 18.into() });
            account.events.push(quote.paid("settlement"));
            let state = account.state_on(day(elapsed));
            prop_assert_eq!(state.due.total(), Paise::ZERO);
            prop_assert_eq!(state.outstanding_principal, Paise::ZERO);
            prop_assert_eq!(state.on_account, quote.refund);
            prop_assert!(!state.status.is_running());
            prop_assert_eq!(account.state_on(day(elapsed + 400)).due.total(), Paise::ZERO);
        }
    }
}
