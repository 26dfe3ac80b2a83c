//! Lending: sign-in by phone, a profile in steps, loan applications, offers, loans and their repayment.
//!
//! Rules and entities stand in the areas (`borrower`, `loan`, …) and know neither HTTP nor AWS; `endpoints`, `consumers` and
//! `schedules` hold one file for each function; [`FUNCTIONS`] lists them all.
pub mod access;
pub mod application;
pub mod borrower;
pub mod codes;
pub mod consumers;
pub mod email_confirmation;
pub mod endpoints;
pub mod loan;
pub mod loan_account;
pub mod notices;
pub mod product;
pub mod schedules;
pub mod settings;
pub mod staff;
pub mod statement;
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
    &endpoints::auth::logout_all::FUNCTION,
    &endpoints::auth::list_sessions::FUNCTION,
    &endpoints::auth::end_session::FUNCTION,
    &endpoints::auth::update_profile::FUNCTION,
    &endpoints::auth::confirm_email::FUNCTION,
    &endpoints::notifications::list::FUNCTION,
    &endpoints::notifications::mark_read::FUNCTION,
    &endpoints::notifications::set_preferences::FUNCTION,
    &endpoints::service::get_health::FUNCTION,
    &endpoints::service::get_readiness::FUNCTION,
    &endpoints::service::get_openapi::FUNCTION,
    &endpoints::profile::update_basic::FUNCTION,
    &endpoints::profile::update_additional::FUNCTION,
    &endpoints::profile::get_status::FUNCTION,
    &endpoints::employment::add::FUNCTION,
    &endpoints::employment::get::FUNCTION,
    &endpoints::employment::update::FUNCTION,
    &endpoints::finances::add::FUNCTION,
    &endpoints::finances::get::FUNCTION,
    &endpoints::finances::update::FUNCTION,
    &endpoints::bank_details::add::FUNCTION,
    &endpoints::bank_details::list::FUNCTION,
    &endpoints::bank_details::get_chosen::FUNCTION,
    &endpoints::bank_details::choose::FUNCTION,
    &endpoints::bank_details::remove::FUNCTION,
    &endpoints::references::give::FUNCTION,
    &endpoints::references::get::FUNCTION,
    &endpoints::dashboard::get::FUNCTION,
    &endpoints::loans::list::FUNCTION,
    &endpoints::loans::list_pending::FUNCTION,
    &endpoints::loans::get::FUNCTION,
    &endpoints::loans::get_schedule::FUNCTION,
    &endpoints::loans::quote_foreclosure::FUNCTION,
    &endpoints::loans::preview_payment::FUNCTION,
    &endpoints::loans::download_statement::FUNCTION,
    &endpoints::loans::download_no_dues::FUNCTION,
    &endpoints::transactions::list::FUNCTION,
    &endpoints::transactions::get::FUNCTION,
    &endpoints::delinquency::summarise::FUNCTION,
    &endpoints::delinquency::list_loans::FUNCTION,
    &endpoints::applications::apply::FUNCTION,
    &endpoints::applications::list::FUNCTION,
    &endpoints::applications::get::FUNCTION,
    &endpoints::applications::summarise::FUNCTION,
    &endpoints::applications::withdraw::FUNCTION,
    &endpoints::applications::get_offer::FUNCTION,
    &endpoints::applications::get_kfs::FUNCTION,
    &endpoints::applications::send_accept_otp::FUNCTION,
    &endpoints::applications::accept::FUNCTION,
    &endpoints::products::list::FUNCTION,
    &endpoints::products::get::FUNCTION,
    &endpoints::products::create::FUNCTION,
    &endpoints::products::replace::FUNCTION,
    &endpoints::emi::calculate::FUNCTION,
    &endpoints::eligibility::get::FUNCTION,
    &schedules::expire_offers::FUNCTION,
    &consumers::on_offer_due::FUNCTION,
    &endpoints::staff_auth::sign_in::FUNCTION,
    &endpoints::staff_auth::sign_out::FUNCTION,
    &endpoints::staff_auth::get_self::FUNCTION,
    &endpoints::staff_auth::change_password::FUNCTION,
    &endpoints::staff_auth::enrol_totp::FUNCTION,
    &endpoints::staff_auth::confirm_totp::FUNCTION,
    &endpoints::admin_users::list::FUNCTION,
    &endpoints::admin_users::add::FUNCTION,
    &endpoints::admin_users::update::FUNCTION,
    &endpoints::admin_users::set_status::FUNCTION,
    &endpoints::admin_users::reset::FUNCTION,
    &endpoints::settings::list::FUNCTION,
    &endpoints::settings::get::FUNCTION,
    &endpoints::settings::update::FUNCTION,
    &endpoints::audit::list::FUNCTION,
    &endpoints::servicing::disburse::FUNCTION,
    &endpoints::servicing::record_repayment::FUNCTION,
    &endpoints::servicing::reverse_repayment::FUNCTION,
    &endpoints::servicing::waive::FUNCTION,
    &endpoints::servicing::reschedule::FUNCTION,
    &endpoints::servicing::write_off::FUNCTION,
    &endpoints::ledger::get_account::FUNCTION,
    &endpoints::ledger::get_trial_balance::FUNCTION,
    &endpoints::users::list::FUNCTION,
    &endpoints::users::get::FUNCTION,
    &endpoints::users::set_status::FUNCTION,
    &schedules::mark_due::FUNCTION,
    &consumers::on_loan_due::FUNCTION,
    &schedules::send_reminders::FUNCTION,
    &consumers::on_reminder_due::FUNCTION,
    &endpoints::reviews::list::FUNCTION,
    &endpoints::reviews::get::FUNCTION,
    &endpoints::reviews::review::FUNCTION,
    &endpoints::reviews::approve::FUNCTION,
    &endpoints::reviews::reject::FUNCTION,
    &endpoints::statistics::get::FUNCTION,
];
