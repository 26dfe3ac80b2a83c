//! `PUT /api/user/profile/additional`: address, marital status, occupation: step 3 becomes 4.
use axum::{extract::State, routing::put};
use serde::Serialize;
use shared::{
    app::App,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, Line, Reply},
    table::Write,
};
use utoipa::ToSchema;

use crate::{
    WING,
    access::{BORROWER, Borrower},
    borrower::{AdditionalDetails, MaritalStatus, Occupation, Pincode},
    codes,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-update-additional-profile",
    module: module_path!(),
    wing: &WING,
    summary: "Give the additional details of the profile",
    trigger: Trigger::Http(Route {
        method: Method::Put,
        path: "/api/user/profile/additional",
        access: BORROWER,
        handler: || put(handle),
        docs: Docs::reply::<Response>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Put],
    ..Function::ENDPOINT
};

/// The additional details.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// House and street.
    #[schema(value_type = String, example = "14 Lake Road")]
    address_line1: Line<5, 255>,
    /// More of it.
    #[deserr(default)]
    #[schema(value_type = Option<String>)]
    address_line2: Option<Line<1, 255>>,
    #[schema(value_type = String, example = "Pune")]
    city: Line<2, 100>,
    #[schema(value_type = String, example = "Maharashtra")]
    state: Line<2, 100>,
    #[schema(value_type = String, example = "411001")]
    pincode: Pincode,
    marital_status: MaritalStatus,
    occupation: Occupation,
}

/// How far the profile is now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    profile_completion_step: u8,
}

async fn handle(
    State(app): State<App>,
    Borrower { mut user, .. }: Borrower,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let details = AdditionalDetails {
        address_line1: request.address_line1.into(),
        address_line2: request.address_line2.map(Into::into),
        city: request.city.into(),
        state: request.state.into(),
        pincode: request.pincode,
        marital_status: request.marital_status,
        occupation: request.occupation,
    };
    if !user.complete_additional(details, app.now()) {
        return Err(codes::COMPLETE_BASIC_FIRST.into());
    }
    app.table().write(Write::new().replace(&user)).await?;
    let response = Response { profile_completion_step: user.profile_completion_step.number() };
    Ok(Reply::ok("Your profile is complete", response))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::{additional_details, basic_done, signed_in};

    #[tokio::test]
    async fn additional_details_lift_the_step_from_three_to_four() {
        let stand = Stand::new().await;
        let cookie = basic_done(&stand, "9876543210").await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).json(additional_details()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["data"], json!({ "profile_completion_step": 4 }));
    }

    #[tokio::test]
    async fn the_basic_details_come_first() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).json(additional_details()).await;
        assert_eq!((answer.status, answer.code()), (409, "COMPLETE_BASIC_FIRST"));
    }

    #[tokio::test]
    async fn every_wrong_field_is_named() {
        let stand = Stand::new().await;
        let cookie = basic_done(&stand, "9876543210").await;
        let body = json!({ "address_line1": "x", "city": "", "pincode": "012345", "marital_status": 1, "occupation": "spy" });
        let answer = stand.call(&FUNCTION).cookie(&cookie).json(body).await;
        assert_eq!(answer.status, 400);
        let expected = ["address_line1", "city", "marital_status", "occupation", "pincode", "state"];
        assert_eq!(answer.wrong_fields(), expected);
    }
}
