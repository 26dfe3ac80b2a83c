//! What the ledger must say of a loan: computed from its state, never kept up by hand.
//!
//! Every change of a loan is posted as the difference between what the ledger says and what the state asks for. So each
//! business event has one fixed posting, a back-dated receipt that re-runs the allocation moves exactly what it changed, and
//! the ledger is the recomputed state whatever happened. «Receivables» are principal, interest and charges of this loan.
//!
//! | event | debit | credit |
//! |---|---|---|
//! | `disbursal` | principal receivable: the amount lent | bank: what went out; fee income; tax payable |
//! | `day`: an instalment falls due | interest receivable | interest income |
//! | `day`: money on account meets it | on account | receivables |
//! | `day`: a penal charge arises | charges receivable | penal income |
//! | `receipt` | cash, bank or gateway | receivables as allocated; on account: the rest |
//! | `receipt` that forecloses | cash, bank or gateway | receivables; interest income to the day; fee income; tax payable |
//! | `receipt` after a write-off | cash, bank or gateway | recovery |
//! | `waiver` | charges waived | charges receivable |
//! | `rescheduled` | — | — (nothing that was due changes) |
//! | `write_off` | write-off; interest receivable: what had accrued | receivables: all that is left; interest income |
//! | `receipt_reversed` | all that the receipt had brought about, back | |
use serde::{Deserialize, Serialize};
use shared::{
    ledger::{AccountRef, Entry, House, Owned, Unit},
    money::Paise,
};

use super::{Loan, LoanAccount, LoanId, Mode};
use crate::{
    WING,
    loan::{
        account::{InstalmentState, InstalmentStatus, LineKind, LoanState},
        product::Fee,
    },
};

/// What one loan adds to each account of the ledger, in the account's own direction: a receivable of 5 and an income of 5 are
/// both 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Position {
    /// Received over the counter.
    pub cash: Paise,
    /// Received by bank transfer, less what was paid out.
    pub bank: Paise,
    /// Received through the payment gateway.
    pub gateway: Paise,
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

impl Position {
    /// What the ledger must say of a loan in this state.
    pub fn of(loan: &Loan, account: &LoanAccount, state: &LoanState) -> Self {
        let came_by = |mode| {
            let receipts = account.receipts.iter().filter(|receipt| receipt.reversed.is_none());
            receipts.filter(|receipt| receipt.mode == mode).map(|receipt| receipt.amount).sum::<Paise>()
        };
        let fees = foreclosure_fees(account, state);
        let fee_income: Paise = fees.iter().map(|fee| fee.amount).sum();
        let tax: Paise = fees.iter().map(|fee| fee.gst).sum();
        let charged: Paise = state.instalments.iter().map(|line| line.charges.due + line.waived).sum();
        let fallen_due = |line: &&InstalmentState| line.status != InstalmentStatus::Upcoming;
        let interest_income = state.instalments.iter().filter(fallen_due).map(|line| line.interest.due).sum();
        let position = Self {
            cash: came_by(Mode::Cash),
            bank: came_by(Mode::Bank) - loan.net_disbursed,
            gateway: came_by(Mode::Gateway),
            principal: state.outstanding_principal,
            interest: state.due.interest,
            charges: state.due.charges,
            on_account: state.on_account,
            interest_income,
            penal_income: charged - fee_income - tax,
            fee_income: loan.fees.amount() + fee_income,
            tax: loan.fees.gst() + tax,
            waived: state.instalments.iter().map(|line| line.waived).sum(),
            written_off: Paise::ZERO,
            recovered: Paise::ZERO,
        };
        match &state.written_off {
            Some(given_up) => position.given_up(given_up.amounts.total()),
            None => position,
        }
    }

    /// Nothing is receivable any more; what was paid of it since then is recovered.
    fn given_up(self, amount: Paise) -> Self {
        let left = self.principal + self.interest + self.charges;
        Self {
            principal: Paise::ZERO,
            interest: Paise::ZERO,
            charges: Paise::ZERO,
            written_off: amount,
            recovered: amount - left,
            ..self
        }
    }

    /// The entries that turn `before` into this position.
    pub fn entries_after(&self, before: &Self, loan: LoanId) -> Vec<Entry> {
        let accounts = accounts(loan).into_iter();
        let grown = self.amounts().into_iter().zip(before.amounts()).map(|(now, then)| (now - then).minor());
        accounts.zip(grown).map(|(account, grown)| Entry::growth(account, grown)).collect()
    }

    /// In the order of [`accounts`].
    fn amounts(&self) -> [Paise; 14] {
        [
            self.cash,
            self.bank,
            self.gateway,
            self.principal,
            self.interest,
            self.charges,
            self.on_account,
            self.interest_income,
            self.penal_income,
            self.fee_income,
            self.tax,
            self.waived,
            self.written_off,
            self.recovered,
        ]
    }

    /// What this loan's own accounts say in this position.
    pub fn owned(&self, loan: LoanId) -> [(AccountRef, Paise); 4] {
        [
            (owned(Owned::LoansReceivable, loan), self.principal),
            (owned(Owned::InterestReceivable, loan), self.interest),
            (owned(Owned::ChargesReceivable, loan), self.charges),
            (owned(Owned::OnAccount, loan), self.on_account),
        ]
    }
}

fn accounts(loan: LoanId) -> [AccountRef; 14] {
    [
        house(House::Cash),
        house(House::Bank),
        house(House::Gateway),
        owned(Owned::LoansReceivable, loan),
        owned(Owned::InterestReceivable, loan),
        owned(Owned::ChargesReceivable, loan),
        owned(Owned::OnAccount, loan),
        house(House::InterestIncome),
        house(House::PenalIncome),
        house(House::FeeIncome),
        house(House::TaxPayable),
        house(House::ChargesWaived),
        house(House::WriteOff),
        house(House::Recovery),
    ]
}

fn house(kind: House) -> AccountRef {
    AccountRef::house(&WING, kind, Unit::Inr)
}

fn owned(kind: Owned, loan: LoanId) -> AccountRef {
    AccountRef::owned(&WING, kind, loan, Unit::Inr)
}

/// The fees of the settlements that came about. A settlement line bears nothing but its fee: it is paid on the day it is made.
fn foreclosure_fees(account: &LoanAccount, state: &LoanState) -> Vec<Fee> {
    let settlements = state.instalments.iter().filter(|line| line.kind == LineKind::Settlement);
    let charged = settlements.map(|line| (line.due_on, line.charges.due + line.waived));
    let fees = charged.filter(|(_, fee)| !fee.is_zero()).map(|(on, charged)| {
        let mut counted = account.receipts.iter().filter(|receipt| receipt.reversed.is_none());
        let paid_by = counted.find_map(|receipt| {
            let fee = receipt.fee.as_ref()?;
            (receipt.received_on == on && fee.amount + fee.gst == charged).then(|| fee.clone())
        });
        // A settlement that no receipt of ours asked for has no tax that we know of.
        paid_by.unwrap_or_else(|| Fee { name: String::new(), amount: charged, gst: Paise::ZERO })
    });
    fees.collect()
}
