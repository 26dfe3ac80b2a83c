//! `POST /api/loan-references`: the borrower names two to five people who know them. Naming them again
//! replaces them.
use std::collections::HashSet;

use axum::{extract::State, routing::post};
use shared::{
    app::App,
    codes,
    deserr::Deserr,
    error::{Error, FieldError},
    function::{Function, Method, Need, Route, Trigger},
    http::{Body, Docs, FieldErrors, Reply},
    identity::{IndianMobile, Vault, vault::FIELD_KEY},
    table::Write,
};
use utoipa::ToSchema;

use super::Response;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::{ApplicationId, LoanApplication},
    borrower::{FullName, LoanReferences, Reference, Relation},
    codes as lending_codes,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-give-references",
    module: module_path!(),
    wing: &WING,
    summary: "Name people who know the borrower",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/loan-references",
        access: BORROWER,
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>().created(),
        ..Route::DEFAULT
    }),
    needs: &[Need::BatchGet, Need::Put, Need::Secret(&FIELD_KEY)],
    ..Function::ENDPOINT
};

/// The people, all at once.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    #[schema(value_type = String, example = "app_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    application_id: ApplicationId,
    /// Two to five, each with a number of their own.
    #[schema(min_items = 2, max_items = 5)]
    references: Vec<Named>,
}

/// One of them.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Named {
    #[schema(value_type = String, example = "Ravi Verma")]
    name: FullName,
    #[schema(value_type = String, example = "9812345678")]
    phone: IndianMobile,
    relation: Relation,
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Body(request): Body<Request>,
) -> Result<Reply<Response>, Error> {
    let vault = Vault::of(&app)?;
    let own = vault.open(&user.id.to_string(), "phone", &user.phone)?;
    check(&request.references, &own)?;
    let id = request.application_id;
    let wanted = (LoanApplication::at(user.id, id), LoanReferences::at(user.id, id));
    let (application, known) = app.table().get_two(wanted.0, wanted.1).await?;
    let application = application.ok_or(codes::NOT_FOUND)?;
    if !application.status_at(app.now()).is_open() {
        return Err(lending_codes::NOT_IN_THAT_STATE.into());
    }

    let references = request.references.into_iter().enumerate();
    let references =
        references.map(|(index, named)| seal(&vault, id, index, named)).collect::<Result<Vec<_>, _>>()?;
    let now = app.now();
    let created_at = known.as_ref().map_or(now, |known| known.created_at);
    let given = LoanReferences { user: user.id, application: id, references, created_at, updated_at: now };
    let write = match known {
        Some(mut known) => {
            known.value = given.clone();
            Write::new().replace(&known)
        }
        None => Write::new().create(&given),
    };
    app.table().write(write).await?;
    Ok(Reply::created("Your references are saved", Response::of(id, Some(given))))
}

/// Two to five, each with another number, none of them the borrower's own.
fn check(references: &[Named], own: &str) -> Result<(), Error> {
    let mut wrong = Vec::new();
    if !(LoanReferences::FEWEST..=LoanReferences::MOST).contains(&references.len()) {
        let message = format!("must be {} to {} people", LoanReferences::FEWEST, LoanReferences::MOST);
        wrong.push(FieldError { field: "references".to_owned(), rule: "range", message });
    }
    let mut seen = HashSet::new();
    for (index, reference) in references.iter().enumerate() {
        let message = match reference.phone.digits() {
            digits if digits == own => "must not be your own number",
            digits if !seen.insert(digits) => "must not be the number of another reference",
            _ => continue,
        };
        let field = LoanReferences::phone_field(index);
        wrong.push(FieldError { field, rule: "distinct", message: message.to_owned() });
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid(wrong)) }
}

fn seal(
    vault: &Vault<'_>,
    application: ApplicationId,
    index: usize,
    named: Named,
) -> Result<Reference, Error> {
    let digits = named.phone.digits();
    Ok(Reference {
        phone: vault.seal(&application.to_string(), &LoanReferences::phone_field(index), digits)?,
        phone_last4: digits.chars().skip(6).collect(),
        name: named.name,
        relation: named.relation,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        application::ApplicationId,
        testing::{application_of, profile_done},
    };

    fn person(phone: &str) -> Value {
        json!({ "name": "Ravi Verma", "phone": phone, "relation": "sibling" })
    }

    async fn give(stand: &Stand, cookie: &str, application: ApplicationId, references: &[Value]) -> Answer {
        let body = json!({ "application_id": application, "references": references });
        stand.call(&FUNCTION).cookie(cookie).json(body).await
    }

    #[tokio::test]
    async fn references_rest_sealed_and_naming_them_again_replaces_them() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let application = application_of(&stand, &cookie).await;
        let first = give(&stand, &cookie, application, &[person("9812345678"), person("9812345679")]).await;
        assert_eq!(first.status, 201, "{first:?}");
        assert_eq!(first.body["data"]["references"][0]["phone"], "XXXXXX5678");
        assert_eq!(first.cost.calls, 3, "who calls, the application with what was there, the write");
        let second = give(&stand, &cookie, application, &[person("9812345670"), person("9812345671")]).await;
        assert_eq!(second.body["data"]["references"][1]["phone"], "XXXXXX5671");
        let stored = stand.everything_stored().await;
        assert!(!stored.contains("98123456"));
        assert_eq!(stored.matches("S(\"lending_references\")").count(), 1);
    }

    #[tokio::test]
    async fn of_two_at_the_same_moment_one_is_kept_whole() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let application = application_of(&stand, &cookie).await;
        let people = [person("9812345678"), person("9812345679")];
        let add = async || give(&stand, &cookie, application, &people).await;
        let (one, two) = futures::join!(add(), add());
        assert!(one.status == 201 || two.status == 201, "{one:?} {two:?}");
        for answer in [one, two] {
            assert!(answer.status == 201 || answer.code() == "CHANGED_MEANWHILE", "{answer:?}");
        }
    }

    #[tokio::test]
    async fn every_wrong_element_is_named() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let application = application_of(&stand, &cookie).await;
        let shapes = [person("12"), json!({ "name": "R", "phone": "9812345678", "relation": "boss" })];
        let answer = give(&stand, &cookie, application, &shapes).await;
        assert_eq!(answer.status, 400);
        let expected = ["references[0].phone", "references[1].name", "references[1].relation"];
        assert_eq!(answer.wrong_fields(), expected);

        let numbers = ["9812345678", "+91 98123 45678", "9876543210", "9812345679", "09876543210"];
        let answer = give(&stand, &cookie, application, &numbers.map(person)).await;
        let expected = ["references[1].phone", "references[2].phone", "references[4].phone"];
        assert_eq!((answer.status, answer.wrong_fields()), (400, expected.to_vec()));
        assert!(!answer.body.to_string().contains("98123"));
    }

    #[tokio::test]
    async fn there_are_two_to_five() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let application = application_of(&stand, &cookie).await;
        for (count, status) in [(0, 400), (1, 400), (2, 201), (5, 201), (6, 400)] {
            let people: Vec<_> = (0..count).map(|n| person(&format!("981234567{n}"))).collect();
            let answer = give(&stand, &cookie, application, &people).await;
            assert_eq!(answer.status, status, "{count}");
            assert_eq!(answer.wrong_fields().contains(&"references"), status == 400);
        }
    }

    #[tokio::test]
    async fn the_application_must_be_their_own() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let application = application_of(&stand, &asha).await;
        let answer = give(&stand, &bela, application, &[person("9812345678"), person("9812345679")]).await;
        assert_eq!((answer.status, answer.code()), (404, "NOT_FOUND"));
    }
}
