//! The due index: what must happen at an instant (an offer expires, a reminder goes out, a loan is marked) is found by a
//! schedule that asks for «due and not done», shard by shard, and fans the work out through a queue.
//!
//! The entity states [`Due`](super::Due) in its index keys while the work is open and drops it in the very write that does the
//! work; so a run that came twice finds nothing, and a run that was missed is made up for by the next. Correctness never
//! waits for the sweep: whoever reads the entity judges its instants by the clock.
use jiff::Timestamp;

use super::{Key, Pattern, Sought, schema::Index};

/// Into so many partitions each kind is spread, so that a morning's work is not one hot key.
pub const SHARDS: u8 = 8;

/// The shard of an item: follows from its key, so a replacing write stays in its shard.
pub(super) fn shard_of(key: &Key) -> u8 {
    crate::crypto::sha256(format!("{}\0{}", key.pk, key.sk).as_bytes())[0] % SHARDS
}

pub(super) fn partition(kind: &str, shard: u8) -> String {
    format!("{kind}#DUE#{shard}")
}

/// What of `kind` is due by `now` in `shard`, earliest first.
pub fn in_shard(kind: &str, shard: u8, now: Timestamp) -> Pattern<Sought> {
    Pattern::index(Index::Due, partition(kind, shard)).up_to(crate::clock::sortable(now))
}
