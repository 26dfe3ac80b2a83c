//! Everything that left the local cloud for a person: SMS, push notifications and mails land here instead.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::store::{Change, Store};

/// The way a message left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Channel {
    /// SNS to a phone number.
    Sms,
    /// SNS to a platform endpoint: an app on a device.
    Push,
    /// SES, or SNS to an e-mail subscription.
    Email,
}

/// A message that left for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// The way it left.
    pub channel: Channel,
    /// Phone number, device token or mail addresses (joined by `, `).
    pub to: String,
    /// Subject of a mail or a push.
    pub subject: Option<String>,
    /// The text; for a push the payload of its platform; for a mail its text, or else its HTML, or else the
    /// raw MIME message.
    pub body: String,
    /// When, on the virtual clock.
    pub at: Timestamp,
    /// Message attributes of SNS, and what the services know besides: `MessageId`, for pushes `EndpointArn`,
    /// `Platform` and `CustomUserData`, for mails `From`, `Cc`, `Bcc`, `ReplyTo`, `Html`, `tag:<name>`.
    pub attributes: BTreeMap<String, String>,
}

/// The messages, oldest first. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Inbox {
    sent: Arc<Mutex<Vec<Sent>>>,
    store: Arc<Store>,
}

const COLLECTION: &str = "inbox";

impl Inbox {
    pub fn open(store: Arc<Store>) -> rusqlite::Result<Self> {
        let sent = store.load(COLLECTION)?.into_iter().map(|(_, sent)| sent).collect();
        Ok(Self { sent: Arc::new(Mutex::new(sent)), store })
    }

    /// Keeps a message; when this returns it is durable.
    pub fn keep(&self, message: Sent) -> rusqlite::Result<()> {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        self.store.write(&[Change::put(COLLECTION, format!("{:020}", sent.len()), &message)])?;
        sent.push(message);
        Ok(())
    }

    pub fn all(&self) -> Vec<Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
