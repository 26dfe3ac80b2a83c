//! Lockout: so many wrong sign-ins in a row, and then a pause, per account and per network.
//!
//! An attempt is counted before anything is compared, in a conditional addition, so that fifty parallel guesses are five; a
//! sign-in that succeeds takes its count away in its own transaction. The count belongs to the name that was typed and not to
//! an account, so a name that nobody has locks just the same and tells nothing.
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    codes, crypto,
    error::Error,
    table::{Address, Adjust, Entity, Key, Write},
    wing::Wing,
};

/// How many failures, and how long the pause.
#[derive(Debug, Clone, Copy)]
pub struct Lockout {
    /// What is counted, in the key: `staff-account`.
    pub name: &'static str,
    /// So many failures, none of them longer than the pause after the one before …
    pub failures: u32,
    /// … and then nothing is compared for so many seconds after the last.
    pub pause_s: u32,
}

/// Five failures for one account, then a quarter of an hour (`spec/common.md` 1.6, case A10).
pub const ACCOUNT: Lockout = Lockout { name: "sign-in-account", failures: 5, pause_s: 15 * 60 };
/// Twenty from one network (IPv4 /24, IPv6 /64): an office behind one address must not be shut out by a single colleague who
/// mistypes, and somebody who tries one name after the other is.
pub const NETWORK: Lockout = Lockout { name: "sign-in-network", failures: 20, pause_s: 15 * 60 };

/// The stored count. Adjusted, never replaced.
#[derive(Debug, Serialize, Deserialize)]
struct Failures {
    failures: i64,
    /// Seconds since 1970 at which the count is over. The table's own attribute, because the rule and the table mean the same.
    expires_at: i64,
}

impl Entity for Failures {
    const NAME: &'static str = "lockout";

    /// Made by adjustments at [`Lockout::address`] and never put as a whole.
    fn key(&self) -> Key {
        Key::new("LOCKOUT", "LOCKOUT")
    }
}

/// An attempt that was counted as a failure. Dropping it lets it stay one.
#[derive(Debug)]
pub struct Attempt {
    counted: Vec<Address<Failures>>,
}

/// A count that was at its end begins again so often at most before somebody else's parallel attempt must have moved it on.
const LOOKS: usize = 4;

impl Attempt {
    /// Counts an attempt to sign in as `account` (any text that names it) from `network`, or refuses with 429 and the seconds
    /// to wait. Needs `Update`.
    pub async fn count(app: &App, wing: &Wing, account: &str, network: &str) -> Result<Self, Error> {
        let account = ACCOUNT.one_more(app, wing, account).await?;
        let mut attempt = Self { counted: vec![account] };
        match NETWORK.one_more(app, wing, network).await {
            Ok(network) => attempt.counted.push(network),
            // Nothing will be compared, so nothing is held against the account: its owner may be elsewhere.
            Err(error) => {
                app.table().write(attempt.take_back(Write::new())).await?;
                return Err(error);
            }
        }
        Ok(attempt)
    }

    /// The sign-in succeeded: the account's count ends, the network's loses this one.
    pub fn forgive(&self, write: Write) -> Write {
        let Some((account, others)) = self.counted.split_first() else { return write };
        others.iter().fold(write.erase(account.clone()), |write, at| write.adjust(&one_less(at)))
    }

    /// Nothing was right or wrong yet: the count is as before. Never frees more than this attempt, so that asking again and
    /// again cannot be used to guess for longer.
    pub fn take_back(&self, write: Write) -> Write {
        self.counted.iter().fold(write, |write, at| write.adjust(&one_less(at)))
    }
}

fn one_less(at: &Address<Failures>) -> Adjust {
    Adjust::of(at).add("failures", -1)
}

impl Lockout {
    async fn one_more(self, app: &App, wing: &Wing, who: &str) -> Result<Address<Failures>, Error> {
        let now = app.now();
        let at = self.address(wing, who);
        let mut seen: Option<Failures> = None;
        for _ in 0..LOOKS {
            let adjust = match &seen {
                None => self.first(&at, now),
                Some(old) if old.expires_at <= now.as_second() => self.first_again(&at, old, now),
                Some(old) if old.failures >= i64::from(self.failures) => return Err(locked(old, now)),
                Some(_) => self.next(&at, now),
            };
            let mut met = None;
            let counted = app.table().adjust_or::<Failures>(adjust, |old| {
                met = old;
                codes::CHANGED_MEANWHILE.into()
            });
            match counted.await {
                Ok(_) => return Ok(at),
                Err(error) if error.code() != codes::CHANGED_MEANWHILE => return Err(error),
                Err(_) => seen = met,
            }
        }
        Err(Error::unavailable("the count of failures keeps moving").retry_after(1))
    }

    /// Where no count is.
    fn first(self, at: &Address<Failures>, now: Timestamp) -> Adjust {
        Adjust::of(at).add("failures", 1).while_below("failures", 1).expiring(self.ends(now))
    }

    /// One more on a living count.
    fn next(self, at: &Address<Failures>, now: Timestamp) -> Adjust {
        Adjust::of(at)
            .add("failures", 1)
            .while_below("failures", i64::from(self.failures))
            .while_above("expires_at", now.as_second())
            .expiring(self.ends(now))
    }

    /// Where a count is over: it becomes one. The table may be days late in taking it away.
    fn first_again(self, at: &Address<Failures>, old: &Failures, now: Timestamp) -> Adjust {
        Adjust::of(at)
            .add("failures", 1 - old.failures)
            .while_at_least("failures", old.failures)
            .while_below("failures", old.failures + 1)
            .while_below("expires_at", now.as_second() + 1)
            .expiring(self.ends(now))
    }

    fn ends(self, now: Timestamp) -> Timestamp {
        now.saturating_add(SignedDuration::from_secs(i64::from(self.pause_s))).unwrap_or(now)
    }

    fn address(self, wing: &Wing, who: &str) -> Address<Failures> {
        let who = hex::encode(&crypto::sha256(who.as_bytes())[..16]);
        Address::new(format!("{}#LOCKOUT#{}#{who}", wing.tag, self.name), "LOCKOUT")
    }
}

fn locked(old: &Failures, now: Timestamp) -> Error {
    let wait = u32::try_from(old.expires_at - now.as_second()).unwrap_or(1);
    Error::new(codes::TOO_MANY_REQUESTS).retry_after(wait)
}
