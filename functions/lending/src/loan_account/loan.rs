//! The loan as it is looked up and listed: what was lent, and a summary of where it stands.
use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use shared::{
    clock::{at_local, india},
    id::{Id, Prefixed},
    money::Paise,
    table::{Address, Due, Entity, Index, IndexKeys, Key, Pattern, Stored},
};

use super::Reminded;
use crate::{
    application::{ApplicationId, Approval, LoanApplication},
    borrower::{User, UserId},
    loan::{
        account::{Account, InstalmentStatus, LineKind, LoanState, NextDue},
        delinquency::{AssetClass, DpdBucket},
        product::{Fees, Product},
        schedule::Schedule,
        state::LoanStatus,
    },
};

/// The id of a loan.
pub type LoanId = Id<Loan>;

impl Prefixed for Loan {
    const PREFIX: &'static str = "ln";
}

/// A loan that was paid out. Its schedule, receipts and decisions lie beside it in [`LoanAccount`](super::LoanAccount);
/// `get_two` loads both in one call. Only [`booking`](super::booking) changes either, and always both.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Loan {
    /// Names it.
    pub id: LoanId,
    /// As the borrower reads it: `LN-202601-000123`, with the digits of the application's number.
    pub number: String,
    /// Whose it is.
    pub user: UserId,
    /// What it came from.
    pub application: ApplicationId,
    /// The terms of the product as they were when the loan was made; later changes never touch it.
    pub product: Product,
    /// The amount lent.
    pub principal: Paise,
    /// Nominal interest, per cent a year.
    pub annual_rate_pct: Decimal,
    /// As agreed.
    pub tenure_months: u16,
    /// The equal instalment of the schedule that was signed.
    pub emi: Paise,
    /// Kept back at disbursal.
    pub fees: Fees,
    /// Paid out: the amount lent less the fees.
    pub net_disbursed: Paise,
    /// When the money went out; interest runs from this day.
    pub disbursed_on: Date,
    /// The bank's name for the payout.
    pub bank_reference: String,
    /// The last four digits of the account it went to.
    pub bank_account_last4: String,
    /// The last day on which the loan may be given back.
    pub cooling_off_ends_on: Date,
    /// Where it stands.
    pub status: LoanStatus,
    /// The regulator's class.
    pub asset_class: AssetClass,
    /// The class at the end of the day before that of the summary, from which the present one follows.
    pub class_before: AssetClass,
    /// Where it stands in numbers.
    pub summary: Summary,
    /// The first day on which it was over, while it is.
    pub ended_on: Option<Date>,
    /// The reminders that were sent for open instalments.
    pub reminded: Vec<Reminded>,
    /// When the borrower is to be reminded next.
    pub remind_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When anything here last changed.
    pub updated_at: Timestamp,
}

/// Where a loan stood at the end of a day: a copy of [`LoanState`] small enough for lists. The truth is
/// [`Account::state_on`](crate::loan::account::Account::state_on).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The day.
    pub as_of: Date,
    /// Principal not yet repaid, due or not.
    pub outstanding_principal: Paise,
    /// Due and unpaid, today's instalment included.
    pub due_total: Paise,
    /// The part of it that is past its due date.
    pub overdue_total: Paise,
    /// Money that nothing was due for yet.
    pub on_account: Paise,
    /// All money received.
    pub received: Paise,
    /// Days since the oldest unpaid due date.
    pub days_past_due: u32,
    /// The same as a bucket.
    pub bucket: DpdBucket,
    /// The next instalment for which money is needed.
    pub next_due: Option<NextDue>,
    /// Instalments with nothing missing …
    pub instalments_paid: u16,
    /// … of so many.
    pub instalments_total: u16,
    /// The next day on which time alone changes something.
    pub judge_on: Option<Date>,
}

impl Summary {
    /// The summary of `state`.
    pub fn of(state: &LoanState) -> Self {
        let instalments = || state.instalments.iter().filter(|line| line.kind == LineKind::Instalment);
        let paid = instalments().filter(|line| line.status == InstalmentStatus::Paid).count();
        let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        Self {
            as_of: state.as_of,
            outstanding_principal: state.outstanding_principal,
            due_total: state.due.total(),
            overdue_total: state.overdue.total(),
            on_account: state.on_account,
            received: state.received,
            days_past_due: state.days_past_due,
            bucket: DpdBucket::of(state.days_past_due),
            next_due: state.next_due,
            instalments_paid: count(paid),
            instalments_total: count(instalments().count()),
            judge_on: judge_on(state),
        }
    }
}

/// While anything is due, every day counts; otherwise the next due date does, also when money on account covers it, because
/// the interest is earned and the money is used on that day.
fn judge_on(state: &LoanState) -> Option<Date> {
    if !state.status.is_running() {
        return None;
    }
    if state.due.total().is_positive() {
        return state.as_of.tomorrow().ok();
    }
    let upcoming = state.instalments.iter().filter(|line| line.status == InstalmentStatus::Upcoming);
    upcoming.map(|line| line.due_on).min()
}

/// What the bank said of a payout.
#[derive(Debug, Clone)]
pub struct Payout {
    /// The bank's name for it.
    pub reference: String,
    /// The last four digits of the account it went to.
    pub account_last4: String,
}

/// Where a loan is listed for staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// Running, in this bucket of days past due.
    Running(DpdBucket),
    /// Given up in the books.
    WrittenOff,
    /// Closed, foreclosed or given back.
    Ended,
}

impl Shelf {
    /// The shelf of a loan.
    pub fn of(status: LoanStatus, bucket: DpdBucket) -> Self {
        match status {
            LoanStatus::Active | LoanStatus::Overdue => Self::Running(bucket),
            LoanStatus::WrittenOff => Self::WrittenOff,
            LoanStatus::Closed | LoanStatus::Foreclosed | LoanStatus::CoolingOffReturned => Self::Ended,
        }
    }

    /// As it is stored and counted.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running(bucket) => bucket.name(),
            Self::WrittenOff => "written_off",
            Self::Ended => "ended",
        }
    }
}

impl Loan {
    /// The loan that an approval becomes when its money went out, on the day that `schedule` begins.
    pub fn new(
        id: LoanId,
        application: &LoanApplication,
        approval: &Approval,
        schedule: &Schedule,
        payout: Payout,
        now: Timestamp,
    ) -> Self {
        let disbursed_on = schedule.terms.disbursed_on;
        Self {
            id,
            number: application.number.replacen("PC-", "LN-", 1),
            user: application.user,
            application: application.id,
            principal: approval.amount,
            annual_rate_pct: approval.annual_rate_pct,
            tenure_months: approval.tenure_months,
            emi: schedule.emi,
            net_disbursed: approval.amount - approval.fees.total(),
            fees: approval.fees.clone(),
            disbursed_on,
            bank_reference: payout.reference,
            bank_account_last4: payout.account_last4,
            cooling_off_ends_on: approval.product.cooling_off_ends_on(disbursed_on),
            status: LoanStatus::Active,
            asset_class: AssetClass::Standard,
            class_before: AssetClass::Standard,
            summary: Summary::of(&running(&approval.product, schedule).state_on(disbursed_on)),
            product: approval.product.clone(),
            ended_on: None,
            reminded: Vec::new(),
            remind_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// The kind of the due index under which loans are found that time alone changes.
    pub const DUE: &'static str = "LENDING#LOAN";

    /// The loan `id` of `user`.
    pub fn at(user: UserId, id: LoanId) -> Address<Self> {
        Address::new(User::partition(user), format!("LOAN#{id}"))
    }

    /// The borrower and the loan that lies at `key`.
    pub fn named_by(key: &Key) -> Option<(UserId, LoanId)> {
        let user = key.pk.strip_prefix("LENDING#USER#")?.parse().ok()?;
        Some((user, key.sk.strip_prefix("LOAN#")?.parse().ok()?))
    }

    /// All loans of `user`, newest first.
    pub fn of_user(user: UserId) -> Pattern<Stored<Self>> {
        Pattern::table(User::partition(user)).prefix("LOAN#").descending()
    }

    /// The loan `id`, whoever's it is: for staff. The index may lag a moment; what is written follows from the loan itself.
    pub fn with_id(id: LoanId) -> Pattern<Stored<Self>> {
        Pattern::index(Index::Gsi1, format!("LENDING#LOAN#{id}"))
    }

    /// All loans of a shelf, the latest payers first.
    pub fn on_shelf(shelf: Shelf) -> Pattern<Stored<Self>> {
        Pattern::index(Index::Gsi2, format!("LENDING#LOANS#{}", shelf.name())).descending()
    }

    /// Where it is listed.
    pub fn shelf(&self) -> Shelf {
        Shelf::of(self.status, self.summary.bucket)
    }
}

/// The account in which nothing has happened yet.
pub(super) fn running(product: &Product, schedule: &Schedule) -> Account {
    Account {
        schedule: schedule.clone(),
        penal: product.penal,
        order: product.allocation,
        events: Vec::new(),
    }
}

impl Entity for Loan {
    const NAME: &'static str = "lending_loan";

    fn key(&self) -> Key {
        Loan::at(self.user, self.id).key
    }

    fn index_keys(&self) -> IndexKeys {
        let lateness = format!("{:05}#{}", self.summary.days_past_due, self.id);
        IndexKeys {
            gsi1: Some(Key::new(format!("LENDING#LOAN#{}", self.id), "LOAN")),
            gsi2: Some(Key::new(format!("LENDING#LOANS#{}", self.shelf().name()), lateness)),
            due: self.summary.judge_on.map(|day| Due { kind: Loan::DUE, at: at_local(day, 0, 0, &india()) }),
        }
    }
}
