//! Platform: what serves all wings. It carries the outbox to the queues, sends SMS and e-mail, and proves the
//! ledgers at night.
pub mod consumers;
mod departure;
pub mod discrepancy;
pub mod endpoints;
pub mod readers;
pub mod schedules;
#[cfg(test)]
mod testing;
mod wing;

pub use wing::WING;

use shared::function::Function;

/// Every function of the wing.
pub const FUNCTIONS: &[&Function] = &[
    &readers::relay_outbox::FUNCTION,
    &consumers::sms::FUNCTION,
    &consumers::email::FUNCTION,
    &schedules::prove_ledgers::FUNCTION,
    &endpoints::get_health::FUNCTION,
    &endpoints::get_readiness::FUNCTION,
    &endpoints::get_openapi::FUNCTION,
];
