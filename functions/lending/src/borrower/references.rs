//! People who know the borrower, named for one application. Their numbers rest sealed.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    deserr::Deserr,
    http::FieldErrors,
    identity::Sealed,
    table::{Address, Entity, Key},
};
use utoipa::ToSchema;

use super::{FullName, User, UserId};
use crate::application::ApplicationId;

/// How somebody knows the borrower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Deserr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[deserr(error = FieldErrors, rename_all = lowercase)]
pub enum Relation {
    /// Mother or father.
    Parent,
    /// Husband or wife.
    Spouse,
    /// Sister or brother.
    Sibling,
    /// Another of the family.
    Relative,
    /// A friend.
    Friend,
    /// From work.
    Colleague,
    /// Another.
    Other,
}

/// One person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reference {
    /// Their name.
    pub name: FullName,
    /// Their number, sealed as field [`LoanReferences::phone_field`] of the application.
    pub phone: Sealed,
    /// The last four digits.
    pub phone_last4: String,
    /// How they know the borrower.
    pub relation: Relation,
}

/// The references of one application.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoanReferences {
    /// Who named them.
    pub user: UserId,
    /// For what.
    pub application: ApplicationId,
    /// Two to five people.
    pub references: Vec<Reference>,
    /// When they were first named.
    pub created_at: Timestamp,
    /// When they last changed.
    pub updated_at: Timestamp,
}

impl LoanReferences {
    /// At least so many.
    pub const FEWEST: usize = 2;
    /// At most so many.
    pub const MOST: usize = 5;

    /// The references of this application.
    pub fn at(user: UserId, application: ApplicationId) -> Address<Self> {
        Address::new(User::partition(user), format!("REFERENCES#{application}"))
    }

    /// The name of the sealed field of the reference at `index`.
    pub fn phone_field(index: usize) -> String {
        format!("references[{index}].phone")
    }
}

impl Entity for LoanReferences {
    const NAME: &'static str = "lending_references";

    fn key(&self) -> Key {
        LoanReferences::at(self.user, self.application).key
    }
}
