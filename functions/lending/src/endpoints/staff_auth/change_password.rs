//! `POST /api/admin/auth/password`: a member of staff chooses another password; their other sessions end.
use axum::{Extension, extract::State, routing::post};
use shared::{
    app::App,
    audit::Entry,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, Reply, Source},
    identity::{
        password::Password,
        session,
        staff::{self, StaffMember},
    },
    table::Write,
};
use utoipa::ToSchema;

use crate::{
    WING,
    access::{STAFF_IN_SETUP, Staff},
    staff::count_admins,
};

/// The declaration. Twice the usual memory, because it comes with twice the processor for hashing the passwords.
pub static FUNCTION: Function = Function {
    name: "lending-change-staff-password",
    module: module_path!(),
    wing: &WING,
    summary: "Choose another password",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/admin/auth/password",
        access: STAFF_IN_SETUP,
        handler: || post(handle),
        docs: Docs::NONE.body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Update, Need::Query, Need::Put, Need::Delete],
    memory_mb: 512,
    ..Function::ENDPOINT
};

/// The old and the new.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// Also the temporary one.
    #[schema(value_type = String, example = "abcdefgh23456789")]
    current_password: Password,
    /// 12 to 128 characters, another than the current one.
    #[schema(value_type = String, example = "correct horse battery")]
    new_password: Password,
}

async fn handle(
    State(app): State<App>,
    Extension(source): Extension<Source>,
    Staff { mut member, session, actor }: Staff,
    Body(request): Body<Request>,
) -> Result<Reply, Error> {
    let attempt = staff::ask_again(&app, &WING, &member, &request.current_password, &source.prefix()).await?;
    if request.new_password.reveal() == request.current_password.reveal() {
        return Err(Error::invalid_field("new_password", "choice", "must be another than the current one"));
    }
    let before = member.value.clone();
    member.choose_password(&app, &request.new_password)?;
    let others = session::others(&app, &StaffMember::partition(&WING, member.id), Some(session.id)).await?;
    let line = Entry::new(&app, &WING, &actor, "change_password", member.id, &before.view(), &member.view())?;
    let write = count_admins(Some(&before), &member, Write::new().replace(&member).create(&line));
    app.table().write(others.iter().fold(attempt.forgive(write), Write::delete)).await?;
    Ok(Reply::done("Your password is changed; your other sessions have ended"))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::staff_auth::{get_self, sign_in},
        testing::{STAFF_PASSWORD, SignedInStaff, staff_member},
    };

    const NEW: &str = "staple battery horse";

    async fn change(stand: &Stand, cookie: &str, current: &str, new: &str) -> Answer {
        let body = json!({ "current_password": current, "new_password": new });
        stand.call(&FUNCTION).cookie(cookie).json(body).await
    }

    async fn sign_in(stand: &Stand, ravi: &SignedInStaff, password: &str) -> Answer {
        stand.advance(SignedDuration::from_secs(30));
        let code = ravi.totp.code_at(stand.now());
        stand
            .call(&sign_in::FUNCTION)
            .json(json!({ "email": ravi.email, "password": password, "totp": code }))
            .await
    }

    #[tokio::test]
    async fn a_new_password_ends_the_other_sessions_and_the_old_one() {
        let stand = Stand::new().await;
        let ravi = staff_member(&stand, &["officer"]).await;
        let elsewhere = sign_in(&stand, &ravi, STAFF_PASSWORD).await.cookie("__Host-staff").unwrap();
        let answer = change(&stand, &ravi.cookie, STAFF_PASSWORD, NEW).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(stand.call(&get_self::FUNCTION).cookie(&ravi.cookie).await.status, 200);
        assert_eq!(stand.call(&get_self::FUNCTION).cookie(&elsewhere).await.code(), "NOT_SIGNED_IN");
        assert_eq!(sign_in(&stand, &ravi, STAFF_PASSWORD).await.code(), "WRONG_CREDENTIALS");
        assert_eq!(sign_in(&stand, &ravi, NEW).await.status, 200);
        let stored = stand.everything_stored().await;
        assert!(stored.contains("\"action\": S(\"change_password\")"));
        assert!(!stored.contains(NEW));
        // A hash stands in the member and nowhere else, so not in the audit log either.
        assert_eq!(stored.matches("$argon2id$").count(), 1);
    }

    #[tokio::test]
    async fn a_borrowed_screen_cannot_guess_the_password() {
        let stand = Stand::new().await;
        let ravi = staff_member(&stand, &["officer"]).await;
        for _ in 0..5 {
            assert_eq!(
                change(&stand, &ravi.cookie, "correct horse batterY", NEW).await.code(),
                "WRONG_CREDENTIALS"
            );
        }
        assert_eq!(change(&stand, &ravi.cookie, STAFF_PASSWORD, NEW).await.status, 429);
    }

    #[tokio::test]
    async fn the_same_or_a_short_password_is_refused() {
        let stand = Stand::new().await;
        let ravi = staff_member(&stand, &["officer"]).await;
        let answer = change(&stand, &ravi.cookie, STAFF_PASSWORD, STAFF_PASSWORD).await;
        assert_eq!(answer.wrong_fields(), ["new_password"]);
        assert_eq!(
            change(&stand, &ravi.cookie, STAFF_PASSWORD, "short").await.wrong_fields(),
            ["new_password"]
        );
    }
}
