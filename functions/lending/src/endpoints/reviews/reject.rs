//! `POST /api/admin/loan-applications/{id}/reject`: an application is refused; the borrower hears the reason in plain words.
use axum::{extract::State, routing::post};
use serde::Serialize;
use shared::{
    app::App,
    audit::Entry,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, IfMatch, Line, Path, Reply},
    messages::notice,
    table::{Index, Write},
};
use utoipa::ToSchema;

use super::{Case, Decided};
use crate::{
    WING,
    access::{OFFICER_OR_ADMIN, Staff},
    application::{ApplicationId, RejectReason, Rejection},
    loan::state::{ApplicationEvent, ApplicationStatus},
    notices,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-reject-application",
    module: module_path!(),
    wing: &WING,
    summary: "Refuse a loan application",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/admin/loan-applications/{id}/reject",
        access: OFFICER_OR_ADMIN,
        idempotent: true,
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::QueryIndex(Index::Gsi1), Need::BatchGet, Need::Put, Need::Update, Need::Delete],
    ..Function::ENDPOINT
};

/// Why.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// The borrower hears it in plain words.
    reason_code: RejectReason,
    /// For staff only; needed with `other`.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "The payslip is of another person")]
    note: Option<Line<3, 500>>,
}

/// How it stands now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Rejected)]
pub struct Response {
    #[schema(value_type = String)]
    id: ApplicationId,
    status: ApplicationStatus,
    /// What the borrower reads.
    reason: &'static str,
}

async fn handle(
    State(app): State<App>,
    Staff { actor, .. }: Staff,
    Path(id): Path<ApplicationId>,
    if_match: IfMatch,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let (reason, note) = (request.reason_code, request.note.map(String::from));
    if reason == RejectReason::Other && note.is_none() {
        return Err(Error::invalid_field("note", "required", "is required with this reason"));
    }
    let Case { mut application, user, .. } = Case::load(&app, id).await?;
    if_match.check(application.revision())?;
    let before = Decided::of(&application);
    let moved =
        application.transition(ApplicationEvent::Reject, actor.id.clone(), note.clone(), app.now())?;
    application.approval = None;
    application.rejection = Some(Rejection { reason, note: note.clone() });

    let line =
        Entry::new(&app, &WING, &actor, "reject_application", id, &before, &Decided::of(&application))?;
    let line = line.because(note.unwrap_or_else(|| reason.in_plain_words().to_owned()));
    let write = moved.record(Write::new(), &application).create(&line);
    let values = [("number", application.number.as_str()), ("reason", reason.in_plain_words())];
    let told = notices::recipient(&user);
    let write = notice::tell(write, &app, &WING, &told, &notices::APPLICATION_REJECTED, &values)?;
    app.table().write(write).await?;
    let response = Response { id, status: application.status, reason: reason.in_plain_words() };
    Ok(Reply::ok("The application is refused", response).version(application.revision() + 1))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::{applications, reviews::review},
        testing::{applied, profile_done, staff_signed_in},
    };

    async fn reject(stand: &Stand, cookie: &str, id: &str, body: Value) -> Answer {
        stand.call(&FUNCTION).cookie(cookie).path("id", id).json(body).await
    }

    async fn under_review(stand: &Stand) -> (String, String, String) {
        let borrower = profile_done(stand, "9876543210").await;
        let id = applied(stand, &borrower).await;
        let officer = staff_signed_in(stand, &["officer"]).await;
        assert_eq!(stand.call(&review::FUNCTION).cookie(&officer).path("id", &id).await.status, 200);
        (borrower, officer, id)
    }

    #[tokio::test]
    async fn a_refusal_is_told_in_plain_words_and_frees_the_borrower() {
        let stand = Stand::new().await;
        let (borrower, officer, id) = under_review(&stand).await;
        let body = json!({ "reason_code": "income_too_low", "note": "EMI above half of the payslip" });
        let answer = reject(&stand, &officer, &id, body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let seen = stand.call(&applications::get::FUNCTION).cookie(&borrower).path("id", &id).await;
        let application = &seen.body["data"]["application"];
        assert_eq!(application["rejection_reason"], "your income is too low for this instalment");
        assert!(!seen.body.to_string().contains("payslip"), "the note is for staff");
        let stored = stand.everything_stored().await;
        assert!(
            stored.contains("could not approve") && stored.contains("\"action\": S(\"reject_application\")")
        );
        applied(&stand, &borrower).await;
    }

    #[tokio::test]
    async fn a_reason_is_needed_and_other_needs_a_note() {
        let stand = Stand::new().await;
        let (_, officer, id) = under_review(&stand).await;
        for (body, field) in [
            (json!({}), "reason_code"),
            (json!({ "reason_code": "mood" }), "reason_code"),
            (json!({ "reason_code": "other" }), "note"),
        ] {
            assert_eq!(reject(&stand, &officer, &id, body).await.wrong_fields(), [field]);
        }
    }

    #[tokio::test]
    async fn only_what_is_under_review_is_refused_and_only_once() {
        let stand = Stand::new().await;
        let (_, officer, id) = under_review(&stand).await;
        let body = json!({ "reason_code": "credit_history" });
        let (one, two) = futures::join!(
            reject(&stand, &officer, &id, body.clone()),
            reject(&stand, &officer, &id, body.clone())
        );
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{one:?} {two:?}");
        let other = profile_done(&stand, "9876543211").await;
        let submitted = applied(&stand, &other).await;
        assert_eq!(reject(&stand, &officer, &submitted, body).await.code(), "NOT_IN_THAT_STATE");
    }

    #[tokio::test]
    async fn finance_refuses_nothing() {
        let stand = Stand::new().await;
        let (_, _, id) = under_review(&stand).await;
        let finance = staff_signed_in(&stand, &["finance"]).await;
        assert_eq!(
            reject(&stand, &finance, &id, json!({ "reason_code": "other" })).await.code(),
            "FORBIDDEN"
        );
    }
}
