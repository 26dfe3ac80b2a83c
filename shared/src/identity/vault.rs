//! Personal identifiers at rest: sealed field by field, found by a keyed hash.
//!
//! A sealed field opens only for the same field of the same owner, so copying it to another item is of no use. The keys are
//! secrets of the stage; see `docs/decisions` for why they are data keys from Secrets Manager and not a KMS call a field.
use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    crypto::{self, SealingKey},
    error::Error,
    function::Secret,
};

/// Seals personal identifiers.
pub static FIELD_KEY: Secret = Secret::new("field-key", "seals personal identifiers");
/// Hashes personal identifiers for look-up.
pub static LOOKUP_KEY: Secret = Secret::new("lookup-key", "hashes personal identifiers for look-up");

/// A sealed identifier, as it is stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(…)")
    }
}

/// The keyed hash under which an identifier is found: 128 bits of HMAC-SHA-256 in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lookup(String);

impl fmt::Display for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The keyed hash of `text` as the identifier `kind` (`phone`, `pan`) in the wing `tag`. Needs [`LOOKUP_KEY`].
pub fn lookup(app: &App, tag: &str, kind: &str, text: &str) -> Result<Lookup, Error> {
    let mac =
        crypto::mac(app.secret(&LOOKUP_KEY)?.key()?, &[tag.as_bytes(), kind.as_bytes(), text.as_bytes()]);
    Ok(Lookup(hex::encode(&mac[..16])))
}

/// Opens and seals identifiers. Needs [`FIELD_KEY`].
#[derive(Debug)]
pub struct Vault<'a> {
    app: &'a App,
    key: SealingKey,
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(…)")
    }
}

impl<'a> Vault<'a> {
    /// The vault of this stage.
    pub fn of(app: &'a App) -> Result<Self, Error> {
        Ok(Self { app, key: SealingKey::new(*app.secret(&FIELD_KEY)?.key()?) })
    }

    /// Seals `text` as the field `field` of `owner`.
    pub fn seal(&self, owner: &str, field: &str, text: &str) -> Result<Sealed, Error> {
        let sealed = self.key.seal(self.app.random(), text.as_bytes(), &context(owner, field))?;
        Ok(Sealed(STANDARD_NO_PAD.encode(sealed)))
    }

    /// The text under `sealed`, which must be that field of that owner.
    pub fn open(&self, owner: &str, field: &str, sealed: &Sealed) -> Result<String, Error> {
        let bytes = STANDARD_NO_PAD.decode(&sealed.0).ok();
        let plain = bytes.and_then(|bytes| self.key.open(&bytes, &context(owner, field)));
        plain
            .and_then(|plain| String::from_utf8(plain).ok())
            .ok_or_else(|| Error::internal(format!("the sealed field {field} does not open")))
    }
}

fn context(owner: &str, field: &str) -> [u8; 32] {
    crypto::sha256(format!("{owner}\0{field}").as_bytes())
}

/// All but the last `shown` characters hidden: `XXXXXX234F`.
pub fn masked(text: &str, shown: usize) -> String {
    let hidden = text.chars().count().saturating_sub(shown);
    text.chars().enumerate().map(|(i, c)| if i < hidden { 'X' } else { c }).collect()
}
