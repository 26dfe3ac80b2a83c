//! People who know the borrower.
pub mod get;
pub mod give;

use serde::Serialize;
use shared::identity::vault::masked;
use utoipa::ToSchema;

use crate::{
    application::ApplicationId,
    borrower::{FullName, LoanReferences, Relation},
};

/// The references of an application, as their giver sees them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    #[schema(value_type = String, example = "app_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    application_id: ApplicationId,
    references: Vec<Person>,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Person {
    name: FullName,
    /// All but the last four digits hidden.
    #[schema(example = "XXXXXX3210")]
    phone: String,
    relation: Relation,
}

impl Response {
    fn of(application_id: ApplicationId, references: Option<LoanReferences>) -> Self {
        let references = references.map(|given| given.references).unwrap_or_default();
        let person = |reference: crate::borrower::Reference| Person {
            name: reference.name,
            phone: masked(&format!("XXXXXX{}", reference.phone_last4), 4),
            relation: reference.relation,
        };
        Self { application_id, references: references.into_iter().map(person).collect() }
    }
}
