//! The repayment schedule: equal instalments (EMI), each split into interest and principal, the last one taking the residue.
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use shared::money::Paise;
use thiserror::Error;

use super::{
    day_count::{DayCount, Period},
    due_dates::{Frequency, days_between},
    precision::twelve_digits,
};

/// How an instalment is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmiRounding {
    /// To the paisa, half to even. What borrowers ask for (case L13).
    #[default]
    Paisa,
    /// The instalment up to a whole rupee, interest to the paisa; the difference goes into the last instalment.
    WholeRupeeUp,
    /// The instalment up to a whole rupee and each period's interest to the nearest one, as Frappe Lending (case L11-18).
    WholeRupees,
}

/// What a schedule is computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The amount lent.
    pub principal: Paise,
    /// Nominal interest, per cent a year.
    pub annual_rate_pct: Decimal,
    /// The number of instalments.
    pub tenure: u16,
    /// The distance between instalments.
    pub frequency: Frequency,
    /// The day count convention.
    pub day_count: DayCount,
    /// Interest runs from this day.
    pub disbursed_on: Date,
    /// The first instalment is due on this day.
    pub first_due_on: Date,
    /// The rounding of instalments.
    pub rounding: EmiRounding,
}

/// One line of the schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instalment {
    /// Counts from 1.
    pub number: u16,
    /// The interest of this line runs from this day.
    pub from: Date,
    /// The day on which the line is due, and to which its interest runs.
    pub due_on: Date,
    /// The part that repays the loan.
    pub principal: Paise,
    /// The part that pays for it.
    pub interest: Paise,
    /// Both together.
    pub emi: Paise,
    /// The principal still lent afterwards.
    pub balance_after: Paise,
}

/// A schedule, with the terms that it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// The terms.
    pub terms: Terms,
    /// The equal instalment. The last line may differ by the residue.
    pub emi: Paise,
    /// As many lines as the tenure says.
    pub instalments: Vec<Instalment>,
}

/// Terms of which no schedule can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TermsError {
    /// Nothing, less than nothing, or more than [`Terms::MAX_PRINCIPAL`].
    #[error("the principal must be more than zero and at most {}", Terms::MAX_PRINCIPAL)]
    Principal,
    /// Below zero or above [`Terms::MAX_RATE_PCT`].
    #[error("the annual rate must lie between 0 and {} per cent", Terms::MAX_RATE_PCT)]
    Rate,
    /// None, or more than [`Terms::MAX_TENURE`].
    #[error("the number of instalments must lie between 1 and {}", Terms::MAX_TENURE)]
    Tenure,
    /// A due date does not lie after the one before it, or the first not after the disbursal.
    #[error("every instalment must fall due after the one before it, the first after the disbursal")]
    Dates,
    /// The interest of the whole term leaves the range of exact arithmetic.
    #[error("rate and tenure together are too large")]
    TooLarge,
}

impl Terms {
    /// ₹10,000 crore: far above any loan, far below the end of 64 bits.
    pub const MAX_PRINCIPAL: Paise = Paise::major(100_000_000_000);
    /// Above every lawful rate of any market.
    pub const MAX_RATE_PCT: i64 = 1000;
    /// A hundred years of months.
    pub const MAX_TENURE: u16 = 1200;
    /// A period that bears more than ten times its principal is a mistake.
    const MAX_FACTOR: Decimal = Decimal::TEN;

    /// The schedule of these terms.
    ///
    /// EMI = round(P · Π(1+r) / f), f₁ = 1, fₖ = fₖ₋₁ · (1+rₖ) + 1, then one trial of an evener EMI (Fineract's progressive
    /// calculator, `cases.json`). The tenure is never shortened: an EMI that would repay everything before the last line
    /// gives way to a smaller one. No line is negative: where a period's interest exceeds the EMI, the line is that interest.
    pub fn schedule(&self) -> Result<Schedule, TermsError> {
        self.check()?;
        let periods = self.periods();
        let amortisation = Amortisation {
            principal: self.principal,
            factors: self.rate_factors(&periods)?,
            periods,
            rounding: self.rounding,
        };
        let emi = amortisation.emi()?;
        Ok(Schedule { terms: self.clone(), emi, instalments: amortisation.lines(emi) })
    }

    /// The share of a year that each period is.
    pub fn year_fractions(&self) -> Result<Vec<Decimal>, TermsError> {
        let fraction =
            |period| self.day_count.year_fraction(self.frequency, period).ok_or(TermsError::TooLarge);
        self.periods().into_iter().map(fraction).collect()
    }

    /// The interest that one rupee bears in the period with this index.
    pub(super) fn rate_factor(&self, index: usize) -> Decimal {
        let period = self.periods().get(index).copied();
        period
            .and_then(|period| self.day_count.rate_factor(self.annual_rate_pct, self.frequency, period))
            .unwrap_or_default()
    }

    fn check(&self) -> Result<(), TermsError> {
        if !self.principal.is_positive() || self.principal > Self::MAX_PRINCIPAL {
            return Err(TermsError::Principal);
        }
        if self.annual_rate_pct < Decimal::ZERO || self.annual_rate_pct > Self::MAX_RATE_PCT.into() {
            return Err(TermsError::Rate);
        }
        if self.tenure == 0 || self.tenure > Self::MAX_TENURE {
            return Err(TermsError::Tenure);
        }
        if self.periods().iter().any(|period| period.to <= period.from) {
            return Err(TermsError::Dates);
        }
        Ok(())
    }

    fn periods(&self) -> Vec<Period> {
        let one_later = self.frequency.step(self.disbursed_on, 1);
        let one_earlier = self.frequency.step(self.first_due_on, -1);
        let whole = one_later == self.first_due_on || one_earlier == self.disbursed_on;
        let mut from = self.disbursed_on;
        let mut periods = Vec::with_capacity(self.tenure.into());
        for (index, to) in self.due_dates().into_iter().enumerate() {
            periods.push(Period { from, to, whole: whole || index > 0 });
            from = to;
        }
        periods
    }

    /// A loan paid out on the 31st with its first due date at the end of a short month keeps the 31st.
    fn due_dates(&self) -> Vec<Date> {
        if self.frequency.step(self.disbursed_on, 1) == self.first_due_on {
            self.frequency.due_dates(self.disbursed_on, self.tenure.saturating_add(1)).split_off(1)
        } else {
            self.frequency.due_dates(self.first_due_on, self.tenure)
        }
    }

    fn rate_factors(&self, periods: &[Period]) -> Result<Vec<Decimal>, TermsError> {
        let factor = |period: &Period| {
            let factor = self.day_count.rate_factor(self.annual_rate_pct, self.frequency, *period);
            factor.filter(|factor| *factor <= Self::MAX_FACTOR).ok_or(TermsError::TooLarge)
        };
        periods.iter().map(factor).collect()
    }
}

impl Schedule {
    /// The sum of all interest.
    pub fn total_interest(&self) -> Paise {
        self.instalments.iter().map(|line| line.interest).sum()
    }

    /// Everything that the borrower pays: principal and interest.
    pub fn total_payment(&self) -> Paise {
        self.instalments.iter().map(|line| line.emi).sum()
    }

    /// The due date of the last line.
    pub fn last_due_on(&self) -> Date {
        self.instalments.last().map_or(self.terms.first_due_on, |line| line.due_on)
    }

    /// The interest of `line` that has accrued by `on`: its share of real days of the period, rounded to the paisa, and
    /// never more than the line's interest. Source: case L10 (14 of 29 days: 0.24 of 0.49).
    pub fn accrued(&self, line: &Instalment, on: Date) -> Paise {
        let (elapsed, days) = (days_between(line.from, on), days_between(line.from, line.due_on));
        if elapsed <= 0 || days <= 0 {
            return Paise::ZERO;
        }
        let lent = line.balance_after + line.principal;
        let whole = lent.to_decimal() * self.terms.rate_factor(usize::from(line.number).saturating_sub(1));
        Paise::round_half_even(whole * Decimal::from(elapsed) / Decimal::from(days)).min(line.interest)
    }
}

/// The terms, ready to be cut into lines.
struct Amortisation {
    principal: Paise,
    periods: Vec<Period>,
    factors: Vec<Decimal>,
    rounding: EmiRounding,
}

impl Amortisation {
    /// The instalment that these terms ask for.
    fn emi(&self) -> Result<Paise, TermsError> {
        let level = self.level_emi().ok_or(TermsError::TooLarge)?;
        let exact = Paise::round_half_even(level);
        let rounded = match self.rounding {
            EmiRounding::Paisa => self.evened(exact),
            EmiRounding::WholeRupeeUp | EmiRounding::WholeRupees => Paise::round_half_even(level.ceil()),
        };
        let wanted = [rounded, exact].into_iter().find(|emi| keeps_tenure(&self.lines(*emi)));
        Ok(wanted.unwrap_or_else(|| self.largest_that_keeps_tenure(exact)))
    }

    /// P · Π(1+r) / f, with 12 significant digits after every step.
    fn level_emi(&self) -> Option<Decimal> {
        let (mut growth, mut f) = (Decimal::ONE, Decimal::ZERO);
        for factor in &self.factors {
            let one_and_factor = twelve_digits(Decimal::ONE.checked_add(*factor)?)?;
            growth = twelve_digits(growth.checked_mul(one_and_factor)?)?;
            f = twelve_digits(twelve_digits(f.checked_mul(one_and_factor)?)?.checked_add(Decimal::ONE)?)?;
        }
        twelve_digits(twelve_digits(self.principal.to_decimal().checked_mul(growth)?)?.checked_div(f)?)
    }

    /// When the last line is off by more than half a paisa a line, one trial with the difference spread over all lines;
    /// kept only when it brings the last line nearer.
    fn evened(&self, emi: Paise) -> Paise {
        let gap = self.gap(emi);
        let count = self.count();
        if gap.abs() <= count / 2 {
            return emi;
        }
        let spread = Paise::new(gap).to_decimal() / Decimal::from(count);
        let trial = Paise::round_half_even(emi.to_decimal() + spread);
        if self.gap(trial).abs() < gap.abs() { trial } else { emi }
    }

    /// By how many paise the last line exceeds `emi`.
    fn gap(&self, emi: Paise) -> i64 {
        self.lines(emi).last().map_or(0, |last| (last.emi - emi).minor())
    }

    fn count(&self) -> i64 {
        i64::try_from(self.periods.len()).unwrap_or(i64::MAX)
    }

    /// Only principals of a few paise, and terms so long that a paisa of the EMI decides, come here.
    fn largest_that_keeps_tenure(&self, too_large: Paise) -> Paise {
        let (mut keeps, mut shortens) = (0, too_large.minor());
        while shortens - keeps > 1 {
            let middle = keeps + (shortens - keeps) / 2;
            if keeps_tenure(&self.lines(Paise::new(middle))) { keeps = middle } else { shortens = middle }
        }
        Paise::new(keeps)
    }

    /// The schedule with this instalment. The last line repays what is left.
    fn lines(&self, emi: Paise) -> Vec<Instalment> {
        let mut balance = self.principal;
        let mut lines = Vec::with_capacity(self.periods.len());
        for (number, (period, factor)) in (1_u16..).zip(self.periods.iter().zip(&self.factors)) {
            let interest = self.round_interest(balance.to_decimal() * factor);
            let is_last = usize::from(number) == self.periods.len();
            let principal = if is_last { balance } else { (emi - interest).max(Paise::ZERO).min(balance) };
            balance -= principal;
            lines.push(Instalment {
                number,
                from: period.from,
                due_on: period.to,
                principal,
                interest,
                emi: principal + interest,
                balance_after: balance,
            });
        }
        lines
    }

    fn round_interest(&self, interest: Decimal) -> Paise {
        match self.rounding {
            EmiRounding::Paisa | EmiRounding::WholeRupeeUp => Paise::round_half_even(interest),
            EmiRounding::WholeRupees => {
                let rupees =
                    interest.round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
                Paise::round_half_even(rupees)
            }
        }
    }
}

/// Something is left for the last line.
fn keeps_tenure(lines: &[Instalment]) -> bool {
    lines.iter().rev().nth(1).is_none_or(|last_but_one| last_but_one.balance_after.is_positive())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::loan::{cases, due_dates::PeriodUnit};

    fn monthly(principal: Paise, annual_rate_pct: Decimal, tenure: u16) -> Terms {
        Terms {
            principal,
            annual_rate_pct,
            tenure,
            frequency: Frequency::MONTHLY,
            day_count: DayCount::Thirty360,
            disbursed_on: date(2024, 1, 1),
            first_due_on: date(2024, 2, 1),
            rounding: EmiRounding::Paisa,
        }
    }

    fn terms_of(input: &Value) -> Terms {
        let tenure = cases::count(&input["months"]);
        monthly(cases::rupees(&input["principal"]), cases::decimal(&input["annual_rate_pct"]), tenure)
    }

    #[rstest::rstest]
    fn whole_schedules_equal_those_of_fineract(#[values("L01", "L03", "L05")] id: &str) {
        let case = cases::by_id(id);
        let input = &case["input"];
        let due_dates: Vec<Date> = cases::list(&input["due_dates"]).map(cases::day).collect();
        let terms = Terms {
            tenure: u16::try_from(due_dates.len()).unwrap(),
            frequency: Frequency {
                every: cases::count(&input["repay_every"]),
                unit: serde_json::from_value(input["repayment_frequency"].clone()).unwrap(),
            },
            day_count: if input["days_in_year"] == "364" { DayCount::Actual364 } else { DayCount::Thirty360 },
            disbursed_on: cases::day(&input["disbursed_on"]),
            first_due_on: due_dates[0],
            ..monthly(cases::rupees(&input["principal"]), cases::decimal(&input["annual_rate_pct"]), 1)
        };

        let schedule = terms.schedule().unwrap();

        let amounts = |line: &Instalment| [line.emi, line.interest, line.principal, line.balance_after];
        let rows: Vec<_> = schedule.instalments.iter().map(|line| (line.due_on, amounts(line))).collect();
        let expected: Vec<_> = due_dates
            .into_iter()
            .zip(cases::list(&case["expected"]["rows"]))
            .map(|(due_on, row)| (due_on, [0, 1, 2, 3].map(|column: usize| cases::rupees(&row[column]))))
            .collect();
        assert_eq!(rows, expected);
        assert_eq!(schedule.total_interest(), cases::rupees(&case["expected"]["total_interest"]));
        assert_eq!(schedule.total_payment(), cases::rupees(&case["expected"]["total_payment"]));
    }

    #[test]
    fn twelve_months_at_seven_per_cent_end_at_zero_with_the_residue_last() {
        let case = cases::by_id("L08");
        let schedule = terms_of(&case["input"]).schedule().unwrap();
        let (last, others) = schedule.instalments.split_last().unwrap();
        assert!(
            others.iter().all(|line| line.emi == cases::rupees(&case["expected"]["emi_periods_1_to_11"]))
        );
        assert_eq!(last.emi, cases::rupees(&case["expected"]["emi_period_12_reimplementation"]));
        assert_eq!(last.balance_after, cases::rupees(&case["expected"]["final_balance"]));
    }

    #[test]
    fn interest_accrues_only_to_the_day_of_payment() {
        let case = cases::by_id("L10");
        let schedule = terms_of(&case["input"]).schedule().unwrap();
        assert_eq!(schedule.emi, cases::rupees(&case["expected"]["emi"]));
        for query in cases::list(&case["expected"]["queries"]) {
            let due_on = cases::day(&query["period_due"]);
            let line = schedule.instalments.iter().find(|line| line.due_on == due_on).unwrap();
            let interest = schedule.accrued(line, cases::day(&query["on"]));
            assert_eq!(interest, cases::rupees(&query["interest"]), "{query}");
            assert_eq!(line.emi - interest, cases::rupees(&query["principal"]), "{query}");
        }
    }

    #[test]
    fn whole_rupee_mode_equals_frappe() {
        let case = cases::by_id("L11-18");
        let terms = Terms { rounding: EmiRounding::WholeRupees, ..terms_of(&case["input"]) };
        let schedule = terms.schedule().unwrap();
        assert_eq!(schedule.emi, cases::rupees(&case["expected"]["emi"]));
        assert_eq!(schedule.total_interest(), cases::rupees(&case["expected"]["total_interest"]));
        assert_eq!(schedule.total_payment(), cases::rupees(&case["expected"]["total_payment"]));
    }

    #[test]
    fn the_emi_is_exact_to_the_paisa_and_rounding_up_never_shortens_the_tenure() {
        let case = cases::by_id("L13");
        for (input, expected) in cases::list(&case["input"]).zip(cases::list(&case["expected"])) {
            let terms = terms_of(input);
            let exact = terms.schedule().unwrap();
            assert_eq!(exact.emi, cases::rupees(&expected["exact_emi"]), "{input}");
            let last = exact.instalments.last().unwrap();
            assert!(
                last.principal.is_positive() && exact.instalments.len() == usize::from(terms.tenure),
                "{input}"
            );

            let rounded = Terms { rounding: EmiRounding::WholeRupees, ..terms }.schedule().unwrap();
            // Where Frappe produced 11 of 12 instalments we fall back to the exact EMI.
            let shortens = expected.get("frappe_instalments_produced").is_some();
            let key = if shortens { "exact_emi" } else { "frappe_ceil" };
            assert_eq!(rounded.emi, cases::rupees(&expected[key]), "{input}");
            assert!(rounded.instalments.last().unwrap().principal.is_positive(), "{input}");
        }
    }

    #[test]
    fn a_last_line_far_off_is_evened_by_one_trial() {
        // The formula gives 398.65, which leaves 398.39 for the last line: 26 paise off, more than half a paisa a line. The
        // trial of 398.64 leaves 398.85, 21 paise off, and is kept. (Computed apart, from the algorithm in `cases.json`.)
        let schedule = monthly(Paise::major(10_161), Decimal::from(24), 36).schedule().unwrap();
        assert_eq!(schedule.emi, Paise::new(39_864));
        assert_eq!(schedule.instalments.last().unwrap().emi, Paise::new(39_885));
    }

    #[test]
    fn a_loan_paid_out_on_the_31st_keeps_the_31st() {
        let terms = Terms {
            disbursed_on: date(2023, 1, 31),
            first_due_on: date(2023, 2, 28),
            ..monthly(Paise::major(1000), Decimal::TEN, 3)
        };
        let due: Vec<Date> = terms.schedule().unwrap().instalments.iter().map(|line| line.due_on).collect();
        assert_eq!(due, [date(2023, 2, 28), date(2023, 3, 31), date(2023, 4, 30)]);
    }

    #[test]
    fn a_longer_first_period_bears_more_interest() {
        let usual = monthly(Paise::major(10_000), Decimal::from(12), 6);
        let broken = Terms { disbursed_on: date(2023, 12, 17), ..usual.clone() };
        assert_eq!(usual.schedule().unwrap().instalments[0].interest, Paise::major(100));
        assert_eq!(
            broken.schedule().unwrap().instalments[0].interest,
            Paise::new(14_667),
            "44 days of 30E/360"
        );
    }

    #[rstest::rstest]
    #[case(Terms { principal: Paise::ZERO, ..monthly(Paise::major(1), Decimal::ONE, 1) }, TermsError::Principal)]
    #[case(Terms { annual_rate_pct: Decimal::NEGATIVE_ONE, ..monthly(Paise::major(1), Decimal::ONE, 1) }, TermsError::Rate)]
    #[case(Terms { tenure: 0, ..monthly(Paise::major(1), Decimal::ONE, 1) }, TermsError::Tenure)]
    #[case(Terms { first_due_on: date(2024, 1, 1), ..monthly(Paise::major(1), Decimal::ONE, 1) }, TermsError::Dates)]
    #[case(Terms { frequency: Frequency::every_days(0), ..monthly(Paise::major(1), Decimal::ONE, 2) }, TermsError::Dates)]
    #[case(Terms { frequency: Frequency { every: 6000, unit: PeriodUnit::Months },
        first_due_on: date(2124, 1, 1), ..monthly(Paise::major(1), Decimal::ONE_THOUSAND, 2) }, TermsError::TooLarge)]
    fn impossible_terms_are_refused(#[case] terms: Terms, #[case] expected: TermsError) {
        assert_eq!(terms.schedule(), Err(expected));
    }

    fn any_terms() -> impl Strategy<Value = Terms> {
        let principal = prop_oneof![1..2000_i64, 1..10_000_000_000_i64];
        let frequency = prop_oneof![
            Just(Frequency::MONTHLY),
            Just(Frequency::WEEKLY),
            Just(Frequency { every: 3, unit: PeriodUnit::Months }),
            (1..40_u16).prop_map(Frequency::every_days),
        ];
        let day_count = prop_oneof![
            Just(DayCount::Thirty360),
            Just(DayCount::Actual365),
            Just(DayCount::Actual364),
            Just(DayCount::ActualActual),
        ];
        let rounding = prop_oneof![
            Just(EmiRounding::Paisa),
            Just(EmiRounding::WholeRupeeUp),
            Just(EmiRounding::WholeRupees)
        ];
        (principal, 0..6000_i64, 1..120_u16, frequency, day_count, 0..1500_i32, 1..70_i32, rounding).prop_map(
            |(principal, rate, tenure, frequency, day_count, start, first, rounding)| {
                let disbursed_on = Frequency::every_days(1).step(date(2023, 1, 1), start);
                let whole = frequency.step(disbursed_on, 1);
                let broken = Frequency::every_days(1).step(disbursed_on, first);
                let first_due_on = if first % 2 == 0 { whole } else { broken };
                Terms {
                    principal: Paise::new(principal),
                    annual_rate_pct: Decimal::new(rate, 2),
                    tenure,
                    frequency,
                    day_count,
                    disbursed_on,
                    first_due_on,
                    rounding,
                }
            },
        )
    }

    proptest! {
        #[test]
        fn principal_adds_up_no_line_is_negative_and_the_tenure_is_kept(terms in any_terms()) {
            let schedule = terms.schedule().unwrap();
            let lines = &schedule.instalments;
            prop_assert_eq!(lines.len(), usize::from(terms.tenure));
            prop_assert_eq!(lines.iter().map(|line| line.principal).sum::<Paise>(), terms.principal);
            prop_assert_eq!(lines.last().unwrap().balance_after, Paise::ZERO);
            prop_assert!(lines.last().unwrap().principal.is_positive(), "the last line repays something");
            let mut balance = terms.principal;
            for line in lines {
                prop_assert!(!line.principal.is_negative() && !line.interest.is_negative());
                prop_assert_eq!(line.emi, line.principal + line.interest);
                balance -= line.principal;
                prop_assert_eq!(line.balance_after, balance);
                prop_assert!(line.from < line.due_on);
            }
        }

        #[test]
        fn accrual_never_falls_and_ends_at_the_interest_of_the_line(terms in any_terms(), elapsed in 0..90_i32) {
            let schedule = terms.schedule().unwrap();
            let line = &schedule.instalments[0];
            let on = |days| Frequency::every_days(1).step(line.from, days);
            prop_assert!(schedule.accrued(line, on(elapsed)) <= schedule.accrued(line, on(elapsed + 1)));
            if terms.rounding == EmiRounding::Paisa {
                prop_assert_eq!(schedule.accrued(line, line.due_on), line.interest);
            }
        }
    }
}
