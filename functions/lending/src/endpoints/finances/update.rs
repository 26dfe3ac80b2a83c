//! `PUT /api/financial-details`: the borrower's finances have changed.
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
    borrower::FinancialDetails,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-update-finances",
    module: module_path!(),
    wing: &WING,
    summary: "Change the financial details",
    trigger: Trigger::Http(Route {
        method: Method::Put,
        path: "/api/financial-details",
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
    let mut details = app.table().get(FinancialDetails::at(user.id)).await?.ok_or(codes::NOT_FOUND)?;
    if_match.check(details.revision())?;
    details.monthly_income = request.monthly_income.amount();
    details.monthly_expenses = request.monthly_expenses.amount();
    details.existing_emis = request.existing_emis.amount();
    details.updated_at = app.now();
    app.table().write(Write::new().replace(&details)).await?;
    let version = details.revision() + 1;
    Ok(Reply::ok("Your financial details are saved", details.into()).version(version))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::table::Write;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        borrower::FinancialDetails,
        endpoints::{auth::get_profile, finances::add},
        testing::{financial_details, signed_in},
    };

    #[tokio::test]
    async fn what_was_never_given_cannot_change() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).json(financial_details()).await;
        assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"));
    }

    #[tokio::test]
    async fn a_change_may_insist_on_the_version_that_was_seen() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        stand.call(&add::FUNCTION).cookie(&cookie).json(financial_details()).await;
        let put = || stand.call(&FUNCTION).cookie(&cookie).json(financial_details());
        let first = put().header("if-match", "\"1\"").await;
        assert_eq!((first.status, first.headers["etag"].as_str()), (200, "\"2\""), "{first:?}");
        assert_eq!(first.cost.calls, 3, "who calls, what was there, the write");
        assert_eq!(put().header("if-match", "\"1\"").await.status, 412);
        assert_eq!(put().await.status, 200);
    }

    #[tokio::test]
    async fn a_change_keeps_the_credit_score() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        stand.call(&add::FUNCTION).cookie(&cookie).json(financial_details()).await;
        let profile = stand.call(&get_profile::FUNCTION).cookie(&cookie).await;
        let user = profile.body["data"]["id"].as_str().unwrap().parse().unwrap();
        let mut stored = stand.table().get(FinancialDetails::at(user)).await.unwrap().unwrap();
        stored.credit_score = Some(781);
        stand.table().write(Write::new().replace(&stored)).await.unwrap();
        let mut body = financial_details();
        body["monthly_income"] = json!(70_000);
        let answer = stand.call(&FUNCTION).cookie(&cookie).json(body).await;
        assert_eq!(answer.body["data"]["credit_score"], 781, "{answer:?}");
    }
}
