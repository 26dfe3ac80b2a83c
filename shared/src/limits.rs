//! Counters in fixed windows: so many of something, for one name, in so many seconds. Each is one conditional addition, so it
//! can ride in the transaction of the thing it limits and is not spent when that is refused.
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    codes, crypto,
    error::Error,
    table::{Address, Adjust, Entity, Key},
    wing::Wing,
};

/// A bound in a fixed window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What is counted, in the key: `otp-network`.
    pub name: &'static str,
    /// So many …
    pub most: u32,
    /// … in so many seconds.
    pub seconds: u32,
}

/// The stored count of one window. Adjusted, never replaced.
#[derive(Debug, Serialize, Deserialize)]
pub struct Count {
    /// How many so far.
    pub calls: i64,
}

impl Entity for Count {
    const NAME: &'static str = "count";

    /// Counts are made by adjustments at [`Limit::address`] and never put as a whole.
    fn key(&self) -> Key {
        Key::new("COUNT", "COUNT")
    }
}

impl Limit {
    /// Counts one for `who` (hashed into the key, so it may be an address or a number), refusing beyond the bound.
    pub fn one_more(self, wing: &Wing, who: &str, now: Timestamp) -> Adjust {
        let most = i64::from(self.most);
        let ends = self.window_ends(now);
        Adjust::of(&self.address(wing, who, now)).add("calls", 1).while_below("calls", most).expiring(ends)
    }

    /// Takes one back: for what was counted and then could not be done.
    pub fn one_less(self, wing: &Wing, who: &str, now: Timestamp) -> Adjust {
        Adjust::of(&self.address(wing, who, now)).add("calls", -1).while_at_least("calls", 1)
    }

    /// 429, with the seconds until the window ends.
    pub fn refusal(self, now: Timestamp) -> Error {
        let wait = self.window_ends(now).duration_since(now).as_secs();
        Error::new(codes::TOO_MANY_REQUESTS).retry_after(u32::try_from(wait).unwrap_or(self.seconds).max(1))
    }

    fn address(self, wing: &Wing, who: &str, now: Timestamp) -> Address<Count> {
        let who = hex::encode(&crypto::sha256(who.as_bytes())[..16]);
        Address::new(format!("{}#COUNT#{}#{who}", wing.tag, self.name), self.window(now).to_string())
    }

    fn window(self, now: Timestamp) -> i64 {
        now.as_second().div_euclid(i64::from(self.seconds.max(1)))
    }

    fn window_ends(self, now: Timestamp) -> Timestamp {
        let end = (self.window(now) + 1) * i64::from(self.seconds.max(1));
        Timestamp::from_second(end)
            .unwrap_or_else(|_| now.saturating_add(SignedDuration::from_secs(1)).unwrap_or(now))
    }
}
