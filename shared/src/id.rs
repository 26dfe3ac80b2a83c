//! Identifiers: a prefix that says what they name, then a ULID, so that they sort by time and are easy to grep for
//! (`usr_01J9…`). An id of one kind cannot be passed where another kind is wanted.
use std::{fmt, hash::Hash, marker::PhantomData, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use ulid::Ulid;

use crate::random::{self, Random};

/// Gives the ids of one kind of thing their prefix. Implemented by the entity itself.
pub trait Prefixed {
    /// Two to four lower-case letters, unique in the house.
    const PREFIX: &'static str;
}

/// The id of a `T`.
pub struct Id<T>(Ulid, PhantomData<fn() -> T>);

impl<T: Prefixed> Id<T> {
    /// A new id, made of the present millisecond and 80 random bits.
    pub fn new(now: Timestamp, random: &dyn Random) -> Self {
        let mut wide = [0_u8; 16];
        wide[..10].copy_from_slice(&random::bytes::<10>(random));
        Self::from_parts(now, u128::from_le_bytes(wide))
    }

    /// The id that always follows from `seed`: for things made by at-least-once consumers, where a repeat must name the
    /// same thing again.
    pub fn derived(now: Timestamp, seed: &str) -> Self {
        let digest = crate::crypto::sha256(seed.as_bytes());
        let mut wide = [0_u8; 16];
        wide[..10].copy_from_slice(&digest[..10]);
        Self::from_parts(now, u128::from_le_bytes(wide))
    }

    fn from_parts(now: Timestamp, random: u128) -> Self {
        Self(Ulid::from_parts(u64::try_from(now.as_millisecond()).unwrap_or_default(), random), PhantomData)
    }
}

impl<T> Id<T> {
    /// The sixteen bytes behind the text.
    pub fn to_bytes(&self) -> [u8; 16] {
        self.0.to_bytes()
    }

    /// The id with these sixteen bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Ulid::from_bytes(bytes), PhantomData)
    }
}

/// The text is not an id of the wanted kind.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be an id that starts with `{0}_`")]
pub struct NotAnId(&'static str);

impl<T: Prefixed> FromStr for Id<T> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let ulid =
            text.strip_prefix(T::PREFIX).and_then(|rest| rest.strip_prefix('_')).ok_or(NotAnId(T::PREFIX))?;
        let id = Ulid::from_string(ulid).map_err(|_| NotAnId(T::PREFIX))?;
        // Crockford's alphabet has aliases (`o` for `0`); one thing must have one name.
        if id.to_string() == ulid { Ok(Self(id, PhantomData)) } else { Err(NotAnId(T::PREFIX)) }
    }
}

impl<T: Prefixed> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", T::PREFIX, self.0.to_string())
    }
}

impl<T: Prefixed> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<T> Hash for Id<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T: Prefixed> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: Prefixed> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    struct Loan;
    impl Prefixed for Loan {
        const PREFIX: &'static str = "ln";
    }

    #[test]
    fn ids_sort_by_the_time_they_were_made_and_read_back() {
        let random = SeededRandom::new(7);
        let early: Id<Loan> = Id::new("2026-01-01T00:00:00Z".parse().unwrap(), &random);
        let late: Id<Loan> = Id::new("2026-01-01T00:00:01Z".parse().unwrap(), &random);
        assert!(early.to_string() < late.to_string());
        assert_eq!(late.to_string().parse::<Id<Loan>>().unwrap(), late);
    }

    #[test]
    fn a_foreign_prefix_an_alias_and_a_literal_path_are_not_ids() {
        for wrong in ["usr_01ARZ3NDEKTSV4RRFFQ69G5FAV", "ln_O1ARZ3NDEKTSV4RRFFQ69G5FAV", "ln_", "stats", ""] {
            assert_eq!(wrong.parse::<Id<Loan>>(), Err(NotAnId("ln")), "{wrong}");
        }
    }
}
