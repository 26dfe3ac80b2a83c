//! The one error of the house: a public half that a client may read, an internal half that only the log sees.
//!
//! Rules return their own small enums; an endpoint turns those into a [`Code`] of the registry. Nothing here knows HTTP
//! beyond the status; [`crate::http`] renders the public half in the envelope of the wing's brief.
use std::{borrow::Cow, fmt};

use serde::Serialize;
use serde_json::{Map, Value};

/// A public error code: stable, listed once, pinned by a test, explained in `docs/errors.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// `UPPER_SNAKE_CASE`, never renamed and never reused.
    pub name: &'static str,
    /// The HTTP status it travels under.
    pub status: u16,
    /// What a person reads when the endpoint says nothing better.
    pub message: &'static str,
}

/// Declares public codes and the list of them: `NAME = status, "message";`.
#[macro_export]
macro_rules! codes {
    ($($name:ident = $status:literal, $message:literal;)+) => {
        $(
            #[doc = $message]
            pub const $name: $crate::error::Code =
                $crate::error::Code { name: stringify!($name), status: $status, message: $message };
        )+
        /// Every code declared here, in order.
        pub const ALL: &[$crate::error::Code] = &[$($name),+];
    };
}

/// One wrong field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Where: `references[1].phone`, or nothing for the body as a whole.
    pub field: String,
    /// Which rule, as a stable word: `required`, `unknown`, `format`, `range`, `choice`, `type`.
    pub rule: &'static str,
    /// What would be right, for a person. Never repeats the value that came in.
    pub message: String,
}

/// Why a request, message or job was not carried out.
///
/// Has no `Display`: the public half is rendered at the edge, the internal half is logged, and nobody mixes them up by
/// formatting an error into a reply.
pub struct Error(Box<Inner>);

struct Inner {
    code: Code,
    message: Cow<'static, str>,
    fields: Vec<FieldError>,
    data: Map<String, Value>,
    retry_after: Option<u32>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// The refusal that `code` names.
    pub fn new(code: Code) -> Self {
        Self(Box::new(Inner {
            code,
            message: Cow::Borrowed(code.message),
            fields: Vec::new(),
            data: Map::new(),
            retry_after: None,
            cause: None,
        }))
    }

    /// Something that only a person in operations can mend. The client learns nothing of `cause`.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(crate::codes::INTERNAL).because(cause)
    }

    /// A dependency is down or throttles; the same call may succeed in a moment.
    pub fn unavailable(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(crate::codes::UNAVAILABLE).because(cause).retry_after(5)
    }

    /// The request has wrong fields: 400 with the whole list.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let mut error = Self::new(crate::codes::VALIDATION_FAILED);
        error.0.fields = fields;
        error
    }

    /// One wrong field, where a rule beyond the shape of the body refuses it.
    pub fn invalid_field(field: &str, rule: &'static str, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError { field: field.to_owned(), rule, message: message.into() }])
    }

    /// Says it in other words than the registry. Never put personal data or a cause here.
    #[must_use]
    pub fn saying(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.0.message = message.into();
        self
    }

    /// Adds a public detail, such as how many tries are left.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.data.insert(name.to_owned(), value.into());
        self
    }

    /// Tells the client when to come back, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after = Some(seconds.max(1));
        self
    }

    /// Keeps the internal cause for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// The public code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The public sentence.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The wrong fields, if it is about fields.
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// The public details.
    pub fn data(&self) -> &Map<String, Value> {
        &self.0.data
    }

    /// Seconds after which to try again, if that may help.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        self.0.retry_after
    }

    /// The cause with everything under it, for the log only.
    pub fn cause_chain(&self) -> Option<String> {
        let mut next: Option<&dyn std::error::Error> = self.0.cause.as_deref().map(|cause| cause as _);
        let mut chain = Vec::new();
        while let Some(cause) = next {
            chain.push(cause.to_string());
            next = cause.source();
        }
        (!chain.is_empty()).then(|| chain.join(": "))
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

/// For logs and tests: the code and the cause, never the fields' or the client's data.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.code.status, self.0.code.name)?;
        match self.cause_chain() {
            Some(chain) => write!(f, " ({chain})"),
            None => Ok(()),
        }
    }
}
