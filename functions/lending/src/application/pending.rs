//! The mark that a borrower has an application under way: one item for each borrower, so that two cannot be under way whatever
//! happens at the same moment.
use serde::{Deserialize, Serialize};
use shared::{
    id::{Id, Prefixed},
    table::{Address, Entity, Key},
};

use crate::borrower::{User, UserId};

/// Names applications in [`ApplicationId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicationKind {}
impl Prefixed for ApplicationKind {
    const PREFIX: &'static str = "app";
}
/// The id of an application.
pub type ApplicationId = Id<ApplicationKind>;

/// Put by the transaction that creates an application, taken away by the one that closes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PendingApplication {
    /// The borrower.
    pub user: UserId,
    /// Their open application.
    pub application: ApplicationId,
}

impl PendingApplication {
    /// Where the mark of this borrower lies.
    pub fn at(user: UserId) -> Address<Self> {
        Address::new(User::partition(user), "PENDING_APPLICATION")
    }
}

impl Entity for PendingApplication {
    const NAME: &'static str = "lending_pending_application";

    fn key(&self) -> Key {
        PendingApplication::at(self.user).key
    }
}
