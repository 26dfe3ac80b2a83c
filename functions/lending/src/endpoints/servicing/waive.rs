//! `POST /api/admin/loans/{id}/waive`: charges that are due are forgiven, once two admins want it.
use axum::{extract::State, routing::post};
use shared::{
    app::App,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Route, Trigger},
    http::{Body, Docs, FieldErrors, Line, Path, Reply},
    money::Rupees,
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
    name: "lending-waive-charges",
    module: module_path!(),
    wing: &WING,
    summary: "Forgive charges of a loan",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/admin/loans/{id}/waive",
        access: ADMIN,
        idempotent: true,
        handler: || post(handle),
        docs: Docs::reply::<DecisionView>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: two_people::NEEDS,
    ..Function::ENDPOINT
};

/// How much and why.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// At most the charges that are due.
    #[schema(value_type = f64, example = 250)]
    amount: Rupees,
    #[schema(value_type = String, example = "The bank was closed on the due date")]
    reason: Line<3, 200>,
}

async fn handle(
    State(app): State<App>,
    Staff { actor, .. }: Staff,
    Path(id): Path<LoanId>,
    Body(request): Body<Request>,
) -> Result<Reply<DecisionView>, Error> {
    let what = Proposed::Waive { amount: request.amount.0 };
    two_people::decide(&app, &actor, id, &what, &String::from(request.reason)).await
}
