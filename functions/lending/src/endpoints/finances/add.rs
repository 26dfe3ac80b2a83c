//! `POST /api/financial-details`: the borrower tells what comes in and goes out each month.
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
    borrower::FinancialDetails,
    codes,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-add-finances",
    module: module_path!(),
    wing: &WING,
    summary: "Give the financial details",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/financial-details",
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
    let details = FinancialDetails {
        user: user.id,
        monthly_income: request.monthly_income.amount(),
        monthly_expenses: request.monthly_expenses.amount(),
        existing_emis: request.existing_emis.amount(),
        credit_score: None,
        created_at: app.now(),
        updated_at: app.now(),
    };
    app.table().write(Write::new().create(&details).or(codes::ALREADY_GIVEN)).await?;
    Ok(Reply::created("Your financial details are saved", details.into()).version(1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::{financial_details, signed_in};

    #[tokio::test]
    async fn finances_are_given_once_in_one_write() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).json(financial_details()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.body["data"]["existing_emis"], 5_000);
        assert_eq!(answer.body["data"]["credit_score"], json!(null));
        assert_eq!(answer.cost.calls, 2, "who calls, and the write");
        let again = stand.call(&FUNCTION).cookie(&cookie).json(financial_details()).await;
        assert_eq!((again.status, again.code()), (409, "ALREADY_GIVEN"));
    }

    #[tokio::test]
    async fn nobody_gives_themselves_a_credit_score() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let mut body = financial_details();
        body["credit_score"] = json!(900);
        let answer = stand.call(&FUNCTION).cookie(&cookie).json(body).await;
        assert_eq!((answer.status, answer.wrong_fields()), (400, vec!["credit_score"]));
    }

    #[tokio::test]
    async fn all_wrong_fields_are_named_at_once() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        let wrong = json!({ "monthly_income": -1, "monthly_expenses": 1.005, "debt": 1 });
        let answer = stand.call(&FUNCTION).cookie(&cookie).json(wrong).await;
        assert_eq!((answer.status, answer.code()), (400, "VALIDATION_FAILED"));
        assert_eq!(answer.wrong_fields(), ["debt", "existing_emis", "monthly_expenses", "monthly_income"]);
    }
}
