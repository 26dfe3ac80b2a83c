//! The days on which instalments fall due: monthly with the anchor's day of the month remembered, weekly, every n days.
use jiff::{Span, civil::Date};
use serde::{Deserialize, Serialize};

/// The unit in which the distance between two instalments is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PeriodUnit {
    /// Calendar months.
    Months,
    /// Seven days.
    Weeks,
    /// Single days.
    Days,
}

/// How often an instalment falls due: every `every` units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Frequency {
    /// How many units lie between two instalments; at least 1.
    pub every: u16,
    /// The unit.
    pub unit: PeriodUnit,
}

impl Frequency {
    /// Once a month, as nearly every loan.
    pub const MONTHLY: Self = Self { every: 1, unit: PeriodUnit::Months };
    /// Once a week.
    pub const WEEKLY: Self = Self { every: 1, unit: PeriodUnit::Weeks };

    /// Every `days` days.
    pub const fn every_days(days: u16) -> Self {
        Self { every: days, unit: PeriodUnit::Days }
    }

    /// The day `periods` periods after `anchor` (before it when negative).
    ///
    /// A month without the anchor's day gives its last day, and the next month has the anchor's day again: 31 January,
    /// 28 February, 31 March. Source: Fineract's `validateSeedDate31/30/28`, case L14.
    pub fn step(self, anchor: Date, periods: i32) -> Date {
        let units = i64::from(periods) * i64::from(self.every);
        let span = match self.unit {
            PeriodUnit::Months => Span::new().try_months(units),
            PeriodUnit::Weeks => Span::new().try_weeks(units),
            PeriodUnit::Days => Span::new().try_days(units),
        };
        // Beyond the calendar every day is the last one; a schedule refuses dates that no longer advance.
        span.map_or(Date::MAX, |span| anchor.saturating_add(span))
    }

    /// `count` due dates, the first on `first_due_on`, whose day of the month is remembered.
    pub fn due_dates(self, first_due_on: Date, count: u16) -> Vec<Date> {
        (0..i32::from(count)).map(|period| self.step(first_due_on, period)).collect()
    }
}

/// The whole days from `from` to `to`, negative when `to` is earlier.
pub fn days_between(from: Date, to: Date) -> i64 {
    i64::from((to - from).get_days())
}

/// The day `days` days after `day`.
pub fn days_after(day: Date, days: u16) -> Date {
    Frequency::every_days(1).step(day, i32::from(days))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::loan::cases;

    #[test]
    fn the_seed_day_of_the_month_is_remembered_after_a_short_month() {
        let case = cases::by_id("L14");
        let first: Date = cases::text(&case["input"]["first_due"]).parse().unwrap();
        let expected: Vec<Date> =
            cases::list(&case["expected"]).map(|day| cases::text(day).parse().unwrap()).collect();
        assert_eq!(Frequency::MONTHLY.due_dates(first, 14), expected);
    }

    #[rstest::rstest]
    #[case::thirtieth(date(2023, 1, 30), [date(2023, 2, 28), date(2023, 3, 30), date(2024, 2, 29)])]
    #[case::twenty_eighth(date(2023, 1, 28), [date(2023, 2, 28), date(2023, 3, 28), date(2024, 2, 28)])]
    fn the_other_seed_days_of_case_l14_hold_too(#[case] first: Date, #[case] expected: [Date; 3]) {
        let dates = Frequency::MONTHLY.due_dates(first, 14);
        assert_eq!([dates[1], dates[2], dates[13]], expected);
    }

    #[test]
    fn weeks_and_days_are_counted_exactly() {
        assert_eq!(Frequency::WEEKLY.due_dates(date(2024, 2, 26), 2)[1], date(2024, 3, 4));
        assert_eq!(Frequency::every_days(15).due_dates(date(2024, 1, 16), 4)[3], date(2024, 3, 1));
    }
}
