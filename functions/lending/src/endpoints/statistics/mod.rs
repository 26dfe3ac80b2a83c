//! The house in numbers.
pub mod get;
