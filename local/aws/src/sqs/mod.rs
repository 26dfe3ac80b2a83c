//! SQS: the queues, their durable state, and the in-process access of the event-source poller and the
//! console.

mod digest;
mod error;
mod operations;
mod queue;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::clock::{VirtualClock, wait_for_change};
use crate::names::{Names, last_part, new_id};
use crate::store::{Change, Store};
use queue::{Definition, NotAReceipt, Queue, Seen, Stored, Taken};

pub(crate) use queue::is_fifo_name;

pub use error::QueueError;
pub use queue::Attribute;

/// All queues. Cheap to clone; all clones are the same queues.
#[derive(Clone)]
pub struct Queues {
    inner: Arc<Inner>,
}

struct Inner {
    queues: Mutex<BTreeMap<String, Queue>>,
    store: Arc<Store>,
    clock: VirtualClock,
    names: Names,
    /// Announces that a message may have become visible, somewhere.
    changes: Arc<watch::Sender<u64>>,
}

/// What a queue is created as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// How long a received message stays invisible to others; whole seconds, at most 12 hours.
    pub visibility: Duration,
    /// How long a new message stays invisible; whole seconds, at most 15 minutes.
    pub delay: Duration,
    /// Whether the queue keeps the order within message groups. Its name then ends in `.fifo`.
    pub fifo: bool,
    /// The dead-letter queue, which must exist, and how often a message is received before it goes there.
    pub dead_letter: Option<(String, u32)>,
    /// How long a message is kept; whole seconds, 1 minute to 14 days.
    pub retention: Duration,
}

impl Default for QueueSettings {
    /// What AWS takes: visible again after 30 s, no delay, standard, no dead-letter queue, kept for 4 days.
    fn default() -> Self {
        Self {
            visibility: Duration::from_secs(30),
            delay: Duration::ZERO,
            fifo: false,
            dead_letter: None,
            retention: Duration::from_hours(96),
        }
    }
}

/// A message to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMessage {
    /// The text, 1 byte to 1 MiB together with the attributes.
    pub body: String,
    /// Message attributes, at most 10.
    pub attributes: BTreeMap<String, Attribute>,
    /// Message group: required for FIFO queues.
    pub group: Option<String>,
    /// Deduplication id: required for FIFO queues without content-based deduplication.
    pub deduplication: Option<String>,
    /// Delay in place of the queue's own; at most 15 minutes, standard queues only.
    pub delay: Option<Duration>,
    /// The system attribute `AWSTraceHeader`.
    pub trace: Option<String>,
}

/// What the sender of a message learns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Id of the message; of the first one if this is a duplicate in a FIFO queue.
    pub message_id: String,
    /// Its place in a FIFO queue.
    pub sequence_number: Option<String>,
}

/// A received message, with what a Lambda event tells about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Id of the message.
    pub message_id: String,
    /// Deletes the message or changes its visibility, until it is received again.
    pub receipt_handle: String,
    /// The text.
    pub body: String,
    /// MD5 of the text in hex.
    pub md5_of_body: String,
    /// System attributes: `ApproximateReceiveCount`, `SentTimestamp`, `MessageGroupId`, ...
    pub attributes: BTreeMap<String, String>,
    /// Message attributes.
    pub message_attributes: BTreeMap<String, Attribute>,
}

/// How full a queue is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueDepth {
    /// Name of the queue.
    pub name: String,
    /// Messages that could be received now.
    pub visible: usize,
    /// Messages received and not deleted.
    pub in_flight: usize,
    /// Messages whose delay is not over.
    pub delayed: usize,
    /// The queues whose dead letters land here.
    pub dead_letter_of: Vec<String>,
    /// Messages in this queue's own dead-letter queue, if it has one.
    pub dead_letter_depth: Option<usize>,
}

/// Collections in the store.
const QUEUES: &str = "queue";
const MESSAGES: &str = "message";
const SEEN: &str = "deduplication";

impl Queues {
    /// Reads back what the store holds.
    pub(crate) fn open(store: Arc<Store>, clock: VirtualClock, names: Names) -> rusqlite::Result<Self> {
        let mut queues: BTreeMap<String, Queue> = store
            .load::<Definition>(QUEUES)?
            .into_iter()
            .map(|(name, definition)| (name.clone(), Queue::new(&name, definition)))
            .collect();
        for (key, message) in store.load::<Stored>(MESSAGES)? {
            if let Some((name, sequence)) = key.split_once('/')
                && let (Some(queue), Ok(sequence)) = (queues.get_mut(name), sequence.parse())
            {
                queue.restore(sequence, message);
            }
        }
        for (key, seen) in store.load::<Seen>(SEEN)? {
            if let Some((name, id)) = key.split_once('/')
                && let Some(queue) = queues.get_mut(name)
            {
                queue.restore_seen(id.to_owned(), seen);
            }
        }
        let changes = Arc::new(watch::Sender::new(0));
        Ok(Self { inner: Arc::new(Inner { queues: Mutex::new(queues), store, clock, names, changes }) })
    }

    /// Creates a queue, or gives an existing one these settings; its messages stay.
    pub fn create(&self, name: &str, settings: QueueSettings) -> Result<(), QueueError> {
        let QueueSettings { visibility, delay, fifo, dead_letter, retention } = settings;
        let mut attributes = BTreeMap::from([
            ("VisibilityTimeout".to_owned(), visibility.as_secs().to_string()),
            ("DelaySeconds".to_owned(), delay.as_secs().to_string()),
            ("MessageRetentionPeriod".to_owned(), retention.as_secs().to_string()),
        ]);
        if fifo {
            attributes.insert("FifoQueue".to_owned(), "true".to_owned());
        }
        if let Some((target, max_receive)) = dead_letter {
            let target = self.inner.names.queue(&target);
            let policy = serde_json::json!({ "deadLetterTargetArn": target, "maxReceiveCount": max_receive });
            attributes.insert("RedrivePolicy".to_owned(), policy.to_string());
        }
        let exists = self.lock().contains_key(name);
        if exists {
            // Empty takes away the policy it may have had.
            attributes.entry("RedrivePolicy".to_owned()).or_default();
            self.set_attributes(name, attributes)
        } else {
            self.create_with(name, attributes, BTreeMap::new())
        }
    }

    /// Sends a message; when this returns it is durable.
    pub fn send(&self, name: &str, message: NewMessage) -> Result<Accepted, QueueError> {
        let now_ms = self.inner.clock.now_ms();
        let mut queues = self.lock();
        let queue = queues.get_mut(name).ok_or_else(QueueError::no_such_queue)?;
        let message = operations::checked(queue, message)?;
        let fifo = queue.is_fifo();
        let sequence_number = |sequence: u64| fifo.then(|| format!("{sequence:020}"));

        let scope = operations::deduplication_scope(queue, &message);
        if let Some(seen) = scope.as_deref().and_then(|id| queue.duplicate_of(id, now_ms)) {
            let sequence_number = sequence_number(seen.sequence);
            return Ok(Accepted { message_id: seen.message_id.clone(), sequence_number });
        }
        let default_delay = || queue.number("DelaySeconds") * 1000;
        let delay_ms = message.delay.map_or_else(default_delay, milliseconds);
        let stored = Stored {
            id: new_id(),
            body: message.body,
            attributes: message.attributes,
            group: message.group,
            deduplication: message.deduplication,
            trace: message.trace,
            sent_ms: now_ms,
            first_received_ms: None,
            receives: 0,
            visible_at_ms: now_ms + delay_ms,
            receipt: None,
            source: None,
        };
        let message_id = stored.id.clone();
        let mut changes = Vec::new();
        if let Some(id) = scope {
            let seen =
                Seen { at_ms: now_ms, message_id: message_id.clone(), sequence: queue.next_sequence() };
            changes.push(Change::put(SEEN, format!("{name}/{id}"), &seen));
            let forgotten = queue.remember(&id, seen);
            changes.extend(forgotten.iter().map(|id| Change::delete(SEEN, format!("{name}/{id}"))));
        }
        changes.push(Change::put(MESSAGES, key(name, queue.next_sequence()), &stored));
        let sequence = queue.push(stored);
        self.write(&changes)?;
        drop(queues);
        self.announce();
        Ok(Accepted { message_id, sequence_number: sequence_number(sequence) })
    }

    /// Receives up to `max` messages (here also more than the ten of AWS) for the queue's own visibility
    /// timeout. Waits up to `wait` for the first one, and ends at once when the virtual clock is moved past
    /// that; a queue that does not exist is waited for like an empty one.
    pub async fn receive(&self, name: &str, max: usize, wait: Duration) -> Vec<Message> {
        let started = Instant::now();
        loop {
            let changed = self.changed();
            let left = wait.saturating_sub(started.elapsed());
            match self.receive_for(name, max, None, Some(left)).await {
                Ok(taken) => {
                    return taken
                        .into_iter()
                        .map(|(sequence, message)| self.message(name, sequence, message))
                        .collect();
                }
                Err(_) if left.is_zero() => return Vec::new(),
                // The queue may be created meanwhile: look again after any change.
                Err(_) => tokio::select! {
                    () = changed => {}
                    () = tokio::time::sleep_until(started + wait) => {}
                },
            }
        }
    }

    /// Deletes a received message. A receipt that is no longer the latest deletes nothing.
    pub fn delete(&self, name: &str, receipt: &str) -> Result<(), QueueError> {
        let mut queues = self.lock();
        let queue = queues.get_mut(name).ok_or_else(QueueError::no_such_queue)?;
        let found = queue.by_receipt(receipt).map_err(|NotAReceipt| not_a_receipt(receipt))?;
        let Some((sequence, _)) = found else { return Ok(()) };
        queue.messages.remove(&sequence);
        self.write(&[Change::delete(MESSAGES, key(name, sequence))])?;
        drop(queues);
        // In a FIFO queue the next message of the group is free now.
        self.announce();
        Ok(())
    }

    /// Lets a received message become visible again after `visibility` from now, at most 12 hours; zero is at
    /// once.
    pub fn change_visibility(
        &self,
        name: &str,
        receipt: &str,
        visibility: Duration,
    ) -> Result<(), QueueError> {
        if visibility > Duration::from_hours(12) {
            return Err(QueueError::invalid("VisibilityTimeout must be between 0 and 43200 seconds."));
        }
        let now_ms = self.inner.clock.now_ms();
        let mut queues = self.lock();
        let queue = queues.get_mut(name).ok_or_else(QueueError::no_such_queue)?;
        let found = queue.by_receipt(receipt).map_err(|NotAReceipt| not_a_receipt(receipt))?;
        let in_flight = found.filter(|(_, message)| message.visible_at_ms > now_ms);
        let (sequence, message) = in_flight.ok_or_else(|| {
            let code = "AWS.SimpleQueueService.MessageNotInflight";
            QueueError::new("MessageNotInflight", code, "The message is not in flight.")
        })?;
        message.visible_at_ms = now_ms + milliseconds(visibility);
        let change = Change::put(MESSAGES, key(name, sequence), message);
        self.write(&[change])?;
        drop(queues);
        self.announce();
        Ok(())
    }

    /// Moves the visible messages of a dead-letter queue back to the queues they came from; returns how many.
    pub fn redrive(&self, dead_letter_queue: &str) -> Result<usize, QueueError> {
        self.move_messages(dead_letter_queue, None)
    }

    /// Up to `limit` messages of a queue, oldest first, in whatever state they are, without receiving them.
    pub fn peek(&self, name: &str, limit: usize) -> Vec<Message> {
        let queues = self.lock();
        let messages = queues.get(name).into_iter().flat_map(|queue| &queue.messages).take(limit);
        messages.map(|(sequence, stored)| self.message(name, *sequence, stored.clone())).collect()
    }

    /// How full the queues are, in the order of their names.
    pub fn depths(&self) -> Vec<QueueDepth> {
        let now_ms = self.inner.clock.now_ms();
        let queues = self.lock();
        let depth = |queue: &Queue| {
            let counts = queue.count(now_ms);
            let feeds = |other: &&Queue| other.dead_letters().is_some_and(|(target, _)| target == queue.name);
            let dead_letters = queue.dead_letters().and_then(|(target, _)| queues.get(&target));
            QueueDepth {
                name: queue.name.clone(),
                visible: counts.visible,
                in_flight: counts.in_flight,
                delayed: counts.delayed,
                dead_letter_of: queues.values().filter(feeds).map(|other| other.name.clone()).collect(),
                dead_letter_depth: dead_letters.map(|target| target.messages.len()),
            }
        };
        queues.values().map(depth).collect()
    }

    /// Resolves after the next change to any queue. Whatever changes after this call counts, also before the
    /// first poll. That time alone made a message visible is not a change: watch the clock for that.
    pub fn changed(&self) -> impl Future<Output = ()> + Send + 'static {
        wait_for_change(&self.inner.changes)
    }

    /// Receives for the given visibility (the queue's own when `None`), waiting up to `wait` (the queue's own
    /// when `None`).
    async fn receive_for(
        &self,
        name: &str,
        max: usize,
        visibility: Option<Duration>,
        wait: Option<Duration>,
    ) -> Result<Vec<(u64, Stored)>, QueueError> {
        let wait = match wait {
            Some(wait) => wait,
            None => self.own_wait(name)?,
        };
        let clock = &self.inner.clock;
        // Whichever passes first: real time, because a caller's connection does not wait for ever, or virtual
        // time, because whoever moves the clock wants to see what comes of it.
        let (real_end, virtual_end) = (Instant::now() + wait, clock.now_ms() + milliseconds(wait));
        loop {
            let (changed, moved) = (self.changed(), clock.changed());
            let taken = self.take(name, max, visibility)?;
            let now_ms = clock.now_ms();
            if !taken.delivered.is_empty() || now_ms >= virtual_end || Instant::now() >= real_end {
                return Ok(taken.delivered);
            }
            let next = taken.next_visible_ms.map(|at| at.saturating_sub(now_ms).max(1));
            let next = next.and_then(|pause| u64::try_from(pause).ok()).map(Duration::from_millis);
            let wake = next.map_or(real_end, |pause| real_end.min(Instant::now() + pause));
            tokio::select! {
                () = changed => {}
                () = moved => {}
                () = tokio::time::sleep_until(wake) => {}
            }
        }
    }

    fn own_wait(&self, name: &str) -> Result<Duration, QueueError> {
        let queues = self.lock();
        let queue = queues.get(name).ok_or_else(QueueError::no_such_queue)?;
        let seconds = queue.number("ReceiveMessageWaitTimeSeconds");
        Ok(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    }

    /// One look into the queue; moves what was received too often to the dead-letter queue.
    fn take(&self, name: &str, max: usize, visibility: Option<Duration>) -> Result<Taken, QueueError> {
        let now_ms = self.inner.clock.now_ms();
        let mut queues = self.lock();
        let policy = queues.get(name).ok_or_else(QueueError::no_such_queue)?.dead_letters();
        // Without the target the messages stay where they are, rather than nowhere.
        let policy = policy.filter(|(target, _)| queues.contains_key(target));
        let queue = queues.get_mut(name).ok_or_else(QueueError::no_such_queue)?;
        let own = || queue.number("VisibilityTimeout") * 1000;
        let visibility_ms = visibility.map_or_else(own, milliseconds);
        let limit = policy.as_ref().map(|(_, limit)| *limit);
        let mut taken = queue.take(now_ms, max, visibility_ms, limit);

        let gone = taken.expired.iter().chain(taken.dead.iter().map(|(sequence, _)| sequence));
        let mut changes: Vec<Change> =
            gone.map(|sequence| Change::delete(MESSAGES, key(name, *sequence))).collect();
        let delivered = taken.delivered.iter();
        changes.extend(
            delivered.map(|(sequence, message)| Change::put(MESSAGES, key(name, *sequence), message)),
        );
        let moved = !taken.dead.is_empty();
        if let Some((target, _)) = policy
            && let Some(queue) = queues.get_mut(&target)
        {
            for (_, mut message) in taken.dead.drain(..) {
                message.source = Some(self.inner.names.queue(name));
                message.visible_at_ms = now_ms;
                message.receipt = None;
                changes.push(Change::put(MESSAGES, key(&target, queue.next_sequence()), &message));
                queue.push(message);
            }
        }
        self.write(&changes)?;
        drop(queues);
        if moved {
            self.announce();
        }
        Ok(taken)
    }

    /// Moves visible messages to `destination`, or back to where each came from. One without a way back
    /// stays.
    fn move_messages(&self, from: &str, destination: Option<&str>) -> Result<usize, QueueError> {
        let now_ms = self.inner.clock.now_ms();
        let mut queues = self.lock();
        let not_found = |what: &str| {
            QueueError::plain("ResourceNotFoundException", format!("The {what} does not exist."))
        };
        if destination.is_some_and(|name| !queues.contains_key(name)) {
            return Err(not_found("destination queue"));
        }
        let source = queues.get(from).ok_or_else(|| not_found("source queue"))?;
        let way = |message: &Stored| {
            let name = destination.or_else(|| message.source.as_deref().map(last_part))?;
            queues.contains_key(name).then(|| name.to_owned())
        };
        let visible = source.messages.iter().filter(|(_, message)| message.visible_at_ms <= now_ms);
        let moves: Vec<(u64, String)> =
            visible.filter_map(|(sequence, message)| Some((*sequence, way(message)?))).collect();

        let mut changes = Vec::new();
        for (sequence, target) in &moves {
            let Some(mut message) = queues.get_mut(from).and_then(|queue| queue.messages.remove(sequence))
            else {
                continue;
            };
            changes.push(Change::delete(MESSAGES, key(from, *sequence)));
            // A moved message is a new one, as in AWS: it has its full number of attempts again.
            message.id = new_id();
            message.sent_ms = now_ms;
            message.visible_at_ms = now_ms;
            message.first_received_ms = None;
            message.receives = 0;
            message.receipt = None;
            message.source = None;
            if let Some(queue) = queues.get_mut(target) {
                changes.push(Change::put(MESSAGES, key(target, queue.next_sequence()), &message));
                queue.push(message);
            }
        }
        self.write(&changes)?;
        drop(queues);
        self.announce();
        Ok(moves.len())
    }

    /// The message as it is told to a receiver.
    fn message(&self, name: &str, sequence: u64, stored: Stored) -> Message {
        let mut attributes = BTreeMap::from([
            ("SenderId".to_owned(), self.inner.names.account.to_string()),
            ("SentTimestamp".to_owned(), stored.sent_ms.to_string()),
            ("ApproximateReceiveCount".to_owned(), stored.receives.to_string()),
        ]);
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                attributes.insert(name.to_owned(), value);
            }
        };
        add("ApproximateFirstReceiveTimestamp", stored.first_received_ms.map(|at| at.to_string()));
        add("MessageGroupId", stored.group);
        add("MessageDeduplicationId", stored.deduplication);
        add("SequenceNumber", is_fifo_name(name).then(|| format!("{sequence:020}")));
        add("DeadLetterQueueSourceArn", stored.source);
        add("AWSTraceHeader", stored.trace);
        Message {
            message_id: stored.id,
            receipt_handle: stored.receipt.unwrap_or_default(),
            md5_of_body: digest::of_body(&stored.body),
            body: stored.body,
            attributes,
            message_attributes: stored.attributes,
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Queue>> {
        self.inner.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, changes: &[Change]) -> Result<(), QueueError> {
        self.inner.store.write(changes).map_err(|error| QueueError::internal(&error))
    }

    fn announce(&self) {
        self.inner.changes.send_modify(|count| *count += 1);
    }
}

/// The key of a message in the store; the zeros keep the order of the numbers.
fn key(queue: &str, sequence: u64) -> String {
    format!("{queue}/{sequence:020}")
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

fn not_a_receipt(receipt: &str) -> QueueError {
    let message = format!("The input receipt handle \"{receipt}\" is not a valid receipt handle.");
    QueueError::plain("ReceiptHandleIsInvalid", message)
}
