//! Everything that moved money of the borrower's loans, or changed what is owed.
pub mod get;
pub mod list;

use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use shared::money::Rupees;
use utoipa::ToSchema;

use crate::loan_account::{
    Direction, LoanId, LoanTransaction, Mode, TransactionId, TransactionKind, TransactionStatus,
};

/// A transaction as the borrower sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Transaction {
    #[schema(value_type = String, example = "txn_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    id: TransactionId,
    #[schema(value_type = String, example = "ln_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    loan_id: LoanId,
    #[serde(rename = "type")]
    kind: TransactionKind,
    /// `credit` is money to the borrower, `debit` money from them.
    direction: Direction,
    #[schema(value_type = f64)]
    amount: Rupees,
    /// How it came or went, where money moved.
    mode: Option<Mode>,
    reference: String,
    status: TransactionStatus,
    /// The value date.
    #[schema(value_type = String, format = Date)]
    date: Date,
    /// Why it was reversed.
    reversal_reason: Option<String>,
    /// When it was recorded, RFC 3339.
    #[schema(value_type = String)]
    recorded_at: Timestamp,
}

impl From<LoanTransaction> for Transaction {
    fn from(transaction: LoanTransaction) -> Self {
        Self {
            id: transaction.id,
            loan_id: transaction.loan,
            kind: transaction.kind,
            direction: transaction.direction,
            amount: transaction.amount.into(),
            mode: transaction.mode,
            reference: transaction.reference,
            status: transaction.status,
            date: transaction.value_on,
            reversal_reason: transaction.reversal_reason,
            recorded_at: transaction.at,
        }
    }
}
