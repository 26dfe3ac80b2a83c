//! `POST /api/loan-applications/{id}/accept`: the borrower signs the Key Fact Statement that they were shown.
use axum::{Extension, extract::State, routing::post};
use serde::Serialize;
use shared::{
    app::App,
    crypto,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, Parsed, Path, Reply, Source},
    identity::{
        otp::{self, Code, OTP_PEPPER},
        vault::{FIELD_KEY, LOOKUP_KEY},
    },
    read_with,
    table::Write,
};
use utoipa::ToSchema;

use super::{ACCEPT_OFFER, ApplicationView, NextStep};
use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::{Acceptance, ApplicationId},
    codes,
    loan::state::ApplicationEvent,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-accept-offer",
    module: module_path!(),
    wing: &WING,
    summary: "Accept the offer for a loan application",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/loan-applications/{id}/accept",
        access: BORROWER,
        idempotent: true,
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[
        Need::Get,
        Need::Put,
        Need::Update,
        Need::Secret(&OTP_PEPPER),
        Need::Secret(&LOOKUP_KEY),
        Need::Secret(&FIELD_KEY),
    ],
    ..Function::ENDPOINT
};

/// The signature.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// As the Key Fact Statement shows it.
    #[schema(value_type = String, example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    kfs_hash: KfsHash,
    /// Must be true: «I have read the statement and agree to it».
    #[schema(value_type = bool, example = true)]
    consent: Consent,
    /// The code that was sent for this.
    #[schema(value_type = String, example = "012345")]
    otp: Code,
}

/// 64 hexadecimal digits.
#[derive(Debug)]
pub struct KfsHash(String);

impl Parsed for KfsHash {
    const RULE: &'static str = "must be the 64 hexadecimal digits of the statement's hash";
    fn parsed(text: &str) -> Option<Self> {
        let hash = text.to_ascii_lowercase();
        (hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit())).then_some(Self(hash))
    }
}
read_with!(KfsHash);

/// A consent that was given; there is no other.
#[derive(Debug, Deserr)]
#[deserr(error = FieldErrors, try_from(bool) = Consent::given -> FieldErrors)]
pub struct Consent;

impl Consent {
    fn given(consent: bool) -> Result<Self, FieldErrors> {
        if consent {
            Ok(Self)
        } else {
            Err(FieldErrors::one("consent", "choice", "must be true to accept the offer"))
        }
    }
}

/// The application as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    application: ApplicationView,
    next_steps: Vec<NextStep>,
}

async fn handle(
    State(app): State<App>,
    Extension(source): Extension<Source>,
    Borrower { user, .. }: Borrower,
    Path(id): Path<ApplicationId>,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let Consent = request.consent;
    let mut application = super::own(&app, &user, id).await?;
    let offer = super::open_offer_of(&app, &application)?;
    if !crypto::same(request.kfs_hash.0.as_bytes(), offer.kfs_hash.as_bytes()) {
        return Err(codes::KFS_CHANGED.into());
    }
    let mobile = super::mobile_of(&app, &user)?;
    let right = otp::check(&app, &WING, &ACCEPT_OFFER, &mobile, &request.otp).await?;

    let now = app.now();
    let moved = application.transition(ApplicationEvent::Accept, user.id.to_string(), None, now)?;
    application.accepted =
        Some(Acceptance { kfs_hash: offer.kfs_hash, accepted_at: now, network: source.prefix() });
    // The application first: whoever signs the same offer a moment later hears that it is accepted, not that the code is wrong.
    let write = Write::new().replace(&application).or(codes::NOT_IN_THAT_STATE);
    app.table().write(right.spend(moved.follow(write, &application))).await?;
    let response = Response {
        next_steps: NextStep::after(application.status),
        application: ApplicationView::of(&application, now),
    };
    Ok(Reply::ok("You have accepted the offer", response))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::{Value, json};
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::{
            applications::{apply, get, get_kfs, send_accept_otp},
            auth::send_otp,
        },
        testing::{applied, approved, profile_done, signed_in},
    };

    const MOBILE: &str = "9876543210";

    /// A borrower with an offer, a minute later: their cookie, the application's id, the statement's hash.
    async fn offered(stand: &Stand) -> (String, String, String) {
        let cookie = profile_done(stand, MOBILE).await;
        let id = applied(stand, &cookie).await;
        approved(stand, &id).await;
        let kfs = stand.call(&get_kfs::FUNCTION).cookie(&cookie).path("id", &id).await;
        let hash = kfs.body["data"]["kfs_hash"].as_str().unwrap().to_owned();
        (cookie, id, hash)
    }

    async fn code(stand: &Stand, cookie: &str, id: &str) -> String {
        let answer = stand.call(&send_accept_otp::FUNCTION).cookie(cookie).path("id", id).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        stand.code_sent_to("+919876543210")
    }

    async fn accept(stand: &Stand, cookie: &str, id: &str, hash: &str, otp: &str) -> Answer {
        let body = json!({ "kfs_hash": hash, "consent": true, "otp": otp });
        stand.call(&FUNCTION).cookie(cookie).path("id", id).json(body).await
    }

    #[tokio::test]
    async fn the_shown_statement_is_accepted_once() {
        let stand = Stand::new().await;
        let (cookie, id, hash) = offered(&stand).await;
        let otp = code(&stand, &cookie, &id).await;
        let answer = accept(&stand, &cookie, &id, &hash, &otp).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["data"]["application"]["status"], "accepted");
        assert_eq!(answer.body["data"]["next_steps"][0]["step"], "give_bank_details");
        assert_eq!(answer.cost.calls, 4);
        let again = accept(&stand, &cookie, &id, &hash, &otp).await;
        assert_eq!((again.status, again.code()), (409, "NOT_IN_THAT_STATE"));
        // Still open: the money has yet to go out.
        let body = json!({ "loan_amount": 50_000, "tenure_months": 12, "loan_purpose": "Another" });
        let another = stand.call(&apply::FUNCTION).cookie(&cookie).json(body).await;
        assert_eq!(another.code(), "PENDING_APPLICATION_EXISTS");
    }

    #[tokio::test]
    async fn another_statement_is_not_accepted_and_costs_no_try() {
        let stand = Stand::new().await;
        let (cookie, id, hash) = offered(&stand).await;
        let otp = code(&stand, &cookie, &id).await;
        for _ in 0..6 {
            let answer = accept(&stand, &cookie, &id, &"0".repeat(64), &otp).await;
            assert_eq!((answer.status, answer.code()), (409, "KFS_CHANGED"));
        }
        assert_eq!(accept(&stand, &cookie, &id, &hash.to_uppercase(), &otp).await.status, 200);
    }

    #[tokio::test]
    async fn only_a_fresh_code_for_this_purpose_signs() {
        let stand = Stand::new().await;
        let (cookie, id, hash) = offered(&stand).await;
        assert_eq!(accept(&stand, &cookie, &id, &hash, "123456").await.code(), "OTP_EXPIRED");
        stand.advance(SignedDuration::from_secs(60));
        stand.call(&send_otp::FUNCTION).json(json!({ "mobile": MOBILE })).await;
        let for_sign_in = stand.code_sent_to("+919876543210");
        assert_eq!(accept(&stand, &cookie, &id, &hash, &for_sign_in).await.code(), "OTP_EXPIRED");
        let otp = code(&stand, &cookie, &id).await;
        let wrong = format!("{:06}", (otp.parse::<u32>().unwrap() + 1) % 1_000_000);
        let answer = accept(&stand, &cookie, &id, &hash, &wrong).await;
        assert_eq!((answer.status, answer.code()), (400, "INVALID_OTP"));
        stand.advance(SignedDuration::from_secs(300));
        assert_eq!(accept(&stand, &cookie, &id, &hash, &otp).await.code(), "OTP_EXPIRED");
        let data = stand.call(&get::FUNCTION).cookie(&cookie).path("id", &id).await.body["data"].clone();
        assert_eq!(data["application"]["status"], "approved");
    }

    #[tokio::test]
    async fn without_consent_nothing_is_signed() {
        let stand = Stand::new().await;
        let (cookie, id, hash) = offered(&stand).await;
        let bodies: [(Value, &[&str]); 3] = [
            (json!({ "kfs_hash": hash, "consent": false, "otp": "123456" }), &["consent"]),
            (json!({ "kfs_hash": hash, "consent": "yes", "otp": "123456" }), &["consent"]),
            (json!({ "kfs_hash": "x" }), &["consent", "kfs_hash", "otp"]),
        ];
        for (body, fields) in bodies {
            let answer = stand.call(&FUNCTION).cookie(&cookie).path("id", &id).json(body).await;
            assert_eq!(answer.status, 400);
            assert_eq!(answer.wrong_fields(), fields);
        }
    }

    #[tokio::test]
    async fn an_offer_can_be_accepted_to_its_last_second_and_not_after_it() {
        // It stands until 2026-01-12T18:30:00Z; every test begins 2026-01-05T04:30:00Z.
        let whole = SignedDuration::from_hours(7 * 24 + 14);
        for (before_the_end, status, refusal) in [(1, 200, ""), (0, 409, "OFFER_EXPIRED")] {
            let stand = Stand::new().await;
            let (_, id, hash) = offered(&stand).await;
            stand.advance(whole - SignedDuration::from_secs(60));
            let cookie = signed_in(&stand, MOBILE).await;
            let otp = code(&stand, &cookie, &id).await;
            stand.advance(SignedDuration::from_secs(60 - before_the_end));
            let answer = accept(&stand, &cookie, &id, &hash, &otp).await;
            assert_eq!((answer.status, answer.code()), (status, refusal));
        }
    }

    #[tokio::test]
    async fn two_signatures_at_the_same_moment_are_one() {
        for _ in 0..3 {
            let stand = Stand::new().await;
            let (cookie, id, hash) = offered(&stand).await;
            let otp = code(&stand, &cookie, &id).await;
            let sign = || accept(&stand, &cookie, &id, &hash, &otp);
            let (one, two) = futures::join!(sign(), sign());
            let mut statuses = [one.status, two.status];
            statuses.sort_unstable();
            assert_eq!(statuses[0], 200, "{one:?} {two:?}");
            assert!([400, 409].contains(&statuses[1]), "{one:?} {two:?}");
            let data = stand.call(&get::FUNCTION).cookie(&cookie).path("id", &id).await.body["data"].clone();
            assert_eq!(data["status_history"].as_array().unwrap().len(), 4);
        }
    }

    #[tokio::test]
    async fn other_peoples_offers_are_not_there() {
        let stand = Stand::new().await;
        let (_, id, hash) = offered(&stand).await;
        let bela = profile_done(&stand, "9876543211").await;
        assert_eq!(accept(&stand, &bela, &id, &hash, "123456").await.status, 404);
    }
}
