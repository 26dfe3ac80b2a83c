//! One file for each consumer of a queue: what must follow from something, done once however often it is delivered.
pub mod on_loan_due;
pub mod on_offer_due;
pub mod on_reminder_due;
