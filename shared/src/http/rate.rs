//! The middle tier of rate limits: so many calls for one caller, or one address where nobody is signed in.
//!
//! The outer tier is API Gateway's throttling of each route (template), the inner one the limits of a rule, such as sign-in
//! codes for one number ([`crate::identity::otp`]).
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    codes,
    error::Error,
    function::{Function, Rate},
    table::{Address, Adjust, Entity, Key},
};

/// Calls in one window. Adjusted, never replaced.
#[derive(Debug, Serialize, Deserialize)]
struct Window {
    #[serde(rename = "calls")]
    _calls: i64,
}

impl Entity for Window {
    const NAME: &'static str = "rate_window";

    /// Never put as a whole: its key is known only to the adjustment.
    fn key(&self) -> Key {
        Key::new("RATE", "RATE")
    }
}

/// Counts one call of `function` by `who`; 429 with the seconds to the next window when there were too many.
pub(super) async fn count(app: &App, function: &Function, rate: Rate, who: &str) -> Result<(), Error> {
    let seconds = i64::from(rate.seconds.max(1));
    let window = app.now().as_second().div_euclid(seconds);
    let who = hex::encode(&crate::crypto::sha256(who.as_bytes())[..16]);
    let address: Address<Window> =
        Address::new(format!("{}#RATE#{}#{who}", function.wing.tag, function.name), window.to_string());
    let ends = (window + 1) * seconds;
    let refusal = Error::new(codes::TOO_MANY_REQUESTS)
        .retry_after(u32::try_from(ends - app.now().as_second()).unwrap_or(rate.seconds));
    let adjust = Adjust::of(&address)
        .add("calls", 1)
        .while_below("calls", i64::from(rate.calls))
        .expiring(Timestamp::from_second(ends).unwrap_or(Timestamp::MAX));
    app.table().adjust::<Window>(adjust, refusal).await.map(|_| ())
}
