//! What every wing of Quintet stands on, room by room.
pub mod app;
pub mod audit;
pub mod aws;
pub mod clock;
pub mod codes;
pub mod config;
pub mod crypto;
pub mod error;
pub mod fan_out;
pub mod function;
pub mod http;
pub mod id;
pub mod identity;
pub mod ledger;
pub mod limits;
pub mod messages;
pub mod money;
pub mod outbox;
pub mod random;
pub mod runtime;
pub mod secrets;
pub mod table;
pub mod web;
pub mod wing;

/// Wings derive their requests with it, see [`http::Body`].
pub use deserr;
