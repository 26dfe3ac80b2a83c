//! Recovery codes: ten codes on paper that each stand in once for an authenticator that is lost.
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    crypto,
    http::Parsed,
    random::{self, Random},
    read_with,
};

/// So many codes.
pub const COUNT: usize = 10;

/// Letters and digits that nobody confuses; 32 of them.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz123456789";
/// Sixteen characters are 80 random bits: too many to search for behind a fast hash.
const LENGTH: usize = 16;

/// A code as somebody typed it, without the hyphens. Its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// A new one.
    pub fn new(random: &dyn Random) -> Self {
        let pick = |_| char::from(ALPHABET[random::below(random, 32) as usize]);
        Self((0..LENGTH).map(pick).collect())
    }

    /// `abcd-efgh-jkmn-pqrs`, to show it once.
    pub fn reveal(&self) -> String {
        let letters: Vec<char> = self.0.chars().collect();
        letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }
}

impl Parsed for RecoveryCode {
    const RULE: &'static str = "must be a recovery code like abcd-efgh-jkmn-pqrs";
    fn parsed(text: &str) -> Option<Self> {
        let compact: String =
            text.chars().filter(|c| !matches!(c, '-' | ' ')).map(|c| c.to_ascii_lowercase()).collect();
        let fits = compact.len() == LENGTH && compact.bytes().all(|b| ALPHABET.contains(&b));
        fits.then_some(Self(compact))
    }
}
read_with!(RecoveryCode);

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

/// The codes that are left, hashed together with their owner. Its `Debug` hides them.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecoveryCodes(Vec<String>);

impl RecoveryCodes {
    /// What is stored of `codes` of `owner`.
    pub fn of(owner: &str, codes: &[RecoveryCode]) -> Self {
        Self(codes.iter().map(|code| hash(owner, code)).collect())
    }

    /// How many are left.
    pub fn left(&self) -> usize {
        self.0.len()
    }

    /// Takes `code` out, if it is one of them.
    #[must_use]
    pub fn spend(&mut self, owner: &str, code: &RecoveryCode) -> bool {
        let hash = hash(owner, code);
        let before = self.0.len();
        self.0.retain(|known| !crypto::same(known.as_bytes(), hash.as_bytes()));
        self.0.len() < before
    }
}

impl fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecoveryCodes({} left)", self.0.len())
    }
}

fn hash(owner: &str, code: &RecoveryCode) -> String {
    hex::encode(crypto::sha256(format!("recovery\0{owner}\0{}", code.0).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn each_code_counts_once_and_only_for_its_owner() {
        let random = SeededRandom::new(1);
        let codes: Vec<RecoveryCode> = (0..COUNT).map(|_| RecoveryCode::new(&random)).collect();
        let mut kept = RecoveryCodes::of("stf_1", &codes);
        let typed = RecoveryCode::parsed(&codes[3].reveal().to_uppercase()).unwrap();
        assert!(!kept.spend("stf_2", &typed));
        assert!(kept.spend("stf_1", &typed));
        assert!(!kept.spend("stf_1", &typed));
        assert_eq!(kept.left(), 9);
    }

    #[test]
    fn codes_are_four_groups_of_four_and_rest_nowhere_in_clear() {
        let code = RecoveryCode::new(&SeededRandom::new(1));
        assert_eq!(code.reveal().len(), 19);
        let kept = RecoveryCodes::of("stf_1", std::slice::from_ref(&code));
        assert!(!serde_json::to_string(&kept).unwrap().contains(&code.0));
        for wrong in ["", "abcd-efgh-jkmn", "abcd-efgh-jkmn-pqrl", "abcd-efgh-jkmn-pqrs-t"] {
            assert!(RecoveryCode::parsed(wrong).is_none(), "{wrong}");
        }
    }
}
