//! `GET /api/transactions/{id}`: one transaction.
use axum::{extract::State, routing::get};
use serde::Serialize;
use shared::{
    app::App,
    codes,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Path, Reply},
};
use utoipa::ToSchema;

use super::Transaction;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    loan_account::{LoanTransaction, TransactionId},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-transaction",
    module: module_path!(),
    wing: &WING,
    summary: "Show a transaction",
    trigger: Trigger::Http(Route {
        path: "/api/transactions/{id}",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get],
    ..Function::ENDPOINT
};

/// The transaction.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    transaction: Transaction,
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Path(id): Path<TransactionId>,
) -> Result<Reply<Response>, Error> {
    let transaction = app.table().get(LoanTransaction::at(user.id, id)).await?.ok_or(codes::NOT_FOUND)?;
    Ok(Reply::ok("Your transaction", Response { transaction: transaction.value.into() }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::{loans::arrange::lent, transactions::list},
        testing::profile_done,
    };

    #[tokio::test]
    async fn a_borrower_sees_their_own_transaction_and_nobody_elses() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let loan = lent(&stand, &asha, 12_000, 12).await;
        let listed = stand.call(&list::FUNCTION).cookie(&asha).await;
        let id = listed.body["data"]["transactions"][0]["id"].as_str().unwrap();
        let answer = stand.call(&FUNCTION).path("id", id).cookie(&asha).await;
        let transaction = &answer.body["data"]["transaction"];
        assert_eq!(
            (&transaction["type"], &transaction["direction"]),
            (&json!("disbursal"), &json!("credit"))
        );
        assert_eq!((&transaction["loan_id"], &transaction["amount"]), (&json!(loan), &json!(11_716.8)));
        assert_eq!(answer.cost.calls, 2);
        assert_eq!(stand.call(&FUNCTION).path("id", id).cookie(&bela).await.status, 404);
        assert_eq!(stand.call(&FUNCTION).path("id", "nonsense").cookie(&asha).await.status, 404);
    }
}
