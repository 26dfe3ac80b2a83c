//! The local cloud with a throw-away wing, from outside.
mod gateway;
mod start;
mod toy;
mod triggers;
