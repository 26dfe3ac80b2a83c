//! One file for each endpoint.
pub mod get_health;
pub mod get_openapi;
pub mod get_readiness;
