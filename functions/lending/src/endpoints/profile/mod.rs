//! The steps of the profile.
pub mod get_status;
pub mod update_additional;
pub mod update_basic;
