//! Who somebody is: phone numbers, sign-in codes, sessions, staff with password and authenticator, sealed identifiers.
pub mod otp;
pub mod phone;
pub mod session;
pub mod vault;

pub use self::{
    phone::IndianMobile,
    vault::{Lookup, Sealed, Vault},
};
