//! `POST /api/employment-details`: the borrower tells where their income comes from.
use axum::{extract::State, routing::post};
use shared::{
    app::App,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, Reply},
    table::Write,
};

use super::{Request, Response};
use crate::{
    WING,
    access::{BORROWER, Borrower},
    codes,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-add-employment",
    module: module_path!(),
    wing: &WING,
    summary: "Give the employment details",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/employment-details",
        access: BORROWER,
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>().created(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Put],
    ..Function::ENDPOINT
};

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let details = request.details(user.id, app.now(), app.now());
    app.table().write(Write::new().create(&details).or(codes::ALREADY_GIVEN)).await?;
    Ok(Reply::created("Your employment details are saved", details.into()).version(1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::{employment_details, signed_in};

    #[tokio::test]
    async fn employment_is_given_once_in_one_write() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).json(employment_details()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.body["data"]["monthly_income"], 60_000.5);
        assert_eq!(answer.headers["etag"], "\"1\"");
        assert_eq!(answer.cost.calls, 2, "who calls, and the write");
        let again = stand.call(&FUNCTION).cookie(&cookie).json(employment_details()).await;
        assert_eq!((again.status, again.code()), (409, "ALREADY_GIVEN"));
    }

    #[tokio::test]
    async fn of_two_at_the_same_moment_one_is_kept() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let add = async || stand.call(&FUNCTION).cookie(&cookie).json(employment_details()).await;
        let (one, two) = futures::join!(add(), add());
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
    }

    #[tokio::test]
    async fn all_wrong_fields_are_named_at_once() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let wrong = json!({
            "monthly_income": 0, "employment_type": "spy", "company_name": "", "salary_date": 32, "bonus": 1,
        });
        let answer = stand.call(&FUNCTION).cookie(&cookie).json(wrong).await;
        assert_eq!((answer.status, answer.code()), (400, "VALIDATION_FAILED"));
        let expected =
            ["bonus", "company_name", "designation", "employment_type", "monthly_income", "salary_date"];
        assert_eq!(answer.wrong_fields(), expected);
    }
}
