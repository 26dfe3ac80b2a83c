//! SQS → consumers: batches, partial failures, and the dead-letter queue after too many.
use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;
use local_aws::{Message, Queues};
use serde_json::{Map, Value, json};
use shared::function::{Consumer, Function};

use super::{Work, call_batch};
use crate::{
    functions::Functions,
    identity::{ACCOUNT, REGION, queue_name},
};

/// How many messages SQS hands out at a time.
const AT_A_TIME: usize = 10;
/// As long as SQS lets its callers wait.
const LONG_POLL: Duration = Duration::from_secs(20);

pub(super) struct QueueWork {
    function: &'static Function,
    consumer: &'static Consumer,
    queue: String,
    queues: Queues,
    functions: Arc<Functions>,
    /// Received while waiting, not yet worked on.
    hand: Vec<Message>,
}

impl QueueWork {
    pub fn new(
        function: &'static Function,
        consumer: &'static Consumer,
        queues: Queues,
        functions: Arc<Functions>,
    ) -> Self {
        Self { function, consumer, queue: queue_name(consumer.queue), queues, functions, hand: Vec::new() }
    }

    fn batch(&self) -> usize {
        usize::from(self.consumer.batch).max(1)
    }

    async fn gather(&mut self) -> Vec<Message> {
        let mut batch = std::mem::take(&mut self.hand);
        while batch.len() < self.batch() {
            let most = AT_A_TIME.min(self.batch() - batch.len());
            let more = self.queues.receive(&self.queue, most, Duration::ZERO).await;
            if more.is_empty() {
                break;
            }
            batch.extend(more);
        }
        batch
    }

    /// A failed message is left alone: it is visible again after the visibility timeout.
    async fn deliver(&self, batch: Vec<Message>) {
        let arn = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{}", self.queue);
        let records: Vec<Value> = batch.iter().map(|message| record(message, &arn)).collect();
        let ids = batch.iter().map(|message| message.message_id.as_str());
        let failed = call_batch(&self.functions, self.function, &json!({ "Records": records }), ids).await;
        for message in batch.iter().filter(|message| !failed.contains(&message.message_id)) {
            if let Err(error) = self.queues.delete(&self.queue, &message.receipt_handle) {
                tracing::error!(queue = self.queue, %error, "a message that was dealt with cannot be deleted");
            }
        }
    }
}

impl Work for QueueWork {
    fn ready(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            while self.hand.is_empty() {
                let most = AT_A_TIME.min(self.batch());
                self.hand = self.queues.receive(&self.queue, most, LONG_POLL).await;
            }
        })
    }

    fn work(&mut self) -> BoxFuture<'_, bool> {
        Box::pin(async {
            let batch = self.gather().await;
            if batch.is_empty() {
                return false;
            }
            self.deliver(batch).await;
            true
        })
    }
}

/// A message as Lambda's event shows it.
fn record(message: &Message, arn: &str) -> Value {
    let attributes = message.message_attributes.iter().map(|(name, attribute)| {
        let field = if attribute.is_binary() { "binaryValue" } else { "stringValue" };
        let value = json!({
            field: attribute.value,
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": attribute.data_type,
        });
        (name.clone(), value)
    });
    json!({
        "messageId": message.message_id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": message.attributes,
        "messageAttributes": attributes.collect::<Map<String, Value>>(),
        "md5OfBody": message.md5_of_body,
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": REGION,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use local_aws::Attribute;

    use super::*;

    /// The example of «Using Lambda with Amazon SQS», with a message attribute.
    #[test]
    fn a_record_has_every_field_of_lambdas_sqs_event() {
        let message = Message {
            message_id: "059f36b4-87a3-44ab-83d2-661975830a7d".to_owned(),
            receipt_handle: "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a".to_owned(),
            body: "Test message.".to_owned(),
            md5_of_body: "e4e68fb7bd0e697a0ae8f1bb342846b3".to_owned(),
            attributes: BTreeMap::from([("ApproximateReceiveCount".to_owned(), "1".to_owned())]),
            message_attributes: BTreeMap::from([(
                "myAttribute".to_owned(),
                Attribute { data_type: "String".to_owned(), value: "myValue".to_owned() },
            )]),
        };
        assert_eq!(
            record(&message, "arn:aws:sqs:ap-south-1:000000000000:my-queue"),
            json!({
                "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
                "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
                "body": "Test message.",
                "attributes": { "ApproximateReceiveCount": "1" },
                "messageAttributes": {
                    "myAttribute": {
                        "stringValue": "myValue",
                        "stringListValues": [],
                        "binaryListValues": [],
                        "dataType": "String"
                    }
                },
                "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:ap-south-1:000000000000:my-queue",
                "awsRegion": "ap-south-1"
            })
        );
    }
}
