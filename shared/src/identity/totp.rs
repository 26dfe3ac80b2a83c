//! Codes of an authenticator app: RFC 6238 with SHA-1, six digits, thirty seconds, which is what every app understands.
//!
//! A code of one step before or after is right as well, because clocks differ. The code of each step is right once: whoever
//! stores the member keeps the last step that was used.
use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha1::Sha1;

use crate::{
    crypto,
    http::Parsed,
    random::{self, Random},
    read_with,
};

/// Seconds for which a code is shown.
const STEP_S: i64 = 30;
/// RFC 4648, base 32.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The secret that a server and an authenticator app share: 160 bits, as RFC 4226 recommends. Its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; 20]);

/// Six digits as a person types them from the app. Its `Debug` hides them.
#[derive(Clone)]
pub struct TotpCode(String);

impl Parsed for TotpCode {
    const RULE: &'static str = "must be the six digits that the authenticator app shows";
    fn parsed(text: &str) -> Option<Self> {
        (text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())).then(|| Self(text.to_owned()))
    }
}
read_with!(TotpCode);

impl fmt::Debug for TotpCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpCode(…)")
    }
}

/// Why a code was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongCode {
    /// It is not the code of any step near now.
    Wrong,
    /// It is, but it or a later one was used before.
    AlreadyUsed,
}

impl TotpSecret {
    /// A new one.
    pub fn new(random: &dyn Random) -> Self {
        Self(random::bytes(random))
    }

    /// As people type it into an app: 32 characters of base 32.
    pub fn base32(&self) -> String {
        // 160 bits are exactly 32 groups of five, four times eight of them.
        let eight = |bytes: &[u8]| {
            let wide = bytes.iter().fold(0_u64, |wide, byte| (wide << 8) | u64::from(*byte));
            (0..8)
                .map(move |i| char::from(ALPHABET[usize::try_from((wide >> (35 - 5 * i)) & 31).unwrap_or(0)]))
        };
        self.0.chunks(5).flat_map(eight).collect()
    }

    /// The secret that [`base32`](Self::base32) wrote.
    pub fn from_base32(text: &str) -> Option<Self> {
        let mut bytes = Vec::with_capacity(20);
        for group in text.as_bytes().chunks(8) {
            let mut wide = 0_u64;
            for letter in group {
                let value = ALPHABET.iter().position(|known| known == letter)?;
                wide = (wide << 5) | u64::try_from(value).ok()?;
            }
            bytes.extend_from_slice(&wide.to_be_bytes()[3..]);
        }
        bytes.try_into().ok().map(Self)
    }

    /// What the QR code of an enrolment holds: the app shows `issuer` and `account` beside the codes.
    pub fn uri(&self, issuer: &str, account: &str) -> String {
        let (issuer, account) = (encoded(issuer), encoded(account));
        let secret = self.base32();
        format!(
            "otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30"
        )
    }

    /// The step whose code `code` is, at `now`, if none from that step on was used before. Compares with all three steps, in
    /// constant time.
    pub fn check(&self, code: &TotpCode, now: Timestamp, last_used: Option<i64>) -> Result<i64, WrongCode> {
        let present = step_at(now);
        let matching = [present - 1, present, present + 1].into_iter().fold(None, |found, step| {
            if crypto::same(self.code(step).as_bytes(), code.0.as_bytes()) { Some(step) } else { found }
        });
        match matching {
            Some(step) if last_used.is_none_or(|used| step > used) => Ok(step),
            Some(_) => Err(WrongCode::AlreadyUsed),
            None => Err(WrongCode::Wrong),
        }
    }

    /// The code that an app shows at `now`: for the demonstration and the tests, which have no phone.
    pub fn code_at(&self, now: Timestamp) -> String {
        self.code(step_at(now))
    }

    fn code(&self, step: i64) -> String {
        format!("{:06}", hotp(&self.0, step.unsigned_abs()) % 1_000_000)
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

fn step_at(now: Timestamp) -> i64 {
    now.as_second().div_euclid(STEP_S)
}

/// RFC 4226, section 5.3: 31 bits out of the HMAC of the counter.
fn hotp(secret: &[u8; 20], counter: u64) -> u32 {
    let mut block = hmac::digest::Key::<Hmac<Sha1>>::default();
    block[..20].copy_from_slice(secret);
    let mut mac = Hmac::<Sha1>::new(&block);
    mac.update(&counter.to_be_bytes());
    let digest: [u8; 20] = mac.finalize().into_bytes().into();
    let at = usize::from(digest[19] & 15);
    let word = [digest[at] & 0x7f, digest[at + 1], digest[at + 2], digest[at + 3]];
    u32::from_be_bytes(word)
}

/// Percent-encoded, but for letters, digits and `-._~` (RFC 3986).
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    const RFC: TotpSecret = TotpSecret(*b"12345678901234567890");

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn code(text: &str) -> TotpCode {
        TotpCode::parsed(text).unwrap()
    }

    /// Case A03: RFC 4226, appendix D.
    #[test]
    fn counters_give_the_codes_of_rfc_4226() {
        let expected =
            [755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871, 520_489];
        for (counter, expected) in expected.into_iter().enumerate() {
            assert_eq!(hotp(&RFC.0, counter as u64) % 1_000_000, expected, "counter {counter}");
        }
    }

    /// Case A01: RFC 6238, appendix B, eight digits.
    #[test]
    fn instants_give_the_codes_of_rfc_6238() {
        let cases = [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ];
        for (second, expected) in cases {
            let step = step_at(at(second)).unsigned_abs();
            assert_eq!(hotp(&RFC.0, step) % 100_000_000, expected, "at {second}");
        }
    }

    /// Case A04, first half.
    #[test]
    fn a_code_counts_once_and_only_near_its_step() {
        let now = at(1_111_111_111);
        let shown = code(&RFC.code_at(now));
        let step = RFC.check(&shown, now, None).unwrap();
        assert_eq!(RFC.check(&shown, now, Some(step)), Err(WrongCode::AlreadyUsed));
        assert_eq!(RFC.check(&shown, now, Some(step + 1)), Err(WrongCode::AlreadyUsed));
        for (later, expected) in
            [(-60, Err(WrongCode::Wrong)), (-30, Ok(step)), (30, Ok(step)), (60, Err(WrongCode::Wrong))]
        {
            assert_eq!(RFC.check(&shown, at(1_111_111_111 + later), None), expected, "{later} s later");
        }
    }

    #[test]
    fn the_secret_reads_back_from_base_32() {
        assert_eq!(RFC.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let secret = TotpSecret::new(&SeededRandom::new(3));
        assert_eq!(TotpSecret::from_base32(&secret.base32()), Some(secret));
        for wrong in ["", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1", "GEZDGNBV"] {
            assert!(TotpSecret::from_base32(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn the_uri_names_issuer_and_account() {
        assert_eq!(
            RFC.uri("Pocket Credit", "a+b@x.in"),
            "otpauth://totp/Pocket%20Credit:a%2Bb%40x.in?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Pocket%20Credit&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        assert_eq!(format!("{RFC:?}"), "TotpSecret(…)");
    }
}
