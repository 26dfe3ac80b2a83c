//! The MD5 digests with which SDKs verify that a message arrived as it was sent.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

use super::queue::Attribute;

/// Digest of a body, in lower-case hex.
pub(crate) fn of_body(body: &str) -> String {
    hex::encode(Md5::digest(body.as_bytes()))
}

/// Digest of message attributes, as documented by AWS: each name, type and value with its length before it,
/// in the order of the names. `None` without attributes.
pub(crate) fn of_attributes(attributes: &BTreeMap<String, Attribute>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut hasher = Md5::new();
    let mut feed = |prefix: &[u8], part: &[u8]| {
        hasher.update(prefix);
        hasher.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        hasher.update(part);
    };
    for (name, attribute) in attributes {
        feed(&[], name.as_bytes());
        feed(&[], attribute.data_type.as_bytes());
        if attribute.is_binary() {
            feed(&[2], &STANDARD.decode(&attribute.value).unwrap_or_default());
        } else {
            feed(&[1], attribute.value.as_bytes());
        }
    }
    Some(hex::encode(hasher.finalize()))
}
