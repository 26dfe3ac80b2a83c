//! `GET /api/loan-references?application_id=`: the people that the borrower named for an application, with
//! masked numbers.
use axum::{extract::State, routing::get};
use shared::{
    app::App,
    codes,
    deserr::Deserr,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, FieldErrors, Query, Reply},
};
use utoipa::ToSchema;

use super::Response;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::{ApplicationId, LoanApplication},
    borrower::LoanReferences,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-references",
    module: module_path!(),
    wing: &WING,
    summary: "Show the people named for an application",
    trigger: Trigger::Http(Route {
        path: "/api/loan-references",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>().query::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::BatchGet],
    ..Function::ENDPOINT
};

/// Of which application.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    #[schema(value_type = String, example = "app_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    application_id: ApplicationId,
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Query(request): Query<Request>,
) -> Result<Reply<Response>, Error> {
    let id = request.application_id;
    let wanted = (LoanApplication::at(user.id, id), LoanReferences::at(user.id, id));
    let (application, references) = app.table().get_two(wanted.0, wanted.1).await?;
    application.ok_or(codes::NOT_FOUND)?;
    let response = Response::of(id, references.map(|references| references.value));
    Ok(Reply::ok("Your references", response))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::references::give,
        testing::{application_of, profile_done},
    };

    #[tokio::test]
    async fn references_are_shown_masked_in_one_read_and_nobody_else_sees_them() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let application = application_of(&stand, &asha).await;
        let get = async |cookie| {
            stand.call(&FUNCTION).query(&format!("application_id={application}")).cookie(cookie).await
        };
        assert_eq!(get(&asha).await.body["data"]["references"], json!([]));
        let body = json!({ "application_id": application, "references": [
            { "name": "Ravi Verma", "phone": "9812345678", "relation": "sibling" },
            { "name": "Mira Shah", "phone": "9812345679", "relation": "friend" },
        ] });
        stand.call(&give::FUNCTION).cookie(&asha).json(body).await;
        let answer = get(&asha).await;
        let expected = json!([
            { "name": "Ravi Verma", "phone": "XXXXXX5678", "relation": "sibling" },
            { "name": "Mira Shah", "phone": "XXXXXX5679", "relation": "friend" },
        ]);
        assert_eq!(answer.body["data"]["references"], expected, "{answer:?}");
        assert_eq!(answer.cost.calls, 2);
        assert_eq!(get(&bela).await.status, 404);
        assert_eq!(stand.call(&FUNCTION).cookie(&asha).await.wrong_fields(), ["application_id"]);
    }
}
