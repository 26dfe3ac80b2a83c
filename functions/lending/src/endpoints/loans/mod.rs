//! The borrower's loans.
pub mod download_no_dues;
pub mod download_statement;
pub mod get;
pub mod get_schedule;
pub mod list;
pub mod list_pending;
pub mod preview_payment;
pub mod quote_foreclosure;
pub mod view;

#[cfg(test)]
pub(crate) mod arrange;
