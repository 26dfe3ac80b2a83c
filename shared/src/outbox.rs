//! The outbox: what must leave after a write rides in the same transaction as an item, and reaches its queue
//! through the table's stream. Nothing leaves for a write that did not happen, and nothing that happened is
//! forgotten.
use aws_sdk_sqs::{
    error::{ProvideErrorMetadata as _, SdkError},
    operation::send_message::SendMessageError,
    types::MessageAttributeValue,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    error::Error,
    function::{Grant, Port, Queue},
    id::{Id, Prefixed},
    table::{Entity, Key},
    wing::Wing,
};

/// The port of the relay. It carries for every wing, so it may send to every queue of the stage; everybody
/// else declares the queues they send to one by one.
pub static QUEUES: Port = Port {
    name: "queues",
    grants: &[Grant {
        action: "sqs:SendMessage",
        resource: "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:quintet-${Stage}-*",
    }],
    connect: |aws, ports| ports.insert(aws.sqs()),
};

/// A message on its way to a queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outgoing {
    /// Its own id; consumers that must not repeat themselves keep it.
    pub id: Id<Outgoing>,
    /// The wing that wrote it.
    pub wing: String,
    /// The name of the queue it is for.
    pub queue: String,
    /// The JSON text of the message.
    pub body: String,
    /// When it was written.
    pub created_at: Timestamp,
}

impl Prefixed for Outgoing {
    const PREFIX: &'static str = "out";
}

impl Outgoing {
    /// `message`, for `queue`: create it in the [`Write`](crate::table::Write) of the thing it follows from.
    pub fn new(app: &App, wing: &Wing, queue: &Queue, message: &impl Serialize) -> Result<Self, Error> {
        Ok(Self {
            id: Id::new(app.now(), app.random()),
            wing: wing.tag.to_owned(),
            queue: queue.name.to_owned(),
            body: serde_json::to_string(message).map_err(Error::internal)?,
            created_at: app.now(),
        })
    }

    /// Sends it to its queue, with its wing and id beside the body; for the relay, which declares [`QUEUES`].
    pub async fn send(&self, app: &App) -> Result<(), Error> {
        let attribute =
            |text: &str| MessageAttributeValue::builder().data_type("String").string_value(text).build();
        let sent = app
            .port::<aws_sdk_sqs::Client>()?
            .send_message()
            .queue_url(format!("{}{}", app.config().queue_url_base, self.queue))
            .message_body(&self.body)
            .message_attributes("wing", attribute(&self.wing).map_err(Error::internal)?)
            .message_attributes("id", attribute(&self.id.to_string()).map_err(Error::internal)?)
            .send()
            .await;
        let failed = |e: SdkError<SendMessageError>| {
            format!("queue {}: {}", self.queue, e.code().unwrap_or("no answer"))
        };
        sent.map(drop).map_err(|e| Error::unavailable(failed(e)))
    }
}

impl Entity for Outgoing {
    const NAME: &'static str = "outbox";

    fn key(&self) -> Key {
        Key::new(format!("{}#OUTBOX#{}", self.wing, self.id), "OUTBOX")
    }

    /// Long after the stream delivered it; until then it can be looked up and sent again by hand.
    fn expires_at(&self) -> Option<Timestamp> {
        self.created_at.checked_add(SignedDuration::from_hours(24 * 7)).ok()
    }
}
