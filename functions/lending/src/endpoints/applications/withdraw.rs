//! `POST /api/loan-applications/{id}/withdraw`: the borrower takes an application back, as long as it is not accepted.
use axum::{extract::State, routing::post};
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Docs, Path, Reply},
    table::Write,
};
use utoipa::ToSchema;

use super::ApplicationView;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::ApplicationId,
    loan::state::ApplicationEvent,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-withdraw-application",
    module: module_path!(),
    wing: &WING,
    summary: "Take a loan application back",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/loan-applications/{id}/withdraw",
        access: BORROWER,
        handler: || post(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get, Need::Put, Need::Update, Need::Delete],
    ..Function::ENDPOINT
};

/// The application as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    application: ApplicationView,
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Path(id): Path<ApplicationId>,
) -> Result<Reply<Response>, Error> {
    let mut application = super::own(&app, &user, id).await?;
    let moved = application.transition(ApplicationEvent::Withdraw, user.id.to_string(), None, app.now())?;
    app.table().write(moved.record(Write::new(), &application)).await?;
    let response = Response { application: ApplicationView::of(&application, app.now()) };
    Ok(Reply::ok("Your application is withdrawn", response))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::{accepted, applied, approved, profile_done};

    #[tokio::test]
    async fn an_open_application_is_withdrawn_once_and_makes_room_for_another() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &cookie).await;
        let withdraw = async || stand.call(&FUNCTION).cookie(&cookie).path("id", &id).await;
        let answer = withdraw().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["data"]["application"]["status"], "withdrawn");
        let again = withdraw().await;
        assert_eq!((again.status, again.code()), (409, "NOT_IN_THAT_STATE"));
        assert_eq!(again.body["data"]["status"], "withdrawn");
        applied(&stand, &cookie).await;
    }

    #[tokio::test]
    async fn an_offer_may_be_declined_but_not_after_it_was_accepted() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &cookie).await;
        approved(&stand, &id).await;
        accepted(&stand, "9876543210", &cookie, &id).await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).path("id", &id).await;
        assert_eq!((answer.status, answer.code()), (409, "NOT_IN_THAT_STATE"));
        assert_eq!(answer.body["data"], json!({ "status": "accepted" }));
    }

    #[tokio::test]
    async fn two_withdrawals_at_the_same_moment_are_one() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &cookie).await;
        let withdraw = async || stand.call(&FUNCTION).cookie(&cookie).path("id", &id).await.status;
        let (one, two) = futures::join!(withdraw(), withdraw());
        assert_eq!((one.min(two), one.max(two)), (200, 409));
    }

    #[tokio::test]
    async fn other_peoples_applications_are_not_there() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let id = applied(&stand, &asha).await;
        assert_eq!(stand.call(&FUNCTION).cookie(&bela).path("id", &id).await.status, 404);
    }
}
