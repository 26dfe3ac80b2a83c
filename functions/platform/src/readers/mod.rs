//! What reads the table's stream, one file each.
pub mod relay_outbox;
