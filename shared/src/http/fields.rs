//! Reading requests so that every wrong field is named at once, not only the first.
//!
//! Requests derive [`deserr::Deserr`] with [`FieldErrors`] as their error; newtypes of the house say how they are read by
//! implementing [`Parsed`], once, and their own refusal becomes the message of the field.
use std::{convert::Infallible, ops::ControlFlow, str::FromStr};

use deserr::{DeserializeError, ErrorKind, IntoValue, MergeWithError, Value, ValueKind, ValuePointerRef};

use crate::error::FieldError;

/// All that is wrong with a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(pub Vec<FieldError>);

impl FieldErrors {
    /// One wrong field, for rules that a request checks across its fields.
    pub fn one(field: &str, rule: &'static str, message: impl Into<String>) -> Self {
        Self(vec![FieldError { field: field.to_owned(), rule, message: message.into() }])
    }
}

/// `references[1].phone`.
fn path(location: ValuePointerRef<'_>) -> String {
    match location {
        ValuePointerRef::Origin => String::new(),
        ValuePointerRef::Key { key, prev } => match path(*prev) {
            parent if parent.is_empty() => key.to_owned(),
            parent => format!("{parent}.{key}"),
        },
        ValuePointerRef::Index { index, prev } => format!("{}[{index}]", path(*prev)),
    }
}

fn child(location: ValuePointerRef<'_>, field: &str) -> String {
    match path(location) {
        parent if parent.is_empty() => field.to_owned(),
        parent => format!("{parent}.{field}"),
    }
}

fn kind_name(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Null => "null",
        ValueKind::Boolean => "true or false",
        ValueKind::Integer | ValueKind::NegativeInteger => "a whole number",
        ValueKind::Float => "a number",
        ValueKind::String => "a text",
        ValueKind::Sequence => "a list",
        ValueKind::Map => "an object",
    }
}

impl DeserializeError for FieldErrors {
    fn error<V: IntoValue>(
        so_far: Option<Self>,
        error: ErrorKind<'_, V>,
        location: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let mut errors = so_far.unwrap_or_default();
        errors.0.push(match error {
            ErrorKind::IncorrectValueKind { accepted, .. } => {
                let mut kinds: Vec<&str> = accepted.iter().copied().map(kind_name).collect();
                kinds.dedup();
                FieldError {
                    field: path(location),
                    rule: "type",
                    message: format!("must be {}", kinds.join(" or ")),
                }
            }
            ErrorKind::MissingField { field } => FieldError {
                field: child(location, field),
                rule: "required",
                message: "is required".to_owned(),
            },
            // The name of an unknown field is the client's own text, but it is the one thing they need to find it; cut short.
            ErrorKind::UnknownKey { key, .. } => FieldError {
                field: child(location, &key.chars().take(64).collect::<String>()),
                rule: "unknown",
                message: "is not a field of this request".to_owned(),
            },
            ErrorKind::UnknownValue { accepted, .. } => FieldError {
                field: path(location),
                rule: "choice",
                message: format!("must be one of: {}", accepted.join(", ")),
            },
            ErrorKind::BadSequenceLen { expected, .. } => FieldError {
                field: path(location),
                rule: "range",
                message: format!("must have {expected} entries"),
            },
            ErrorKind::Unexpected { msg } => {
                FieldError { field: path(location), rule: "format", message: msg }
            }
        });
        ControlFlow::Continue(errors)
    }
}

impl MergeWithError<FieldErrors> for FieldErrors {
    fn merge(
        so_far: Option<Self>,
        other: FieldErrors,
        _location: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let mut errors = so_far.unwrap_or_default();
        errors.0.extend(other.0);
        ControlFlow::Continue(errors)
    }
}

impl MergeWithError<Infallible> for FieldErrors {
    fn merge(_: Option<Self>, other: Infallible, _: ValuePointerRef<'_>) -> ControlFlow<Self, Self> {
        match other {}
    }
}

/// A newtype that is read from a text of a request, with its rule as the message.
///
/// ```ignore
/// impl Parsed for Pan {
///     const RULE: &'static str = "must be a PAN like ABCDE1234F";
///     fn parsed(text: &str) -> Option<Self> { … }
/// }
/// shared::read_with!(Pan);
/// ```
pub trait Parsed: Sized {
    /// What would be right: completes «the field …».
    const RULE: &'static str;

    /// The value in `text`, if it is one. Numbers of a JSON body come as their text.
    fn parsed(text: &str) -> Option<Self>;
}

/// Reads a [`Parsed`] out of a request value: the body behind [`read_with!`](crate::read_with).
pub fn parse_text<T: Parsed, V: IntoValue>(
    value: Value<V>,
    location: ValuePointerRef<'_>,
) -> Result<T, FieldErrors> {
    let text = match value {
        Value::String(text) => text,
        Value::Integer(n) => n.to_string(),
        Value::NegativeInteger(n) => n.to_string(),
        Value::Float(n) => n.to_string(),
        _ => {
            return Err(FieldErrors(vec![FieldError {
                field: path(location),
                rule: "type",
                message: T::RULE.to_owned(),
            }]));
        }
    };
    T::parsed(&text).ok_or_else(|| {
        FieldErrors(vec![FieldError { field: path(location), rule: "format", message: T::RULE.to_owned() }])
    })
}

/// Lets requests have fields of these [`Parsed`] types.
#[macro_export]
macro_rules! read_with {
    ($($kind:ty),+ $(,)?) => {$(
        impl $crate::deserr::Deserr<$crate::http::FieldErrors> for $kind {
            fn deserialize_from_value<V: $crate::deserr::IntoValue>(
                value: $crate::deserr::Value<V>,
                location: $crate::deserr::ValuePointerRef<'_>,
            ) -> Result<Self, $crate::http::FieldErrors> {
                $crate::http::parse_text(value, location)
            }
        }
    )+};
}

impl Parsed for crate::money::Rupees {
    const RULE: &'static str = "must be an amount in rupees with at most two decimals";
    fn parsed(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl Parsed for crate::table::Limit {
    const RULE: &'static str = "must be a whole number from 1 to 100";
    fn parsed(text: &str) -> Option<Self> {
        text.parse().ok().and_then(Self::new)
    }
}

crate::read_with!(crate::money::Rupees, crate::table::Limit);

impl<T: crate::id::Prefixed> deserr::Deserr<FieldErrors> for crate::id::Id<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, FieldErrors> {
        let field = path(location);
        let Value::String(text) = value else {
            return Err(FieldErrors(vec![FieldError {
                field,
                rule: "type",
                message: "must be an id".to_owned(),
            }]));
        };
        Self::from_str(&text)
            .map_err(|e| FieldErrors(vec![FieldError { field, rule: "format", message: e.to_string() }]))
    }
}

/// A civil date, `2026-03-31`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub jiff::civil::Date);

impl Parsed for Day {
    const RULE: &'static str = "must be a date like 2026-03-31";
    fn parsed(text: &str) -> Option<Self> {
        // `parse` alone would also take a date with a time.
        if text.len() == 10 { text.parse().ok().map(Self) } else { None }
    }
}
crate::read_with!(Day);

/// A text on one line, of `MIN` to `MAX` characters after trimming, without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<const MIN: usize, const MAX: usize>(String);

impl<const MIN: usize, const MAX: usize> From<Line<MIN, MAX>> for String {
    fn from(line: Line<MIN, MAX>) -> String {
        line.0
    }
}

impl<const MIN: usize, const MAX: usize> deserr::Deserr<FieldErrors> for Line<MIN, MAX> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, FieldErrors> {
        let wrong = |rule| {
            let message = format!("must be a text of {MIN} to {MAX} characters");
            FieldErrors(vec![FieldError { field: path(location), rule, message }])
        };
        let Value::String(text) = value else { return Err(wrong("type")) };
        let text = text.trim();
        let fits = (MIN..=MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text.to_owned())) } else { Err(wrong("length")) }
    }
}
