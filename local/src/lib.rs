//! The local cloud: one process that serves every function of the house on a developer's machine.
//!
//! [`LocalCloud`] is all of it: the AWS endpoint (`local-aws`), a gateway that makes the events API Gateway would make, and
//! the triggers — queues, the table's stream, schedules — that call the other functions. `cargo run` starts one for people;
//! tests start as many as they like, in memory, each with its own clock.
//!
//! ```no_run
//! # async fn example() -> Result<(), local::StartError> {
//! let cloud = local::LocalCloud::start(local::Options::memory()).await?;
//! // … requests to cloud.base_url() …
//! cloud.settle().await; // everything that follows from them has happened
//! # Ok(()) }
//! ```
pub mod cli;
mod clock;
mod cloud;
pub mod cors;
pub mod cron;
pub mod demo;
pub mod derive;
mod event;
mod functions;
mod gateway;
mod helpers;
mod home;
pub mod identity;
pub mod inbox;
pub mod operator;
mod page;
mod reply;
pub mod requests;
mod routes;
pub mod scaffold;
mod triggers;
pub mod wings;

pub use self::{
    cloud::{LocalCloud, Options, StartError},
    functions::InvokeError,
};
pub use local_aws::{Call, Observer, Outcome, Refusal, Service, Storage, VirtualClock};
