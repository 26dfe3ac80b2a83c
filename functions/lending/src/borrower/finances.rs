//! What comes in and what goes out each month, and the credit score. A section of the profile beside the
//! steps.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    money::Paise,
    table::{Address, Entity, Key},
};

use super::{User, UserId};

/// The finances of a borrower.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FinancialDetails {
    /// Whose.
    pub user: UserId,
    /// All income, net, a month.
    pub monthly_income: Paise,
    /// The household, without instalments.
    pub monthly_expenses: Paise,
    /// Instalments of loans elsewhere, a month.
    pub existing_emis: Paise,
    /// As a credit bureau or the lender's staff states it; the borrower cannot set it.
    pub credit_score: Option<u16>,
    /// When it was first given.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl FinancialDetails {
    /// The finances of this borrower.
    pub fn at(user: UserId) -> Address<Self> {
        Address::new(User::partition(user), "FINANCES")
    }
}

impl Entity for FinancialDetails {
    const NAME: &'static str = "lending_finances";

    fn key(&self) -> Key {
        FinancialDetails::at(self.user).key
    }
}
