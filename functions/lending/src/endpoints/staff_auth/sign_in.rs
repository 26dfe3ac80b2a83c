//! `POST /api/admin/auth/login`: a member of staff signs in, with password and authenticator.
//!
//! Whoever has no authenticator yet gets a session that can do no more than set one up; `missing` says what is to do. After
//! five wrong sign-ins nothing is compared for a quarter of an hour.
use axum::{Extension, extract::State, http::HeaderMap, http::header::USER_AGENT, routing::post};
use serde::Serialize;
use serde_json::Value;
use shared::{
    app::App,
    audit::{Actor, Entry},
    codes,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, Reply, RequestId, Source},
    identity::{
        password::Password,
        recovery::RecoveryCode,
        session::{self, Token},
        staff::{self, SecondFactor, SignedIn, StaffId, StaffMember, TotpState},
        totp::TotpCode,
        vault::{FIELD_KEY, LOOKUP_KEY},
    },
    messages::EmailAddress,
    table::{Index, Write},
};
use utoipa::ToSchema;

use crate::{WING, access::STAFF_COOKIE};

/// The declaration. Twice the usual memory, because it comes with twice the processor for hashing the password.
pub static FUNCTION: Function = Function {
    name: "lending-sign-in-staff",
    module: module_path!(),
    wing: &WING,
    summary: "Sign a member of staff in",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/admin/auth/login",
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[
        Need::Update,
        Need::QueryIndex(Index::Gsi1),
        Need::Query,
        Need::Put,
        Need::Delete,
        Need::Secret(&LOOKUP_KEY),
        Need::Secret(&FIELD_KEY),
    ],
    memory_mb: 512,
    ..Function::ENDPOINT
};

/// The password first; where the answer is `TOTP_REQUIRED`, the same again with the code.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    #[schema(value_type = String, example = "ravi@lender.example")]
    email: EmailAddress,
    #[schema(value_type = String, example = "correct horse battery")]
    password: Password,
    /// What the authenticator app shows.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "012345")]
    totp: Option<TotpCode>,
    /// In place of the code, where the authenticator is lost. Counts once.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "abcd-efgh-jkmn-pqrs")]
    recovery_code: Option<RecoveryCode>,
}

/// Who is signed in now. The session itself travels in a cookie.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    #[schema(value_type = String, example = "stf_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    id: StaffId,
    name: String,
    roles: Vec<String>,
    /// What is to do before anything else: `password`, `totp`.
    missing: Vec<&'static str>,
    /// Send it as `X-CSRF-Token` with unsafe requests that come from elsewhere than our own pages.
    csrf_token: String,
}

async fn handle(
    State(app): State<App>,
    Extension(source): Extension<Source>,
    Extension(request_id): Extension<RequestId>,
    headers: HeaderMap,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let factor = SecondFactor { totp: request.totp, recovery_code: request.recovery_code };
    let network = source.prefix();
    let right = staff::sign_in(&app, &WING, &request.email, &request.password, &factor, &network).await?;
    let SignedIn { member, attempt } = right;

    let user_agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let partition = StaffMember::partition(&WING, member.id);
    let (token, session) =
        Token::issue(member.id, partition.clone(), app.now(), app.random(), user_agent, network);
    let ended = session::oldest_beyond_the_most(session::others(&app, &partition, None).await?);
    let actor = Actor::new(member.id, member.roles.clone(), source, &request_id);
    let line = Entry::new(&app, &WING, &actor, "sign_in", member.id, &Value::Null, &Value::Null)?;
    // Two sign-ins with one code at the same moment: the second finds another version of the member.
    let lost = if member.totp_state() == TotpState::On {
        codes::CODE_ALREADY_USED
    } else {
        codes::CHANGED_MEANWHILE
    };
    let write = Write::new().replace(&member).or(lost).create(&session).create(&line);
    app.table().write(ended.iter().fold(attempt.forgive(write), Write::delete)).await?;

    let response = Response {
        id: member.id,
        missing: member.missing(),
        name: member.value.name,
        roles: member.value.roles,
        csrf_token: session.csrf_token(),
    };
    Ok(Reply::ok("You are signed in", response).cookie(token.cookie(STAFF_COOKIE)))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::{Value, json};
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::{admin_users, staff_auth::get_self},
        testing::{STAFF_PASSWORD, SignedInStaff, signed_in, staff_member, staff_signed_in},
    };

    const WRONG: &str = "correct horse batterY";

    async fn post(stand: &Stand, body: Value) -> Answer {
        stand.call(&FUNCTION).json(body).await
    }

    async fn sign_in(stand: &Stand, ravi: &SignedInStaff, password: &str) -> Answer {
        let code = ravi.totp.code_at(stand.now());
        post(stand, json!({ "email": ravi.email, "password": password, "totp": code })).await
    }

    fn another(code: &str) -> String {
        format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
    }

    #[tokio::test]
    async fn password_and_code_make_a_session_of_staff() {
        let stand = Stand::new().await;
        let ravi = staff_member(&stand, &["officer"]).await;
        let answer = sign_in(&stand, &ravi, STAFF_PASSWORD).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let data = &answer.body["data"];
        assert_eq!((&data["roles"], &data["missing"]), (&json!(["officer"]), &json!([])));
        for part in
            ["__Host-staff=", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=86400"]
        {
            assert!(answer.cookies[0].contains(part), "{}", answer.cookies[0]);
        }
        let me = stand.call(&get_self::FUNCTION).cookie(&answer.cookie("__Host-staff").unwrap()).await;
        assert_eq!(me.body["data"]["id"], ravi.id.to_string(), "{me:?}");
        assert_eq!(answer.cost.calls, 5);
    }

    #[tokio::test]
    async fn the_address_is_the_same_in_capitals() {
        let stand = Stand::new().await;
        let ravi = staff_member(&stand, &["officer"]).await;
        let code = ravi.totp.code_at(stand.now());
        let body = json!({ "email": ravi.email.to_uppercase(), "password": STAFF_PASSWORD, "totp": code });
        assert_eq!(post(&stand, body).await.status, 200);
    }

    #[tokio::test]
    async fn the_code_is_asked_for_only_after_a_right_password() {
        let stand = Stand::new().await;
        let ravi = staff_member(&stand, &["officer"]).await;
        let right = post(&stand, json!({ "email": ravi.email, "password": STAFF_PASSWORD })).await;
        assert_eq!((right.status, right.code()), (401, "TOTP_REQUIRED"));
        let wrong = post(&stand, json!({ "email": ravi.email, "password": WRONG })).await;
        assert_eq!((wrong.status, wrong.code()), (401, "WRONG_CREDENTIALS"));
        assert!(right.cookies.is_empty() && wrong.cookies.is_empty());
    }

    /// Case A04.
    #[tokio::test]
    async fn a_code_counts_once_and_five_wrong_ones_are_a_pause() {
        let stand = Stand::new().await;
        let ravi = staff_member(&stand, &["officer"]).await;
        assert_eq!(sign_in(&stand, &ravi, STAFF_PASSWORD).await.status, 200);
        let again = sign_in(&stand, &ravi, STAFF_PASSWORD).await;
        assert_eq!((again.status, again.code()), (401, "CODE_ALREADY_USED"));
        stand.advance(SignedDuration::from_mins(16));
        for _ in 0..5 {
            let code = another(&ravi.totp.code_at(stand.now()));
            let body = json!({ "email": ravi.email, "password": STAFF_PASSWORD, "totp": code });
            let answer = post(&stand, body).await;
            assert_eq!((answer.status, answer.code()), (401, "INVALID_TOTP"));
        }
        stand.advance(SignedDuration::from_secs(60));
        let answer = sign_in(&stand, &ravi, STAFF_PASSWORD).await;
        assert_eq!((answer.status, answer.code()), (429, "TOO_MANY_REQUESTS"));
        assert_eq!(answer.headers["retry-after"], "840");
    }

    #[tokio::test]
    async fn asking_for_the_code_in_between_gives_no_more_guesses() {
        let stand = Stand::new().await;
        let ravi = staff_member(&stand, &["officer"]).await;
        let mut compared = 0;
        for _ in 0..10 {
            let code = another(&ravi.totp.code_at(stand.now()));
            let guess = json!({ "email": ravi.email, "password": STAFF_PASSWORD, "totp": code });
            compared += usize::from(post(&stand, guess).await.code() == "INVALID_TOTP");
            post(&stand, json!({ "email": ravi.email, "password": STAFF_PASSWORD })).await;
        }
        assert_eq!(compared, 5);
    }

    /// Case A10.
    #[tokio::test]
    async fn five_wrong_passwords_lock_for_fifteen_minutes_and_a_right_one_resets_the_count() {
        let stand = Stand::new().await;
        let ravi = staff_member(&stand, &["officer"]).await;
        for _ in 0..5 {
            assert_eq!(sign_in(&stand, &ravi, WRONG).await.code(), "WRONG_CREDENTIALS");
        }
        for later in [60, 13 * 60 + 59] {
            stand.advance(SignedDuration::from_secs(later));
            assert_eq!(sign_in(&stand, &ravi, STAFF_PASSWORD).await.status, 429);
        }
        stand.advance(SignedDuration::from_secs(2));
        assert_eq!(sign_in(&stand, &ravi, STAFF_PASSWORD).await.status, 200);
        for _ in 0..4 {
            assert_eq!(sign_in(&stand, &ravi, WRONG).await.status, 401);
        }
        stand.advance(SignedDuration::from_secs(30));
        assert_eq!(sign_in(&stand, &ravi, STAFF_PASSWORD).await.status, 200);
    }

    /// Case A11.
    #[tokio::test]
    async fn an_unknown_address_hears_the_same_as_a_known_one_until_both_are_locked() {
        let stand = Stand::new().await;
        let ravi = staff_member(&stand, &["officer"]).await;
        for _ in 0..6 {
            let known = sign_in(&stand, &ravi, WRONG).await;
            let body = json!({ "email": "nobody@lender.example", "password": WRONG, "totp": "123456" });
            let unknown = stand.call(&FUNCTION).json(body).from_ip("198.51.100.1").await;
            assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
            assert_eq!(known.headers.get("retry-after"), unknown.headers.get("retry-after"));
            assert_eq!(known.cost.calls, unknown.cost.calls);
        }
    }

    #[tokio::test]
    async fn twenty_wrong_sign_ins_from_one_network_lock_it_and_no_other() {
        let stand = Stand::new().await;
        let ravi = staff_member(&stand, &["officer"]).await;
        for n in 0..20 {
            let body = json!({ "email": format!("guess{n}@lender.example"), "password": WRONG });
            assert_eq!(post(&stand, body).await.status, 401);
        }
        for _ in 0..6 {
            assert_eq!(sign_in(&stand, &ravi, STAFF_PASSWORD).await.status, 429);
        }
        let body = json!({ "email": ravi.email, "password": STAFF_PASSWORD, "totp": ravi.totp.code_at(stand.now()) });
        let elsewhere = stand.call(&FUNCTION).json(body).from_ip("198.51.100.1").await;
        assert_eq!(elsewhere.status, 200, "{elsewhere:?}");
    }

    #[tokio::test]
    async fn thirty_guesses_at_once_are_five() {
        let stand = Stand::new().await;
        let ravi = staff_member(&stand, &["officer"]).await;
        let answers = futures::future::join_all((0..30).map(|_| sign_in(&stand, &ravi, WRONG))).await;
        let compared = answers.iter().filter(|answer| answer.code() == "WRONG_CREDENTIALS").count();
        assert!(compared <= 5, "{compared}");
        assert_eq!(sign_in(&stand, &ravi, STAFF_PASSWORD).await.status, 429);
    }

    #[tokio::test]
    async fn one_code_used_twice_at_the_same_moment_signs_in_once() {
        let stand = Stand::new().await;
        let ravi = staff_member(&stand, &["officer"]).await;
        let (one, two) =
            futures::join!(sign_in(&stand, &ravi, STAFF_PASSWORD), sign_in(&stand, &ravi, STAFF_PASSWORD));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401], "{one:?} {two:?}");
    }

    #[tokio::test]
    async fn staff_and_borrowers_never_mix() {
        let stand = Stand::new().await;
        let borrower = signed_in(&stand, "9876543210").await;
        let officer = staff_signed_in(&stand, &["officer"]).await;
        let as_staff = borrower.replace("__Host-sid", "__Host-staff");
        let as_borrower = officer.replace("__Host-staff", "__Host-sid");
        assert_eq!(stand.call(&admin_users::list::FUNCTION).cookie(&as_staff).await.code(), "NOT_SIGNED_IN");
        assert_eq!(stand.call(&admin_users::list::FUNCTION).cookie(&borrower).await.code(), "NOT_SIGNED_IN");
        let profile = stand.call(&crate::endpoints::auth::get_profile::FUNCTION).cookie(&as_borrower).await;
        assert_eq!(profile.code(), "NOT_SIGNED_IN");
    }

    #[tokio::test]
    async fn what_is_no_password_or_code_is_named_before_anything_is_counted() {
        let stand = Stand::new().await;
        let answer = post(&stand, json!({ "email": "x", "password": "short", "totp": "12" })).await;
        assert_eq!((answer.status, answer.code()), (400, "VALIDATION_FAILED"));
        assert_eq!(answer.wrong_fields(), ["email", "password", "totp"]);
        assert_eq!(answer.cost.calls, 0);
    }

    #[tokio::test]
    async fn a_sign_in_leaves_a_line_in_the_audit_log_and_no_secret_anywhere() {
        let stand = Stand::new().await;
        let ravi = staff_member(&stand, &["officer"]).await;
        let answer = sign_in(&stand, &ravi, STAFF_PASSWORD).await;
        let stored = stand.everything_stored().await;
        assert!(stored.contains("\"action\": S(\"sign_in\")"));
        let token = answer.cookie("__Host-staff").unwrap().replace("__Host-staff=", "");
        assert!(
            !stored.contains(STAFF_PASSWORD)
                && !stored.contains(&ravi.totp.base32())
                && !stored.contains(&token)
        );
    }
}
