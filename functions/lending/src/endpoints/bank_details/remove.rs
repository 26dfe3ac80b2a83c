//! `DELETE /api/bank-details/{id}`: the borrower takes an account away that nothing depends on.
use axum::{extract::State, routing::delete};
use shared::{
    app::App,
    codes as shared_codes,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Docs, Path, Reply},
    table::Write,
};

use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::LoanApplication,
    borrower::{AccountTaken, BankDetails, BankDetailsId},
    codes,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-remove-bank-details",
    module: module_path!(),
    wing: &WING,
    summary: "Remove a bank account",
    trigger: Trigger::Http(Route {
        method: Method::Delete,
        path: "/api/bank-details/{id}",
        access: BORROWER,
        handler: || delete(handle),
        docs: Docs::NONE,
        ..Route::DEFAULT
    }),
    needs: &[Need::Get, Need::Delete],
    ..Function::ENDPOINT
};

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Path(id): Path<BankDetailsId>,
) -> Result<Reply, Error> {
    let account = app.table().get(BankDetails::at(user.id, id)).await?.ok_or(shared_codes::NOT_FOUND)?;
    if is_chosen(&app, &account).await? {
        return Err(codes::ACCOUNT_IN_USE.into());
    }
    let taken = AccountTaken::at(user.id, &account.account_lookup);
    app.table().write(Write::new().delete(&account).erase(taken)).await?;
    Ok(Reply::done("The account is removed"))
}

/// Whether an open application is to be paid out to it. Choosing changes the account, so an answer that has
/// become wrong meanwhile lets the write fail.
async fn is_chosen(app: &App, account: &BankDetails) -> Result<bool, Error> {
    let Some(application) = account.chosen_for else { return Ok(false) };
    let application = app.table().get(LoanApplication::at(account.user, application)).await?;
    Ok(application.is_some_and(|application| {
        application.status_at(app.now()).is_open() && application.bank_details == Some(account.id)
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::table::Write;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        application::LoanApplication,
        endpoints::bank_details::{choose, list},
        loan::state::ApplicationStatus,
        testing::{account_of, application_of, profile_done, user_of},
    };

    #[tokio::test]
    async fn an_account_that_nothing_depends_on_goes_and_may_be_given_again() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let application = application_of(&stand, &cookie).await;
        for _ in 0..2 {
            let account = account_of(&stand, &cookie, application).await;
            let answer = stand.call(&FUNCTION).path("id", &account).cookie(&cookie).await;
            assert_eq!((answer.status, answer.cost.calls), (200, 3), "{answer:?}");
            assert_eq!(stand.call(&FUNCTION).path("id", &account).cookie(&cookie).await.status, 404);
        }
        let left = stand.call(&list::FUNCTION).cookie(&cookie).await;
        assert_eq!(left.body["data"]["bank_details"], json!([]));
    }

    #[tokio::test]
    async fn a_chosen_account_stays_while_the_application_is_open() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let application = application_of(&stand, &cookie).await;
        let account = account_of(&stand, &cookie, application).await;
        let body = json!({ "application_id": application, "bank_details_id": account });
        stand.call(&choose::FUNCTION).cookie(&cookie).json(body).await;
        let remove = async || stand.call(&FUNCTION).path("id", &account).cookie(&cookie).await;
        let refused = remove().await;
        assert_eq!((refused.status, refused.code()), (409, "ACCOUNT_IN_USE"));

        let user = user_of(&stand, &cookie).await;
        let mut stored = stand.table().get(LoanApplication::at(user, application)).await.unwrap().unwrap();
        stored.status = ApplicationStatus::Withdrawn;
        stand.table().write(Write::new().replace(&stored)).await.unwrap();
        assert_eq!(remove().await.status, 200);
    }

    #[tokio::test]
    async fn choosing_and_removing_at_the_same_moment_never_leaves_a_chosen_account_that_is_gone() {
        for _ in 0..5 {
            let stand = Stand::new().await;
            let cookie = profile_done(&stand, "9876543210").await;
            let application = application_of(&stand, &cookie).await;
            let account = account_of(&stand, &cookie, application).await;
            let body = json!({ "application_id": application, "bank_details_id": account });
            let choosing = async { stand.call(&choose::FUNCTION).cookie(&cookie).json(body).await };
            let removing = async { stand.call(&FUNCTION).path("id", &account).cookie(&cookie).await };
            let (chosen, removed) = futures::join!(choosing, removing);
            assert!(chosen.status == 200 || removed.status == 200, "{chosen:?} {removed:?}");
            assert!(chosen.status != 200 || removed.status != 200, "{chosen:?} {removed:?}");
        }
    }

    #[tokio::test]
    async fn somebody_elses_account_is_not_there() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let application = application_of(&stand, &asha).await;
        let account = account_of(&stand, &asha, application).await;
        assert_eq!(stand.call(&FUNCTION).path("id", &account).cookie(&bela).await.status, 404);
    }
}
