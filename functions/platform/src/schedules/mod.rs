//! What runs by the clock, one file each.
pub mod prove_ledgers;
