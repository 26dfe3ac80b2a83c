//! The local cloud with a throw-away wing, from outside.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail with their test")]

mod gateway;
mod start;
mod toy;
mod triggers;
