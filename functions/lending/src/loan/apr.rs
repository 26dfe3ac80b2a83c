//! The annual percentage rate (APR): what the loan costs a year, fees and taxes included.
//!
//! Convention: the internal rate of the cash flows (net amount received, then the instalments) by the reducing-balance
//! method, nominal per year: the rate of a month times twelve, not compounded. A period counts the share of a year that the
//! loan's own day count gives it, so a loan without fees has the APR of its interest rate. Source: RBI circular «Key Facts
//! Statement (KFS) for Loans & Advances», 15 April 2024, whose Annex B is a test here.
use rust_decimal::{Decimal, RoundingStrategy::MidpointNearestEven};
use shared::money::Paise;
use thiserror::Error;

use super::schedule::{Schedule, TermsError};

/// No rate can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AprError {
    /// The fees leave nothing of the loan.
    #[error("fees leave nothing to pay out")]
    NothingPaidOut,
    /// Beyond a million per cent.
    #[error("the fees are out of all proportion to the loan")]
    OutOfRange,
    /// The terms themselves are impossible.
    #[error(transparent)]
    Terms(#[from] TermsError),
}

/// The search ends here: a million per cent, as a fraction.
const HIGHEST: Decimal = Decimal::from_parts(10_000, 0, 0, false, 0);
/// Halvings of the bracket: 10⁴ / 2⁴⁶ is far below the hundredth of a per cent that is shown.
const HALVINGS: u32 = 46;

/// The APR of `schedule` when the borrower receives `principal − upfront_costs`, in per cent with two decimals.
pub fn apr_pct(schedule: &Schedule, upfront_costs: Paise) -> Result<Decimal, AprError> {
    let net = (schedule.terms.principal - upfront_costs).to_decimal();
    if net <= Decimal::ZERO {
        return Err(AprError::NothingPaidOut);
    }
    let payments = schedule.instalments.iter().map(|line| line.emi.to_decimal());
    let flows: Vec<_> = schedule.terms.year_fractions()?.into_iter().zip(payments).collect();
    let rate = internal_rate(&flows, net).ok_or(AprError::OutOfRange)?;
    Ok((rate * Decimal::ONE_HUNDRED).round_dp_with_strategy(2, MidpointNearestEven))
}

/// The annual rate at which `flows` (share of a year since the flow before, payment) are worth `net` today. The worth falls
/// as the rate rises, so the bracket always closes.
fn internal_rate(flows: &[(Decimal, Decimal)], net: Decimal) -> Option<Decimal> {
    let mut low = Decimal::ZERO;
    let mut high = Decimal::ONE;
    while present_value(flows, high)? > net {
        low = high;
        high = high.checked_mul(Decimal::TEN).filter(|high| *high <= HIGHEST)?;
    }
    for _ in 0..HALVINGS {
        let middle = (low + high) / Decimal::TWO;
        if present_value(flows, middle)? > net { low = middle } else { high = middle }
    }
    Some(high)
}

fn present_value(flows: &[(Decimal, Decimal)], rate: Decimal) -> Option<Decimal> {
    let mut discount = Decimal::ONE;
    let mut value = Decimal::ZERO;
    for (years, payment) in flows {
        let growth = Decimal::ONE.checked_add(rate.checked_mul(*years)?)?;
        discount = discount.checked_div(growth)?;
        value = value.checked_add(discount.checked_mul(*payment)?)?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::loan::{
        day_count::DayCount,
        due_dates::Frequency,
        schedule::{EmiRounding, Terms},
    };

    fn schedule(rupees: i64, rate: &str, months: u16, day_count: DayCount) -> Schedule {
        Terms {
            principal: Paise::major(rupees),
            annual_rate_pct: rate.parse().unwrap(),
            tenure: months,
            frequency: Frequency::MONTHLY,
            day_count,
            disbursed_on: date(2024, 1, 10),
            first_due_on: date(2024, 2, 10),
            rounding: EmiRounding::Paisa,
        }
        .schedule()
        .unwrap()
    }

    #[test]
    fn the_example_of_the_regulator_is_met() {
        // RBI, KFS circular of 15 April 2024, Annex B: ₹20,000 for 24 months at 15 %, ₹400 of fees, EMI ₹970, APR 17.07 %.
        let schedule = schedule(20_000, "15", 24, DayCount::Thirty360);
        assert_eq!(schedule.emi.to_decimal().round(), Decimal::from(970));
        assert_eq!(apr_pct(&schedule, Paise::major(400)).unwrap(), "17.07".parse().unwrap());
    }

    #[rstest::rstest]
    fn without_fees_the_apr_is_the_interest_rate(
        #[values(DayCount::Thirty360, DayCount::Actual365, DayCount::Actual364, DayCount::ActualActual)]
        day_count: DayCount,
        #[values("0", "9.99", "24", "36.5")] rate: &str,
    ) {
        let schedule = schedule(500_000, rate, 30, day_count);
        assert_eq!(apr_pct(&schedule, Paise::ZERO).unwrap(), rate.parse::<Decimal>().unwrap());
    }

    #[test]
    fn a_free_loan_with_a_fee_has_a_price() {
        // ₹1,000 for one month without interest, ₹100 kept back: 1000 / 900 − 1 in a month, times twelve.
        let schedule = schedule(1000, "0", 1, DayCount::Thirty360);
        assert_eq!(apr_pct(&schedule, Paise::major(100)).unwrap(), "133.33".parse().unwrap());
    }

    #[test]
    fn fees_that_eat_the_loan_have_no_rate() {
        let schedule = schedule(1000, "10", 12, DayCount::Thirty360);
        assert_eq!(apr_pct(&schedule, Paise::major(1000)), Err(AprError::NothingPaidOut));
        assert_eq!(apr_pct(&schedule, Paise::new(99_999)), Err(AprError::OutOfRange));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_higher_fee_never_lowers_the_apr(
            rupees in 1000..1_000_000_i64, rate in 0..4000_i64, months in 1..61_u16, fee in 0..500_i64, more in 1..100_i64,
        ) {
            let schedule = schedule(rupees, &Decimal::new(rate, 2).to_string(), months, DayCount::Thirty360);
            let apr = |fee| apr_pct(&schedule, Paise::major(fee)).unwrap();
            prop_assert!(apr(fee) <= apr(fee + more));
        }
    }
}
