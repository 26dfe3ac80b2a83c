//! The contract of the local AWS endpoint, held through the real AWS SDKs over loopback.
//!
//! One binary, because every test binary links five SDKs. A test waits for nothing but the answer: time is
//! moved.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod durability;
mod dynamodb_capacity;
mod dynamodb_limits;
mod dynamodb_queries;
mod dynamodb_streams;
mod dynamodb_tables;
mod dynamodb_transactions;
mod dynamodb_validation;
mod dynamodb_writes;
mod endpoint;
mod mails_and_secrets;
mod sns;
mod sqs;
mod sqs_fifo;
mod sqs_time;
mod support;
