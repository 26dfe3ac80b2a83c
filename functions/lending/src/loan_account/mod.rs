//! Running loans as they are stored: the loan, its account, its transactions, and the one way in which they change.
pub mod booking;
pub mod deciding;
mod loan;
pub mod portfolio;
pub mod position;
pub mod receiving;
pub mod reminder;
mod running;
mod transaction;

pub use booking::{Book, Booked, Happening};
pub use loan::{Loan, LoanId, Payout, Shelf, Summary};
pub use portfolio::{Portfolio, ShelfPart};
pub use position::Position;
pub use receiving::{Incoming, Received};
pub use reminder::{Reminded, ReminderDuty};
pub use running::{Decision, LoanAccount, Mode, Receipt, Reversal};
pub use transaction::{
    Direction, LoanTransaction, Moved, ReceiptReference, TransactionId, TransactionKind, TransactionStatus,
};
