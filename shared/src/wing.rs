//! A wing: one service with its base path, its reply envelope and its tag in the table.
use jiff::Timestamp;
use serde_json::{Value, value::RawValue};

use crate::error::Error;

/// What is true of every function of one service.
#[derive(Debug)]
pub struct Wing {
    /// `lending`: the package, the nested stack, the OpenAPI document.
    pub name: &'static str,
    /// What starts every partition key of the wing, with `#`: `LENDING`.
    pub tag: &'static str,
    /// Where its API is mounted: `/lending`.
    pub base_path: &'static str,
    /// One line for people.
    pub title: &'static str,
    /// The shape of its replies, from its brief.
    pub envelope: Envelope,
    /// Whether browsers may send cookies across origins: only where a cookie carries the session.
    pub credentials: bool,
}

/// How a wing's brief wraps replies and errors.
#[derive(Debug, Clone, Copy)]
pub struct Envelope {
    /// The whole body of a success, from its message and data.
    pub success: fn(message: &str, data: Option<&RawValue>) -> Result<Vec<u8>, serde_json::Error>,
    /// The whole body of an error.
    pub error: fn(problem: &Problem<'_>) -> Value,
}

/// The public half of an error with what an envelope may show around it.
#[derive(Debug)]
pub struct Problem<'a> {
    /// The error; its cause is out of reach from here.
    pub error: &'a Error,
    /// The request it answers.
    pub request_id: &'a str,
    /// When.
    pub at: Timestamp,
}

impl Wing {
    /// The base of `..Function::ENDPOINT`; the drift test refuses it.
    pub const NONE: Wing = Wing {
        name: "",
        tag: "",
        base_path: "",
        title: "",
        envelope: Envelope { success: |_, _| Ok(Vec::new()), error: |_| Value::Null },
        credentials: false,
    };
}
