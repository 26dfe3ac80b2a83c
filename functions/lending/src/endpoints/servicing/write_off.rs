//! `POST /api/admin/loans/{id}/write-off`: the rest of a loan is given up in the books, once two admins
//! want it. The borrower still owes it; what comes later is recovery.
use axum::{extract::State, routing::post};
use shared::{
    app::App,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Route, Trigger},
    http::{Body, Docs, FieldErrors, Line, Path, Reply},
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
    name: "lending-write-off-loan",
    module: module_path!(),
    wing: &WING,
    summary: "Give up a loan in the books",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/admin/loans/{id}/write-off",
        access: ADMIN,
        idempotent: true,
        handler: || post(handle),
        docs: Docs::reply::<DecisionView>().body::<Request>(),
        ..Route::DEFAULT
    }),
    needs: two_people::NEEDS,
    ..Function::ENDPOINT
};

/// Why.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    #[schema(value_type = String, example = "The borrower has died without an estate")]
    reason: Line<3, 200>,
}

async fn handle(
    State(app): State<App>,
    Staff { actor, .. }: Staff,
    Path(id): Path<LoanId>,
    Body(request): Body<Request>,
) -> Result<Reply<DecisionView>, Error> {
    let what = Proposed::WriteOff;
    two_people::decide(&app, &actor, id, &what, &String::from(request.reason)).await
}
