//! Passwords: argon2id at the cost that OWASP names, stored as a PHC string, compared in the same time for everybody.
//!
//! Hashing is a plain call, not `spawn_blocking`: a Lambda sandbox answers one request at a time on a current-thread runtime,
//! so there is nobody else whom twenty milliseconds of work could hold up, and a second thread would only start up in vain.
use std::fmt;

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::{Error as HashError, phc},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    http::Parsed,
    random::{self, Random},
    read_with,
};

/// OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// So many characters at least; the longest is bounded so that nobody makes us hash megabytes.
const SHORTEST: usize = 12;
const LONGEST: usize = 128;
/// `aaaaaaaaaaaa` is twelve characters and no password.
const DISTINCT: usize = 5;

/// A hash of nothing: what a password is compared with where there is no account, so that the answer takes as long as elsewhere.
const DUMMY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LWxpdmVzLWhlcg$bm9ib2R5J3MgcGFzc3dvcmQgaGFzaGVzIHRvIHRoaXM";

/// A password as somebody typed it: 12 to 128 characters, at least five different ones (NIST SP 800-63B: length, no rules about
/// kinds of characters). Its `Debug` hides it.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    /// A password for somebody else to begin with: sixteen characters of an alphabet without look-alikes, 80 random bits.
    pub fn temporary(random: &dyn Random) -> Self {
        const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
        loop {
            // The alphabet has 32 letters, so the low five bits of a byte pick one fairly.
            let bytes: [u8; 16] = random::bytes(random);
            let text: String =
                bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
            if let Some(password) = Self::parsed(&text) {
                return password;
            }
        }
    }

    /// The text, to show a temporary password once.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is stored of it.
    pub fn hash(&self, random: &dyn Random) -> Result<PasswordHash, Error> {
        let salt: [u8; 16] = random::bytes(random);
        let hash: phc::PasswordHash =
            hasher()?.hash_password_with_salt(self.bytes(), &salt).map_err(|error| failed(&error))?;
        Ok(PasswordHash(hash.to_string()))
    }

    /// Whether this is the password behind `hash`. Without one it works as long for nothing and says no.
    pub fn is(&self, hash: Option<&PasswordHash>) -> Result<bool, Error> {
        let text = hash.map_or(DUMMY, |hash| &hash.0);
        match hasher()?.verify_password(self.bytes(), text) {
            Ok(()) => Ok(hash.is_some()),
            Err(HashError::PasswordInvalid) => Ok(false),
            Err(error) => Err(failed(&error)),
        }
    }

    fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

fn hasher() -> Result<Argon2<'static>, Error> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| Error::internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn failed(error: &HashError) -> Error {
    Error::internal(format!("password hashing: {error}"))
}

impl Parsed for Password {
    const RULE: &'static str = "must be a password of 12 to 128 characters, not of a few repeated ones";
    fn parsed(text: &str) -> Option<Self> {
        let mut distinct: Vec<char> = text.chars().collect();
        let length = distinct.len();
        distinct.sort_unstable();
        distinct.dedup();
        let fits = (SHORTEST..=LONGEST).contains(&length) && distinct.len() >= DISTINCT;
        fits.then(|| Self(text.into()))
    }
}
read_with!(Password);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What is stored of a password: a PHC string, with salt and cost in it. Its `Debug` hides it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    fn password(text: &str) -> Password {
        Password::parsed(text).unwrap()
    }

    #[test]
    fn only_the_right_password_fits_its_hash() {
        let hash = password("correct horse battery").hash(&SeededRandom::new(1)).unwrap();
        assert!(password("correct horse battery").is(Some(&hash)).unwrap());
        assert!(!password("correct horse batterY").is(Some(&hash)).unwrap());
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
    }

    #[test]
    fn the_same_password_has_another_hash_each_time() {
        let random = SeededRandom::new(1);
        let (one, two) = (
            password("correct horse battery").hash(&random),
            password("correct horse battery").hash(&random),
        );
        assert_ne!(one.unwrap().0, two.unwrap().0);
    }

    #[test]
    fn without_an_account_the_same_work_is_done_and_the_answer_is_no() {
        assert!(!password("correct horse battery").is(None).unwrap());
        let dummy = phc::PasswordHash::new(DUMMY).unwrap();
        let real = password("correct horse battery").hash(&SeededRandom::new(1)).unwrap();
        let real = phc::PasswordHash::new(&real.0).unwrap();
        assert_eq!(
            (dummy.algorithm, dummy.version, dummy.params),
            (real.algorithm, real.version, real.params)
        );
        assert_eq!(dummy.hash.unwrap().as_bytes().len(), real.hash.unwrap().as_bytes().len());
    }

    #[test]
    fn passwords_are_twelve_to_a_hundred_and_twenty_eight_characters() {
        for right in ["twelve chars", "ज़्यादा लंबा पासवर्ड", &"abcdefgh".repeat(16)]
        {
            assert!(Password::parsed(right).is_some(), "{right}");
        }
        for wrong in ["", "eleven char", "aaaaaaaaaaaaaaaa", "121212121212", &"abcdefghi".repeat(15)] {
            assert!(Password::parsed(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_password_and_its_hash_do_not_show_themselves() {
        let password = password("correct horse battery");
        let hash = password.hash(&SeededRandom::new(1)).unwrap();
        assert_eq!(format!("{password:?} {hash:?}"), "Password(…) PasswordHash(…)");
    }

    #[test]
    fn temporary_passwords_are_passwords_and_differ() {
        let random = SeededRandom::new(1);
        let (one, two) = (Password::temporary(&random), Password::temporary(&random));
        assert!(Password::parsed(one.reveal()).is_some());
        assert_ne!(one.reveal(), two.reveal());
    }
}
