//! `GET /api/employment-details`: the borrower's employment, as they gave it.
use axum::{extract::State, routing::get};
use shared::{
    app::App,
    codes,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Reply},
};

use super::Response;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    borrower::EmploymentDetails,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-employment",
    module: module_path!(),
    wing: &WING,
    summary: "Show the employment details",
    trigger: Trigger::Http(Route {
        path: "/api/employment-details",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get],
    ..Function::ENDPOINT
};

async fn handle(State(app): State<App>, Borrower { user, .. }: Borrower) -> Result<Reply<Response>, Error> {
    let details = app.table().get(EmploymentDetails::at(user.id)).await?.ok_or(codes::NOT_FOUND)?;
    let version = details.revision();
    Ok(Reply::ok("Your employment details", details.into()).version(version))
}

#[cfg(test)]
mod tests {
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::employment::add,
        testing::{employment_details, signed_in},
    };

    #[tokio::test]
    async fn a_borrower_sees_their_own_employment_and_nobody_elses() {
        let stand = Stand::new().await;
        let asha = signed_in(&stand, "9876543210").await;
        let bela = signed_in(&stand, "9876543211").await;
        stand.call(&add::FUNCTION).cookie(&asha).json(employment_details()).await;
        let answer = stand.call(&FUNCTION).cookie(&asha).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.body["data"]["company_name"], "Lake Mills");
        assert_eq!(answer.cost.calls, 2);
        assert_eq!(stand.call(&FUNCTION).cookie(&bela).await.status, 404);
    }
}
