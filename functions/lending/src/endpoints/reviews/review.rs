//! `POST /api/admin/loan-applications/{id}/review`: an officer takes an application off the queue; of two, one gets it.
use axum::{extract::State, routing::post};
use serde::Serialize;
use shared::{
    app::App,
    audit::Entry,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Docs, Path, Reply},
    messages::notice,
    table::{Index, Write},
};
use utoipa::ToSchema;

use super::{Case, Decided};
use crate::{
    WING,
    access::{OFFICER, Staff},
    application::{ApplicationId, LoanApplication},
    codes as lending_codes,
    loan::state::{ApplicationEvent, ApplicationStatus},
    notices,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-review-application",
    module: module_path!(),
    wing: &WING,
    summary: "Take a loan application into review",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/admin/loan-applications/{id}/review",
        access: OFFICER,
        idempotent: true,
        handler: || post(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::QueryIndex(Index::Gsi1), Need::BatchGet, Need::Put, Need::Update, Need::Delete],
    ..Function::ENDPOINT
};

/// Who has it now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    #[schema(value_type = String)]
    id: ApplicationId,
    status: ApplicationStatus,
    assigned_to: Option<String>,
    /// For `If-Match`.
    version: u64,
}

async fn handle(
    State(app): State<App>,
    Staff { actor, .. }: Staff,
    Path(id): Path<ApplicationId>,
) -> Result<Reply<Response>, Error> {
    let Case { mut application, user, .. } = Case::load(&app, id).await?;
    if application.status == ApplicationStatus::UnderReview {
        return if application.assigned_to.as_ref() == Some(&actor.id) {
            Ok(taken(&application, application.revision()))
        } else {
            Err(with_somebody(Some(&application)))
        };
    }
    let before = Decided::of(&application);
    let moved = application.transition(ApplicationEvent::StartReview, actor.id.clone(), None, app.now())?;
    application.assigned_to = Some(actor.id.clone());
    let after = Decided::of(&application);
    let line = Entry::new(&app, &WING, &actor, "review_application", id, &before, &after)?;
    let write = Write::new()
        .replace(&application)
        .or_seeing(|now: Option<LoanApplication>| with_somebody(now.as_ref()));
    let write = moved.follow(write, &application).create(&line);
    let (told, values) = (notices::recipient(&user), [("number", application.number.as_str())]);
    let write = notice::tell(write, &app, &WING, &told, &notices::APPLICATION_UNDER_REVIEW, &values)?;
    app.table().write(write).await?;
    Ok(taken(&application, application.revision() + 1))
}

fn taken(application: &LoanApplication, version: u64) -> Reply<Response> {
    let (id, status) = (application.id, application.status);
    let assigned_to = application.assigned_to.clone();
    Reply::ok("The application is yours", Response { id, status, assigned_to, version }).version(version)
}

/// Somebody was faster: another officer, or the borrower who took it back.
fn with_somebody(application: Option<&LoanApplication>) -> Error {
    match application {
        Some(application) if application.status == ApplicationStatus::UnderReview => {
            Error::new(lending_codes::ALREADY_ASSIGNED).with("assigned_to", application.assigned_to.clone())
        }
        Some(application) => {
            let status = serde_json::to_value(application.status).unwrap_or_default();
            Error::new(lending_codes::NOT_IN_THAT_STATE).with("status", status)
        }
        None => shared::codes::CHANGED_MEANWHILE.into(),
    }
}

#[cfg(test)]
mod tests {
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::applications::withdraw,
        testing::{applied, profile_done, staff_member, staff_signed_in},
    };

    async fn review(stand: &Stand, cookie: &str, id: &str) -> Answer {
        stand.call(&FUNCTION).cookie(cookie).path("id", id).await
    }

    #[tokio::test]
    async fn an_officer_takes_an_application_and_the_borrower_is_told() {
        let stand = Stand::new().await;
        let borrower = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &borrower).await;
        let officer = staff_member(&stand, &["officer"]).await;
        for version in [2, 2] {
            let answer = review(&stand, &officer.cookie, &id).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let data = &answer.body["data"];
            assert_eq!(
                (&data["status"], &data["assigned_to"]),
                (&"under_review".into(), &officer.id.to_string().into())
            );
            assert_eq!(data["version"], version);
        }
        let stored = stand.everything_stored().await;
        assert!(stored.contains("Your application is under review"));
        assert_eq!(stored.matches("\"action\": S(\"review_application\")").count(), 1);
        assert!(stored.contains("\"status\": S(\"submitted\")"), "before");
    }

    #[tokio::test]
    async fn of_two_officers_at_once_one_gets_it_and_the_other_hears_who() {
        for _ in 0..5 {
            let stand = Stand::new().await;
            let borrower = profile_done(&stand, "9876543210").await;
            let id = applied(&stand, &borrower).await;
            let (one, two) =
                (staff_member(&stand, &["officer"]).await, staff_member(&stand, &["officer"]).await);
            let (first, second) =
                futures::join!(review(&stand, &one.cookie, &id), review(&stand, &two.cookie, &id));
            let (lost, winner) = if first.status == 200 { (second, one.id) } else { (first, two.id) };
            assert_eq!((lost.status, lost.code()), (409, "ALREADY_ASSIGNED"), "{lost:?}");
            assert_eq!(lost.body["data"]["assigned_to"], winner.to_string());
        }
    }

    #[tokio::test]
    async fn what_was_taken_back_is_not_reviewed() {
        let stand = Stand::new().await;
        let borrower = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &borrower).await;
        let answer = stand.call(&withdraw::FUNCTION).cookie(&borrower).path("id", &id).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let officer = staff_signed_in(&stand, &["officer"]).await;
        let answer = review(&stand, &officer, &id).await;
        assert_eq!((answer.status, answer.code()), (409, "NOT_IN_THAT_STATE"));
        assert_eq!(answer.body["data"]["status"], "withdrawn");
    }

    #[tokio::test]
    async fn only_officers_review() {
        let stand = Stand::new().await;
        let borrower = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &borrower).await;
        for role in ["admin", "finance"] {
            let cookie = staff_signed_in(&stand, &[role]).await;
            assert_eq!(review(&stand, &cookie, &id).await.code(), "FORBIDDEN", "{role}");
        }
        assert_eq!(review(&stand, &borrower, &id).await.code(), "NOT_SIGNED_IN");
    }
}
