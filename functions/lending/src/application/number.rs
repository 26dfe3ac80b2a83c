//! Application numbers `PC-YYYYMM-NNNNNN`: unique, and without a gap within an Indian month.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    clock::{day_in, india},
    table::{Address, Entity, Key, Stored, Write},
};

/// The last number of a month. Read first, then put forward under its revision in the transaction that uses the number: whoever
/// loses the race starts again, and a write that fails takes no number with it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NumberSequence {
    /// `PC-202601`.
    pub series: String,
    /// The last number given.
    pub last: u32,
}

impl NumberSequence {
    /// The sequence of the Indian month of `now`.
    pub fn at(now: Timestamp) -> Address<Self> {
        Self::of_series(&series(now))
    }

    /// The next number of `found`, the sequence at [`NumberSequence::at`], and the write that takes it.
    pub fn take_next(found: Option<Stored<Self>>, now: Timestamp, write: Write) -> (String, Write) {
        if let Some(mut sequence) = found {
            sequence.last += 1;
            (sequence.number(), write.replace(&sequence))
        } else {
            let first = Self { series: series(now), last: 1 };
            (first.number(), write.create(&first))
        }
    }

    fn of_series(series: &str) -> Address<Self> {
        Address::new(format!("LENDING#SEQUENCE#{series}"), "SEQUENCE")
    }

    fn number(&self) -> String {
        format!("{}-{:06}", self.series, self.last)
    }
}

impl Entity for NumberSequence {
    const NAME: &'static str = "lending_number_sequence";

    fn key(&self) -> Key {
        Self::of_series(&self.series).key
    }
}

fn series(now: Timestamp) -> String {
    format!("PC-{}", day_in(now, &india()).strftime("%Y%m"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_is_that_of_the_indian_month() {
        assert_eq!(series("2026-01-31T18:29:59Z".parse().unwrap()), "PC-202601");
        assert_eq!(series("2026-01-31T18:30:00Z".parse().unwrap()), "PC-202602");
    }

    #[test]
    fn a_month_begins_with_one() {
        let now = "2026-01-05T04:30:00Z".parse().unwrap();
        let (number, write) = NumberSequence::take_next(None, now, Write::new());
        assert_eq!((number.as_str(), write.len()), ("PC-202601-000001", 1));
    }
}
