//! How much a person may borrow: the fixed obligations to income ratio (FOIR), and the holds of age and occupation.
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use shared::money::Paise;
use thiserror::Error;

use super::{due_dates::Frequency, precision::percent_of, product::Product};
use crate::borrower::{Occupation, age_on};

/// The share of income that may go into instalments when no setting says otherwise, per cent. Source: the market's usual
/// ceiling of one half; the specification leaves it to a setting.
pub const DEFAULT_FOIR_PCT: Decimal = Decimal::from_parts(50, 0, 0, false, 0);

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applicant {
    /// Date of birth.
    pub born_on: Date,
    /// Occupation.
    pub occupation: Occupation,
    /// Net income a month.
    pub monthly_income: Paise,
    /// Household expenses a month, without instalments.
    pub monthly_expenses: Paise,
    /// Instalments of other loans a month.
    pub existing_emis: Paise,
}

/// Why the person may not borrow, or not more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    /// Below 18.
    #[error("borrowers must be at least 18 years old")]
    Under18,
    /// Above 65.
    #[error("borrowers must be at most 65 years old")]
    Over65,
    /// A salaried person above 45.
    #[error("applications of salaried persons above 45 years are held for now")]
    SalariedOver45,
    /// A student below 19: held until the 19th birthday.
    #[error("applications of students are held until the 19th birthday, {until}")]
    StudentUnder19 {
        /// The birthday.
        #[schema(value_type = String, format = Date)]
        until: Date,
    },
    /// Instalments would take more of the income than the ratio allows.
    #[error("instalments would exceed the allowed share of the income")]
    LimitedByIncome,
    /// Expenses leave less than the ratio allows.
    #[error("expenses leave too little for a higher instalment")]
    LimitedByExpenses,
    /// The product lends no more.
    #[error("the product lends no more")]
    LimitedByProduct,
    /// What could be lent is less than the product's smallest loan.
    #[error("the possible amount is below the smallest loan of the product")]
    BelowSmallestLoan,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eligibility {
    /// The most that may be lent, in whole rupees; zero when nothing may.
    pub max_amount: Paise,
    /// The highest instalment that the income bears.
    pub max_emi: Paise,
    /// The tenure for which this holds: the product's longest.
    pub tenure_months: u16,
    /// Why not, or why not more.
    pub reasons: Vec<Reason>,
}

/// The birthday with so many years. A person born on 29 February has it on 28 February of common years.
fn birthday(born_on: Date, years: i16) -> Date {
    let yearly = Frequency { every: 12, unit: super::due_dates::PeriodUnit::Months };
    yearly.step(born_on, years.into())
}

/// The hold that age and occupation put on an application on `day`, if any.
///
/// Source: spec 1.1 «multi-step profile»: salaried above 45 held; students below 19 held until the 19th birthday; others
/// 18–65. The bounds are inclusive: 45 and 65 end with the day before the next birthday.
pub fn hold_on(born_on: Date, occupation: Occupation, day: Date) -> Option<Reason> {
    match (age_on(day, born_on), occupation) {
        (..18, occupation) if occupation != Occupation::Student => Some(Reason::Under18),
        (..19, Occupation::Student) => Some(Reason::StudentUnder19 { until: birthday(born_on, 19) }),
        (66.., _) => Some(Reason::Over65),
        (46.., Occupation::Salaried) => Some(Reason::SalariedOver45),
        _ => None,
    }
}

/// The most that `applicant` may borrow of `product` on `day`, when instalments may take `foir_pct` per cent of the income.
///
/// Highest instalment = min(income · FOIR − existing instalments, income − expenses − existing instalments); the amount is
/// the largest in whole rupees whose EMI over the longest tenure does not exceed it.
pub fn eligibility(applicant: &Applicant, product: &Product, foir_pct: Decimal, day: Date) -> Eligibility {
    let tenure_months = product.max_tenure_months;
    if let Some(hold) = hold_on(applicant.born_on, applicant.occupation, day) {
        return Eligibility {
            max_amount: Paise::ZERO,
            max_emi: Paise::ZERO,
            tenure_months,
            reasons: vec![hold],
        };
    }
    let by_income = percent_of(foir_pct, applicant.monthly_income) - applicant.existing_emis;
    let by_expenses = applicant.monthly_income - applicant.monthly_expenses - applicant.existing_emis;
    let max_emi = by_income.min(by_expenses).max(Paise::ZERO);
    let limit = if by_expenses < by_income { Reason::LimitedByExpenses } else { Reason::LimitedByIncome };

    let max_amount = largest_amount(product, max_emi, day);
    let reasons = if max_amount.is_zero() {
        vec![limit, Reason::BelowSmallestLoan]
    } else if max_amount == product.max_amount {
        vec![Reason::LimitedByProduct]
    } else {
        vec![limit]
    };
    Eligibility { max_amount, max_emi, tenure_months, reasons }
}

/// The largest loan of the product, in whole rupees, whose EMI is at most `max_emi`; zero when not even the smallest is.
fn largest_amount(product: &Product, max_emi: Paise, day: Date) -> Paise {
    let fits = |amount: Paise| {
        let schedule = product.terms(amount, product.max_tenure_months, day).schedule();
        schedule.is_ok_and(|schedule| schedule.emi <= max_emi)
    };
    if !fits(product.min_amount) {
        return Paise::ZERO;
    }
    if fits(product.max_amount) {
        return product.max_amount;
    }
    let (mut fitting, mut too_large) =
        (product.min_amount.minor() / 100, product.max_amount.minor() / 100 + 1);
    while too_large - fitting > 1 {
        let middle = fitting + (too_large - fitting) / 2;
        if fits(Paise::major(middle)) { fitting = middle } else { too_large = middle }
    }
    Paise::major(fitting).max(product.min_amount)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::loan::product;

    const TODAY: Date = date(2026, 6, 15);

    fn applicant(income: i64, expenses: i64, emis: i64) -> Applicant {
        Applicant {
            born_on: date(1995, 1, 1),
            occupation: Occupation::Salaried,
            monthly_income: Paise::major(income),
            monthly_expenses: Paise::major(expenses),
            existing_emis: Paise::major(emis),
        }
    }

    #[rstest::rstest]
    #[case::eighteenth_birthday(date(2008, 6, 15), Occupation::SelfEmployed, None)]
    #[case::day_before_it(date(2008, 6, 16), Occupation::SelfEmployed, Some(Reason::Under18))]
    #[case::last_day_of_45(date(1980, 6, 16), Occupation::Salaried, None)]
    #[case::salaried_46(date(1980, 6, 15), Occupation::Salaried, Some(Reason::SalariedOver45))]
    #[case::other_46(date(1980, 6, 15), Occupation::Homemaker, None)]
    #[case::last_day_of_65(date(1960, 6, 16), Occupation::Homemaker, None)]
    #[case::other_66(date(1960, 6, 15), Occupation::Homemaker, Some(Reason::Over65))]
    #[case::salaried_70(date(1956, 1, 1), Occupation::Salaried, Some(Reason::Over65))]
    #[case::student_19(date(2007, 6, 15), Occupation::Student, None)]
    #[case::student_18(date(2007, 6, 16), Occupation::Student, Some(Reason::StudentUnder19 { until: date(2026, 6, 16) }))]
    fn age_and_occupation_hold(
        #[case] born_on: Date,
        #[case] occupation: Occupation,
        #[case] hold: Option<Reason>,
    ) {
        assert_eq!(hold_on(born_on, occupation, TODAY), hold);
    }

    #[test]
    fn a_leap_day_child_grows_older_on_28_february() {
        assert_eq!(age_on(date(2022, 2, 27), date(2004, 2, 29)), 17);
        assert_eq!(age_on(date(2022, 2, 28), date(2004, 2, 29)), 18);
        assert_eq!(age_on(date(2024, 2, 28), date(2004, 2, 29)), 19);
        assert_eq!(age_on(date(2024, 2, 29), date(2004, 2, 29)), 20);
    }

    #[rstest::rstest]
    #[case::half_of_the_income(30_000, 5000, 5000, 10_000, Reason::LimitedByIncome)]
    #[case::expenses(30_000, 20_000, 4000, 6000, Reason::LimitedByExpenses)]
    fn the_highest_instalment_is_the_smaller_of_ratio_and_rest(
        #[case] income: i64,
        #[case] expenses: i64,
        #[case] emis: i64,
        #[case] max_emi: i64,
        #[case] reason: Reason,
    ) {
        let answer =
            eligibility(&applicant(income, expenses, emis), &product::sample(), DEFAULT_FOIR_PCT, TODAY);
        assert_eq!(answer.max_emi, Paise::major(max_emi));
        assert_eq!(answer.reasons, [reason]);
    }

    #[test]
    fn nothing_is_lent_below_the_smallest_loan_or_on_hold_and_no_more_than_the_product_lends() {
        let ask = |who: &Applicant| eligibility(who, &product::sample(), DEFAULT_FOIR_PCT, TODAY);
        let poor = ask(&applicant(300, 0, 0));
        assert_eq!(poor.max_amount, Paise::ZERO);
        assert_eq!(poor.reasons, [Reason::LimitedByIncome, Reason::BelowSmallestLoan]);
        let indebted = ask(&applicant(10_000, 1000, 9000));
        assert_eq!((indebted.max_amount, indebted.max_emi), (Paise::ZERO, Paise::ZERO));
        let rich = ask(&applicant(1_000_000, 0, 0));
        assert_eq!((rich.max_amount, rich.reasons), (Paise::major(500_000), vec![Reason::LimitedByProduct]));
        let held = ask(&Applicant { born_on: date(1970, 1, 1), ..applicant(1_000_000, 0, 0) });
        assert_eq!((held.max_amount, held.reasons), (Paise::ZERO, vec![Reason::SalariedOver45]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_rupee_more_would_exceed_the_instalment(income in 1000..40_000_i64) {
            let product = product::sample();
            let answer = eligibility(&applicant(income, 0, 0), &product, DEFAULT_FOIR_PCT, TODAY);
            let emi = |amount: Paise| product.terms(amount, answer.tenure_months, TODAY).schedule().unwrap().emi;
            if answer.max_amount.is_positive() {
                prop_assert!(emi(answer.max_amount) <= answer.max_emi);
                let more = answer.max_amount + Paise::major(1);
                prop_assert!(more > product.max_amount || emi(more) > answer.max_emi);
            } else {
                prop_assert!(emi(product.min_amount) > answer.max_emi);
            }
        }
    }
}
