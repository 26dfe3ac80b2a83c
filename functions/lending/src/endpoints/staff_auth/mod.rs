//! Signing in and out for staff: password, then authenticator.
pub mod change_password;
pub mod confirm_totp;
pub mod enrol_totp;
pub mod get_self;
pub mod sign_in;
pub mod sign_out;
