//! What staff do with loans: pay them out, record and reverse receipts, waive charges, reschedule, write off.
pub mod disburse;
pub mod record_repayment;
pub mod reschedule;
pub mod reverse_repayment;
mod two_people;
pub mod waive;
pub mod write_off;

use jiff::civil::Date;
use serde::Serialize;
use shared::{error::Error, money::Rupees};
use utoipa::ToSchema;

use crate::{
    codes as lending_codes,
    loan::{
        account::{AllocationLine, NextDue},
        allocation::Part,
        delinquency::{AssetClass, DpdBucket},
        state::LoanStatus,
    },
    loan_account::{Loan, LoanId, LoanTransaction, Mode, TransactionId, TransactionKind, TransactionStatus},
};

/// A loan as staff see it after they did something to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoanView {
    #[schema(value_type = String, example = "ln_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    id: LoanId,
    number: String,
    status: LoanStatus,
    asset_class: AssetClass,
    #[schema(value_type = f64)]
    principal: Rupees,
    #[schema(value_type = f64)]
    outstanding_principal: Rupees,
    /// Due and unpaid, today's instalment included.
    #[schema(value_type = f64)]
    due: Rupees,
    /// The part of it that is past its due date.
    #[schema(value_type = f64)]
    overdue: Rupees,
    /// Money that nothing was due for yet.
    #[schema(value_type = f64)]
    on_account: Rupees,
    days_past_due: u32,
    bucket: DpdBucket,
    next_due: Option<NextDueView>,
}

/// The next instalment for which money is needed.
#[derive(Debug, Serialize, ToSchema)]
pub struct NextDueView {
    #[schema(value_type = String, format = Date)]
    on: Date,
    #[schema(value_type = f64)]
    amount: Rupees,
}

impl From<&Loan> for LoanView {
    fn from(loan: &Loan) -> Self {
        let summary = &loan.summary;
        let next_due = |next: NextDue| NextDueView { on: next.on, amount: next.amount.into() };
        Self {
            id: loan.id,
            number: loan.number.clone(),
            status: loan.status,
            asset_class: loan.asset_class,
            principal: loan.principal.into(),
            outstanding_principal: summary.outstanding_principal.into(),
            due: summary.due_total.into(),
            overdue: summary.overdue_total.into(),
            on_account: summary.on_account.into(),
            days_past_due: summary.days_past_due,
            bucket: summary.bucket,
            next_due: summary.next_due.map(next_due),
        }
    }
}

/// A transaction as staff see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransactionView {
    #[schema(value_type = String, example = "txn_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    id: TransactionId,
    kind: TransactionKind,
    status: TransactionStatus,
    mode: Option<Mode>,
    #[schema(value_type = f64)]
    amount: Rupees,
    reference: String,
    #[schema(value_type = String, format = Date)]
    value_on: Date,
}

impl From<&LoanTransaction> for TransactionView {
    fn from(transaction: &LoanTransaction) -> Self {
        Self {
            id: transaction.id,
            kind: transaction.kind,
            status: transaction.status,
            mode: transaction.mode,
            amount: transaction.amount.into(),
            reference: transaction.reference.clone(),
            value_on: transaction.value_on,
        }
    }
}

/// What a receipt paid.
#[derive(Debug, Serialize, ToSchema)]
pub struct AllocationView {
    /// The version of the schedule.
    version: u16,
    /// The instalment.
    number: u16,
    part: Part,
    #[schema(value_type = f64)]
    amount: Rupees,
}

impl From<&AllocationLine> for AllocationView {
    fn from(line: &AllocationLine) -> Self {
        Self { version: line.version, number: line.number, part: line.part, amount: line.amount.into() }
    }
}

/// 409 with where the loan stands.
fn not_so(loan: &Loan) -> Error {
    let status = serde_json::to_value(loan.status).unwrap_or_default();
    Error::new(lending_codes::NOT_IN_THAT_STATE).with("status", status)
}

/// How often a booking that lost a race is tried again: receipts of one loan may arrive in a bunch.
const TRIES: u32 = 12;
