//! The borrower's own bank accounts.
pub mod add;
pub mod choose;
pub mod get_chosen;
pub mod list;
pub mod remove;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::borrower::{BankDetails, BankDetailsId, Ifsc, NameMatch};

/// An account as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct BankAccount {
    #[schema(value_type = String, example = "bnk_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    id: BankDetailsId,
    /// All but the last four digits hidden.
    #[schema(example = "XXXXXX6789")]
    account_number: String,
    #[schema(value_type = String, example = "HDFC0001234")]
    ifsc_code: Ifsc,
    account_holder_name: String,
    /// Whether that is the borrower's own name; only then money goes there.
    name_match: NameMatch,
    /// Whether a test payment arrived.
    verified: bool,
    /// RFC 3339.
    #[schema(value_type = String)]
    created_at: Timestamp,
}

impl From<BankDetails> for BankAccount {
    fn from(details: BankDetails) -> Self {
        Self {
            id: details.id,
            account_number: details.masked_number(),
            ifsc_code: details.ifsc,
            account_holder_name: details.holder_name,
            name_match: details.penny_drop.as_ref().map_or(details.name_match, |drop| drop.name_match),
            verified: details.penny_drop.is_some_and(|drop| drop.arrived),
            created_at: details.created_at,
        }
    }
}
