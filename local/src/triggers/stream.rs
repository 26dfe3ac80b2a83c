//! The table's stream → readers: new items in order, each reader from its own position.
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use local_aws::{Cloud, StreamReader, StreamRecord, VirtualClock};
use serde_json::{Value, json};
use shared::{
    crypto,
    function::{Function, Reader},
    table::schema::attr,
};

use super::{Work, call_batch, wait_until};
use crate::{
    functions::Functions,
    home::{Home, HomeError},
    identity::{ACCOUNT, REGION, TABLE},
};

/// How many records are read from the stream at a time.
const AT_A_TIME: usize = 500;
/// A record that fails is tried again at once so often, then with pauses on the virtual clock that double up to a minute.
const AT_ONCE: u32 = 2;

/// How far each reader has come, kept over restarts.
pub(super) struct Positions {
    home: Home,
    reached: Mutex<BTreeMap<String, String>>,
}

impl Positions {
    pub fn open(home: Home) -> Result<Self, HomeError> {
        let reached = Mutex::new(home.positions()?);
        Ok(Self { home, reached })
    }

    fn of(&self, function: &Function) -> Option<String> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner).get(function.name).cloned()
    }

    fn keep(&self, function: &Function, position: &str) {
        let mut reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
        reached.insert(function.name.to_owned(), position.to_owned());
        if let Err(error) = self.home.keep_positions(&reached) {
            // After a restart the same records come again, which a reader must bear anyway.
            tracing::error!(%error, "the position in the stream was not kept");
        }
    }
}

pub(super) struct StreamWork {
    function: &'static Function,
    reader: &'static Reader,
    stream: StreamReader,
    clock: VirtualClock,
    functions: Arc<Functions>,
    positions: Arc<Positions>,
    position: Option<String>,
    /// Failures in a row of the record that is next.
    failed: u32,
    not_before: Timestamp,
}

impl StreamWork {
    pub fn new(
        function: &'static Function,
        reader: &'static Reader,
        cloud: &Cloud,
        functions: Arc<Functions>,
        positions: Arc<Positions>,
    ) -> Self {
        Self {
            function,
            reader,
            stream: cloud.stream().clone(),
            clock: cloud.clock().clone(),
            functions,
            position: positions.of(function),
            positions,
            failed: 0,
            not_before: Timestamp::MIN,
        }
    }

    async fn read(&self) -> Vec<StreamRecord> {
        let (stream, position) = (self.stream.clone(), self.position.clone());
        let read = tokio::task::spawn_blocking(move || stream.read_after(TABLE, position, AT_A_TIME)).await;
        read.unwrap_or_default()
    }

    /// The event filter of the mapping: new items of the kinds that the reader declares.
    fn wants(&self, record: &StreamRecord) -> bool {
        let entity = record.new_image.as_ref().and_then(|image| image[attr::ENTITY]["S"].as_str());
        record.event_name == "INSERT" && entity.is_some_and(|entity| self.reader.entities.contains(&entity))
    }

    fn reach(&mut self, position: String) {
        self.positions.keep(self.function, &position);
        self.position = Some(position);
    }

    /// Passes over what the reader does not want, hands it one batch of what it does, and stays before what failed.
    async fn go_on(&mut self, records: Vec<StreamRecord>) {
        let most = usize::from(self.reader.batch).max(1);
        let wanted: Vec<&StreamRecord> =
            records.iter().filter(|record| self.wants(record)).take(most).collect();
        let Some(last) = wanted.last() else {
            if let Some(last) = records.last() {
                self.reach(last.position.clone());
            }
            return;
        };
        // A full batch ends with its last record; what lies behind that is read again.
        let end = if wanted.len() == most { *last } else { records.last().unwrap_or(last) };
        let event =
            json!({ "Records": wanted.iter().map(|record| event_record(record)).collect::<Vec<_>>() });
        let ids = wanted.iter().map(|record| record.position.as_str());
        let failed = call_batch(&self.functions, self.function, &event, ids).await;
        let first_failed = wanted.iter().find(|record| failed.contains(&record.position));
        let Some(first_failed) = first_failed else {
            self.failed = 0;
            let end = end.position.clone();
            return self.reach(end);
        };
        let before = records.iter().take_while(|record| record.position != first_failed.position).last();
        if let Some(before) = before.map(|record| record.position.clone()) {
            self.failed = 0;
            self.reach(before);
        }
        self.failed += 1;
        let pause = match self.failed.checked_sub(AT_ONCE + 1) {
            None => 0,
            Some(doublings) => 60.min(1_i64 << doublings.min(6)),
        };
        let now = self.clock.now();
        self.not_before = now.saturating_add(SignedDuration::from_secs(pause)).unwrap_or(now);
    }
}

impl Work for StreamWork {
    fn ready(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            loop {
                let changed = self.stream.changed();
                while self.clock.now() < self.not_before {
                    wait_until(&self.clock, self.not_before).await;
                }
                if !self.read().await.is_empty() {
                    return;
                }
                changed.await;
            }
        })
    }

    fn work(&mut self) -> BoxFuture<'_, bool> {
        Box::pin(async {
            if self.clock.now() < self.not_before {
                return false;
            }
            let records = self.read().await;
            if records.is_empty() {
                return false;
            }
            self.go_on(records).await;
            true
        })
    }
}

/// A record as Lambda's event shows it.
fn event_record(record: &StreamRecord) -> Value {
    let mut images = json!({
        "ApproximateCreationDateTime": record.created.as_second(),
        "Keys": record.keys,
        "SequenceNumber": record.position,
        "SizeBytes": size(record),
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    });
    for (name, image) in [("NewImage", &record.new_image), ("OldImage", &record.old_image)] {
        if let Some(image) = image {
            images[name] = image.clone();
        }
    }
    json!({
        "eventID": hex::encode(&crypto::sha256(record.position.as_bytes())[..16]),
        "eventName": record.event_name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": images,
        "eventSourceARN": format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{TABLE}/stream/local"),
    })
}

/// Roughly, as nobody reckons with it.
fn size(record: &StreamRecord) -> usize {
    [Some(&record.keys), record.new_image.as_ref(), record.old_image.as_ref()]
        .into_iter()
        .flatten()
        .map(|value| value.to_string().len())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_every_field_of_lambdas_stream_event() {
        let record = StreamRecord {
            position: "100000000000000000007".to_owned(),
            event_name: "INSERT".to_owned(),
            keys: json!({ "pk": { "S": "A" }, "sk": { "S": "B" } }),
            new_image: Some(json!({ "pk": { "S": "A" }, "sk": { "S": "B" }, "n": { "N": "1" } })),
            old_image: None,
            created: "2026-01-01T00:00:00Z".parse().unwrap(),
        };
        assert_eq!(
            event_record(&record),
            json!({
                "eventID": event_record(&record)["eventID"],
                "eventName": "INSERT",
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": "ap-south-1",
                "dynamodb": {
                    "ApproximateCreationDateTime": 1_767_225_600,
                    "Keys": { "pk": { "S": "A" }, "sk": { "S": "B" } },
                    "NewImage": { "pk": { "S": "A" }, "sk": { "S": "B" }, "n": { "N": "1" } },
                    "SequenceNumber": "100000000000000000007",
                    "SizeBytes": 76,
                    "StreamViewType": "NEW_AND_OLD_IMAGES"
                },
                "eventSourceARN": "arn:aws:dynamodb:ap-south-1:000000000000:table/quintet-local/stream/local"
            })
        );
    }
}
