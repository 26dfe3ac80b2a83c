//! `GET /api/admin/users/{id}`: one borrower, with the version that a change must name.
use axum::{extract::State, routing::get};
use shared::{
    app::App,
    codes,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Path, Reply},
    identity::{Vault, vault::FIELD_KEY},
};

use super::UserDetails;
use crate::{
    WING,
    access::OFFICER_OR_ADMIN,
    borrower::{User, UserId},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-user",
    module: module_path!(),
    wing: &WING,
    summary: "Show a borrower to staff",
    trigger: Trigger::Http(Route {
        path: "/api/admin/users/{id}",
        access: OFFICER_OR_ADMIN,
        handler: || get(handle),
        docs: Docs::reply::<UserDetails>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get, Need::Secret(&FIELD_KEY)],
    ..Function::ENDPOINT
};

async fn handle(State(app): State<App>, Path(id): Path<UserId>) -> Result<Reply<UserDetails>, Error> {
    let user = app.table().get(User::at(id)).await?.ok_or(codes::NOT_FOUND)?;
    let version = user.revision();
    Ok(Reply::ok("The borrower", UserDetails::of(&Vault::of(&app)?, &user)?).version(version))
}

#[cfg(test)]
mod tests {
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::users::list,
        testing::{profile_done, staff_signed_in},
    };

    #[tokio::test]
    async fn staff_see_a_borrower_with_the_pan_masked() {
        let stand = Stand::new().await;
        profile_done(&stand, "9876543210").await;
        let officer = staff_signed_in(&stand, &["officer"]).await;
        let found = stand.call(&list::FUNCTION).cookie(&officer).query("mobile=9876543210").await;
        let id = found.body["data"]["users"][0]["id"].as_str().unwrap();
        let answer = stand.call(&FUNCTION).cookie(&officer).path("id", id).await;
        assert_eq!((answer.status, answer.headers["etag"].as_str()), (200, "\"3\""), "{answer:?}");
        let data = &answer.body["data"];
        assert_eq!((&data["mobile"], &data["basic"]["pan"]), (&"9876543210".into(), &"XXXXXX210F".into()));
        assert_eq!(data["additional"]["city"], "Pune");
        assert_eq!(answer.cost.calls, 2);
    }

    #[tokio::test]
    async fn what_is_nobody_is_not_there() {
        let stand = Stand::new().await;
        let officer = staff_signed_in(&stand, &["officer"]).await;
        for id in ["usr_01J9ZQ6V0M8Q2W3E4R5T6Y7V8A", "stf_01J9ZQ6V0M8Q2W3E4R5T6Y7V8A", "x"] {
            assert_eq!(stand.call(&FUNCTION).cookie(&officer).path("id", id).await.status, 404, "{id}");
        }
    }
}
