//! Loan applications, from the asking to the disbursal.
mod pending;

pub use pending::{ApplicationId, PendingApplication};
