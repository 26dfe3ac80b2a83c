//! Day count conventions: which share of a year a period is, and so how much interest a rupee bears in it.
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    due_dates::{Frequency, PeriodUnit, days_between},
    precision::twelve_digits,
};

/// How days and years are counted for interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayCount {
    /// Every month has 30 days and every year 360. Periods of weeks or days count their real days over 360.
    Thirty360,
    /// Real days over 365, also in a leap year.
    Actual365,
    /// Real days over 364: 52 equal weeks.
    Actual364,
    /// Real days over the real length of their year; a period across New Year is split at 31 December.
    ActualActual,
}

/// One interest period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Interest runs from this day.
    pub from: Date,
    /// Interest runs to this day, on which the instalment is due.
    pub to: Date,
    /// A whole period of the schedule; a first one that is longer or shorter is not.
    pub whole: bool,
}

impl DayCount {
    /// The interest that one rupee bears in `period` at `annual_rate_pct` per cent a year, with 12 significant digits.
    /// `None` when the numbers leave the range of a decimal.
    ///
    /// Source: Fineract's `ProgressiveEMICalculator`, written down in `cases.json` under `algorithm`. Months of the
    /// real-day conventions take the real days of the period; Fineract takes the length of the starting month, which is
    /// the same for every due day up to the 28th.
    pub fn rate_factor(
        self,
        annual_rate_pct: Decimal,
        frequency: Frequency,
        period: Period,
    ) -> Option<Decimal> {
        let rate = twelve_digits(annual_rate_pct.checked_div(Decimal::ONE_HUNDRED)?)?;
        let over = |days: i64, year: i64| {
            let interest = twelve_digits(rate.checked_mul(days.into())?)?;
            twelve_digits(interest.checked_div(year.into())?)
        };
        match self {
            Self::Thirty360 => over(thirty_360_days(frequency, period), 360),
            Self::Actual365 => over(days_between(period.from, period.to), 365),
            Self::Actual364 => over(days_between(period.from, period.to), 364),
            Self::ActualActual => twelve_digits(rate.checked_mul(actual_years(period)?)?),
        }
    }

    /// The share of a year that `period` is.
    pub fn year_fraction(self, frequency: Frequency, period: Period) -> Option<Decimal> {
        self.rate_factor(Decimal::ONE_HUNDRED, frequency, period)
    }
}

/// 30 days for each whole month; the European rule (30E/360: the 31st counts as the 30th) for a broken one.
fn thirty_360_days(frequency: Frequency, period: Period) -> i64 {
    match frequency.unit {
        PeriodUnit::Weeks | PeriodUnit::Days => days_between(period.from, period.to),
        PeriodUnit::Months if period.whole => 30 * i64::from(frequency.every),
        PeriodUnit::Months => {
            let day_number = |day: Date| {
                360 * i64::from(day.year()) + 30 * i64::from(day.month()) + i64::from(day.day().min(30))
            };
            day_number(period.to) - day_number(period.from)
        }
    }
}

/// The sum, over the calendar years touched, of days / length of that year. Each year's part ends on its 31 December.
fn actual_years(period: Period) -> Option<Decimal> {
    let mut years = Decimal::ZERO;
    let mut from = period.from;
    while from < period.to {
        // The night from 31 December belongs to the year that it opens.
        let year = from.tomorrow().unwrap_or(from);
        let to = year.last_of_year().min(period.to);
        let part = Decimal::from(days_between(from, to)).checked_div(year.days_in_year().into())?;
        years = years.checked_add(twelve_digits(part)?)?;
        if to <= from {
            return None;
        }
        from = to;
    }
    Some(years)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn whole(from: Date, to: Date) -> Period {
        Period { from, to, whole: true }
    }

    #[rstest::rstest]
    #[case::thirty_360_month(
        DayCount::Thirty360,
        Frequency::MONTHLY,
        date(2024, 2, 1),
        date(2024, 3, 1),
        "0.01"
    )]
    #[case::thirty_360_quarter(
        DayCount::Thirty360,
        Frequency { every: 3, unit: PeriodUnit::Months }, date(2024, 1, 31), date(2024, 4, 30), "0.03"
    )]
    #[case::thirty_360_days(
        DayCount::Thirty360,
        Frequency::every_days(15),
        date(2024, 1, 1),
        date(2024, 1, 16),
        "0.005"
    )]
    #[case::actual_365_january(
        DayCount::Actual365,
        Frequency::MONTHLY,
        date(2024, 1, 1),
        date(2024, 2, 1),
        "0.0101917808219"
    )]
    #[case::actual_364_week(
        DayCount::Actual364,
        Frequency::WEEKLY,
        date(2024, 1, 1),
        date(2024, 1, 8),
        "0.00230769230769"
    )]
    #[case::actual_actual_leap(
        DayCount::ActualActual,
        Frequency::MONTHLY,
        date(2024, 1, 1),
        date(2024, 2, 1),
        "0.0101639344262"
    )]
    fn twelve_per_cent_a_year_is_this_much_in_a_period(
        #[case] day_count: DayCount,
        #[case] frequency: Frequency,
        #[case] from: Date,
        #[case] to: Date,
        #[case] expected: &str,
    ) {
        let factor = day_count.rate_factor(Decimal::from(12), frequency, whole(from, to));
        assert_eq!(factor, Some(expected.parse().unwrap()));
    }

    #[test]
    fn a_period_across_new_year_is_split_at_31_december() {
        // 16 days of 2023 (365) and 15 of 2024 (366).
        let years = actual_years(whole(date(2023, 12, 15), date(2024, 1, 15))).unwrap();
        let expected = Decimal::from(16) / Decimal::from(365) + Decimal::from(15) / Decimal::from(366);
        assert_eq!(years.round_dp(10), expected.round_dp(10));
        assert_eq!(actual_years(whole(date(2024, 1, 1), date(2024, 1, 1))), Some(Decimal::ZERO));
        assert_eq!(actual_years(whole(date(2022, 12, 31), date(2024, 12, 31))), Some(Decimal::from(2)));
    }

    #[test]
    fn a_broken_month_counts_its_own_days() {
        let broken = |from, to| thirty_360_days(Frequency::MONTHLY, Period { from, to, whole: false });
        assert_eq!(broken(date(2024, 1, 20), date(2024, 3, 5)), 45);
        assert_eq!(broken(date(2024, 1, 31), date(2024, 3, 1)), 31);
    }
}
