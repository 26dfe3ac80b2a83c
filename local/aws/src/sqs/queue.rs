//! One queue: what it holds, who may receive what, and when. Pure state, told the time by its caller.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::names::{last_part, new_id};

/// A message attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// `String`, `Number` or `Binary`, perhaps with a label: `Number.int`.
    pub data_type: String,
    /// The text, or for binary types the bytes in base64.
    pub value: String,
}

impl Attribute {
    /// Whether the value is base64.
    pub fn is_binary(&self) -> bool {
        self.data_type.starts_with("Binary")
    }
}

/// What a queue is declared to be; stored under the queue's name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Definition {
    /// The attributes that were set, in the words of AWS.
    pub attributes: BTreeMap<String, String>,
    pub tags: BTreeMap<String, String>,
    pub created_ms: i64,
    pub modified_ms: i64,
}

/// A message in a queue; stored under the queue's name and its sequence number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub id: String,
    pub body: String,
    pub attributes: BTreeMap<String, Attribute>,
    pub group: Option<String>,
    pub deduplication: Option<String>,
    /// The system attribute `AWSTraceHeader`.
    pub trace: Option<String>,
    pub sent_ms: i64,
    pub first_received_ms: Option<i64>,
    pub receives: u32,
    pub visible_at_ms: i64,
    pub receipt: Option<String>,
    /// The queue a dead letter came from.
    pub source: Option<String>,
}

/// What a deduplication id stands for; stored under the queue's name and the id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub at_ms: i64,
    pub message_id: String,
    pub sequence: u64,
}

/// FIFO queues refuse a repeated deduplication id for this long.
const DEDUPLICATION_MS: i64 = 300_000;

/// One queue.
pub(crate) struct Queue {
    pub name: String,
    pub definition: Definition,
    /// By sequence number: oldest first.
    pub messages: BTreeMap<u64, Stored>,
    next: u64,
    seen: HashMap<String, Seen>,
    /// The ids in `seen`, oldest first.
    seen_order: VecDeque<(i64, String)>,
}

/// What one look into the queue brought.
#[derive(Default)]
pub(crate) struct Taken {
    /// Now invisible to others.
    pub delivered: Vec<(u64, Stored)>,
    /// Received too often: taken out, to be put into the dead-letter queue.
    pub dead: Vec<(u64, Stored)>,
    /// Older than the retention: taken out.
    pub expired: Vec<u64>,
    /// When something that is invisible now becomes visible, if it is known.
    pub next_visible_ms: Option<i64>,
}

impl Queue {
    pub fn new(name: &str, definition: Definition) -> Self {
        Self {
            name: name.to_owned(),
            definition,
            messages: BTreeMap::new(),
            next: 1,
            seen: HashMap::new(),
            seen_order: VecDeque::new(),
        }
    }

    /// Puts back what was stored, after a restart.
    pub fn restore(&mut self, sequence: u64, message: Stored) {
        self.next = self.next.max(sequence + 1);
        self.messages.insert(sequence, message);
    }

    /// Puts back what was seen, after a restart.
    pub fn restore_seen(&mut self, id: String, seen: Seen) {
        self.next = self.next.max(seen.sequence + 1);
        let place = self.seen_order.partition_point(|(at, _)| *at <= seen.at_ms);
        self.seen_order.insert(place, (seen.at_ms, id.clone()));
        self.seen.insert(id, seen);
    }

    pub fn is_fifo(&self) -> bool {
        is_fifo_name(&self.name)
    }

    /// A numeric attribute, or what AWS takes when it is not set.
    pub fn number(&self, attribute: &str) -> i64 {
        self.attribute(attribute).and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    /// An attribute, or what AWS takes when it is not set.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let set = self.definition.attributes.get(name).map(String::as_str);
        set.or_else(|| DEFAULTS.iter().find(|(known, _)| *known == name).map(|(_, value)| *value))
    }

    /// The dead-letter queue and how often a message may be received before it goes there.
    pub fn dead_letters(&self) -> Option<(String, u32)> {
        redrive_policy(self.attribute("RedrivePolicy")?)
    }

    /// The message that was sent under this deduplication id in the last five minutes.
    pub fn duplicate_of(&self, id: &str, now_ms: i64) -> Option<&Seen> {
        self.seen.get(id).filter(|seen| now_ms - seen.at_ms < DEDUPLICATION_MS)
    }

    /// Remembers a deduplication id; returns it with the ids that may be forgotten now.
    pub fn remember(&mut self, id: &str, seen: Seen) -> Vec<String> {
        let now_ms = seen.at_ms;
        let mut forgotten = Vec::new();
        while let Some((_, old)) = self.seen_order.pop_front_if(|(at, _)| now_ms - *at >= DEDUPLICATION_MS) {
            // An id that was used again since then has a later entry of its own.
            if self.seen.get(&old).is_some_and(|seen| now_ms - seen.at_ms >= DEDUPLICATION_MS) {
                self.seen.remove(&old);
                forgotten.push(old);
            }
        }
        self.seen_order.push_back((now_ms, id.to_owned()));
        self.seen.insert(id.to_owned(), seen);
        forgotten
    }

    /// Appends a message; returns its sequence number.
    pub fn push(&mut self, message: Stored) -> u64 {
        let sequence = self.next;
        self.next += 1;
        self.messages.insert(sequence, message);
        sequence
    }

    /// The sequence number the next message gets.
    pub fn next_sequence(&self) -> u64 {
        self.next
    }

    /// Takes up to `max` messages for `visibility_ms`; also takes out what expired or was received too often.
    /// `limit` is how often a message may be received, when there is a dead-letter queue to put it into.
    pub fn take(&mut self, now_ms: i64, max: usize, visibility_ms: i64, limit: Option<u32>) -> Taken {
        let retention_ms = self.number("MessageRetentionPeriod") * 1000;
        let fifo = self.is_fifo();
        // In a FIFO queue a group whose oldest message is out waits for it.
        let mut waiting: HashSet<String> = HashSet::new();
        let mut taken = Taken::default();
        let mut dead = Vec::new();
        for (sequence, message) in &mut self.messages {
            if taken.delivered.len() >= max {
                break;
            }
            if now_ms - message.sent_ms >= retention_ms {
                taken.expired.push(*sequence);
                continue;
            }
            let group = message.group.as_deref().filter(|_| fifo);
            if group.is_some_and(|group| waiting.contains(group)) {
                continue;
            }
            if message.visible_at_ms > now_ms {
                let next = taken.next_visible_ms.unwrap_or(i64::MAX).min(message.visible_at_ms);
                taken.next_visible_ms = Some(next);
                waiting.extend(group.map(str::to_owned));
                continue;
            }
            if limit.is_some_and(|limit| message.receives >= limit) {
                dead.push(*sequence);
                continue;
            }
            message.receives += 1;
            message.first_received_ms.get_or_insert(now_ms);
            message.visible_at_ms = now_ms.saturating_add(visibility_ms);
            message.receipt = Some(format!("{sequence}.{}", new_id()));
            taken.delivered.push((*sequence, message.clone()));
        }
        for sequence in &taken.expired {
            self.messages.remove(sequence);
        }
        let dead = dead.into_iter();
        taken.dead = dead.filter_map(|sequence| Some((sequence, self.messages.remove(&sequence)?))).collect();
        taken
    }

    /// The message a receipt stands for, as long as it has not been received again since. `Err` when the text
    /// is no receipt at all.
    pub fn by_receipt(&mut self, receipt: &str) -> Result<Option<(u64, &mut Stored)>, NotAReceipt> {
        let sequence = receipt.split_once('.').and_then(|(sequence, _)| sequence.parse().ok());
        let sequence: u64 = sequence.ok_or(NotAReceipt)?;
        let message = self.messages.get_mut(&sequence);
        Ok(message.filter(|found| found.receipt.as_deref() == Some(receipt)).map(|found| (sequence, found)))
    }

    /// How many messages are visible, in flight and delayed.
    pub fn count(&self, now_ms: i64) -> Counts {
        let retention_ms = self.number("MessageRetentionPeriod") * 1000;
        let mut counts = Counts::default();
        for message in self.messages.values().filter(|message| now_ms - message.sent_ms < retention_ms) {
            if message.visible_at_ms <= now_ms {
                counts.visible += 1;
            } else if message.receives > 0 {
                counts.in_flight += 1;
            } else {
                counts.delayed += 1;
            }
        }
        counts
    }
}

/// The text is no receipt handle.
#[derive(Debug)]
pub(crate) struct NotAReceipt;

/// How many messages are in which state.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub visible: usize,
    pub in_flight: usize,
    pub delayed: usize,
}

/// What AWS takes for attributes that are not set.
pub(crate) const DEFAULTS: [(&str, &str); 6] = [
    ("VisibilityTimeout", "30"),
    ("DelaySeconds", "0"),
    ("MaximumMessageSize", "1048576"),
    ("MessageRetentionPeriod", "345600"),
    ("ReceiveMessageWaitTimeSeconds", "0"),
    ("SqsManagedSseEnabled", "true"),
];

/// Reads a redrive policy: `{"deadLetterTargetArn": "...", "maxReceiveCount": 3}`, the count perhaps as a
/// string.
pub(crate) fn redrive_policy(text: &str) -> Option<(String, u32)> {
    let policy: Value = serde_json::from_str(text).ok()?;
    let target = last_part(policy["deadLetterTargetArn"].as_str()?).to_owned();
    let count = &policy["maxReceiveCount"];
    let count = count.as_u64().or_else(|| count.as_str()?.parse().ok())?;
    Some((target, u32::try_from(count).ok()?))
}

/// FIFO queues and topics are told by their names.
pub(crate) fn is_fifo_name(name: &str) -> bool {
    name.strip_suffix(".fifo").is_some()
}
