//! What differs from run to run, replaced by what it is. Every rule checks before it replaces: an id that is none stays and shows.
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The prefixes of ids.
const PREFIXES: &[&str] =
    &["app", "aud", "bnk", "dec", "eml", "ln", "ntc", "out", "ses", "stf", "trf", "txn", "usr"];

/// The letters of a ULID.
const CROCKFORD: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `value` with every id, instant, token, hash and sealed text replaced by what it is.
pub fn redacted(value: &Value) -> Value {
    named("", value)
}

fn named(name: &str, value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (text(name), named(name, value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(|item| named(name, item)).collect(),
        Value::String(string) => string_of(name, string),
        Value::Number(number) => match name {
            "expires_at" => epoch(number.as_i64(), 1, "seconds"),
            "dies_at_ms" => epoch(number.as_i64(), 1000, "milliseconds"),
            "last_step" => epoch(number.as_i64().map(|step| step * 30), 1, "seconds / 30"),
            _ => value.clone(),
        },
        other => other.clone(),
    }
}

/// An instant of this flow as a number.
fn epoch(number: Option<i64>, scale: i64, unit: &str) -> Value {
    const YEAR: i64 = 366 * 24 * 3600;
    const BEGIN: i64 = 1_767_225_600;
    let number = number.unwrap_or_default();
    if (BEGIN * scale..(BEGIN + 2 * YEAR) * scale).contains(&number) {
        json!(format!("[epoch {unit}]"))
    } else {
        json!(number)
    }
}

fn string_of(name: &str, string: &str) -> Value {
    // A JSON text inside: a message on its way, a kept reply.
    if let ("body", Ok(inner @ Value::Object(_))) = (name, serde_json::from_str(string)) {
        return json!({ "[JSON text]": redacted(&inner) });
    }
    Value::String(match name {
        "request_id" if is_request_id(string) => "[request id]".to_owned(),
        "csrf_token" | "mac" | "salt" | "kfs_hash" | "body_hash" | "token" if is_hex(string) => {
            hex_of(string)
        }
        "otpauth_uri" => uri(string),
        "secret" if is_base32(string) => "[base 32]".to_owned(),
        "temporary_password" if is_temporary(string) => "[temporary password]".to_owned(),
        "recovery_codes" if is_recovery(string) => "[recovery code]".to_owned(),
        _ => text(string),
    })
}

/// A header's value.
pub fn header(name: &str, value: &str) -> String {
    match (name, value.split_once('=')) {
        ("set-cookie", Some((cookie, rest))) => {
            let (token, attributes) = rest.split_once(';').unwrap_or((rest, ""));
            let token = if token.is_empty() {
                ""
            } else if is_token(token) {
                "[token]"
            } else {
                token
            };
            format!("{cookie}={token};{attributes}")
        }
        _ => text(value),
    }
}

/// A text in which ids, instants and random words are replaced, wherever they stand.
pub fn text(text: &str) -> String {
    let mut done = String::new();
    let mut word = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || "_-:.+/=".contains(c) {
            word.push(c);
        } else {
            done.push_str(&redacted_word(&word));
            word.clear();
            done.push(c);
        }
    }
    done.push_str(&redacted_word(&word));
    done
}

fn redacted_word(word: &str) -> String {
    if let Some(what) = whole(word) {
        return what;
    }
    // Parts of a path or of a composite key.
    for separator in ['/', '.', ':', '=', '-'] {
        if let Some((before, after)) = word.split_once(separator)
            && (holds_one(before) || holds_one(after))
        {
            return format!("{}{separator}{}", redacted_word(before), redacted_word(after));
        }
    }
    if is_base64(word) { "[base 64]".to_owned() } else { word.to_owned() }
}

fn holds_one(word: &str) -> bool {
    word.split(['/', '.', ':', '=', '-']).any(|part| whole(part).is_some())
}

/// What the whole word is, if it is one of ours.
fn whole(word: &str) -> Option<String> {
    if let Some((prefix, ulid)) = word.rsplit_once('_')
        && ulid.len() == 26
        && ulid.chars().all(|c| CROCKFORD.contains(c))
        && PREFIXES.contains(&prefix)
    {
        return Some(format!("[{prefix}]"));
    }
    if word.len() >= 20 && word.ends_with('Z') && word.parse::<Timestamp>().is_ok() {
        return Some("[instant]".to_owned());
    }
    (word.len() >= 32 && is_hex(word)).then(|| hex_of(word))
}

/// Long, of its letters, and with all kinds of them, as no word of ours is.
fn is_base64(word: &str) -> bool {
    let has = |is: fn(char) -> bool| word.chars().any(is);
    let mixed =
        has(|c| c.is_ascii_lowercase()) && has(|c| c.is_ascii_uppercase()) && has(|c| c.is_ascii_digit());
    let like_an_id = word.split_once('_').is_some_and(|(prefix, rest)| prefix.len() <= 4 && rest.len() == 26);
    !like_an_id
        && word.len() >= 22
        && mixed
        && word.chars().all(|c| c.is_ascii_alphanumeric() || "+/=_-".contains(c))
}

fn is_hex(text: &str) -> bool {
    !text.is_empty()
        && text.len().is_multiple_of(2)
        && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn hex_of(text: &str) -> String {
    format!("[{} bytes]", text.len() / 2)
}

fn is_token(text: &str) -> bool {
    text.len() >= 32 && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
}

/// Of the gateway: as API Gateway makes them, or a UUID.
fn is_request_id(text: &str) -> bool {
    (15..=36).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "+/=-_".contains(c))
}

fn is_base32(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b))
}

fn is_temporary(text: &str) -> bool {
    text.len() >= 12 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn is_recovery(text: &str) -> bool {
    text.len() == 19 && text.split('-').all(|part| part.len() == 4 && is_part(part))
}

fn is_part(part: &str) -> bool {
    part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

fn uri(text: &str) -> String {
    let Some((before, rest)) = text.split_once("secret=") else { return text.to_owned() };
    let (secret, after) = rest.split_once('&').unwrap_or((rest, ""));
    if is_base32(secret) { format!("{before}secret=[base 32]&{after}") } else { text.to_owned() }
}

#[test]
fn what_is_no_id_and_no_instant_stays_and_shows() {
    let id = "usr_01J9ZQ6V0M8Q2W3E4R5T6Y7V8Z";
    for (before, after) in [
        (id, "[usr]"),
        ("LENDING#USER#usr_01J9ZQ6V0M8Q2W3E4R5T6Y7V8Z", "LENDING#USER#[usr]"),
        ("/lending/api/loans/ln_01J9ZQ6V0M8Q2W3E4R5T6Y7V8Z/schedule", "/lending/api/loans/[ln]/schedule"),
        ("2026-01-05T04:30:00Z", "[instant]"),
        ("2026-01-05T04:30:00.123Z#usr_01J9ZQ6V0M8Q2W3E4R5T6Y7V8Z", "[instant]#[usr]"),
        ("usr_01J9ZQ6V0M8Q2W3E4R5T6Y7V8I", "usr_01J9ZQ6V0M8Q2W3E4R5T6Y7V8I"),
        ("xyz_01J9ZQ6V0M8Q2W3E4R5T6Y7V8Z", "xyz_01J9ZQ6V0M8Q2W3E4R5T6Y7V8Z"),
        ("2026-13-05T04:30:00Z", "2026-13-05T04:30:00Z"),
        ("2026-01-05", "2026-01-05"),
        ("PC-202601-000001", "PC-202601-000001"),
        ("application_under_review", "application_under_review"),
    ] {
        assert_eq!(text(before), after);
    }
}
