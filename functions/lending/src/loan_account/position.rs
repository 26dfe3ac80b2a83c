//! What the ledger must say of a loan: computed from its state, never kept up by hand.
use serde::{Deserialize, Serialize};
use shared::money::Paise;

/// What one loan adds to each account of the ledger, in the account's own direction (a receivable of 5 and an income of 5
/// are both 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Position {
    /// Money that came in less money that went out.
    pub bank: Paise,
    /// Principal not yet repaid.
    pub principal: Paise,
    /// Interest that fell due and is unpaid.
    pub interest: Paise,
    /// Penal charges and fees that are unpaid.
    pub charges: Paise,
    /// Received and not yet used.
    pub on_account: Paise,
    /// Interest that fell due.
    pub interest_income: Paise,
    /// Penal charges that arose, waived ones included.
    pub penal_income: Paise,
    /// Processing and foreclosure fees without tax.
    pub fee_income: Paise,
    /// Tax on fees.
    pub tax: Paise,
    /// Charges forgiven.
    pub waived: Paise,
    /// Given up.
    pub written_off: Paise,
    /// Received after it was given up.
    pub recovered: Paise,
}
