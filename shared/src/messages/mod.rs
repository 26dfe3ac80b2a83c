//! What reaches a person, and by which channel.
//!
//! Sign-in codes go straight over [`sms`]. Everything else is a [`notice`]: it rides in the transaction of the thing it tells
//! about, shows in the app at once, and leaves by SMS and e-mail through the [outbox](crate::outbox).
mod email;
pub mod mail;
pub mod notice;
pub mod sms;

pub use email::EmailAddress;
