//! How much a borrower could borrow.
pub mod get;
