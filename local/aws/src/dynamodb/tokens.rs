//! Idempotency of transactions: a `ClientRequestToken` is applied once within ten minutes of the virtual
//! clock.
//!
//! Kept outside the engine because the engine's own cache is scanned in full on each call, and the SDKs send
//! a token with every transaction. The tokens are in memory: a restart forgets them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::protocol::Reply;

/// How long AWS remembers a token.
const REMEMBERED: SignedDuration = SignedDuration::from_mins(10);

/// What a token stands for: nothing yet, or a transaction that went through. Locked while one is being
/// executed, so that a retry that overtakes its first attempt waits for it.
pub(crate) type Slot = Arc<tokio::sync::Mutex<Option<Applied>>>;

/// A transaction that went through.
pub(crate) struct Applied {
    /// Digest of its items.
    pub digest: [u8; 32],
    /// What was answered.
    pub reply: Reply,
}

/// All tokens of the last ten minutes.
#[derive(Default)]
pub(crate) struct Tokens {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    slots: HashMap<String, Slot>,
    /// Oldest first, so that forgetting looks only at what has expired.
    ages: VecDeque<(Timestamp, String)>,
}

impl Tokens {
    /// The slot of `token`, made if it is new; forgets the tokens that are too old.
    pub fn slot(&self, token: &str, now: Timestamp) -> Slot {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((_, oldest)) = known.ages.pop_front_if(|(at, _)| now.duration_since(*at) > REMEMBERED)
        {
            known.slots.remove(&oldest);
        }
        if let Some(slot) = known.slots.get(token) {
            return Arc::clone(slot);
        }
        let slot = Slot::default();
        known.slots.insert(token.to_owned(), Arc::clone(&slot));
        known.ages.push_back((now, token.to_owned()));
        slot
    }
}

/// A digest that is equal for equal values, in whatever order the members of their objects were written: SDKs
/// write hash maps, so a repeated call has its members in another order.
pub(crate) fn digest(value: &Value) -> [u8; 32] {
    let mut hasher = Sha256::new();
    feed(value, &mut hasher);
    hasher.finalize().into()
}

fn feed(value: &Value, hasher: &mut Sha256) {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_unstable();
            hasher.update(b"{");
            for name in names {
                hasher.update(Value::from(name.as_str()).to_string());
                feed(&fields[name], hasher);
            }
            hasher.update(b"}");
        }
        Value::Array(items) => {
            hasher.update(b"[");
            for item in items {
                feed(item, hasher);
                hasher.update(b",");
            }
            hasher.update(b"]");
        }
        scalar => hasher.update(scalar.to_string()),
    }
}
