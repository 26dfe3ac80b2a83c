//! The books of lending, for those who keep them.
pub mod get_account;
pub mod get_trial_balance;
