//! lending
pub mod loan;
