//! The few cryptographic steps that several rooms share.
use chacha20poly1305::{
    ChaCha20Poly1305, Nonce,
    aead::{Aead as _, KeyInit as _, Payload},
};
use std::sync::Arc;

use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{
    error::Error,
    random::{self, Random},
};

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// HMAC-SHA-256 (RFC 2104, any key length) over the parts, each preceded by its length so that no two lists of parts collide.
pub fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // A key of up to one block is padded with zeros, a longer one is hashed first: both as RFC 2104 says.
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    if key.len() > block.len() {
        block[..32].copy_from_slice(&sha256(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut mac = Hmac::<Sha256>::new(&block);
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Compares without telling by its duration where the difference lies.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    left.ct_eq(right).into()
}

/// A 256-bit key that seals small texts (ChaCha20-Poly1305, RFC 8439): cursors, personal identifiers.
#[derive(Clone)]
pub struct SealingKey(Arc<SecretBox<[u8; 32]>>);

/// Bytes of the nonce that stands before every sealed text.
const NONCE: usize = 12;

impl SealingKey {
    /// The key with these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Arc::new(SecretBox::new(Box::new(bytes))))
    }

    /// Seals `plain`; it opens only with the same `context` (a field name, an owner), so a sealed text cannot be moved
    /// elsewhere. Output: nonce, ciphertext, tag.
    pub fn seal(&self, random: &dyn Random, plain: &[u8], context: &[u8]) -> Result<Vec<u8>, Error> {
        let nonce: [u8; NONCE] = random::bytes(random);
        let sealed = self
            .cipher()
            .encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: context })
            .map_err(|_| Error::internal("sealing failed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// The text under `sealed`, if it was sealed with this key for this context and nobody touched it.
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Option<Vec<u8>> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE>()?;
        self.cipher().decrypt(&Nonce::from(*nonce), Payload { msg: ciphertext, aad: context }).ok()
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(self.0.expose_secret().into())
    }
}
