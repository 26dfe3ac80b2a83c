//! What empties the queues, one file each.
pub mod email;
pub mod sms;
