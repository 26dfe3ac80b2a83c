//! Time, as a thing handed in: rules take an instant, handlers ask the [`Clock`] of their [`App`](crate::app::App).
use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};

/// Where "now" comes from. Production reads the system's clock; the local cloud and the tests move theirs.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where real time enters")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The calendar of Indian business days: `Asia/Kolkata`, without a zone database in the binary.
pub fn india() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(5).saturating_add(jiff::Span::new().minutes(30)))
}

/// The civil date on which `instant` falls in `zone`.
pub fn day_in(instant: Timestamp, zone: &TimeZone) -> Date {
    instant.to_zoned(zone.clone()).date()
}

/// `hour:minute` local time on `day` in `zone`, moved forward over a gap as clocks do.
pub fn at_local(day: Date, hour: i8, minute: i8, zone: &TimeZone) -> Timestamp {
    let civil = day.at(hour, minute, 0, 0);
    zone.to_ambiguous_zoned(civil)
        .compatible()
        .map_or_else(|_| Timestamp::MAX, |zoned: Zoned| zoned.timestamp())
}

/// Sorts as text exactly as it sorts in time: fixed width, milliseconds, UTC. For index keys.
pub fn sortable(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_indian_day_changes_at_half_past_six_in_the_evening_utc() {
        let before: Timestamp = "2026-03-31T18:29:59Z".parse().unwrap();
        let after: Timestamp = "2026-03-31T18:30:00Z".parse().unwrap();
        assert_eq!(day_in(before, &india()).to_string(), "2026-03-31");
        assert_eq!(day_in(after, &india()).to_string(), "2026-04-01");
        assert_eq!(at_local(day_in(after, &india()), 0, 0, &india()), after);
    }

    #[test]
    fn sortable_text_orders_like_time() {
        let early: Timestamp = "2026-03-31T18:29:59.9Z".parse().unwrap();
        let late: Timestamp = "2026-03-31T18:29:59.95Z".parse().unwrap();
        assert!(sortable(early) < sortable(late));
        assert_eq!(sortable(early), "2026-03-31T18:29:59.900Z");
    }
}
