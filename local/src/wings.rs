//! Which wings the house has: the one place to extend when a wing is added.
use shared::{function::Function, wing::Wing};

/// A wing with its functions.
pub type Mounted = (&'static Wing, &'static [&'static Function]);

/// Every wing.
pub fn all() -> Vec<Mounted> {
    vec![(&lending::WING, lending::FUNCTIONS), (&platform::WING, platform::FUNCTIONS)]
}
