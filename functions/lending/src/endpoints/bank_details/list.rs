//! `GET /api/bank-details`: all accounts that the borrower gave, the newest first.
use axum::{extract::State, routing::get};
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Reply},
};
use utoipa::ToSchema;

use super::BankAccount;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    borrower::BankDetails,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-list-bank-details",
    module: module_path!(),
    wing: &WING,
    summary: "List the bank accounts",
    trigger: Trigger::Http(Route {
        path: "/api/bank-details",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Query],
    ..Function::ENDPOINT
};

/// So many are shown; a day's bound on adding keeps lists short.
const MOST: usize = 100;

/// The accounts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    bank_details: Vec<BankAccount>,
}

async fn handle(State(app): State<App>, Borrower { user, .. }: Borrower) -> Result<Reply<Response>, Error> {
    let accounts = app.table().list(&BankDetails::of(user.id), MOST).await?;
    let bank_details = accounts.into_iter().map(|account| account.value.into()).collect();
    Ok(Reply::ok("Your accounts", Response { bank_details }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::bank_details::add,
        testing::{application_of, bank_details, profile_done},
    };

    #[tokio::test]
    async fn a_borrower_sees_their_own_accounts_masked_in_one_query() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let application = application_of(&stand, &asha).await;
        stand.call(&add::FUNCTION).cookie(&asha).json(bank_details(application)).await;
        stand.advance(jiff::SignedDuration::from_secs(1));
        let mut second = bank_details(application);
        second["account_number"] = json!("123456780000");
        stand.call(&add::FUNCTION).cookie(&asha).json(second).await;

        let answer = stand.call(&FUNCTION).cookie(&asha).await;
        let accounts = answer.body["data"]["bank_details"].as_array().unwrap();
        let numbers: Vec<_> =
            accounts.iter().map(|account| account["account_number"].as_str().unwrap()).collect();
        assert_eq!(numbers, ["XXXXXX0000", "XXXXXX6789"]);
        assert_eq!(answer.cost.calls, 2, "who calls, and the accounts");
        assert_eq!(stand.call(&FUNCTION).cookie(&bela).await.body["data"]["bank_details"], json!([]));
    }
}
