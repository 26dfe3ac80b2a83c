//! A loan product: the terms that a lender offers, the limits within which it lends, and the fees that it keeps back.
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use shared::money::Paise;
use thiserror::Error;

use super::{
    account::PenalTerms,
    allocation::AllocationOrder,
    day_count::DayCount,
    due_dates::{Frequency, days_after},
    foreclosure::ForeclosureFee,
    precision::percent_of,
    schedule::{EmiRounding, Terms},
};

/// Days for which an offer stands when the product does not say (spec 3.1 «Limits»).
pub const DEFAULT_OFFER_DAYS: u16 = 7;
/// The shortest cooling-off period (RBI Digital Lending Directions, 8 May 2025).
pub const SHORTEST_COOLING_OFF_DAYS: u16 = 1;

/// The terms of a product. Running loans keep a copy of theirs: a change never touches them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Short and stable.
    pub code: String,
    /// As the borrower reads it.
    pub name: String,
    /// The smallest loan.
    pub min_amount: Paise,
    /// The largest loan.
    pub max_amount: Paise,
    /// The shortest loan.
    pub min_tenure_months: u16,
    /// The longest loan.
    pub max_tenure_months: u16,
    /// Nominal interest, per cent a year.
    pub annual_rate_pct: Decimal,
    /// The day count convention.
    pub day_count: DayCount,
    /// Processing fee, per cent of the amount, added to the flat one.
    pub processing_fee_pct: Decimal,
    /// Processing fee, flat.
    pub processing_fee_flat: Paise,
    /// Tax on every fee, per cent.
    pub gst_pct: Decimal,
    /// The price of paying late.
    pub penal: PenalTerms,
    /// Per cent of the principal repaid before it is due.
    pub foreclosure_fee_pct: Decimal,
    /// Days in which the loan may be given back; see [`Product::cooling_off_days`].
    #[serde(rename = "cooling_off_days")]
    pub cooling_off_days_wanted: u16,
    /// Days for which an offer stands.
    #[serde(default = "default_offer_days")]
    pub offer_days: u16,
    /// The order in which money pays what is due.
    #[serde(default)]
    pub allocation: AllocationOrder,
    /// The rounding of instalments.
    #[serde(default)]
    pub rounding: EmiRounding,
}

const fn default_offer_days() -> u16 {
    DEFAULT_OFFER_DAYS
}

/// Why a product does not lend this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Below the smallest loan.
    #[error("the smallest amount is {0}")]
    AmountTooSmall(Paise),
    /// Above the largest loan.
    #[error("the largest amount is {0}")]
    AmountTooLarge(Paise),
    /// Below the shortest tenure.
    #[error("the shortest tenure is {0} months")]
    TenureTooShort(u16),
    /// Above the longest tenure.
    #[error("the longest tenure is {0} months")]
    TenureTooLong(u16),
}

/// What is wrong with a product as it was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProductProblem {
    /// The limits of the amount.
    #[error("the amounts must be positive, the smallest not above the largest")]
    Amounts,
    /// The limits of the tenure.
    #[error("the tenures must be positive, the shortest not above the longest")]
    Tenures,
    /// A percentage.
    #[error("a percentage must lie between 0 and 100")]
    Percentage,
    /// Interest or penal rate.
    #[error("an annual rate must lie between 0 and 1000 per cent")]
    Rate,
    /// The flat fee.
    #[error("a fee must not be negative")]
    Fee,
    /// Fees that leave nothing of the smallest loan.
    #[error("the fees must leave something of the smallest loan")]
    FeesEatTheLoan,
    /// The cooling-off period.
    #[error("the cooling-off period must be at least one day")]
    CoolingOff,
    /// The offer.
    #[error("an offer must stand for at least one day")]
    OfferDays,
}

/// One fee with its tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fee {
    /// What for, as the borrower reads it.
    pub name: String,
    /// Without tax.
    pub amount: Paise,
    /// The tax.
    pub gst: Paise,
}

/// The fees that are kept back at disbursal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fees(pub Vec<Fee>);

impl Fees {
    /// All fees without tax.
    pub fn amount(&self) -> Paise {
        self.0.iter().map(|fee| fee.amount).sum()
    }

    /// All tax.
    pub fn gst(&self) -> Paise {
        self.0.iter().map(|fee| fee.gst).sum()
    }

    /// Fees and tax.
    pub fn total(&self) -> Paise {
        self.amount() + self.gst()
    }
}

impl Product {
    /// Why the product does not lend `amount` for `tenure_months`; empty when it does.
    pub fn check(&self, amount: Paise, tenure_months: u16) -> Vec<Refusal> {
        let refusals = [
            (amount < self.min_amount, Refusal::AmountTooSmall(self.min_amount)),
            (amount > self.max_amount, Refusal::AmountTooLarge(self.max_amount)),
            (tenure_months < self.min_tenure_months, Refusal::TenureTooShort(self.min_tenure_months)),
            (tenure_months > self.max_tenure_months, Refusal::TenureTooLong(self.max_tenure_months)),
        ];
        refusals.into_iter().filter_map(|(refused, refusal)| refused.then_some(refusal)).collect()
    }

    /// What is wrong with the product itself; empty when it may be offered.
    pub fn problems(&self) -> Vec<ProductProblem> {
        let is_pct = |pct: Decimal| pct >= Decimal::ZERO && pct <= Decimal::ONE_HUNDRED;
        let is_rate = |rate: Decimal| rate >= Decimal::ZERO && rate <= Terms::MAX_RATE_PCT.into();
        let amounts = self.min_amount.is_positive()
            && self.min_amount <= self.max_amount
            && self.max_amount <= Terms::MAX_PRINCIPAL;
        let tenures = self.min_tenure_months > 0
            && self.min_tenure_months <= self.max_tenure_months
            && self.max_tenure_months <= Terms::MAX_TENURE;
        let percentages =
            [self.processing_fee_pct, self.gst_pct, self.foreclosure_fee_pct].into_iter().all(is_pct);
        let rates = is_rate(self.annual_rate_pct) && is_rate(self.penal.annual_rate_pct);
        let leaves_something =
            !percentages || !amounts || self.fees(self.min_amount).total() < self.min_amount;
        let problems = [
            (amounts, ProductProblem::Amounts),
            (tenures, ProductProblem::Tenures),
            (percentages, ProductProblem::Percentage),
            (rates, ProductProblem::Rate),
            (!self.processing_fee_flat.is_negative(), ProductProblem::Fee),
            (leaves_something, ProductProblem::FeesEatTheLoan),
            (self.cooling_off_days_wanted >= SHORTEST_COOLING_OFF_DAYS, ProductProblem::CoolingOff),
            (self.offer_days > 0, ProductProblem::OfferDays),
        ];
        problems.into_iter().filter_map(|(fine, problem)| (!fine).then_some(problem)).collect()
    }

    /// The fees of a loan of `amount`: processing fee = flat + per cent of the amount, and the tax on it.
    pub fn fees(&self, amount: Paise) -> Fees {
        let processing = self.processing_fee_flat + percent_of(self.processing_fee_pct, amount);
        if processing.is_zero() {
            return Fees::default();
        }
        Fees(vec![self.fee("Processing fee", processing)])
    }

    /// A fee with the tax of this product.
    pub fn fee(&self, name: impl Into<String>, amount: Paise) -> Fee {
        Fee { name: name.into(), amount, gst: percent_of(self.gst_pct, amount) }
    }

    /// The price of settling early.
    pub fn foreclosure_fee(&self) -> ForeclosureFee {
        ForeclosureFee { pct: self.foreclosure_fee_pct, gst_pct: self.gst_pct }
    }

    /// Days in which the loan may be given back; never less than the law's.
    pub fn cooling_off_days(&self) -> u16 {
        self.cooling_off_days_wanted.max(SHORTEST_COOLING_OFF_DAYS)
    }

    /// The last day on which a loan paid out on `disbursed_on` may be given back.
    pub fn cooling_off_ends_on(&self, disbursed_on: Date) -> Date {
        days_after(disbursed_on, self.cooling_off_days())
    }

    /// The last day on which an offer made on `offered_on` may be accepted.
    pub fn offer_valid_until(&self, offered_on: Date) -> Date {
        days_after(offered_on, self.offer_days)
    }

    /// The terms of a monthly loan, paid out on `disbursed_on` and first due a month later.
    pub fn terms(&self, amount: Paise, tenure_months: u16, disbursed_on: Date) -> Terms {
        Terms {
            principal: amount,
            annual_rate_pct: self.annual_rate_pct,
            tenure: tenure_months,
            frequency: Frequency::MONTHLY,
            day_count: self.day_count,
            disbursed_on,
            first_due_on: Frequency::MONTHLY.step(disbursed_on, 1),
            rounding: self.rounding,
        }
    }
}

/// A product for the tests of this area.
#[cfg(test)]
pub(super) fn sample() -> Product {
    Product {
        code: "salary".into(),
        name: "Salary advance".into(),
        min_amount: Paise::major(5000),
        max_amount: Paise::major(500_000),
        min_tenure_months: 3,
        max_tenure_months: 36,
        annual_rate_pct: Decimal::from(18),
        day_count: DayCount::Thirty360,
        processing_fee_pct: Decimal::TWO,
        processing_fee_flat: Paise::major(99),
        gst_pct: Decimal::from(18),
        penal: PenalTerms { annual_rate_pct: Decimal::from(24), grace_days: 3 },
        foreclosure_fee_pct: Decimal::TWO,
        cooling_off_days_wanted: 3,
        offer_days: DEFAULT_OFFER_DAYS,
        allocation: AllocationOrder::default(),
        rounding: EmiRounding::Paisa,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[rstest::rstest]
    #[case(5000, 3, &[])]
    #[case(500_000, 36, &[])]
    #[case(4999, 2, &[Refusal::AmountTooSmall(Paise::major(5000)), Refusal::TenureTooShort(3)])]
    #[case(500_001, 37, &[Refusal::AmountTooLarge(Paise::major(500_000)), Refusal::TenureTooLong(36)])]
    fn every_limit_that_is_passed_is_named(
        #[case] rupees: i64,
        #[case] months: u16,
        #[case] refusals: &[Refusal],
    ) {
        assert_eq!(sample().check(Paise::major(rupees), months), refusals);
    }

    #[test]
    fn fees_are_flat_plus_per_cent_plus_tax() {
        let fees = sample().fees(Paise::major(10_000));
        assert_eq!((fees.amount(), fees.gst()), (Paise::major(299), Paise::new(5382)));
        assert_eq!(fees.total(), Paise::new(35_282));
        let free =
            Product { processing_fee_pct: Decimal::ZERO, processing_fee_flat: Paise::ZERO, ..sample() };
        assert_eq!(free.fees(Paise::major(10_000)), Fees::default());
    }

    #[rstest::rstest]
    #[case(sample(), &[])]
    #[case(Product { min_amount: Paise::major(600_000), ..sample() }, &[ProductProblem::Amounts])]
    #[case(Product { min_tenure_months: 0, ..sample() }, &[ProductProblem::Tenures])]
    #[case(Product { gst_pct: Decimal::from(101), ..sample() }, &[ProductProblem::Percentage])]
    #[case(Product { annual_rate_pct: Decimal::NEGATIVE_ONE, ..sample() }, &[ProductProblem::Rate])]
    #[case(Product { processing_fee_flat: Paise::new(-1), ..sample() }, &[ProductProblem::Fee])]
    #[case(Product { processing_fee_flat: Paise::major(5000), ..sample() }, &[ProductProblem::FeesEatTheLoan])]
    #[case(Product { cooling_off_days_wanted: 0, ..sample() }, &[ProductProblem::CoolingOff])]
    #[case(Product { offer_days: 0, ..sample() }, &[ProductProblem::OfferDays])]
    fn a_product_that_cannot_lend_is_found_out(
        #[case] product: Product,
        #[case] problems: &[ProductProblem],
    ) {
        assert_eq!(product.problems(), problems);
    }

    #[test]
    fn the_cooling_off_period_is_never_shorter_than_a_day() {
        let hasty = Product { cooling_off_days_wanted: 0, ..sample() };
        assert_eq!(hasty.cooling_off_ends_on(date(2024, 2, 28)), date(2024, 2, 29));
        assert_eq!(sample().offer_valid_until(date(2024, 2, 28)), date(2024, 3, 6));
    }

    #[test]
    fn a_stored_product_reads_back_and_what_it_leaves_out_is_the_default() {
        let mut stored = serde_json::to_value(sample()).unwrap();
        assert_eq!(serde_json::from_value::<Product>(stored.clone()).unwrap(), sample());
        for left_out in ["offer_days", "allocation", "rounding"] {
            stored.as_object_mut().unwrap().remove(left_out);
        }
        assert_eq!(serde_json::from_value::<Product>(stored).unwrap(), sample());
    }
}
