//! `GET /api/loan-applications/{id}`: one application of the borrower, how it came to where it is, and what comes next.
use axum::{extract::State, routing::get};
use jiff::Timestamp;
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Path, Reply},
};
use utoipa::ToSchema;

use super::{ApplicationView, NextStep, OfferView};
use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::{ApplicationId, StatusChange},
    loan::state::ApplicationStatus,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-application",
    module: module_path!(),
    wing: &WING,
    summary: "Show one of your loan applications",
    trigger: Trigger::Http(Route {
        path: "/api/loan-applications/{id}",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get],
    ..Function::ENDPOINT
};

/// All that the borrower may know of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    application: ApplicationView,
    /// Oldest first.
    status_history: Vec<Change>,
    /// While there is one to accept, and after it was accepted.
    offer: Option<OfferView>,
    next_steps: Vec<NextStep>,
}

/// One step, without who of us took it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Change {
    status: ApplicationStatus,
    /// RFC 3339.
    #[schema(value_type = String)]
    at: Timestamp,
}

impl From<&StatusChange> for Change {
    fn from(change: &StatusChange) -> Self {
        Self { status: change.status, at: change.at }
    }
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Path(id): Path<ApplicationId>,
) -> Result<Reply<Response>, Error> {
    let application = super::own(&app, &user, id).await?;
    let status = application.status_at(app.now());
    let response = Response {
        status_history: application.history.iter().map(Change::from).collect(),
        offer: super::offer_of(&app, &application).ok().as_ref().map(OfferView::from),
        next_steps: NextStep::after(status),
        application: ApplicationView::of(&application, app.now()),
    };
    Ok(Reply::ok("Your application", response))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::{applied, approved, profile_done, signed_in};

    #[tokio::test]
    async fn an_application_shows_its_history_its_offer_and_what_comes_next() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &cookie).await;
        let get = async |cookie: &str| stand.call(&FUNCTION).cookie(cookie).path("id", &id).await;
        let answer = get(&cookie).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["data"]["offer"], json!(null));
        assert_eq!(answer.cost.calls, 2);

        approved(&stand, &id).await;
        let data = get(&cookie).await.body["data"].clone();
        let history = data["status_history"].as_array().unwrap().iter();
        let statuses: Vec<_> = history.map(|change| change["status"].as_str().unwrap()).collect();
        assert_eq!(statuses, ["submitted", "under_review", "approved"]);
        assert_eq!(data["next_steps"][0]["step"], "accept_offer");
        assert_eq!(data["offer"]["loan_amount"], 50_000);
        assert!(!data.to_string().contains("stf_"), "who of us it was is ours: {data}");

        stand.advance(SignedDuration::from_hours(24 * 8));
        let cookie = signed_in(&stand, "9876543210").await;
        let data = get(&cookie).await.body["data"].clone();
        assert_eq!((&data["application"]["status"], &data["offer"]), (&json!("expired"), &json!(null)));
    }

    #[tokio::test]
    async fn other_peoples_applications_and_made_up_ids_are_not_there() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let id = applied(&stand, &asha).await;
        for id in [id.as_str(), "app_01ARZ3NDEKTSV4RRFFQ69G5FAV", "nonsense", "stats"] {
            let answer = stand.call(&FUNCTION).cookie(&bela).path("id", id).await;
            assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"), "{id}");
        }
        assert_eq!(stand.call(&FUNCTION).path("id", &id).await.status, 401);
    }
}
