//! Sign-in codes: six digits over SMS, kept only as an HMAC under a pepper, with limits on sending and on guessing.
//!
//! One item for each number and purpose holds the living code and when codes were sent. Sending replaces it under its revision,
//! together with the counters of the network and of the budget, in one transaction; guessing is one conditional addition to its
//! `attempts`, so that fifty parallel guesses are five; the winner marks it used in the transaction that signs them in.
//! Rules: `spec/common.md` 1.6 and 3.6.
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    codes, crypto,
    error::Error,
    function::Secret,
    http::{Parsed, Source},
    identity::{Lookup, phone::IndianMobile, vault},
    limits::Limit,
    messages::sms::{Sms, Text},
    random, read_with,
    table::{Address, Adjust, Entity, Key, Stored, Write},
    wing::Wing,
};

/// The pepper of sign-in codes: without it, a million codes are guessed from their hash in a second.
pub static OTP_PEPPER: Secret = Secret::new("otp-pepper", "keys the hash of sign-in codes");

/// What codes of one purpose are like.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// What the code is for, in the key: a code for one purpose is worth nothing for another.
    pub purpose: &'static str,
    /// Seconds a code lives.
    pub life_s: u32,
    /// Guesses at most.
    pub attempts: u32,
    /// The text that carries it, with `{code}`; registered word for word with the operators (DLT).
    pub template: &'static str,
}

/// Between two codes for one number pass at least 60 s; 3 in 15 minutes; 10 in a day.
const SEND_LIMITS: [(i64, usize); 3] = [(60, 1), (15 * 60, 3), (24 * 3600, 10)];
/// From one network (IPv4 /24, IPv6 /64).
const NETWORK: Limit = Limit { name: "otp-network", most: 20, seconds: 3600 };
/// Of the whole wing, so that a pumping attack costs no more than this.
const BUDGET_HOUR: Limit = Limit { name: "otp-budget-hour", most: 2_000, seconds: 3600 };
const BUDGET_DAY: Limit = Limit { name: "otp-budget-day", most: 20_000, seconds: 24 * 3600 };

/// A six-digit code as a person types it.
#[derive(Clone)]
pub struct Code(String);

impl Parsed for Code {
    const RULE: &'static str = "must be the six digits of the code";
    fn parsed(text: &str) -> Option<Self> {
        (text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit())).then(|| Self(text.to_owned()))
    }
}
read_with!(Code);

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}

/// The codes of one number for one purpose.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Codes {
    wing: String,
    purpose: String,
    phone: Lookup,
    /// HMAC of the living code; another for each sending, even of the same digits.
    mac: String,
    salt: String,
    state: State,
    attempts: u32,
    /// Milliseconds since 1970 at which the code is dead, as a number because the guess's condition compares it.
    dies_at_ms: i64,
    /// When codes were sent in the last day, oldest first.
    sent: Vec<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Active,
    Used,
}

impl Codes {
    fn at(wing: &str, purpose: &str, phone: &Lookup) -> Address<Self> {
        Address::new(format!("{wing}#OTP#{phone}"), format!("OTP#{purpose}"))
    }
}

impl Entity for Codes {
    const NAME: &'static str = "otp";

    fn key(&self) -> Key {
        Codes::at(&self.wing, &self.purpose, &self.phone).key
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.sent.last().and_then(|at| at.checked_add(SignedDuration::from_hours(25)).ok())
    }
}

/// Sends a fresh code to `phone`, making the one before worthless. The same for known and unknown numbers.
///
/// Refused with 429 and the seconds to wait; 503 when the table or the SMS service does not answer, in which case nothing is
/// counted against the number. Needs `Get`, `Put`, `Update`, `Delete`, the pepper, the look-up key and the SMS port.
pub async fn send(
    app: &App,
    wing: &Wing,
    rules: &Rules,
    phone: &IndianMobile,
    source: Source,
) -> Result<(), Error> {
    let now = app.now();
    let lookup = vault::lookup(app, wing.tag, "phone", phone.digits())?;
    let before = app.table().get(Codes::at(wing.tag, rules.purpose, &lookup)).await?;
    let sent = before.as_ref().map_or(&[][..], |codes| &codes.sent);
    if let Err(wait) = may_send(sent, now) {
        return Err(too_soon(wait));
    }
    let code = Code(format!("{:06}", random::below(app.random(), 1_000_000)));
    let salt = hex::encode(random::bytes::<16>(app.random()));
    let day_ago = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
    let fresh = Codes {
        wing: wing.tag.to_owned(),
        purpose: rules.purpose.to_owned(),
        mac: mac(app, wing.tag, rules.purpose, &lookup, &salt, &code)?,
        phone: lookup,
        salt,
        state: State::Active,
        attempts: 0,
        dies_at_ms: now.as_millisecond() + i64::from(rules.life_s) * 1000,
        sent: sent.iter().copied().filter(|at| *at > day_ago).chain([now]).collect(),
    };
    let network = source.prefix();
    let counted = [(NETWORK, network.as_str()), (BUDGET_HOUR, ""), (BUDGET_DAY, "")];
    let mut write = match &before {
        Some(before) => Write::new().replace(&Stored { value: fresh.clone(), ..before.clone() }),
        None => Write::new().create(&fresh),
    };
    // Two sendings at the same moment: the loser is simply too soon.
    write = write.or_else_error(|| too_soon(SEND_LIMITS[0].0));
    for (limit, who) in counted {
        write = write.adjust(&limit.one_more(wing, who, now)).or_else_error(move || limit.refusal(now));
    }
    app.table().write(write).await?;

    let body = rules.template.replace("{code}", &code.0);
    let text = Text { template: format!("{}-{}", wing.name, rules.purpose), body };
    if let Err(error) = app.port::<Sms>()?.send(&phone.e164(), &text).await {
        take_back(app, wing, rules, before, &fresh, &counted).await;
        return Err(error);
    }
    Ok(())
}

/// The message did not leave: put things back as they were, as far as nobody moved them meanwhile.
async fn take_back(
    app: &App,
    wing: &Wing,
    rules: &Rules,
    before: Option<Stored<Codes>>,
    fresh: &Codes,
    counted: &[(Limit, &str)],
) {
    let mut write = match before {
        Some(mut before) => {
            before.revision += 1;
            Write::new().replace(&before)
        }
        None => Write::new().take(Codes::at(wing.tag, rules.purpose, &fresh.phone)),
    };
    let then = fresh.sent.last().copied().unwrap_or(Timestamp::MIN);
    for (limit, who) in counted {
        write = write.adjust(&limit.one_less(wing, who, then));
    }
    if let Err(error) = app.table().write(write).await {
        tracing::warn!(cause = error.cause_chain(), "a code that was not sent stays counted");
    }
}

/// When the next code may be sent, by the times of the earlier ones (oldest first): the seconds to wait, if any.
fn may_send(sent: &[Timestamp], now: Timestamp) -> Result<(), i64> {
    let wait = SEND_LIMITS.iter().filter_map(|&(window, most)| {
        let earliest = sent.iter().rev().nth(most - 1)?;
        let free_in = window - now.duration_since(*earliest).as_secs();
        (free_in > 0).then_some(free_in)
    });
    wait.max().map_or(Ok(()), Err)
}

fn too_soon(wait: i64) -> Error {
    Error::new(codes::TOO_MANY_REQUESTS).retry_after(u32::try_from(wait).unwrap_or(u32::MAX))
}

/// A code that was guessed right: hand it to the transaction that it permits.
#[derive(Debug)]
#[must_use = "a right code must be spent in the same transaction as what it permits"]
pub struct Right(Stored<Codes>);

impl Right {
    /// Marks the code used; refused when somebody used it at the same moment.
    pub fn spend(mut self, write: Write) -> Write {
        self.0.state = State::Used;
        write.replace(&self.0).or(codes::INVALID_OTP)
    }
}

/// Checks a guess. Counts it first, in one conditional addition, and only then compares, in constant time; so no number of
/// parallel guesses compares more often than the rules allow. Needs `Update`, the pepper and the look-up key.
pub async fn check(
    app: &App,
    wing: &Wing,
    rules: &Rules,
    phone: &IndianMobile,
    guess: &Code,
) -> Result<Right, Error> {
    let now_ms = app.now().as_millisecond();
    let lookup = vault::lookup(app, wing.tag, "phone", phone.digits())?;
    let attempt = Adjust::of(&Codes::at(wing.tag, rules.purpose, &lookup))
        .add("attempts", 1)
        .while_below("attempts", i64::from(rules.attempts))
        .while_is("state", "active")
        .while_above("dies_at_ms", now_ms);
    let codes: Stored<Codes> = app.table().adjust_or(attempt, |old| why_not(old, now_ms)).await?;
    let expected = mac(app, wing.tag, rules.purpose, &lookup, &codes.salt, guess)?;
    if crypto::same(expected.as_bytes(), codes.mac.as_bytes()) {
        return Ok(Right(codes));
    }
    let left = rules.attempts.saturating_sub(codes.attempts);
    Err(Error::new(codes::INVALID_OTP).with("attempts_left", left))
}

/// A number that never asked for a code hears the same as one whose code ran out.
fn why_not(codes: Option<Codes>, now_ms: i64) -> Error {
    match codes {
        Some(codes) if codes.state == State::Used => codes::INVALID_OTP.into(),
        Some(codes) if codes.dies_at_ms > now_ms => codes::OTP_SPENT.into(),
        _ => codes::OTP_EXPIRED.into(),
    }
}

fn mac(
    app: &App,
    wing: &str,
    purpose: &str,
    phone: &Lookup,
    salt: &str,
    code: &Code,
) -> Result<String, Error> {
    let parts = [wing, purpose, &phone.to_string(), salt, &code.0];
    Ok(hex::encode(crypto::mac(app.secret(&OTP_PEPPER)?.key()?, &parts.map(str::as_bytes))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    #[test]
    fn sending_waits_a_minute_then_a_quarter_of_an_hour_then_a_day() {
        let cases: [(&[i64], i64, Result<(), i64>); 6] = [
            (&[], 0, Ok(())),
            (&[0], 59, Err(1)),
            (&[0], 60, Ok(())),
            (&[0, 60, 120], 180, Err(15 * 60 - 180)),
            (&[0, 60, 120], 15 * 60, Ok(())),
            (
                &[0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000],
                10_000,
                Err(24 * 3600 - 10_000),
            ),
        ];
        for (sent, now, expected) in cases {
            let sent: Vec<Timestamp> = sent.iter().map(|s| at(*s)).collect();
            assert_eq!(may_send(&sent, at(now)), expected, "{sent:?} then {now}");
        }
    }

    #[test]
    fn a_code_is_six_digits_and_hides_itself() {
        assert!(Code::parsed("012345").is_some());
        for wrong in ["12345", "1234567", "12345a", "", "１２３４５６"] {
            assert!(Code::parsed(wrong).is_none(), "{wrong}");
        }
        assert!(!format!("{:?}", Code("123456".to_owned())).contains("123456"));
    }
}
