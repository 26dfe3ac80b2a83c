//! `POST /api/admin/admin-users`: an admin takes somebody into the staff. The temporary password is shown this once.
use axum::{extract::State, routing::post};
use serde::Serialize;
use serde_json::Value;
use shared::{
    app::App,
    audit::Entry,
    codes,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, Line, Reply},
    identity::{
        staff::{NewMember, StaffMember, StaffView},
        vault::LOOKUP_KEY,
    },
    messages::EmailAddress,
    table::Write,
};
use utoipa::ToSchema;

use super::roles;
use crate::{
    WING,
    access::{ADMIN, Staff},
    staff::Role,
};

/// The declaration. Takes no idempotency key: its reply holds a password, which must not be kept to be sent again; a repeat
/// meets the address that is taken. Twice the usual memory for hashing it.
pub static FUNCTION: Function = Function {
    name: "lending-add-staff",
    module: module_path!(),
    wing: &WING,
    summary: "Take somebody into the staff",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/admin/admin-users",
        access: ADMIN,
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>().created(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Put, Need::Secret(&LOOKUP_KEY)],
    memory_mb: 512,
    ..Function::ENDPOINT
};

/// Who it is.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// They will sign in with it.
    #[schema(value_type = String, example = "ravi@lender.example")]
    email: EmailAddress,
    #[schema(value_type = String, example = "Ravi Rao")]
    name: Line<2, 100>,
    /// At least one.
    roles: Vec<Role>,
}

/// The new member.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    member: StaffView,
    /// Good for three days and for setting up only. Hand it over in person; nobody can see it again.
    temporary_password: String,
}

async fn handle(
    State(app): State<App>,
    Staff { actor, .. }: Staff,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let new = NewMember { email: &request.email, name: request.name.into(), roles: roles(request.roles)? };
    let (member, password) = StaffMember::new(&app, &WING, new)?;
    let line = Entry::new(&app, &WING, &actor, "add_staff", member.id, &Value::Null, &member.view())?;
    let write =
        Write::new().create(&member.email_taken()).or(codes::DUPLICATE_ENTRY).create(&member).create(&line);
    app.table().write(write).await?;
    let response = Response { member: member.view(), temporary_password: password.reveal().to_owned() };
    Ok(Reply::created("They can sign in and set up now", response).version(1))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::staff_auth::sign_in,
        testing::{staff_member, staff_signed_in},
    };

    fn ravi() -> Value {
        json!({ "email": "ravi@lender.example", "name": "Ravi Rao", "roles": ["finance", "officer"] })
    }

    async fn post(stand: &Stand, cookie: &str, body: Value) -> Answer {
        stand.call(&FUNCTION).cookie(cookie).json(body).await
    }

    #[tokio::test]
    async fn a_new_member_signs_in_with_the_password_that_was_shown_once() {
        let stand = Stand::new().await;
        let admin = staff_member(&stand, &["admin"]).await;
        let answer = post(&stand, &admin.cookie, ravi()).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let data = &answer.body["data"];
        assert_eq!(data["member"]["roles"], json!(["officer", "finance"]));
        let password = data["temporary_password"].as_str().unwrap();
        let stored = stand.everything_stored().await;
        assert!(!stored.contains(password));
        assert!(stored.contains("\"action\": S(\"add_staff\")") && stored.contains(&admin.id.to_string()));
        assert_eq!(stored.matches("$argon2id$").count(), 2, "one hash for each member, none in the log");
        let credentials = json!({ "email": "ravi@lender.example", "password": password });
        let signed_in = stand.call(&sign_in::FUNCTION).json(credentials).await;
        assert_eq!(signed_in.body["data"]["missing"], json!(["password", "totp"]));
    }

    #[tokio::test]
    async fn an_address_belongs_to_one_member_however_it_is_written() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        let mut again = ravi();
        again["email"] = "RAVI@lender.example".into();
        let (one, two) = futures::join!(post(&stand, &admin, ravi()), post(&stand, &admin, again));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{one:?} {two:?}");
    }

    #[tokio::test]
    async fn wrong_fields_and_unknown_roles_are_named() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        let answer = post(&stand, &admin, json!({ "email": "x", "name": "", "roles": ["king"] })).await;
        assert_eq!(answer.wrong_fields(), ["email", "name", "roles[0]"]);
        let mut nobody = ravi();
        nobody["roles"] = json!([]);
        assert_eq!(post(&stand, &admin, nobody).await.wrong_fields(), ["roles"]);
    }

    #[tokio::test]
    async fn only_admins_take_somebody_in() {
        let stand = Stand::new().await;
        for role in ["officer", "finance"] {
            let cookie = staff_signed_in(&stand, &[role]).await;
            let answer = post(&stand, &cookie, ravi()).await;
            assert_eq!((answer.status, answer.code()), (403, "FORBIDDEN"), "{role}");
        }
    }
}
