//! What every wing tells about itself.
pub mod get_health;
pub mod get_openapi;
pub mod get_readiness;
