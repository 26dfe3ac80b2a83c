//! `POST /api/auth/verify-otp`: the right code signs somebody in, for the first time or again.
use axum::{Extension, extract::State, http::HeaderMap, http::header::USER_AGENT, routing::post};
use serde::Serialize;
use shared::{
    app::App,
    clock::india,
    codes,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, Reply, Source},
    id::Id,
    identity::{
        IndianMobile, Lookup, Vault,
        otp::{self, Code, OTP_PEPPER, Right},
        session::{self, Session, Token},
        vault::{self, FIELD_KEY, LOOKUP_KEY},
    },
    messages::notice,
    table::{Index, Stored, Write},
};
use utoipa::ToSchema;

use super::SIGN_IN;
use crate::{
    WING,
    access::SESSION_COOKIE,
    borrower::{PhoneTaken, Step, User, UserId},
    notices::{NEW_DEVICE, recipient},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-verify-otp",
    module: module_path!(),
    wing: &WING,
    summary: "Sign in with the code from the SMS",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/auth/verify-otp",
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[
        Need::Update,
        Need::Query,
        Need::QueryIndex(Index::Gsi1),
        Need::Put,
        Need::Delete,
        Need::Secret(&OTP_PEPPER),
        Need::Secret(&LOOKUP_KEY),
        Need::Secret(&FIELD_KEY),
    ],
    ..Function::ENDPOINT
};

/// The number and its code.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// The number the code was sent to.
    #[schema(value_type = String, example = "9876543210")]
    mobile: IndianMobile,
    /// Six digits.
    #[schema(value_type = String, example = "012345")]
    otp: Code,
}

/// Who is signed in now. The session itself travels in a cookie.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    user: SignedIn,
    /// Whether steps of the profile are still to do.
    requires_profile_completion: bool,
    /// Always true: a sign-in makes a new session.
    session_created: bool,
    /// Send it as `X-CSRF-Token` with unsafe requests that come from elsewhere than our own pages.
    csrf_token: String,
}

/// The user as the sign-in shows them.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedIn {
    #[schema(value_type = String, example = "usr_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    id: UserId,
    mobile: String,
    profile_completion_step: u8,
    /// Whether this sign-in made the account.
    is_new: bool,
}

async fn handle(
    State(app): State<App>,
    Extension(source): Extension<Source>,
    headers: HeaderMap,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let right = otp::check(&app, &WING, &SIGN_IN, &request.mobile, &request.otp).await?;
    let phone = vault::lookup(&app, WING.tag, "phone", request.mobile.digits())?;
    let known = app.table().list(&User::with_phone(&phone), 1).await?.into_iter().next();
    let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();

    let (user, is_new) = match known {
        Some(user) if user.is_blocked() => return Err(codes::ACCOUNT_BLOCKED.into()),
        Some(user) => (user.value, false),
        None => (new_user(&app, &request.mobile, phone)?, true),
    };
    let partition = User::partition(user.id);
    let (token, session) =
        Token::issue(user.id, partition.clone(), app.now(), app.random(), user_agent, source.prefix());
    let earlier = if is_new { Vec::new() } else { session::others(&app, &partition, None).await? };
    let on_new_device = !is_new && is_new_device(&session, &earlier);
    let mut write = sign_in(right, &user, is_new, &session, &session::oldest_beyond_the_most(earlier));
    if on_new_device {
        let at = app.now().to_zoned(india()).strftime("%Y-%m-%d %H:%M").to_string();
        write = notice::tell(write, &app, &WING, &recipient(&user), &NEW_DEVICE, &[("at", &at)])?;
    }
    app.table().write(write).await?;

    let response = Response {
        requires_profile_completion: user.profile_completion_step < Step::Complete,
        session_created: true,
        csrf_token: session.csrf_token(),
        user: SignedIn {
            id: user.id,
            mobile: request.mobile.digits().to_owned(),
            profile_completion_step: user.profile_completion_step.number(),
            is_new,
        },
    };
    Ok(Reply::ok("You are signed in", response).cookie(token.cookie(SESSION_COOKIE)))
}

fn new_user(app: &App, mobile: &IndianMobile, lookup: Lookup) -> Result<User, Error> {
    let id: UserId = Id::new(app.now(), app.random());
    let sealed = Vault::of(app)?.seal(&id.to_string(), "phone", mobile.digits())?;
    Ok(User::new(id, sealed, lookup, app.now()))
}

/// Whether no other session, living or just ended, came from what calls itself the same. What does not say
/// its name cannot be told apart.
fn is_new_device(session: &Session, earlier: &[Stored<Session>]) -> bool {
    !session.user_agent.is_empty() && earlier.iter().all(|other| other.user_agent != session.user_agent)
}

/// Everything a sign-in changes, at once: a code that was used twice at the same moment signs in once.
fn sign_in(right: Right, user: &User, is_new: bool, session: &Session, ended: &[Stored<Session>]) -> Write {
    let mut write = right.spend(Write::new()).create(session);
    if is_new {
        let taken = PhoneTaken { phone: user.phone_lookup.clone(), user: user.id };
        write = write.create(user).create(&taken);
    }
    ended.iter().fold(write, Write::delete)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::auth::{get_profile, send_otp},
        testing::signed_in_on,
    };

    const MOBILE: &str = "9876543210";

    async fn send(stand: &Stand) -> String {
        let answer = stand.call(&send_otp::FUNCTION).json(json!({ "mobile": MOBILE })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        stand.code_sent_to("+919876543210")
    }

    async fn verify(stand: &Stand, otp: &str) -> Answer {
        stand.call(&FUNCTION).json(json!({ "mobile": MOBILE, "otp": otp })).await
    }

    fn another(code: &str) -> String {
        format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
    }

    #[tokio::test]
    async fn the_right_code_makes_an_account_and_a_session() {
        let stand = Stand::new().await;
        let code = send(&stand).await;
        let answer = verify(&stand, &code).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let data = &answer.body["data"];
        assert_eq!(data["user"]["profile_completion_step"], 2);
        assert_eq!(
            (&data["requires_profile_completion"], &data["session_created"]),
            (&json!(true), &json!(true))
        );
        let cookie = &answer.cookies[0];
        for part in ["__Host-sid=", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=86400"]
        {
            assert!(cookie.contains(part), "{cookie}");
        }
        let profile = stand.call(&get_profile::FUNCTION).cookie(&answer.cookie("__Host-sid").unwrap()).await;
        assert_eq!(profile.status, 200, "{profile:?}");
    }

    #[tokio::test]
    async fn the_same_number_is_the_same_account_in_a_new_session() {
        let stand = Stand::new().await;
        let code = send(&stand).await;
        let first = verify(&stand, &code).await;
        stand.advance(SignedDuration::from_secs(60));
        let code = send(&stand).await;
        let second = verify(&stand, &code).await;
        assert_eq!(first.body["data"]["user"]["id"], second.body["data"]["user"]["id"]);
        assert_eq!(second.body["data"]["user"]["is_new"], false);
        assert_ne!(first.cookie("__Host-sid"), second.cookie("__Host-sid"));
    }

    #[tokio::test]
    async fn a_wrong_code_says_how_many_tries_are_left_and_the_fifth_kills_it() {
        let stand = Stand::new().await;
        let code = send(&stand).await;
        for left in [4, 3, 2, 1, 0] {
            let answer = verify(&stand, &another(&code)).await;
            assert_eq!((answer.status, answer.code()), (400, "INVALID_OTP"));
            assert_eq!(answer.body["data"]["attempts_left"], left);
        }
        let answer = verify(&stand, &code).await;
        assert_eq!((answer.status, answer.code()), (400, "OTP_SPENT"));
    }

    #[tokio::test]
    async fn a_code_dies_at_its_end_though_the_table_still_has_it() {
        for (age, code) in [(299, ""), (300, "OTP_EXPIRED"), (301, "OTP_EXPIRED")] {
            let stand = Stand::new().await;
            let otp = send(&stand).await;
            stand.advance(SignedDuration::from_secs(age));
            assert_eq!(verify(&stand, &otp).await.code(), code, "at {age} s");
        }
    }

    #[tokio::test]
    async fn a_code_signs_in_once_also_when_used_twice_at_the_same_moment() {
        for _ in 0..5 {
            let stand = Stand::new().await;
            let code = send(&stand).await;
            let (one, two) = futures::join!(verify(&stand, &code), verify(&stand, &code));
            let mut statuses = [one.status, two.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 400], "{one:?} {two:?}");
            assert_eq!(verify(&stand, &code).await.status, 400);
        }
    }

    #[tokio::test]
    async fn fifty_wrong_codes_at_once_are_five_tries() {
        let stand = Stand::new().await;
        let code = send(&stand).await;
        let wrong = another(&code);
        let answers = futures::future::join_all((0..50).map(|_| verify(&stand, &wrong))).await;
        let compared = answers.iter().filter(|answer| answer.code() == "INVALID_OTP").count();
        let refused = answers.iter().filter(|answer| answer.code() == "OTP_SPENT").count();
        assert_eq!((compared, refused), (5, 45));
    }

    #[tokio::test]
    async fn a_number_that_never_asked_hears_what_a_late_one_hears() {
        let stand = Stand::new().await;
        assert_eq!(verify(&stand, "123456").await.code(), "OTP_EXPIRED");
    }

    #[tokio::test]
    async fn the_eleventh_session_ends_the_oldest() {
        let stand = Stand::new().await;
        let mut cookies = Vec::new();
        for _ in 0..11 {
            let code = send(&stand).await;
            cookies.push(verify(&stand, &code).await.cookie("__Host-sid").unwrap());
            stand.advance(SignedDuration::from_mins(150));
        }
        // The early ones are past 24 hours as well; what counts is that never more than ten are kept.
        let kept = stand.everything_stored().await.matches("\"entity\": S(\"session\")").count();
        assert!(kept <= 10, "{kept}");
    }

    #[tokio::test]
    async fn a_device_that_was_not_there_before_is_told_about_and_a_known_one_is_not() {
        let stand = Stand::new().await;
        for (device, told) in
            [("Phone", 0), ("Phone", 0), ("Laptop", 1), ("Phone", 1), ("", 1), ("Laptop", 1)]
        {
            signed_in_on(&stand, MOBILE, device).await;
            let stored = stand.everything_stored().await;
            assert_eq!(stored.matches("\"entity\": S(\"notice\")").count(), told, "{device}");
            stand.advance(SignedDuration::from_mins(6));
        }
    }
}
