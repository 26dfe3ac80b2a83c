//! One file for each endpoint, always with the same parts in the same order: what it is, `FUNCTION`, `Request`, `Response`,
//! `handle`, refusals, tests.
pub mod auth;
pub mod employment;
pub mod finances;
pub mod profile;
