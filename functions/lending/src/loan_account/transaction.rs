//! Transactions as the borrower sees them: one item for everything that moved money or changed what is owed (C23).
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    deserr::Deserr,
    http::FieldErrors,
    id::{Id, Prefixed},
    money::Paise,
    table::{Address, Entity, Index, IndexKeys, Key, Pattern, Stored},
};
use utoipa::ToSchema;

use super::{Loan, LoanId, Mode};
use crate::borrower::{User, UserId};

/// The id of a transaction, and of the receipt that it shows.
pub type TransactionId = Id<LoanTransaction>;

impl Prefixed for LoanTransaction {
    const PREFIX: &'static str = "txn";
}

/// What a transaction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Deserr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[deserr(error = FieldErrors)]
pub enum TransactionKind {
    /// The loan was paid out.
    #[deserr(rename = "disbursal")]
    Disbursal,
    /// Money came in.
    #[deserr(rename = "repayment")]
    Repayment,
    /// Money came in to end the loan early.
    #[deserr(rename = "foreclosure")]
    Foreclosure,
    /// Money came in to give the loan back within the cooling-off period.
    #[deserr(rename = "cooling_off_return")]
    CoolingOffReturn,
    /// Charges were forgiven.
    #[deserr(rename = "waiver")]
    Waiver,
    /// The rest was given up in the books.
    #[deserr(rename = "write_off")]
    WriteOff,
}

impl TransactionKind {
    /// Which way its money goes.
    pub const fn direction(self) -> Direction {
        match self {
            Self::Disbursal => Direction::Credit,
            Self::Repayment | Self::Foreclosure | Self::CoolingOffReturn => Direction::Debit,
            Self::Waiver | Self::WriteOff => Direction::None,
        }
    }

    /// Whether money came in by it, so that it is a receipt of the loan.
    pub const fn is_receipt(self) -> bool {
        matches!(self.direction(), Direction::Debit)
    }
}

/// Which way the money went, as the borrower sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To the borrower.
    Credit,
    /// From the borrower.
    Debit,
    /// No money moved.
    None,
}

/// Where a transaction stands (`spec/lending.md` 3.1, «repayment»).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransactionStatus {
    /// Ordered at the gateway.
    Created,
    /// Under way.
    Pending,
    /// Done.
    Succeeded,
    /// Refused; may still succeed late.
    Failed,
    /// Taken back.
    Reversed,
}

/// What a transaction is about.
#[derive(Debug, Clone)]
pub struct Moved {
    /// What it is.
    pub kind: TransactionKind,
    /// How much.
    pub amount: Paise,
    /// How it came or went, where money moved.
    pub mode: Option<Mode>,
    /// The outside name.
    pub reference: String,
    /// The value date.
    pub value_on: Date,
}

/// A transaction.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoanTransaction {
    /// Names it; sorts by the time of recording.
    pub id: TransactionId,
    /// Whose it is.
    pub user: UserId,
    /// Of which loan.
    pub loan: LoanId,
    /// What it is.
    pub kind: TransactionKind,
    /// Which way.
    pub direction: Direction,
    /// How much.
    pub amount: Paise,
    /// How it came or went, where money moved.
    pub mode: Option<Mode>,
    /// The outside name: of the bank, the gateway or the receipt book.
    pub reference: String,
    /// Where it stands.
    pub status: TransactionStatus,
    /// The value date.
    pub value_on: Date,
    /// Why it was reversed.
    pub reversal_reason: Option<String>,
    /// When it was recorded.
    pub at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl LoanTransaction {
    /// The payout of a loan.
    pub fn disbursal(app: &App, loan: &Loan) -> Self {
        let moved = Moved {
            kind: TransactionKind::Disbursal,
            amount: loan.net_disbursed,
            mode: Some(Mode::Bank),
            reference: loan.bank_reference.clone(),
            value_on: loan.disbursed_on,
        };
        Self::new(app, loan, moved)
    }

    /// Something that is done.
    pub fn new(app: &App, loan: &Loan, moved: Moved) -> Self {
        Self {
            id: Id::new(app.now(), app.random()),
            user: loan.user,
            loan: loan.id,
            kind: moved.kind,
            direction: moved.kind.direction(),
            amount: moved.amount,
            mode: moved.mode,
            reference: moved.reference,
            status: TransactionStatus::Succeeded,
            value_on: moved.value_on,
            reversal_reason: None,
            at: app.now(),
            updated_at: app.now(),
        }
    }

    /// What keeps its reference to it alone.
    pub fn reference_taken(&self) -> ReceiptReference {
        ReceiptReference {
            reference: self.reference.clone(),
            transaction: self.id,
            loan: self.loan,
            user: self.user,
        }
    }

    /// The transaction `id` of `user`.
    pub fn at(user: UserId, id: TransactionId) -> Address<Self> {
        Address::new(User::partition(user), format!("TRANSACTION#{id}"))
    }

    /// All transactions of `user`, newest first.
    pub fn of_user(user: UserId) -> Pattern<Stored<Self>> {
        Pattern::table(User::partition(user)).prefix("TRANSACTION#").descending()
    }

    /// All transactions of a loan, newest value date first. Its owner is checked by loading the loan within the caller.
    pub fn of_loan(loan: LoanId) -> Pattern<Stored<Self>> {
        Pattern::index(Index::Gsi1, format!("LENDING#TRANSACTIONS#{loan}")).descending()
    }

    /// The transaction `id`, whoever's it is: for staff.
    pub fn with_id(id: TransactionId) -> Pattern<Stored<Self>> {
        Pattern::index(Index::Gsi2, format!("LENDING#TRANSACTION#{id}"))
    }
}

impl Entity for LoanTransaction {
    const NAME: &'static str = "lending_transaction";

    fn key(&self) -> Key {
        LoanTransaction::at(self.user, self.id).key
    }

    fn index_keys(&self) -> IndexKeys {
        IndexKeys {
            gsi1: Some(Key::new(
                format!("LENDING#TRANSACTIONS#{}", self.loan),
                format!("{}#{}", self.value_on, self.id),
            )),
            gsi2: Some(Key::new(format!("LENDING#TRANSACTION#{}", self.id), "TRANSACTION")),
            ..IndexKeys::default()
        }
    }
}

/// Keeps an outside reference to one receipt, for ever: a reversed receipt does not free it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReceiptReference {
    /// The reference, in capitals.
    pub reference: String,
    /// The receipt.
    pub transaction: TransactionId,
    /// Its loan.
    pub loan: LoanId,
    /// Whose it is.
    pub user: UserId,
}

impl ReceiptReference {
    /// Where the item for `reference` lies.
    pub fn at(reference: &str) -> Address<Self> {
        Address::new(format!("LENDING#RECEIPT#{}", reference.to_uppercase()), "TAKEN")
    }
}

impl Entity for ReceiptReference {
    const NAME: &'static str = "lending_receipt_reference";

    fn key(&self) -> Key {
        ReceiptReference::at(&self.reference).key
    }
}
