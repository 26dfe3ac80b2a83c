//! Lending: sign-in by phone, a profile in steps, loan applications, offers, loans and their repayment.
//!
//! Rules and entities stand in the areas (`borrower`, `loan`, …) and know neither HTTP nor AWS; `endpoints`, `consumers` and
//! `schedules` hold one file for each function; [`FUNCTIONS`] lists them all.
pub mod access;
pub mod application;
pub mod borrower;
pub mod codes;
pub mod endpoints;
pub mod loan;
pub mod notices;
pub mod loan_account;
pub mod staff;
#[cfg(test)]
mod testing;
mod wing;

pub use wing::WING;

use shared::function::Function;

/// Every function of the wing, by area.
pub const FUNCTIONS: &[&Function] = &[
    &endpoints::auth::send_otp::FUNCTION,
    &endpoints::auth::verify_otp::FUNCTION,
    &endpoints::auth::get_profile::FUNCTION,
    &endpoints::auth::logout::FUNCTION,
    &endpoints::profile::update_basic::FUNCTION,
    &endpoints::profile::update_additional::FUNCTION,
    &endpoints::profile::get_status::FUNCTION,
    &endpoints::employment::add::FUNCTION,
    &endpoints::employment::get::FUNCTION,
    &endpoints::employment::update::FUNCTION,
    &endpoints::finances::add::FUNCTION,
    &endpoints::finances::get::FUNCTION,
    &endpoints::finances::update::FUNCTION,
];
