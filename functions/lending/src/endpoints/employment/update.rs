//! `PUT /api/employment-details`: the borrower's employment has changed.
use axum::{extract::State, routing::put};
use shared::{
    app::App,
    codes,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, IfMatch, Reply},
    table::Write,
};

use super::{Request, Response};
use crate::{
    WING,
    access::{BORROWER, Borrower},
    borrower::EmploymentDetails,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-update-employment",
    module: module_path!(),
    wing: &WING,
    summary: "Change the employment details",
    trigger: Trigger::Http(Route {
        method: Method::Put,
        path: "/api/employment-details",
        access: BORROWER,
        handler: || put(handle),
        docs: Docs::reply::<Response>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get, Need::Put],
    ..Function::ENDPOINT
};

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    if_match: IfMatch,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let mut details = app.table().get(EmploymentDetails::at(user.id)).await?.ok_or(codes::NOT_FOUND)?;
    if_match.check(details.revision())?;
    details.value = request.details(user.id, details.created_at, app.now());
    app.table().write(Write::new().replace(&details)).await?;
    let version = details.revision() + 1;
    Ok(Reply::ok("Your employment details are saved", details.into()).version(version))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::employment::add,
        testing::{employment_details, signed_in},
    };

    #[tokio::test]
    async fn what_was_never_given_cannot_change() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).json(employment_details()).await;
        assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"));
    }

    #[tokio::test]
    async fn a_change_may_insist_on_the_version_that_was_seen() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        stand.call(&add::FUNCTION).cookie(&cookie).json(employment_details()).await;
        let mut body = employment_details();
        body["salary_date"] = json!(31);
        let put = || stand.call(&FUNCTION).cookie(&cookie).json(body.clone());
        let first = put().header("if-match", "\"1\"").await;
        assert_eq!((first.status, first.headers["etag"].as_str()), (200, "\"2\""), "{first:?}");
        assert_eq!(first.body["data"]["salary_date"], 31);
        assert_eq!(first.cost.calls, 3, "who calls, what was there, the write");
        assert_eq!(put().header("if-match", "\"1\"").await.status, 412);
        assert_eq!(put().await.status, 200);
    }
}
