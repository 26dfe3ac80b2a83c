//! `GET /api/user/profile/status`: how far the profile is and what is missing.
use axum::routing::get;
use serde::Serialize;
use shared::{
    error::Error,
    function::{Function, Route, Trigger},
    http::{Docs, Reply},
};
use utoipa::ToSchema;

use crate::{
    WING,
    access::{BORROWER, Borrower},
    borrower::Step,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-profile-status",
    module: module_path!(),
    wing: &WING,
    summary: "Show how far the profile is",
    trigger: Trigger::Http(Route {
        path: "/api/user/profile/status",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[],
    ..Function::ENDPOINT
};

/// The state of the profile.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    /// 2, 3 or 4.
    profile_completion_step: u8,
    /// `basic`, `additional`, or null when complete.
    next_step: Option<&'static str>,
    /// The sections still to give.
    missing: Vec<&'static str>,
    /// Whether they may apply for a loan.
    can_apply: bool,
}

async fn handle(Borrower { user, .. }: Borrower) -> Result<Reply<Response>, Error> {
    let step = user.profile_completion_step;
    let missing =
        [Step::Basic, Step::Additional].into_iter().filter(|s| *s >= step).filter_map(Step::next).collect();
    let can_apply = step == Step::Complete;
    let response =
        Response { profile_completion_step: step.number(), next_step: step.next(), missing, can_apply };
    Ok(Reply::ok("Your profile", response))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::{basic_done, profile_done, signed_in};

    #[tokio::test]
    async fn the_status_follows_the_steps() {
        let stand = Stand::new().await;
        let cookies = [
            signed_in(&stand, "9876543210").await,
            basic_done(&stand, "9876543211").await,
            profile_done(&stand, "9876543212").await,
        ];
        let expected = [
            json!({ "profile_completion_step": 2, "next_step": "basic", "missing": ["basic", "additional"], "can_apply": false }),
            json!({ "profile_completion_step": 3, "next_step": "additional", "missing": ["additional"], "can_apply": false }),
            json!({ "profile_completion_step": 4, "next_step": null, "missing": [], "can_apply": true }),
        ];
        for (cookie, expected) in cookies.iter().zip(expected) {
            let answer = stand.call(&FUNCTION).cookie(cookie).await;
            assert_eq!(answer.body["data"], expected);
            assert_eq!(answer.cost.calls, 1);
        }
    }
}
