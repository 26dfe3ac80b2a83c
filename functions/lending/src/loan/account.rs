//! The running loan. Its state is never stored as truth: it is computed again from the schedule and the dated events, in
//! date order. So a back-dated receipt re-runs everything after it, and a reversed receipt is simply left out of the list
//! (its record stays where it is stored). Source: rows C58 and C59.
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use shared::money::Paise;

use super::{
    allocation::{AllocationOrder, Part},
    replay::Replay,
    schedule::Schedule,
    state::LoanStatus,
};

/// Everything that a running loan consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The schedule that was signed: version 1.
    pub schedule: Schedule,
    /// The price of paying late.
    pub penal: PenalTerms,
    /// The order in which money pays what is due.
    pub order: AllocationOrder,
    /// What has happened, in any order, without the receipts that were reversed.
    pub events: Vec<Event>,
}

/// Penal charge: on overdue principal only, simple, actual/365, after a grace period, never on interest or charges.
/// Source: spec 3.1 «Money»; RBI, «Fair Lending Practice – Penal Charges in Loan Accounts», 18 August 2023.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PenalTerms {
    /// Per cent a year of the overdue principal.
    pub annual_rate_pct: Decimal,
    /// So many days after the due date bear no charge; the day after them is the first that does.
    pub grace_days: u16,
}

/// Something that happened to the loan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Unique in the loan: the id of the receipt, waiver or decision. Orders events of the same kind and day.
    pub reference: String,
    /// The value date.
    pub on: Date,
    /// What.
    pub what: EventKind,
}

/// The kinds of events. On one day a rescheduling comes first, then the instalments of that day fall due, then waivers,
/// repayments, settlements and a write-off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventKind {
    /// From this day on the lines not yet due give way to `schedule`, the next version. Unpaid principal of the lines given
    /// up moves there; should it differ from the version's principal (a receipt was back-dated or reversed since), the
    /// last lines take the difference. Interest and charges that were due stay due.
    Rescheduled {
        /// The next version.
        schedule: Schedule,
        /// Principal already past due moves, too.
        with_arrears: bool,
    },
    /// So much of the charges due is forgiven, oldest first; more than is due forgives all.
    ChargeWaived {
        /// How much.
        amount: Paise,
    },
    /// Money came in.
    Repayment {
        /// How much.
        amount: Paise,
    },
    /// Money came in to end the loan early. When by a later correction it no longer does, it is an ordinary repayment.
    Foreclosure {
        /// How much.
        amount: Paise,
        /// The fee of the quote with its tax; see [`foreclosure`](super::foreclosure).
        fee: Paise,
    },
    /// Money came in to give the loan back within the cooling-off period: principal and interest to the day, no charges.
    CoolingOffReturn {
        /// How much.
        amount: Paise,
    },
    /// The lender gives the rest up in its books. All of it is due; penal charges stop; what still comes is recovery.
    WrittenOff,
}

impl EventKind {
    /// The money that this event brought.
    pub fn received(&self) -> Paise {
        match self {
            Self::Repayment { amount }
            | Self::Foreclosure { amount, .. }
            | Self::CoolingOffReturn { amount } => *amount,
            Self::Rescheduled { .. } | Self::ChargeWaived { .. } | Self::WrittenOff => Paise::ZERO,
        }
    }

    fn place_in_the_day(&self) -> u8 {
        match self {
            Self::Rescheduled { .. } => 0,
            Self::ChargeWaived { .. } => 1,
            Self::Repayment { .. } => 2,
            Self::Foreclosure { .. } | Self::CoolingOffReturn { .. } => 3,
            Self::WrittenOff => 4,
        }
    }
}

impl Account {
    /// The state at the end of `day`, with the events up to that day.
    pub fn state_on(&self, day: Date) -> LoanState {
        Replay::until(self, &self.events_until(day), day).state()
    }

    /// The events up to `day`, in the order in which they count.
    pub(super) fn events_until(&self, day: Date) -> Vec<&Event> {
        let mut events: Vec<&Event> = self.events.iter().filter(|event| event.on <= day).collect();
        events.sort_by(|a, b| {
            let place = |event: &Event| (event.on, event.what.place_in_the_day());
            place(a).cmp(&place(b)).then_with(|| a.reference.cmp(&b.reference))
        });
        events
    }
}

/// The state of a loan at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoanState {
    /// The day.
    pub as_of: Date,
    /// Where the loan stands.
    pub status: LoanStatus,
    /// All lines, oldest first: those of the schedule in force and the older ones that had fallen due.
    pub instalments: Vec<InstalmentState>,
    /// Principal not yet repaid, due or not.
    pub outstanding_principal: Paise,
    /// What is due and unpaid, today's instalment included.
    pub due: Dues,
    /// The part of `due` that is past its due date.
    pub overdue: Dues,
    /// Money that nothing was due for: it pays the next instalments as they fall due.
    pub on_account: Paise,
    /// All money received.
    pub received: Paise,
    /// Days since the oldest due date with anything unpaid; 0 when nothing is past due.
    pub days_past_due: u32,
    /// The next instalment for which money is needed; what lies on account is already taken off.
    pub next_due: Option<NextDue>,
    /// How every receipt was split, in the order of payment.
    pub allocations: Vec<AllocationLine>,
    /// What was given up, when the loan was written off.
    pub written_off: Option<WriteOff>,
}

/// Amounts by part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Dues {
    /// Principal.
    pub principal: Paise,
    /// Interest.
    pub interest: Paise,
    /// Charges.
    pub charges: Paise,
}

impl Dues {
    /// All parts together.
    pub fn total(&self) -> Paise {
        self.principal + self.interest + self.charges
    }
}

/// What one part of a line asks for and has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Owed {
    /// Asked for.
    pub due: Paise,
    /// Got.
    pub paid: Paise,
}

impl Owed {
    /// Still missing.
    pub fn unpaid(&self) -> Paise {
        self.due - self.paid
    }
}

/// Where a line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// A line of a schedule.
    Instalment,
    /// All that was not yet due when the loan was foreclosed, given back or written off.
    Settlement,
}

/// One line of the running loan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalmentState {
    /// The version of the schedule, from 1.
    pub version: u16,
    /// The number within the version.
    pub number: u16,
    /// Schedule or settlement.
    pub kind: LineKind,
    /// The due date.
    pub due_on: Date,
    /// Principal.
    pub principal: Owed,
    /// Interest.
    pub interest: Owed,
    /// Penal charges up to the day of the state, less waivers, and the foreclosure fee.
    pub charges: Owed,
    /// Charges that were forgiven.
    pub waived: Paise,
    /// Where the line stands.
    pub status: InstalmentStatus,
    /// Days since the due date while anything is unpaid.
    pub days_past_due: u32,
}

impl InstalmentState {
    /// Still missing, all parts together.
    pub fn unpaid(&self) -> Paise {
        self.principal.unpaid() + self.interest.unpaid() + self.charges.unpaid()
    }
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstalmentStatus {
    /// Not yet due.
    Upcoming,
    /// Due today, nothing paid.
    Due,
    /// Past its due date, nothing paid.
    Overdue,
    /// Nothing is missing.
    Paid,
    /// Due or past due, and a part is paid; `days_past_due` tells which.
    PartiallyPaid,
}

/// The next instalment for which money is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextDue {
    /// Its due date.
    pub on: Date,
    /// What is to be paid.
    pub amount: Paise,
}

/// One receipt paid one part of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocationLine {
    /// The reference of the receipt.
    pub receipt: String,
    /// The day: that of the receipt, or the due date for money that had lain on account.
    pub on: Date,
    /// The version of the schedule.
    pub version: u16,
    /// The number of the line within the version.
    pub number: u16,
    /// The part.
    pub part: Part,
    /// How much.
    pub amount: Paise,
}

/// What was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteOff {
    /// The day.
    pub on: Date,
    /// The amounts.
    pub amounts: Dues,
}
