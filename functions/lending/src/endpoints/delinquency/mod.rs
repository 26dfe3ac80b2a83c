//! How late the loans of the house are, for staff.
pub mod list_loans;
pub mod summarise;
