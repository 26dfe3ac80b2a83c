//! `POST /api/auth/send-otp`: somebody asks for a sign-in code.
use axum::{Extension, extract::State, routing::post};
use serde::Serialize;
use shared::{
    app::App,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, Reply, Source},
    identity::{
        IndianMobile,
        otp::{self, OTP_PEPPER},
        vault::LOOKUP_KEY,
    },
    messages::sms::SMS,
};
use utoipa::ToSchema;

use super::SIGN_IN;
use crate::WING;

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-send-otp",
    module: module_path!(),
    wing: &WING,
    summary: "Send a sign-in code to a mobile number",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/auth/send-otp",
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[
        Need::Get,
        Need::Put,
        Need::Update,
        Need::Delete,
        Need::Secret(&OTP_PEPPER),
        Need::Secret(&LOOKUP_KEY),
        Need::Port(&SMS),
    ],
    ..Function::ENDPOINT
};

/// Whose code.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// An Indian mobile number, however it is written.
    #[schema(value_type = String, example = "9876543210")]
    mobile: IndianMobile,
}

/// The same for known and unknown numbers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    /// The ten digits to which the code went.
    mobile: String,
    /// Seconds for which it is valid.
    #[serde(rename = "expiresIn")]
    expires_in: u32,
}

async fn handle(
    State(app): State<App>,
    Extension(source): Extension<Source>,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    otp::send(&app, &WING, &SIGN_IN, &request.mobile, source).await?;
    let response = Response { mobile: request.mobile.digits().to_owned(), expires_in: SIGN_IN.life_s };
    Ok(Reply::ok("We sent you a code", response))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;
    use stand::{Answer, Stand};

    use super::FUNCTION;

    async fn send(stand: &Stand, mobile: &str) -> Answer {
        stand.call(&FUNCTION).json(json!({ "mobile": mobile })).await
    }

    #[tokio::test]
    async fn a_code_is_sent_by_sms_and_rests_nowhere_in_clear() {
        let stand = Stand::new().await;
        let answer = send(&stand, "+91 98765 43210").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(
            answer.body,
            json!({
                "status": "success",
                "message": "We sent you a code",
                "data": { "mobile": "9876543210", "expiresIn": 300 },
            })
        );
        let code = stand.code_sent_to("+919876543210");
        let stored = stand.everything_stored().await;
        assert!(!stored.contains(&code) && !stored.contains("9876543210"), "{stored}");
        assert_eq!(answer.cost.calls, 2);
    }

    #[tokio::test]
    async fn a_second_code_waits_a_minute_and_says_how_long() {
        let stand = Stand::new().await;
        assert_eq!(send(&stand, "9876543210").await.status, 200);
        stand.advance(SignedDuration::from_secs(40));
        let answer = send(&stand, "9876543210").await;
        assert_eq!((answer.status, answer.code()), (429, "TOO_MANY_REQUESTS"));
        assert_eq!(answer.headers["retry-after"], "20");
        stand.advance(SignedDuration::from_secs(20));
        assert_eq!(send(&stand, "9876543210").await.status, 200);
    }

    #[tokio::test]
    async fn one_network_cannot_pump_messages_to_many_numbers() {
        let stand = Stand::new().await;
        for n in 0..20 {
            assert_eq!(send(&stand, &format!("98765432{n:02}")).await.status, 200);
        }
        assert_eq!(send(&stand, "9876543299").await.status, 429);
        let elsewhere =
            stand.call(&FUNCTION).json(json!({ "mobile": "9876543299" })).from_ip("198.51.100.1").await;
        assert_eq!(elsewhere.status, 200, "{elsewhere:?}");
    }

    #[tokio::test]
    async fn wrong_numbers_are_named_and_nothing_is_sent() {
        let stand = Stand::new().await;
        let answer = send(&stand, "12345").await;
        assert_eq!((answer.status, answer.code()), (400, "VALIDATION_FAILED"));
        assert_eq!(answer.wrong_fields(), ["mobile"]);
        let answer = stand.call(&FUNCTION).json(json!({ "mobil": "9876543210" })).await;
        assert_eq!(answer.wrong_fields(), ["mobil", "mobile"]);
        assert!(stand.cloud().inbox().is_empty());
    }

    #[tokio::test]
    async fn when_sms_is_down_nothing_is_counted_against_the_number() {
        let stand = Stand::new().await;
        stand.break_down("sns");
        let answer = send(&stand, "9876543210").await;
        assert_eq!((answer.status, answer.code()), (503, "UNAVAILABLE"));
        assert!(answer.headers.contains_key("retry-after"));
        stand.mend("sns");
        assert_eq!(send(&stand, "9876543210").await.status, 200);
    }
}
