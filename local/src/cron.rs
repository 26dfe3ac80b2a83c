//! When a schedule is due: the expressions of EventBridge Scheduler, `cron(…)`, `rate(…)` and `at(…)`.
//!
//! As Scheduler does it, a local time that a change of clocks skips is skipped, and one that comes twice counts once.
use std::str::FromStr;

use jiff::{
    SignedDuration, Timestamp, ToSpan as _,
    civil::{Date, DateTime, Weekday},
    tz::TimeZone,
};

/// A schedule in its zone.
#[derive(Debug, Clone)]
pub struct Expression {
    kind: Kind,
    zone: TimeZone,
}

/// The text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the schedule {expression:?} in zone {zone:?} is not valid: {reason}")]
pub struct CronError {
    expression: String,
    zone: String,
    reason: String,
}

#[derive(Debug, Clone)]
enum Kind {
    Cron(Box<Cron>),
    /// Every so many seconds. Reckoned from 1970, so that a restart does not shift the times.
    Rate(i64),
    At(DateTime),
}

#[derive(Debug, Clone)]
struct Cron {
    minutes: Numbers,
    hours: Numbers,
    days: Days,
    months: Numbers,
    years: Numbers,
}

#[derive(Debug, Clone)]
enum Days {
    OfMonth(Vec<OfMonth>),
    OfWeek(Vec<OfWeek>),
}

#[derive(Debug, Clone)]
enum OfMonth {
    These(Numbers),
    /// `L`
    Last,
    /// `LW`
    LastWorkday,
    /// `15W`
    NearestWorkday(i8),
}

#[derive(Debug, Clone)]
enum OfWeek {
    These(Numbers),
    /// `6L`
    LastOfMonth(Weekday),
    /// `2#1`
    NthOfMonth(Weekday, i8),
}

/// Sorted numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Numbers(Vec<i16>);

impl Expression {
    /// Reads `expression`, whose local times are in `zone` (a name of the zone database).
    pub fn parse(expression: &str, zone: &str) -> Result<Self, CronError> {
        let fail =
            |reason: String| CronError { expression: expression.to_owned(), zone: zone.to_owned(), reason };
        let found = TimeZone::get(zone).map_err(|_| fail("there is no such zone".to_owned()))?;
        let (name, inner) = expression
            .trim()
            .strip_suffix(')')
            .and_then(|rest| rest.split_once('('))
            .ok_or_else(|| fail("write cron(…), rate(…) or at(…)".to_owned()))?;
        let kind = match name {
            "cron" => Cron::parse(inner).map(|cron| Kind::Cron(Box::new(cron))),
            "rate" => rate(inner).map(Kind::Rate),
            "at" => {
                DateTime::from_str(inner).map(Kind::At).map_err(|_| format!("{inner:?} is no date and time"))
            }
            _ => Err("write cron(…), rate(…) or at(…)".to_owned()),
        };
        Ok(Self { kind: kind.map_err(fail)?, zone: found })
    }

    /// The first due time after `after`; `None` when there is none any more.
    pub fn next_after(&self, after: Timestamp) -> Option<Timestamp> {
        match &self.kind {
            Kind::Rate(seconds) => {
                let next = (after.as_second().div_euclid(*seconds) + 1) * seconds;
                Timestamp::from_second(next).ok()
            }
            Kind::At(at) => self.instant(*at).filter(|at| *at > after),
            Kind::Cron(cron) => {
                // Going back by the largest shift of a clock, nothing is missed where local time runs back.
                let start =
                    after.checked_sub(SignedDuration::from_hours(3)).ok()?.to_zoned(self.zone.clone());
                cron.times_from(start.date()).filter_map(|local| self.instant(local)).find(|at| *at > after)
            }
        }
    }

    /// The instant of a local time: the first of two, none for a skipped one.
    fn instant(&self, local: DateTime) -> Option<Timestamp> {
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        match ambiguous.offset() {
            jiff::tz::AmbiguousOffset::Gap { .. } => None,
            _ => ambiguous.earlier().ok(),
        }
    }
}

fn rate(text: &str) -> Result<i64, String> {
    let (number, unit) = text.split_once(' ').ok_or("write rate(5 minutes)")?;
    let seconds = match unit {
        "minute" | "minutes" => 60,
        "hour" | "hours" => 3600,
        "day" | "days" => 86_400,
        _ => return Err(format!("{unit:?} is not minutes, hours or days")),
    };
    let number: i64 = number.parse().map_err(|_| format!("{number:?} is no number"))?;
    match number {
        1..=1_000_000 => Ok(number * seconds),
        _ => Err("the rate must be at least one minute".to_owned()),
    }
}

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// A field of a cron expression: its name for people, its bounds, its names for numbers.
struct Field {
    name: &'static str,
    first: i16,
    last: i16,
    names: &'static [&'static str],
}

const MINUTES: Field = Field { name: "minutes", first: 0, last: 59, names: &[] };
const HOURS: Field = Field { name: "hours", first: 0, last: 23, names: &[] };
const DAYS_OF_MONTH: Field = Field { name: "day-of-month", first: 1, last: 31, names: &[] };
const MONTH: Field = Field { name: "month", first: 1, last: 12, names: &MONTHS };
const DAYS_OF_WEEK: Field = Field { name: "day-of-week", first: 1, last: 7, names: &WEEKDAYS };
const YEARS: Field = Field { name: "year", first: 1970, last: 2199, names: &[] };

impl Cron {
    fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, of_month, months, of_week, years] = fields[..] else {
            return Err(format!("cron has six fields, not {}", fields.len()));
        };
        let days = match (of_month, of_week) {
            ("?", "?") => return Err("day-of-month and day-of-week cannot both be ?".to_owned()),
            (of_month, "?") => {
                Days::OfMonth(of_month.split(',').map(day_of_month).collect::<Result<_, _>>()?)
            }
            ("?", of_week) => Days::OfWeek(of_week.split(',').map(day_of_week).collect::<Result<_, _>>()?),
            _ => return Err("one of day-of-month and day-of-week must be ?".to_owned()),
        };
        Ok(Self {
            minutes: MINUTES.list(minutes)?,
            hours: HOURS.list(hours)?,
            days,
            months: MONTH.list(months)?,
            years: YEARS.list(years)?,
        })
    }

    /// The local times from the beginning of `first` on.
    fn times_from(&self, first: Date) -> impl Iterator<Item = DateTime> {
        let months = self.years.0.iter().filter(move |year| **year >= first.year()).flat_map(move |year| {
            let months = self.months.0.iter().filter_map(|month| i8::try_from(*month).ok());
            months.filter_map(move |month| Date::new(*year, month, 1).ok())
        });
        let days = months.filter(move |month| *month >= first.first_of_month()).flat_map(move |month| {
            let days = (1..=month.days_in_month()).filter_map(move |day| month.with().day(day).build().ok());
            days.filter(move |day| *day >= first && self.days.contain(*day))
        });
        days.flat_map(move |day| {
            self.hours.0.iter().flat_map(move |hour| {
                self.minutes.0.iter().filter_map(move |minute| {
                    Some(day.at(i8::try_from(*hour).ok()?, i8::try_from(*minute).ok()?, 0, 0))
                })
            })
        })
    }
}

impl Days {
    fn contain(&self, date: Date) -> bool {
        match self {
            Days::OfMonth(terms) => terms.iter().any(|term| match term {
                OfMonth::These(days) => days.0.contains(&i16::from(date.day())),
                OfMonth::Last => date == date.last_of_month(),
                OfMonth::LastWorkday => date == nearest_workday(date.last_of_month()),
                OfMonth::NearestWorkday(day) => {
                    date.with().day(*day).build().is_ok_and(|wanted| date == nearest_workday(wanted))
                }
            }),
            Days::OfWeek(terms) => terms.iter().any(|term| match term {
                OfWeek::These(days) => days.0.contains(&i16::from(date.weekday().to_sunday_one_offset())),
                OfWeek::LastOfMonth(weekday) => {
                    date.nth_weekday_of_month(-1, *weekday).is_ok_and(|last| last == date)
                }
                OfWeek::NthOfMonth(weekday, nth) => {
                    date.nth_weekday_of_month(*nth, *weekday).is_ok_and(|found| found == date)
                }
            }),
        }
    }
}

/// The day itself, or the Friday before or Monday after, but never in another month.
fn nearest_workday(date: Date) -> Date {
    let days = match date.weekday() {
        Weekday::Saturday if date.day() == 1 => 2,
        Weekday::Saturday => -1,
        Weekday::Sunday if date == date.last_of_month() => -2,
        Weekday::Sunday => 1,
        _ => 0,
    };
    date.checked_add(days.days()).unwrap_or(date)
}

fn day_of_month(text: &str) -> Result<OfMonth, String> {
    match text {
        "L" => Ok(OfMonth::Last),
        "LW" => Ok(OfMonth::LastWorkday),
        _ => match text.strip_suffix('W') {
            Some(day) => {
                let day = DAYS_OF_MONTH.number(day)?;
                Ok(OfMonth::NearestWorkday(i8::try_from(day).unwrap_or_default()))
            }
            None => DAYS_OF_MONTH.list(text).map(OfMonth::These),
        },
    }
}

fn day_of_week(text: &str) -> Result<OfWeek, String> {
    let weekday = |text: &str| {
        let number = i8::try_from(DAYS_OF_WEEK.number(text)?).unwrap_or_default();
        Weekday::from_sunday_one_offset(number).map_err(|e| e.to_string())
    };
    if let Some((day, nth)) = text.split_once('#') {
        let nth = nth.parse().ok().filter(|nth| (1..=5).contains(nth));
        return Ok(OfWeek::NthOfMonth(weekday(day)?, nth.ok_or("after # stands 1 to 5")?));
    }
    match text.strip_suffix('L') {
        // Alone it is the last day of the week.
        Some("") => Ok(OfWeek::These(Numbers(vec![7]))),
        Some(day) => Ok(OfWeek::LastOfMonth(weekday(day)?)),
        None => DAYS_OF_WEEK.list(text).map(OfWeek::These),
    }
}

impl Field {
    /// `*`, `5`, `1-5`, `0/15`, `*/2`, `8-18/2`, and lists of these. A range may run over the end: `FRI-MON`.
    fn list(&self, text: &str) -> Result<Numbers, String> {
        let mut numbers = Vec::new();
        for term in text.split(',') {
            let (range, step) = match term.split_once('/') {
                None => (term, None),
                Some((range, step)) => {
                    let step = step.parse::<usize>().ok().filter(|step| *step > 0);
                    (range, Some(step.ok_or_else(|| self.wrong(term))?))
                }
            };
            let (first, last) = match (range.split_once('-'), step) {
                _ if range == "*" => (self.first, self.last),
                (Some((first, last)), _) => (self.number(first)?, self.number(last)?),
                (None, None) => (self.number(range)?, self.number(range)?),
                // From there to the end.
                (None, Some(_)) => (self.number(range)?, self.last),
            };
            let step = step.unwrap_or(1);
            if first <= last {
                numbers.extend((first..=last).step_by(step));
            } else {
                numbers.extend((first..=self.last).chain(self.first..=last).step_by(step));
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(Numbers(numbers))
    }

    fn number(&self, text: &str) -> Result<i16, String> {
        if let Some(index) = self.names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
            return Ok(self.first + i16::try_from(index).unwrap_or_default());
        }
        let number = text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
        number.filter(|number| (self.first..=self.last).contains(number)).ok_or_else(|| self.wrong(text))
    }

    fn wrong(&self, text: &str) -> String {
        format!("{text:?} is not right for {} ({} to {})", self.name, self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first due times after `after`, as local times, as many as `times` has.
    #[track_caller]
    fn due(expression: &str, zone: &str, after: &str, times: &str) {
        let parsed = Expression::parse(expression, zone).unwrap();
        let mut at: Timestamp = after.parse().unwrap();
        let mut found = Vec::new();
        for _ in times.split_whitespace() {
            let Some(next) = parsed.next_after(at) else { break };
            at = next;
            found.push(at.to_zoned(parsed.zone.clone()).strftime("%Y-%m-%dT%H:%M%:z").to_string());
        }
        let expected: Vec<&str> = times.split_whitespace().collect();
        assert_eq!(found, expected, "{expression} in {zone} after {after}");
    }

    #[test]
    fn minutes_hours_months_and_years_take_numbers_names_ranges_steps_and_lists() {
        // The first of January 2026 is a Thursday.
        let table = [
            ("cron(15 0 * * ? *)", "01-01T00:15 01-02T00:15"),
            ("cron(0/20 8-9 * * ? *)", "01-01T08:00 01-01T08:20 01-01T08:40 01-01T09:00"),
            ("cron(*/30 6-18/6 * * ? *)", "01-01T06:00 01-01T06:30 01-01T12:00"),
            ("cron(5,35 22-1 * * ? *)", "01-01T00:05 01-01T00:35 01-01T01:05 01-01T01:35 01-01T22:05"),
            ("cron(0 0 1 JAN,jul ? *)", "07-01T00:00"),
            ("cron(0 0 1 4-12/3 ? *)", "04-01T00:00 07-01T00:00 10-01T00:00"),
        ];
        for (expression, times) in table {
            let times: Vec<String> = times.split(' ').map(|time| format!("2026-{time}+00:00")).collect();
            due(expression, "UTC", "2026-01-01T00:00:00Z", &times.join(" "));
        }
        due(
            "cron(0 0 1 1 ? 2026/2)",
            "UTC",
            "2026-01-01T00:00:00Z",
            "2028-01-01T00:00+00:00 2030-01-01T00:00+00:00",
        );
        for never in ["cron(0 0 30 2 ? *)", "cron(0 0 1 1 ? 2020)"] {
            let parsed = Expression::parse(never, "UTC").unwrap();
            assert_eq!(parsed.next_after("2026-01-01T00:00:00Z".parse().unwrap()), None, "{never}");
        }
    }

    #[test]
    fn days_are_those_of_the_month_or_of_the_week() {
        let table = [
            ("L * ?", "01-31 02-28 03-31"),
            ("31 * ?", "01-31 03-31 05-31"),
            ("LW * ?", "01-30 02-27 03-31"),
            // The first of February and of March 2026 are Sundays; the first of August is a Saturday.
            ("1W * ?", "01-01 02-02 03-02 04-01"),
            ("1W 8 ?", "08-03"),
            ("31W 1,5 ?", "01-30 05-29"),
            ("1,15W * ?", "01-01 01-15 02-01 02-16"),
            ("? * MON-FRI", "01-01 01-02 01-05"),
            ("? * fri-mon", "01-02 01-03 01-04 01-05 01-09"),
            ("? * 1,7", "01-03 01-04 01-10"),
            ("? * L", "01-03 01-10"),
            ("? * 6L", "01-30 02-27"),
            ("? * MON#1", "01-05 02-02"),
            ("? * 5#5", "01-29 04-30"),
        ];
        for (days, dates) in table {
            let times: Vec<String> =
                dates.split(' ').map(|date| format!("2026-{date}T09:00+00:00")).collect();
            due(&format!("cron(0 9 {days} *)"), "UTC", "2026-01-01T00:00:00Z", &times.join(" "));
        }
        let leap = "2027-02-28T09:00+00:00 2028-02-29T09:00+00:00";
        due("cron(0 9 L FEB ? 2027-2028)", "UTC", "2026-01-01T00:00:00Z", leap);
    }

    #[test]
    fn nine_in_the_morning_is_nine_in_the_morning_everywhere() {
        due("cron(0 9 * * ? *)", "Asia/Kolkata", "2026-03-31T03:30:00Z", "2026-04-01T09:00+05:30");
        due("cron(15 0 * * ? *)", "Asia/Kolkata", "2026-03-31T18:44:59Z", "2026-04-01T00:15+05:30");
        due("cron(0 9 * * ? *)", "Africa/Lagos", "2026-03-31T08:00:00Z", "2026-04-01T09:00+01:00");
        due("cron(0 0 1 * ? *)", "Pacific/Auckland", "2026-01-31T10:59:59Z", "2026-02-01T00:00+13:00");
        due("cron(0 9 * * ? *)", "Europe/Berlin", "2026-03-28T09:00:00Z", "2026-03-29T09:00+02:00");
    }

    #[test]
    fn a_skipped_local_time_is_skipped_and_a_double_one_counts_once() {
        // In New York 2026-03-08 has no 02:30, and 2026-11-01 has 01:30 twice.
        let zone = "America/New_York";
        let half_past_one = "cron(30 1 * * ? *)";
        due("cron(30 2 * * ? *)", zone, "2026-03-07T12:00:00Z", "2026-03-09T02:30-04:00");
        due(half_past_one, zone, "2026-10-31T12:00:00Z", "2026-11-01T01:30-04:00 2026-11-02T01:30-05:00");
        due(half_past_one, zone, "2026-11-01T06:10:00Z", "2026-11-02T01:30-05:00");
        let half_hours = "2026-11-01T01:30-04:00 2026-11-01T02:00-05:00";
        due("cron(0/30 * * * ? *)", zone, "2026-11-01T05:00:00Z", half_hours);
    }

    #[test]
    fn rates_keep_their_beat_and_a_moment_comes_once() {
        let fives = "2026-01-01T00:05+00:00 2026-01-01T00:10+00:00";
        due("rate(5 minutes)", "UTC", "2026-01-01T00:02:10Z", fives);
        due("rate(1 hour)", "UTC", "2026-01-01T01:00:00Z", "2026-01-01T02:00+00:00");
        due("rate(1 day)", "UTC", "2026-01-01T01:00:00Z", "2026-01-02T00:00+00:00");
        due("at(2026-01-02T09:00:00)", "Asia/Kolkata", "2026-01-01T01:00:00Z", "2026-01-02T09:00+05:30");
        let once = Expression::parse("at(2026-01-02T09:00:00)", "Asia/Kolkata").unwrap();
        assert_eq!(once.next_after("2026-01-02T03:30:00Z".parse().unwrap()), None);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (expression, zone, reason) in [
            ("cron(0 9 * * ? *)", "Asia/Bombay2", "no such zone"),
            ("0 9 * * ? *", "UTC", "write cron"),
            ("every(5 minutes)", "UTC", "write cron"),
            ("cron(0 9 * * ?)", "UTC", "six fields, not 5"),
            ("cron(0 9 * * * *)", "UTC", "must be ?"),
            ("cron(0 9 ? * ? *)", "UTC", "cannot both"),
            ("cron(60 9 * * ? *)", "UTC", "\"60\" is not right for minutes (0 to 59)"),
            ("cron(0 9 0 * ? *)", "UTC", "day-of-month"),
            ("cron(0 9 ? * 8 *)", "UTC", "day-of-week"),
            ("cron(0 9 ? * MON#6 *)", "UTC", "1 to 5"),
            ("cron(0/0 9 * * ? *)", "UTC", "minutes"),
            ("cron(+5 9 * * ? *)", "UTC", "minutes"),
            ("rate(0 minutes)", "UTC", "at least one minute"),
            ("rate(5 seconds)", "UTC", "not minutes, hours or days"),
            ("rate(5)", "UTC", "write rate"),
            ("at(tomorrow)", "UTC", "no date and time"),
        ] {
            let error = Expression::parse(expression, zone).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
