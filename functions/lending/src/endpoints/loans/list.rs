//! `GET /api/loans`: all loans of the borrower, the newest first.
use axum::{extract::State, routing::get};
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Reply},
};
use utoipa::ToSchema;

use super::view::{self, LoanView};
use crate::{
    WING,
    access::{BORROWER, Borrower},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-list-loans",
    module: module_path!(),
    wing: &WING,
    summary: "List the loans",
    trigger: Trigger::Http(Route {
        path: "/api/loans",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Query],
    ..Function::ENDPOINT
};

/// The loans.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    loans: Vec<LoanView>,
}

async fn handle(State(app): State<App>, Borrower { user, .. }: Borrower) -> Result<Reply<Response>, Error> {
    let loans = view::all_of(&app, user.id).await?;
    let loans = loans.iter().map(|judged| LoanView::of(&judged.loan, &judged.state)).collect();
    Ok(Reply::ok("Your loans", Response { loans }))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{endpoints::loans::arrange::lent, testing::profile_done};

    #[tokio::test]
    async fn a_borrower_sees_their_loans_in_one_query_and_nobody_elses() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let first = lent(&stand, &asha, 12_000, 12).await;
        stand.advance(SignedDuration::from_secs(1));
        let second = lent(&stand, &asha, 50_000, 3).await;
        let answer = stand.call(&FUNCTION).cookie(&asha).await;
        let loans = answer.body["data"]["loans"].as_array().unwrap();
        let ids: Vec<_> = loans.iter().map(|loan| loan["id"].as_str().unwrap()).collect();
        assert_eq!(ids, [second.to_string(), first.to_string()]);
        assert_eq!(loans[1]["next_due"], json!({ "on": "2026-02-05", "amount": 1_066.19 }));
        assert_eq!((&loans[1]["status"], &loans[1]["amount"]), (&json!("active"), &json!(12_000)));
        assert_eq!(answer.cost.calls, 2, "who calls, and the loans");
        assert_eq!(stand.call(&FUNCTION).cookie(&bela).await.body["data"]["loans"], json!([]));
    }

    #[tokio::test]
    async fn a_loan_is_judged_by_the_clock_though_no_job_has_run() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        lent(&stand, &cookie, 12_000, 12).await;
        stand.advance(SignedDuration::from_hours(24 * 31 - 5));
        let cookie = crate::testing::signed_in(&stand, "9876543210").await;
        let due = stand.call(&FUNCTION).cookie(&cookie).await;
        assert_eq!(due.body["data"]["loans"][0]["due_amount"], 1_066.19, "{due:?}");
        assert_eq!(due.body["data"]["loans"][0]["status"], "active");
        stand.advance(SignedDuration::from_hours(20));
        let late = stand.call(&FUNCTION).cookie(&cookie).await;
        assert_eq!(late.body["data"]["loans"][0]["status"], "overdue");
        assert_eq!(late.body["data"]["loans"][0]["days_past_due"], 1);
    }
}
