//! Who somebody is: phone numbers, sign-in codes, sessions, staff with password and authenticator, sealed identifiers.
pub mod lockout;
pub mod otp;
pub mod password;
pub mod phone;
pub mod recovery;
pub mod session;
pub mod staff;
pub mod totp;
pub mod vault;

pub use self::{
    phone::IndianMobile,
    vault::{Lookup, Sealed, Vault},
};
