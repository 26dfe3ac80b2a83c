//! Reading the streams of the tables in-process: what the event-source poller of the local cloud builds on.

use std::sync::Arc;

use dynoxide::streams::shard_id;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use super::engine::Engine;
use crate::clock::wait_for_change;

/// Reads change records of the tables, without HTTP and without shards. Cheap to clone.
#[derive(Clone)]
pub struct StreamReader {
    engine: Arc<Engine>,
    changes: Arc<watch::Sender<u64>>,
}

/// One change of one item.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamRecord {
    /// The sequence number as AWS writes it (21 digits); pass it to [`StreamReader::read_after`] to go on
    /// from here.
    pub position: String,
    /// `INSERT`, `MODIFY` or `REMOVE`.
    pub event_name: String,
    /// The key, in DynamoDB JSON.
    pub keys: Value,
    /// The item after the change, when there is one and the stream carries it.
    pub new_image: Option<Value>,
    /// The item before the change, when there was one and the stream carries it.
    pub old_image: Option<Value>,
    /// When the change was made, to the second, on the virtual clock.
    pub created: Timestamp,
}

/// Public sequence numbers are the engine's plus this.
const POSITION_OFFSET: u128 = 100_000_000_000_000_000_000;
/// How many records are fetched from the engine at a time.
const PAGE: usize = 500;

impl StreamReader {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self { engine, changes: Arc::new(watch::Sender::new(0)) }
    }

    /// At most `limit` records of `table` after `position`, oldest first; `None` (or a position that never
    /// was) starts with the oldest record kept. Empty when there is nothing new, or no such stream.
    ///
    /// Updates that changed nothing are left out, as AWS does. Blocks the thread while the engine works.
    #[expect(clippy::needless_pass_by_value, reason = "callers hand over the position they keep")]
    pub fn read_after(&self, table: &str, position: Option<String>, limit: usize) -> Vec<StreamRecord> {
        let mut after = position.as_deref().and_then(stored_position).unwrap_or(0);
        let mut records = Vec::new();
        while records.len() < limit {
            let page = match self
                .engine
                .with(|storage| storage.get_stream_records(table, &shard_id(table), after, PAGE.min(limit)))
            {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(table, %error, "the stream cannot be read");
                    break;
                }
            };
            let Some(last) = page.last().and_then(|last| last.sequence_number.parse().ok()) else { break };
            after = last;
            records.extend(page.iter().filter_map(record));
        }
        records.truncate(limit);
        records
    }

    /// The position of the newest record of `table`: where to start when the past is of no interest.
    pub fn latest(&self, table: &str) -> Option<String> {
        let range = self.engine.with(|storage| storage.get_shard_sequence_range(table, &shard_id(table)));
        let newest: u128 = range.ok()?.1?.parse().ok()?;
        Some((POSITION_OFFSET + newest).to_string())
    }

    /// Resolves after the next write to any table. Whatever is written after this call counts, also before
    /// the first poll: call it, read, and await it when there was nothing to read.
    pub fn changed(&self) -> impl Future<Output = ()> + Send + 'static {
        wait_for_change(&self.changes)
    }

    /// Wakes everybody who waits for a change.
    pub(crate) fn announce(&self) {
        self.changes.send_modify(|count| *count += 1);
    }
}

/// Whether two images show that an update changed nothing. Keys-only streams carry no images and say nothing.
pub(crate) fn is_no_change(old: Option<&Value>, new: Option<&Value>) -> bool {
    old.is_some() && old == new
}

fn record(stored: &dynoxide::storage::StreamRecord) -> Option<StreamRecord> {
    let image = |text: &Option<String>| text.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let (new_image, old_image): (Option<Value>, Option<Value>) =
        (image(&stored.new_image), image(&stored.old_image));
    if is_no_change(old_image.as_ref(), new_image.as_ref()) {
        return None;
    }
    let sequence: u128 = stored.sequence_number.parse().ok()?;
    Some(StreamRecord {
        position: (POSITION_OFFSET + sequence).to_string(),
        event_name: stored.event_name.clone(),
        keys: serde_json::from_str(&stored.keys_json).unwrap_or_default(),
        new_image,
        old_image,
        created: Timestamp::from_second(stored.created_at).unwrap_or_default(),
    })
}

/// The engine's number of a public position.
fn stored_position(position: &str) -> Option<i64> {
    let public: u128 = position.parse().ok()?;
    i64::try_from(public.checked_sub(POSITION_OFFSET)?).ok()
}
