//! `PUT /api/notifications/preferences`: whether optional notices reach the phone and the mailbox too.
use axum::{extract::State, routing::put};
use shared::{
    app::App,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, Reply},
    table::Write,
};
use utoipa::ToSchema;

use super::Preferences;
use crate::{
    WING,
    access::{BORROWER, Borrower},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-set-notification-preferences",
    module: module_path!(),
    wing: &WING,
    summary: "Choose which notifications reach phone and mailbox",
    trigger: Trigger::Http(Route {
        method: Method::Put,
        path: "/api/notifications/preferences",
        access: BORROWER,
        handler: || put(handle),
        docs: Docs::reply::<Preferences>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Put],
    ..Function::ENDPOINT
};

/// There is nothing else to choose: notices about the borrower's money and rights cannot be switched off.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// Whether reminders and news come by SMS and e-mail. In the app they show either way.
    optional: bool,
}

async fn handle(
    State(app): State<App>,
    Borrower { mut user, .. }: Borrower,
    Body(request): Body<Request>,
) -> Result<Reply<Preferences>, Error> {
    user.wants_optional_notices = request.optional;
    user.updated_at = app.now();
    app.table().write(Write::new().replace(&user)).await?;
    Ok(Reply::ok("Your choice is saved", Preferences { optional: request.optional }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::notifications::list,
        testing::{letters, signed_in_on},
    };

    #[tokio::test]
    async fn optional_notices_stay_in_the_app_when_they_are_switched_off() {
        let stand = Stand::new().await;
        let cookie = crate::testing::basic_done(&stand, "9876543210").await;
        for (optional, letters_then) in [(false, 0), (true, 1)] {
            let answer = stand.call(&FUNCTION).cookie(&cookie).json(json!({ "optional": optional })).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(answer.body["data"], json!({ "optional": optional }));
            stand.advance(jiff::SignedDuration::from_mins(6));
            signed_in_on(&stand, "9876543210", &format!("Phone {optional}")).await;
            assert_eq!(letters(&stand).len(), letters_then);
        }
        let data = stand.call(&list::FUNCTION).cookie(&cookie).await.body["data"].clone();
        assert_eq!(data["unread_count"], 2);
    }

    #[tokio::test]
    async fn notices_about_money_cannot_be_switched_off() {
        let stand = Stand::new().await;
        let cookie = crate::testing::signed_in(&stand, "9876543210").await;
        let body = json!({ "optional": true, "payment_received": false });
        let answer = stand.call(&FUNCTION).cookie(&cookie).json(body).await;
        assert_eq!((answer.status, answer.wrong_fields()), (400, vec!["payment_received"]));
        assert_eq!(stand.call(&FUNCTION).cookie(&cookie).json(json!({})).await.wrong_fields(), ["optional"]);
    }
}
