//! `POST /api/admin/loans/{id}/reschedule`: what is not yet due gets a new schedule, once two admins
//! want it; the old one is kept. A first due date months away is a moratorium.
use axum::{extract::State, routing::post};
use shared::{
    app::App,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Route, Trigger},
    http::{Body, Day, Docs, FieldErrors, Line, Path, Reply},
};
use utoipa::ToSchema;

use super::two_people::{self, DecisionView};
use crate::{
    WING,
    access::{ADMIN, Staff},
    loan_account::{LoanId, deciding::Proposed},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-reschedule-loan",
    module: module_path!(),
    wing: &WING,
    summary: "Give a loan a new schedule",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/admin/loans/{id}/reschedule",
        access: ADMIN,
        idempotent: true,
        handler: || post(handle),
        docs: Docs::reply::<DecisionView>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: two_people::NEEDS,
    ..Function::ENDPOINT
};

/// The new schedule and why.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// Until then nothing falls due.
    #[schema(value_type = String, format = Date, example = "2026-06-05")]
    first_due_on: Day,
    /// In so many instalments.
    #[schema(example = 10)]
    instalments: u16,
    /// Principal that is past due moves to the new schedule, too.
    #[deserr(default)]
    with_arrears: bool,
    #[schema(value_type = String, example = "Flood in the district")]
    reason: Line<3, 200>,
}

async fn handle(
    State(app): State<App>,
    Staff { actor, .. }: Staff,
    Path(id): Path<LoanId>,
    Body(request): Body<Request>,
) -> Result<Reply<DecisionView>, Error> {
    let what = Proposed::Reschedule {
        first_due_on: request.first_due_on.0,
        instalments: request.instalments,
        with_arrears: request.with_arrears,
    };
    two_people::decide(&app, &actor, id, &what, &String::from(request.reason)).await
}
