//! Running loans as they are stored: the loan, its account, its transactions.
mod loan;
mod position;
mod running;
mod transaction;

pub use loan::{Loan, LoanId, Shelf, Summary};
pub use position::Position;
pub use running::{Decision, LoanAccount, Mode, Receipt, Reversal};
pub use transaction::{
    Direction, LoanTransaction, ReceiptReference, TransactionId, TransactionKind, TransactionStatus,
};
