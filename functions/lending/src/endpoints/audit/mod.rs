//! The audit log, to be read.
pub mod list;
