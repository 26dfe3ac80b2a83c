//! The middle tier of rate limits: so many calls of an endpoint for one caller, or one network where nobody is signed in.
//!
//! The outer tier is API Gateway's throttling of each route (template), the inner one the limits of a rule, such as sign-in
//! codes for one number ([`crate::identity::otp`]).
use crate::{
    app::App,
    error::Error,
    function::{Function, Rate},
    limits::{Count, Limit},
};

/// Counts one call of `function` by `who`.
pub(super) async fn count(app: &App, function: &Function, rate: Rate, who: &str) -> Result<(), Error> {
    let limit = Limit { name: function.name, most: rate.calls, seconds: rate.seconds };
    let now = app.now();
    let counted =
        app.table().adjust::<Count>(limit.one_more(function.wing, who, now), limit.refusal(now)).await;
    counted.map(|_| ())
}
