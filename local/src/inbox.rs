//! What reached people: SMS, e-mail and push as AWS would have sent them, and what other channels append.
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use local_aws::Sent;
use serde::Serialize;

/// The way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A text message.
    Sms,
    /// A mail.
    Email,
    /// A push notification.
    Push,
    /// A WhatsApp message.
    #[serde(rename = "whatsapp")]
    WhatsApp,
    /// A notice inside the app.
    InApp,
}

/// One message to a person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// The way it went.
    pub channel: Channel,
    /// Phone number, address, device token or user.
    pub to: String,
    /// The subject, where the channel has one.
    pub subject: Option<String>,
    /// The text.
    pub body: String,
    /// When, on the virtual clock.
    pub at: Timestamp,
}

/// Messages of the channels that AWS knows nothing of.
#[derive(Debug, Default)]
pub(crate) struct Inbox(Mutex<Vec<Entry>>);

impl Inbox {
    /// Adds a message.
    pub fn append(&self, entry: Entry) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    /// Everything, oldest first, together with what AWS sent.
    pub fn with(&self, sent: Vec<Sent>) -> Vec<Entry> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.extend(sent.into_iter().map(Entry::from));
        all.sort_by_key(|entry| entry.at);
        all
    }
}

impl From<Sent> for Entry {
    fn from(sent: Sent) -> Self {
        let channel = match sent.channel {
            local_aws::Channel::Sms => Channel::Sms,
            local_aws::Channel::Push => Channel::Push,
            local_aws::Channel::Email => Channel::Email,
        };
        Self { channel, to: sent.to, subject: sent.subject, body: sent.body, at: sent.at }
    }
}
