//! `GET /api/bank-details/{id}`: the account to which the application with this id would be paid out. (The
//! parameter is called as in the `DELETE` of the same path, because OpenAPI knows one name for one place.)
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

use super::BankAccount;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::{ApplicationId, LoanApplication},
    borrower::BankDetails,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-chosen-bank-details",
    module: module_path!(),
    wing: &WING,
    summary: "Show the account chosen for an application",
    trigger: Trigger::Http(Route {
        path: "/api/bank-details/{id}",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get],
    ..Function::ENDPOINT
};

/// The account.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    #[schema(value_type = String)]
    application_id: ApplicationId,
    /// Null while none is chosen.
    bank_details: Option<BankAccount>,
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Path(application_id): Path<ApplicationId>,
) -> Result<Reply<Response>, Error> {
    let application = app.table().get(LoanApplication::at(user.id, application_id)).await?;
    let application = application.ok_or(codes::NOT_FOUND)?;
    let chosen = match application.bank_details {
        Some(id) => app.table().get(BankDetails::at(user.id, id)).await?,
        None => None,
    };
    let bank_details = chosen.map(|account| account.value.into());
    Ok(Reply::ok("The account of this application", Response { application_id, bank_details }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::bank_details::choose,
        testing::{account_of, application_of, profile_done},
    };

    #[tokio::test]
    async fn an_application_shows_its_account_once_one_is_chosen() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let application = application_of(&stand, &cookie).await;
        let account = account_of(&stand, &cookie, application).await;
        let get = async || stand.call(&FUNCTION).path("id", application).cookie(&cookie).await;
        let before = get().await;
        assert_eq!((before.status, &before.body["data"]["bank_details"]), (200, &json!(null)));
        let body = json!({ "application_id": application, "bank_details_id": account });
        stand.call(&choose::FUNCTION).cookie(&cookie).json(body).await;
        let after = get().await;
        assert_eq!(after.body["data"]["bank_details"]["id"], account, "{after:?}");
        assert_eq!(after.cost.calls, 3, "who calls, the application, its account");
    }

    #[tokio::test]
    async fn somebody_elses_application_is_not_there() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let application = application_of(&stand, &asha).await;
        let answer = stand.call(&FUNCTION).path("id", application).cookie(&bela).await;
        assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"));
        assert_eq!(stand.call(&FUNCTION).path("id", "none").cookie(&bela).await.status, 404);
    }
}
