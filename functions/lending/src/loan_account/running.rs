//! What a loan is computed from: schedule, events, receipts, and what the ledger has been told of it.
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use shared::{
    money::Paise,
    table::{Address, Entity, Key},
};

use super::{Loan, LoanId, Position, TransactionId, TransactionKind};
use crate::{
    borrower::{User, UserId},
    loan::{
        account::{Account, Event, EventKind},
        product::Fee,
        schedule::Schedule,
    },
};

/// The running account of a loan. [`Account`] holds the schedule that was signed and, as events, every version after it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoanAccount {
    /// The loan.
    pub loan: LoanId,
    /// Whose it is.
    pub user: UserId,
    /// Schedule, terms and what has happened; receipts that were reversed are left out of its events.
    pub account: Account,
    /// Every receipt ever recorded, reversed ones included, in the order of recording.
    pub receipts: Vec<Receipt>,
    /// Waivers, new schedules and the write-off, in the order in which they were confirmed.
    pub decisions: Vec<Decision>,
    /// What the ledger says of this loan; every transfer is the difference to what it should say.
    pub posted: Position,
    /// How many transfers were made of it, so that each has an id of its own.
    pub bookings: u32,
}

/// How money came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// At the counter.
    Cash,
    /// By bank transfer.
    Bank,
    /// Through the payment gateway.
    Gateway,
}

/// Money that came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The transaction that shows it; also the reference of its event in the account.
    pub id: TransactionId,
    /// The outside name: of the bank, the gateway or the receipt book. Unique in the wing.
    pub reference: String,
    /// Repayment, foreclosure or return.
    pub kind: TransactionKind,
    /// How it came.
    pub mode: Mode,
    /// How much.
    pub amount: Paise,
    /// The fee for settling early that it was meant to pay, too.
    pub fee: Option<Fee>,
    /// The value date.
    pub received_on: Date,
    /// `stf_…`, or the gateway.
    pub recorded_by: String,
    /// When it was recorded.
    pub at: Timestamp,
    /// Set when it turned out not to have come.
    pub reversed: Option<Reversal>,
}

/// Why a receipt no longer counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversal {
    /// `stf_…`, or the gateway.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// A confirmed decision about a loan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The reference of its event in the account.
    pub reference: String,
    /// The staff member who asked for it.
    pub asked_by: String,
    /// The other one who confirmed it.
    pub confirmed_by: String,
    /// Why.
    pub reason: String,
    /// When it was confirmed.
    pub at: Timestamp,
}

impl LoanAccount {
    /// The account of a loan that is being paid out by `schedule`.
    pub fn new(loan: &Loan, schedule: &Schedule) -> Self {
        Self {
            loan: loan.id,
            user: loan.user,
            account: super::loan::running(&loan.product, schedule),
            receipts: Vec::new(),
            decisions: Vec::new(),
            posted: Position::default(),
            bookings: 0,
        }
    }

    /// Takes a receipt in: in the account it counts from its value date on.
    pub fn receive(&mut self, receipt: Receipt) {
        let (amount, fee) = (receipt.amount, receipt.fee.as_ref().map(|fee| fee.amount + fee.gst));
        let what = match receipt.kind {
            TransactionKind::Foreclosure => EventKind::Foreclosure { amount, fee: fee.unwrap_or_default() },
            TransactionKind::CoolingOffReturn => EventKind::CoolingOffReturn { amount },
            _ => EventKind::Repayment { amount },
        };
        self.account.events.push(Event { reference: receipt.id.to_string(), on: receipt.received_on, what });
        self.receipts.push(receipt);
    }

    /// Leaves the receipt `id` out of the account from now on, as if it had never come; its record stays.
    pub fn reverse(&mut self, id: TransactionId, reversal: Reversal) {
        let reference = id.to_string();
        self.account.events.retain(|event| event.reference != reference);
        for receipt in self.receipts.iter_mut().filter(|receipt| receipt.id == id) {
            receipt.reversed = Some(reversal.clone());
        }
    }

    /// Takes a confirmed decision in.
    pub fn decide(&mut self, decision: Decision, on: Date, what: EventKind) {
        self.account.events.push(Event { reference: decision.reference.clone(), on, what });
        self.decisions.push(decision);
    }

    /// The account of the loan `id` of `user`.
    pub fn at(user: UserId, id: LoanId) -> Address<Self> {
        Address::new(User::partition(user), format!("LOAN_ACCOUNT#{id}"))
    }

    /// The receipt `id`.
    pub fn receipt(&self, id: TransactionId) -> Option<&Receipt> {
        self.receipts.iter().find(|receipt| receipt.id == id)
    }
}

impl Entity for LoanAccount {
    const NAME: &'static str = "lending_loan_account";

    fn key(&self) -> Key {
        LoanAccount::at(self.user, self.loan).key
    }
}
