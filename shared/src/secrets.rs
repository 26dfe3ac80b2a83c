//! Secrets: fetched from Secrets Manager once at start, in one call, only by functions that declare them.
use std::{collections::BTreeMap, fmt};

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};

use crate::{aws::Aws, error::Error, function::Secret};

/// Reads the text of a key leniently, so that Secrets Manager itself can make keys: 43 random letters and digits are base64 of
/// 32 bytes, without padding and with two bits to spare.
const KEY_TEXT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A secret's value. Shows itself to nobody who does not ask by name.
pub struct SecretValue {
    text: SecretString,
    key: Option<SecretBox<[u8; 32]>>,
}

impl SecretValue {
    /// From what is stored: any text, or 32 bytes in base64 for a key.
    pub fn new(text: &str) -> Self {
        let key = KEY_TEXT.decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        Self { text: text.into(), key: key.map(|bytes| SecretBox::new(Box::new(bytes))) }
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.text.expose_secret()
    }

    /// The 256-bit key.
    pub fn key(&self) -> Result<&[u8; 32], Error> {
        self.key
            .as_ref()
            .map(SecretBox::expose_secret)
            .ok_or_else(|| Error::internal("the secret is not a key of 32 bytes"))
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue")
    }
}

/// The full name of a secret of this stage.
pub fn full_name(stage: &str, secret: &Secret) -> String {
    format!("quintet/{stage}/{}", secret.name)
}

/// Fetches all of `wanted`.
pub(crate) async fn fetch(
    aws: &Aws,
    wanted: &[&'static Secret],
) -> Result<BTreeMap<&'static str, SecretValue>, Error> {
    let names = wanted.iter().map(|secret| full_name(&aws.config.stage, secret)).collect();
    let reply = aws
        .secrets()
        .batch_get_secret_value()
        .set_secret_id_list(Some(names))
        .send()
        .await
        .map_err(|e| Error::unavailable(e.into_service_error()))?;
    wanted
        .iter()
        .map(|secret| {
            let name = full_name(&aws.config.stage, secret);
            let entry = reply.secret_values().iter().find(|value| value.name() == Some(&*name));
            let text = entry.and_then(|value| value.secret_string());
            let value = text
                .map(SecretValue::new)
                .ok_or_else(|| Error::internal(format!("secret {name} has no value")))?;
            Ok((secret.name, value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_people_and_as_secrets_manager_write_it() {
        let by_hand = SecretValue::new("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        assert_eq!(by_hand.key().unwrap(), &[0; 32]);
        assert!(SecretValue::new("q7RtY0pLk2ZxWv9NbC4mHs8dFg3JaQe6TuIo1KyPzXr").key().is_ok());
    }

    #[test]
    fn other_texts_are_no_keys() {
        for text in ["", "short", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert!(SecretValue::new(text).key().is_err(), "{text}");
        }
    }
}
