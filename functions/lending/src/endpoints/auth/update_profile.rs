//! `PUT /api/auth/profile`: name, e-mail address, language. A new address counts once it is confirmed.
use axum::{extract::State, routing::put};
use serde::Serialize;
use shared::{
    app::App,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Rate, Route, Trigger},
    http::{Body, Docs, FieldErrors, Reply},
    identity::vault::{FIELD_KEY, LOOKUP_KEY},
    messages::EmailAddress,
    table::Write,
};
use utoipa::ToSchema;

use crate::{
    WING,
    access::{BORROWER, Borrower},
    borrower::{FullName, Language},
    codes::COMPLETE_BASIC_FIRST,
    email_confirmation,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-update-profile",
    module: module_path!(),
    wing: &WING,
    summary: "Change name, e-mail address or language",
    trigger: Trigger::Http(Route {
        method: Method::Put,
        path: "/api/auth/profile",
        access: BORROWER,
        // Each call may send a letter to an address that is not the caller's.
        rate: Some(Rate { calls: 10, seconds: 3600 }),
        handler: || put(handle),
        docs: Docs::reply::<Response>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Put, Need::Secret(&FIELD_KEY), Need::Secret(&LOOKUP_KEY)],
    ..Function::ENDPOINT
};

/// What changes; the rest stays.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// As on the PAN card.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "Asha Verma")]
    full_name: Option<FullName>,
    /// Gets a letter with the token that `POST /api/auth/profile/confirm-email` takes.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "asha@example.in")]
    email: Option<EmailAddress>,
    #[deserr(default)]
    language: Option<Language>,
}

/// How it stands now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    #[schema(value_type = Option<String>)]
    full_name: Option<FullName>,
    email: Option<String>,
    /// Waits for its confirmation, at most 24 hours.
    pending_email: Option<String>,
    language: Language,
}

async fn handle(
    State(app): State<App>,
    Borrower { mut user, .. }: Borrower,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let now = app.now();
    let mut write = Write::new();
    if let Some(name) = request.full_name {
        user.basic.as_mut().ok_or(COMPLETE_BASIC_FIRST)?.full_name = name;
    }
    if let Some(language) = request.language {
        user.language = language;
    }
    if let Some(address) = request.email {
        user.basic.as_ref().ok_or(COMPLETE_BASIC_FIRST)?;
        write = email_confirmation::ask(&app, &mut user, address.to_string(), write)?;
    }
    user.updated_at = now;
    app.table().write(write.replace(&user)).await?;
    let response = Response {
        full_name: user.basic.as_ref().map(|basic| basic.full_name.clone()),
        email: user.basic.as_ref().map(|basic| basic.email.clone()),
        pending_email: user.pending_email(now).map(str::to_owned),
        language: user.language,
    };
    Ok(Reply::ok("Your profile is changed", response))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::{Value, json};
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::auth::get_profile,
        testing::{basic_done, letters, signed_in},
    };

    async fn put(stand: &Stand, cookie: &str, body: Value) -> Answer {
        stand.call(&FUNCTION).cookie(cookie).json(body).await
    }

    #[tokio::test]
    async fn name_and_language_change_at_once_and_what_is_not_named_stays() {
        let stand = Stand::new().await;
        let cookie = basic_done(&stand, "9876543210").await;
        let answer = put(&stand, &cookie, json!({ "full_name": "Asha Rao", "language": "hi" })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let expected = json!({
            "full_name": "Asha Rao", "email": "asha9876543210@example.in", "pending_email": null, "language": "hi",
        });
        assert_eq!(answer.body["data"], expected);
        let answer = put(&stand, &cookie, json!({})).await;
        assert_eq!(answer.body["data"], expected);
        assert!(letters(&stand).is_empty());
    }

    #[tokio::test]
    async fn a_new_address_waits_and_its_letter_rests_without_the_token() {
        let stand = Stand::new().await;
        let cookie = basic_done(&stand, "9876543210").await;
        let answer = put(&stand, &cookie, json!({ "email": "new@Example.in" })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["data"]["email"], "asha9876543210@example.in");
        assert_eq!(answer.body["data"]["pending_email"], "new@example.in");
        assert_eq!(answer.cost.calls, 3);
        let profile = stand.call(&get_profile::FUNCTION).cookie(&cookie).await;
        assert_eq!(profile.body["data"]["pending_email"], "new@example.in");
        let letters = letters(&stand);
        assert_eq!((letters.len(), &*letters[0].to), (1, "new@example.in"));
        assert!(!stand.everything_stored().await.contains("eml_"));
    }

    #[tokio::test]
    async fn before_the_basic_details_there_is_no_name_or_address_to_change() {
        let stand = Stand::new().await;
        let cookie = signed_in(&stand, "9876543210").await;
        for body in [json!({ "full_name": "Asha Rao" }), json!({ "email": "new@example.in" })] {
            let answer = put(&stand, &cookie, body).await;
            assert_eq!((answer.status, answer.code()), (409, "COMPLETE_BASIC_FIRST"));
        }
        assert_eq!(put(&stand, &cookie, json!({ "language": "hi" })).await.status, 200);
    }

    #[tokio::test]
    async fn wrong_fields_are_named_and_nothing_changes() {
        let stand = Stand::new().await;
        let cookie = basic_done(&stand, "9876543210").await;
        let answer =
            put(&stand, &cookie, json!({ "full_name": "A1", "email": "no", "language": "fr", "pan": "x" }))
                .await;
        assert_eq!((answer.status, answer.code()), (400, "VALIDATION_FAILED"));
        assert_eq!(answer.wrong_fields(), ["email", "full_name", "language", "pan"]);
    }

    #[tokio::test]
    async fn nobody_sends_letters_to_strangers_all_day() {
        let stand = Stand::new().await;
        let cookie = basic_done(&stand, "9876543210").await;
        for n in 0..10 {
            assert_eq!(
                put(&stand, &cookie, json!({ "email": format!("n{n}@example.in") })).await.status,
                200
            );
        }
        assert_eq!(put(&stand, &cookie, json!({ "email": "n10@example.in" })).await.status, 429);
        stand.advance(SignedDuration::from_hours(1));
        assert_eq!(put(&stand, &cookie, json!({ "email": "n10@example.in" })).await.status, 200);
    }
}
