//! One file for each job by the clock.
pub mod expire_offers;
pub mod mark_due;
pub mod send_reminders;
