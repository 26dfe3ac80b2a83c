//! A new e-mail address counts only once its owner has shown that letters reach them there.
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::{
    id::{Id, Prefixed},
    identity::Lookup,
};

use super::User;

/// How long a new address may wait for its confirmation.
const LIFE: SignedDuration = SignedDuration::from_hours(24);

/// A new address that waits for its confirmation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EmailChange {
    /// The address.
    pub address: String,
    /// The keyed hash of what the letter carries.
    token: Lookup,
    ends_at: Timestamp,
}

/// What the letter to the new address carries: 80 random bits.
pub type EmailToken = Id<EmailChange>;

impl Prefixed for EmailChange {
    const PREFIX: &'static str = "eml";
}

impl EmailChange {
    /// `address` waits from `now` on; another one that waited is forgotten with the field that held it.
    pub fn new(address: String, token: Lookup, now: Timestamp) -> Self {
        Self { address, token, ends_at: now.checked_add(LIFE).unwrap_or(now) }
    }
}

impl User {
    /// The address that waits for its confirmation at `now`.
    pub fn pending_email(&self, now: Timestamp) -> Option<&str> {
        self.email_change.as_ref().filter(|change| now < change.ends_at).map(|change| &*change.address)
    }

    /// Takes the address that waits under `token`. `false`, and nothing changed, when none does or its time
    /// is over.
    #[must_use]
    pub fn confirm_email(&mut self, token: &Lookup, now: Timestamp) -> bool {
        let (Some(basic), Some(change)) = (&mut self.basic, &self.email_change) else { return false };
        if change.token != *token || now >= change.ends_at {
            return false;
        }
        basic.email.clone_from(&change.address);
        self.email_change = None;
        self.updated_at = now;
        true
    }
}
