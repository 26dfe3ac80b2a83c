//! `POST /api/bank-details/choose`: the borrower decides to which of their accounts an application is paid
//! out.
use axum::{extract::State, routing::post};
use serde::Serialize;
use shared::{
    app::App,
    codes as shared_codes,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, Reply},
    table::Write,
};
use utoipa::ToSchema;

use super::BankAccount;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::{ApplicationId, DisbursalState, LoanApplication},
    borrower::{BankDetails, BankDetailsId},
    codes,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-choose-bank-details",
    module: module_path!(),
    wing: &WING,
    summary: "Choose the account for the payout",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/bank-details/choose",
        access: BORROWER,
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::BatchGet, Need::Put],
    ..Function::ENDPOINT
};

/// Which account for which application.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    #[schema(value_type = String, example = "app_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    application_id: ApplicationId,
    #[schema(value_type = String, example = "bnk_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    bank_details_id: BankDetailsId,
}

/// The account chosen.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    #[schema(value_type = String)]
    application_id: ApplicationId,
    bank_details: BankAccount,
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let wanted = (
        LoanApplication::at(user.id, request.application_id),
        BankDetails::at(user.id, request.bank_details_id),
    );
    let (application, account) = app.table().get_two(wanted.0, wanted.1).await?;
    let mut application = application.ok_or(shared_codes::NOT_FOUND)?;
    let mut account = account.ok_or(shared_codes::NOT_FOUND)?;
    if disbursal_started(&application) {
        return Err(codes::DISBURSAL_STARTED.into());
    }
    if !application.status_at(app.now()).is_open() {
        return Err(codes::NOT_IN_THAT_STATE.into());
    }
    let full_name = user.basic.as_ref().map_or("", |basic| basic.full_name.as_str());
    if !account.belongs_to(full_name) {
        return Err(codes::NAME_MISMATCH.into());
    }

    application.bank_details = Some(account.id);
    application.updated_at = app.now();
    // The account changes too, so that taking it away at the same moment is refused.
    account.chosen_for = Some(application.id);
    account.updated_at = app.now();
    app.table().write(Write::new().replace(&application).replace(&account)).await?;
    let response = Response { application_id: application.id, bank_details: account.value.into() };
    Ok(Reply::ok("The account is chosen", response))
}

/// A payout that failed for certain may be sent elsewhere; one of which nobody knows may not.
fn disbursal_started(application: &LoanApplication) -> bool {
    application.disbursal.as_ref().is_some_and(|disbursal| disbursal.state != DisbursalState::Failed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::{money::Paise, table::Write};
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        application::{ApplicationId, Disbursal, DisbursalState, LoanApplication},
        endpoints::bank_details::add,
        loan::state::ApplicationStatus,
        testing::{account_of, application_of, bank_details, profile_done, user_of},
    };

    async fn choose(stand: &Stand, cookie: &str, application: ApplicationId, account: &str) -> Answer {
        let body = json!({ "application_id": application, "bank_details_id": account });
        stand.call(&FUNCTION).cookie(cookie).json(body).await
    }

    #[tokio::test]
    async fn an_own_account_is_chosen_in_one_transaction_and_may_be_chosen_again() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let application = application_of(&stand, &cookie).await;
        let account = account_of(&stand, &cookie, application).await;
        for _ in 0..2 {
            let answer = choose(&stand, &cookie, application, &account).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(answer.body["data"]["bank_details"]["account_number"], "XXXXXX6789");
            assert_eq!(answer.cost.calls, 3, "who calls, both things, the write");
        }
    }

    #[tokio::test]
    async fn other_peoples_ids_are_not_there() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let (ashas, belas) = (application_of(&stand, &asha).await, application_of(&stand, &bela).await);
        let (from_asha, from_bela) =
            (account_of(&stand, &asha, ashas).await, account_of(&stand, &bela, belas).await);
        for (application, account) in [(ashas, &from_asha), (ashas, &from_bela), (belas, &from_asha)] {
            let answer = choose(&stand, &bela, application, account).await;
            assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"));
        }
    }

    #[tokio::test]
    async fn money_goes_only_to_the_borrowers_own_name() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let application = application_of(&stand, &cookie).await;
        let mut body = bank_details(application);
        body["account_holder_name"] = json!("Ravi Verma");
        let added = stand.call(&add::FUNCTION).cookie(&cookie).json(body).await;
        assert_eq!(added.body["data"]["bank_details"]["name_match"], "differs");
        let account = added.body["data"]["bank_details"]["id"].as_str().unwrap();
        let answer = choose(&stand, &cookie, application, account).await;
        assert_eq!((answer.status, answer.code()), (409, "NAME_MISMATCH"));
    }

    #[tokio::test]
    async fn a_payout_under_way_keeps_its_account_and_a_failed_one_may_go_elsewhere() {
        for (state, status, expected) in [
            (Some(DisbursalState::Started), ApplicationStatus::Accepted, "DISBURSAL_STARTED"),
            (Some(DisbursalState::Unknown), ApplicationStatus::Accepted, "DISBURSAL_STARTED"),
            (Some(DisbursalState::Succeeded), ApplicationStatus::Disbursed, "DISBURSAL_STARTED"),
            (Some(DisbursalState::Failed), ApplicationStatus::DisbursalFailed, ""),
            (None, ApplicationStatus::Accepted, ""),
            (None, ApplicationStatus::Withdrawn, "NOT_IN_THAT_STATE"),
            (None, ApplicationStatus::Rejected, "NOT_IN_THAT_STATE"),
        ] {
            let stand = Stand::new().await;
            let cookie = profile_done(&stand, "9876543210").await;
            let application = application_of(&stand, &cookie).await;
            let account = account_of(&stand, &cookie, application).await;
            let user = user_of(&stand, &cookie).await;
            let mut stored =
                stand.table().get(LoanApplication::at(user, application)).await.unwrap().unwrap();
            stored.status = status;
            stored.disbursal = state.map(|state| Disbursal {
                state,
                amount: Paise::major(9_000),
                bank_details: account.parse().unwrap(),
                started_by: "stf_1".to_owned(),
                started_at: stand.now(),
                reference: None,
                failure: None,
                attempts: 1,
                check_at: None,
                loan: None,
            });
            stand.table().write(Write::new().replace(&stored)).await.unwrap();
            assert_eq!(
                choose(&stand, &cookie, application, &account).await.code(),
                expected,
                "{state:?} {status:?}"
            );
        }
    }
}
