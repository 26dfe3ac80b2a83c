//! SQS batches: each message succeeds or fails alone.
use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

use super::{Failure, log_failure};
use crate::{
    app::App,
    error::Error,
    function::{Consumer, Function},
};

/// One message, as it was delivered.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// The queue's id of the message; the same in every delivery of it.
    pub id: &'a str,
    /// The body.
    pub body: &'a str,
    /// How often it has been delivered, this time included.
    pub attempt: u32,
}

impl Delivery<'_> {
    /// The message in the body. Unknown fields are ignored, since producers may be newer than we are. A body that is no such
    /// message fails, is delivered a few times more and ends in the dead-letter queue: never skipped, never in the way.
    pub fn message<M: DeserializeOwned>(&self) -> Result<M, Error> {
        serde_json::from_str(self.body).map_err(|e| {
            Error::internal(format!("unreadable message at line {} column {}", e.line(), e.column()))
        })
    }
}

pub(super) async fn handle(
    function: &'static Function,
    consumer: &Consumer,
    app: &App,
    event: &RawValue,
) -> Result<Box<RawValue>, Failure> {
    let event: SqsEvent = serde_json::from_str(event.get())?;
    let mut reply = SqsBatchResponse::default();
    for record in &event.records {
        // Lambda takes an empty id as «the whole batch failed»: the safe side for a record without one.
        let id = record.message_id.as_deref().unwrap_or_default();
        let attempt =
            record.attributes.get("ApproximateReceiveCount").and_then(|n| n.parse().ok()).unwrap_or(1);
        let delivery = Delivery { id, body: record.body.as_deref().unwrap_or_default(), attempt };
        if let Err(error) = (consumer.handle)(app, delivery).await {
            log_failure(function, "message", id, &error);
            let mut failure = BatchItemFailure::default();
            id.clone_into(&mut failure.item_identifier);
            reply.batch_item_failures.push(failure);
        }
    }
    Ok(to_raw_value(&reply)?)
}
