//! Everything at a glance.
mod alerts;
pub mod get;
