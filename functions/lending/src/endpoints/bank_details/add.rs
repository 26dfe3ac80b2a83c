//! `POST /api/bank-details`: the borrower names an account of theirs for the payout.
use axum::{extract::State, routing::post};
use serde::Serialize;
use shared::{
    app::App,
    codes,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Rate, Route, Trigger},
    http::{Body, Docs, FieldErrors, Reply},
    id::Id,
    identity::{
        Vault,
        vault::{self, FIELD_KEY, LOOKUP_KEY},
    },
    table::Write,
};
use utoipa::ToSchema;

use super::BankAccount;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::{ApplicationId, LoanApplication},
    borrower::{AccountNumber, AccountTaken, BankDetails, BankDetailsId, FullName, Ifsc, NameMatch},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-add-bank-details",
    module: module_path!(),
    wing: &WING,
    summary: "Give a bank account",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/bank-details",
        access: BORROWER,
        // Accounts are not a thing of which anybody has many; this also bounds the list.
        rate: Some(Rate { calls: 20, seconds: 24 * 3600 }),
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>().created(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get, Need::Put, Need::Secret(&FIELD_KEY), Need::Secret(&LOOKUP_KEY)],
    ..Function::ENDPOINT
};

/// The account.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// For which application.
    #[schema(value_type = String, example = "app_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    application_id: ApplicationId,
    /// 9 to 18 digits.
    #[schema(value_type = String, example = "50100123456789")]
    account_number: AccountNumber,
    #[schema(value_type = String, example = "HDFC0001234")]
    ifsc_code: Ifsc,
    /// As the bank has it.
    #[schema(value_type = String, example = "Asha Verma")]
    account_holder_name: FullName,
}

/// The account as it is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    bank_details: BankAccount,
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let application = app.table().get(LoanApplication::at(user.id, request.application_id)).await?;
    let application = application.ok_or(codes::NOT_FOUND)?;
    let text = BankDetails::lookup_text(&request.ifsc_code, &request.account_number);
    let lookup = vault::lookup(&app, WING.tag, "bank-account", &text)?;
    let id: BankDetailsId = Id::new(app.now(), app.random());
    let number = request.account_number;
    let full_name = user.basic.as_ref().map_or("", |basic| basic.full_name.as_str());
    let details = BankDetails {
        id,
        user: user.id,
        account_number: Vault::of(&app)?.seal(&id.to_string(), BankDetails::NUMBER, number.digits())?,
        account_lookup: lookup.clone(),
        last4: number.last4(),
        ifsc: request.ifsc_code,
        name_match: NameMatch::of(request.account_holder_name.as_str(), full_name),
        holder_name: request.account_holder_name.as_str().to_owned(),
        penny_drop: None,
        given_for: application.id,
        chosen_for: None,
        created_at: app.now(),
        updated_at: app.now(),
    };
    let taken = AccountTaken { user: user.id, account: lookup, bank_details: id };
    app.table().write(Write::new().create(&details).create(&taken).or(codes::DUPLICATE_ENTRY)).await?;
    Ok(Reply::created("Your account is saved", Response { bank_details: details.into() }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::{application_of, bank_details, profile_done};

    #[tokio::test]
    async fn an_account_rests_sealed_and_shows_its_last_four_digits() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let application = application_of(&stand, &cookie).await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).json(bank_details(application)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let account = &answer.body["data"]["bank_details"];
        assert_eq!(account["account_number"], "XXXXXX6789");
        assert_eq!((&account["name_match"], &account["verified"]), (&json!("matches"), &json!(false)));
        assert_eq!(answer.cost.calls, 4, "who calls, how often, the application, the write");
        assert!(!stand.everything_stored().await.contains("50100123456789"));
    }

    #[tokio::test]
    async fn an_account_is_given_once_also_at_another_branch_and_also_at_the_same_moment() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let application = application_of(&stand, &cookie).await;
        let add = async |ifsc: &str| {
            let mut body = bank_details(application);
            body["ifsc_code"] = json!(ifsc);
            stand.call(&FUNCTION).cookie(&cookie).json(body).await
        };
        let (one, two) = futures::join!(add("HDFC0001234"), add("HDFC0001234"));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{one:?} {two:?}");
        let again = add("HDFC0009999").await;
        assert_eq!((again.status, again.code()), (409, "DUPLICATE_ENTRY"));
        assert_eq!(add("SBIN0009999").await.status, 201, "another bank may give the same number");
    }

    #[tokio::test]
    async fn two_people_may_share_an_account() {
        let stand = Stand::new().await;
        for mobile in ["9876543210", "9876543211"] {
            let cookie = profile_done(&stand, mobile).await;
            let application = application_of(&stand, &cookie).await;
            let answer = stand.call(&FUNCTION).cookie(&cookie).json(bank_details(application)).await;
            assert_eq!(answer.status, 201, "{answer:?}");
        }
    }

    #[tokio::test]
    async fn the_application_must_be_their_own() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let application = application_of(&stand, &asha).await;
        let answer = stand.call(&FUNCTION).cookie(&bela).json(bank_details(application)).await;
        assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"));
    }

    #[tokio::test]
    async fn all_wrong_fields_are_named_at_once_and_the_number_is_not_repeated() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let wrong = json!({
            "application_id": "usr_1", "account_number": "12345x78901", "ifsc_code": "HDFC1001234", "upi": "a@b",
        });
        let answer = stand.call(&FUNCTION).cookie(&cookie).json(wrong).await;
        assert_eq!((answer.status, answer.code()), (400, "VALIDATION_FAILED"));
        let expected = ["account_holder_name", "account_number", "application_id", "ifsc_code", "upi"];
        assert_eq!(answer.wrong_fields(), expected);
        assert!(!answer.body.to_string().contains("12345x"));
    }

    #[tokio::test]
    async fn nobody_gives_accounts_by_the_dozen() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let application = application_of(&stand, &cookie).await;
        for tail in 10..31 {
            let mut body = bank_details(application);
            body["account_number"] = json!(format!("501001234567{tail}"));
            let answer = stand.call(&FUNCTION).cookie(&cookie).json(body).await;
            assert_eq!(answer.status, if tail < 30 { 201 } else { 429 }, "{answer:?}");
        }
    }
}
