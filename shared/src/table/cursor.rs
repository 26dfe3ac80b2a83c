//! Cursors: where a page ended, sealed so that a client can neither read nor forge it nor use it on another list.
use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Item, TableError};
use crate::{
    codes,
    crypto::{self, SealingKey},
    error::Error,
    random::Random,
};

/// The key that seals the cursors of a stage.
#[derive(Clone)]
pub struct CursorKey(SealingKey);

impl CursorKey {
    /// A cursor key from 32 secret bytes.
    pub fn new(key: SealingKey) -> Self {
        Self(key)
    }

    /// Seals a position for the list with this fingerprint.
    pub(super) fn seal(&self, random: &dyn Random, fingerprint: &str, at: &Item) -> Result<String, Error> {
        let value: serde_json::Value =
            serde_dynamo::from_item(at.clone()).map_err(|e| TableError::Shape("cursor", e.to_string()))?;
        let sealed = self.0.seal(random, value.to_string().as_bytes(), &binding(fingerprint))?;
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The position in `sealed`, if it was sealed for this list.
    pub(super) fn open(&self, fingerprint: &str, sealed: &str) -> Result<Item, Error> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| codes::INVALID_CURSOR)?;
        let plain = self.0.open(&bytes, &binding(fingerprint)).ok_or(codes::INVALID_CURSOR)?;
        let value: serde_json::Value = serde_json::from_slice(&plain).map_err(|_| codes::INVALID_CURSOR)?;
        serde_dynamo::to_item(value).map_err(|_| codes::INVALID_CURSOR.into())
    }
}

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorKey")
    }
}

fn binding(fingerprint: &str) -> [u8; 32] {
    crypto::sha256(fingerprint.as_bytes())
}
