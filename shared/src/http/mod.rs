//! The HTTP edge: what every endpoint of every wing does the same way, from the raw request to the rendered reply.
mod access;
mod answer;
mod cookies;
mod docs;
mod extract;
mod fields;
pub mod health;
pub mod idempotency;
mod openapi;
mod rate;
mod reply;
mod source;

pub use self::{
    access::{Access, Authentication, Caller, Credential},
    answer::{RequestId, answer},
    cookies::cookie_value,
    docs::{Described, Docs},
    extract::{Body, IfMatch, Path, Query},
    fields::{Day, FieldErrors, Line, Parsed, parse_text},
    openapi::OpenApi,
    reply::{Download, Reply},
    source::Source,
};
