//! The instalment calculator.
pub mod calculate;
