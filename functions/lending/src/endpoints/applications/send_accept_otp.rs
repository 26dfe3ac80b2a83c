//! `POST /api/loan-applications/{id}/accept/send-otp`: the borrower asks for the code that signs their offer.
use axum::{Extension, extract::State, routing::post};
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Docs, Path, Reply, Source},
    identity::{
        otp::{self, OTP_PEPPER},
        vault::{FIELD_KEY, LOOKUP_KEY, masked},
    },
    messages::sms::SMS,
};
use utoipa::ToSchema;

use super::ACCEPT_OFFER;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::ApplicationId,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-send-accept-otp",
    module: module_path!(),
    wing: &WING,
    summary: "Send the code that accepts an offer",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/loan-applications/{id}/accept/send-otp",
        access: BORROWER,
        idempotent: true,
        handler: || post(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[
        Need::Get,
        Need::Put,
        Need::Update,
        Need::Delete,
        Need::Secret(&OTP_PEPPER),
        Need::Secret(&LOOKUP_KEY),
        Need::Secret(&FIELD_KEY),
        Need::Port(&SMS),
    ],
    ..Function::ENDPOINT
};

/// Where the code went.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    /// All but the last four digits hidden.
    #[schema(example = "XXXXXX3210")]
    mobile: String,
    /// Seconds for which it is valid.
    #[serde(rename = "expiresIn")]
    expires_in: u32,
}

async fn handle(
    State(app): State<App>,
    Extension(source): Extension<Source>,
    Borrower { user, .. }: Borrower,
    Path(id): Path<ApplicationId>,
) -> Result<Reply<Response>, Error> {
    let application = super::own(&app, &user, id).await?;
    super::open_offer_of(&app, &application)?;
    let mobile = super::mobile_of(&app, &user)?;
    otp::send(&app, &WING, &ACCEPT_OFFER, &mobile, source).await?;
    let response = Response { mobile: masked(mobile.digits(), 4), expires_in: ACCEPT_OFFER.life_s };
    Ok(Reply::ok("We sent you a code", response))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::{applied, approved, profile_done};

    #[tokio::test]
    async fn the_code_goes_to_the_number_of_the_borrower_and_only_for_an_offer() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &cookie).await;
        let send = async || stand.call(&FUNCTION).cookie(&cookie).path("id", &id).await;
        assert_eq!(send().await.code(), "NOT_FOUND");
        approved(&stand, &id).await;
        let answer = send().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["data"]["mobile"], "XXXXXX3210");
        let inbox = stand.sent_to("+919876543210");
        assert!(inbox.last().unwrap().body.contains("accept your loan offer"));
        assert_eq!(answer.cost.calls, 4);

        let again = send().await;
        assert_eq!((again.status, again.code()), (429, "TOO_MANY_REQUESTS"));
        stand.advance(SignedDuration::from_secs(60));
        assert_eq!(send().await.status, 200);
    }

    #[tokio::test]
    async fn other_peoples_offers_are_not_there() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let id = applied(&stand, &asha).await;
        approved(&stand, &id).await;
        let sent = stand.cloud().inbox().len();
        assert_eq!(stand.call(&FUNCTION).cookie(&bela).path("id", &id).await.status, 404);
        assert_eq!(stand.cloud().inbox().len(), sent);
    }
}
