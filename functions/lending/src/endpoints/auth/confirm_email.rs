//! `POST /api/auth/profile/confirm-email`: the token from the letter makes the new address count.
use axum::{extract::State, routing::post};
use serde::Serialize;
use shared::{
    app::App,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Rate, Route, Trigger},
    http::{Body, Docs, FieldErrors, Reply},
    identity::vault::{self, LOOKUP_KEY},
    messages::notice,
    table::Write,
};
use utoipa::ToSchema;

use crate::{
    WING,
    access::{BORROWER, Borrower},
    borrower::EmailToken,
    codes::NO_SUCH_CONFIRMATION,
    notices::{self, EMAIL_CHANGED},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-confirm-email",
    module: module_path!(),
    wing: &WING,
    summary: "Confirm a new e-mail address",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/auth/profile/confirm-email",
        access: BORROWER,
        rate: Some(Rate { calls: 20, seconds: 3600 }),
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Put, Need::Secret(&LOOKUP_KEY)],
    ..Function::ENDPOINT
};

/// What the letter carried.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    #[schema(value_type = String, example = "eml_01J9ZQ6V0M8Q2W3E4R5T6Y7V8Z")]
    token: EmailToken,
}

/// Where letters go from now on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    email: Option<String>,
}

async fn handle(
    State(app): State<App>,
    Borrower { mut user, .. }: Borrower,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let token = vault::lookup(&app, WING.tag, "email-token", &request.token.to_string())?;
    let before = notices::recipient(&user);
    if !user.confirm_email(&token, app.now()) {
        return Err(NO_SUCH_CONFIRMATION.into());
    }
    let write = notice::tell(Write::new(), &app, &WING, &before, &EMAIL_CHANGED, &[])?;
    app.table().write(write.replace(&user)).await?;
    let email = user.value.basic.map(|basic| basic.email);
    Ok(Reply::ok("Your new e-mail address counts from now on", Response { email }))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;
    use shared::identity::Vault;
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::auth::{get_profile, update_profile},
        testing::{basic_done, letters},
    };

    /// The token in the newest letter that carries one.
    async fn ask(stand: &Stand, cookie: &str, address: &str) -> String {
        let answer =
            stand.call(&update_profile::FUNCTION).cookie(cookie).json(json!({ "email": address })).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let app = stand.app(&update_profile::FUNCTION).await;
        let letter = letters(stand).pop().unwrap();
        Vault::of(&app).unwrap().open(&letter.notice.to_string(), "letter", &letter.secret.unwrap()).unwrap()
    }

    async fn confirm(stand: &Stand, cookie: &str, token: &str) -> Answer {
        stand.call(&FUNCTION).cookie(cookie).json(json!({ "token": token })).await
    }

    #[tokio::test]
    async fn the_token_makes_the_address_count_once_and_tells_the_address_before() {
        let stand = Stand::new().await;
        let cookie = basic_done(&stand, "9876543210").await;
        let token = ask(&stand, &cookie, "new@example.in").await;
        let answer = confirm(&stand, &cookie, &token).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["data"], json!({ "email": "new@example.in" }));
        let profile = stand.call(&get_profile::FUNCTION).cookie(&cookie).await;
        assert_eq!(profile.body["data"]["email"], "new@example.in");
        let last = letters(&stand).pop().unwrap();
        assert_eq!(
            (&*last.to, &*last.subject),
            ("asha9876543210@example.in", "Your e-mail address has changed")
        );
        assert_eq!(confirm(&stand, &cookie, &token).await.code(), "NO_SUCH_CONFIRMATION");
    }

    #[tokio::test]
    async fn a_token_lives_twenty_four_hours() {
        for (age, status) in [(24 * 3600 - 1, 200), (24 * 3600, 400)] {
            let stand = Stand::new().await;
            let cookie = basic_done(&stand, "9876543210").await;
            // The session of then ends as well, so another one confirms.
            let token = ask(&stand, &cookie, "new@example.in").await;
            stand.advance(SignedDuration::from_secs(age));
            let cookie = crate::testing::signed_in(&stand, "9876543210").await;
            assert_eq!(confirm(&stand, &cookie, &token).await.status, status, "after {age} s");
        }
    }

    #[tokio::test]
    async fn only_the_newest_letter_counts() {
        let stand = Stand::new().await;
        let cookie = basic_done(&stand, "9876543210").await;
        let first = ask(&stand, &cookie, "one@example.in").await;
        stand.advance(SignedDuration::from_secs(1));
        let second = ask(&stand, &cookie, "two@example.in").await;
        assert_eq!(confirm(&stand, &cookie, &first).await.status, 400);
        assert_eq!(confirm(&stand, &cookie, &second).await.body["data"]["email"], "two@example.in");
    }

    #[tokio::test]
    async fn the_token_of_somebody_else_is_of_no_use() {
        let stand = Stand::new().await;
        let asha = basic_done(&stand, "9876543210").await;
        let bela = basic_done(&stand, "9876543211").await;
        let token = ask(&stand, &asha, "new@example.in").await;
        assert_eq!(confirm(&stand, &bela, &token).await.code(), "NO_SUCH_CONFIRMATION");
        assert_eq!(confirm(&stand, &asha, "guess").await.code(), "VALIDATION_FAILED");
    }
}
