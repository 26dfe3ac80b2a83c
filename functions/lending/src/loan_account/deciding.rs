//! Decisions of the lender about a running loan: charges are waived, instalments put off, the rest given up. Each takes two
//! people: one asks, another confirms the very same thing (maker and checker, row C59).
use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    clock::{day_in, india},
    error::Error,
    id::{Id, Prefixed},
    money::{Paise, Rupees},
    table::{Address, Entity, Key},
};

use super::{Book, Booked, Decision, Happening, Loan, LoanId, LoanTransaction, Moved, TransactionKind};
use crate::{
    borrower::{User, UserId},
    codes as lending_codes,
    loan::{
        account::{Account, EventKind, InstalmentStatus, LineKind, LoanState},
        schedule::{Schedule, Terms, TermsError},
    },
};

/// A request that nobody confirmed is forgotten after a week.
const STANDS_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is to be decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Proposed {
    /// Charges are forgiven.
    Waive {
        /// So much of them.
        amount: Paise,
    },
    /// What is not yet due falls due by a new schedule.
    Reschedule {
        /// The first due date of the new version: until then nothing falls due (a moratorium).
        first_due_on: Date,
        /// In so many instalments.
        instalments: u16,
        /// Principal already past due moves, too.
        with_arrears: bool,
    },
    /// The rest is given up in the books.
    WriteOff,
}

impl Proposed {
    /// As it is stored and shown in the audit log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Waive { .. } => "waive_charges",
            Self::Reschedule { .. } => "reschedule_loan",
            Self::WriteOff => "write_off_loan",
        }
    }
}

/// A decision that waits for its second person: one of each kind for each loan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Proposal {
    /// The loan.
    pub loan: LoanId,
    /// Whose it is.
    pub user: UserId,
    /// What is to be done.
    pub what: Proposed,
    /// Why.
    pub reason: String,
    /// Who asked: `stf_…`.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
}

impl Proposal {
    /// Where a proposal of this kind for the loan lies.
    pub fn at(user: UserId, loan: LoanId, what: &Proposed) -> Address<Self> {
        Address::new(User::partition(user), format!("PROPOSAL#{loan}#{}", what.name()))
    }

    /// Until when it can be confirmed.
    pub fn stands_until(&self) -> Timestamp {
        self.asked_at.checked_add(STANDS_FOR).unwrap_or(self.asked_at)
    }

    /// Whether `other` confirms this: the same thing, while it stands, by somebody else.
    pub fn is_confirmed_by(&self, who: &str, what: &Proposed, now: Timestamp) -> bool {
        self.asked_for(what, now) && self.asked_by != who
    }

    /// Whether the same was asked for and still stands.
    pub fn asked_for(&self, what: &Proposed, now: Timestamp) -> bool {
        now < self.stands_until() && self.what == *what
    }
}

impl Entity for Proposal {
    const NAME: &'static str = "lending_proposal";

    fn key(&self) -> Key {
        Proposal::at(self.user, self.loan, &self.what).key
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.stands_until())
    }
}

/// Names decisions; the id of one is the reference of its event.
enum DecisionKind {}
impl Prefixed for DecisionKind {
    const PREFIX: &'static str = "dec";
}

/// What a decision did.
#[derive(Debug)]
pub struct Decided {
    /// What follows.
    pub booked: Booked,
    /// As the borrower sees it, where it changed what they owe.
    pub transaction: Option<LoanTransaction>,
}

/// Carries `what` out, from today on. 409 when the loan does not run, 400 when the numbers are not possible.
pub fn carry_out(app: &App, book: &mut Book, what: &Proposed, decision: Decision) -> Result<Decided, Error> {
    if !book.loan.status.is_running() {
        let status = serde_json::to_value(book.loan.status).unwrap_or_default();
        return Err(Error::new(lending_codes::NOT_IN_THAT_STATE).with("status", status));
    }
    let today = day_in(app.now(), &india());
    let (event, kind) = match what {
        Proposed::Waive { amount } => ("waiver", waive(&book.account.account.state_on(today), *amount)?),
        Proposed::Reschedule { first_due_on, instalments, with_arrears } => {
            let wanted = Rescheduling {
                first_due_on: *first_due_on,
                instalments: *instalments,
                with_arrears: *with_arrears,
            };
            ("rescheduled", reschedule(&book.account.account, wanted, today)?)
        }
        Proposed::WriteOff => ("write_off", EventKind::WrittenOff),
    };
    let reference = Id::<DecisionKind>::new(app.now(), app.random()).to_string();
    let decision = Decision { reference: reference.clone(), ..decision };
    let happening = Happening { event, reference: &reference, value_on: today, now: app.now() };
    let booked = book.book(happening, |account| account.decide(decision, today, kind))?;
    let transaction = transaction(app, &book.loan, what, &booked, reference, today);
    Ok(Decided { booked, transaction })
}

fn waive(state: &LoanState, amount: Paise) -> Result<EventKind, Error> {
    if amount.is_positive() && amount <= state.due.charges {
        return Ok(EventKind::ChargeWaived { amount });
    }
    let most = Rupees::from(state.due.charges);
    let message = format!("must be more than 0 and at most the charges due, which are {}", most.0);
    Err(Error::invalid_field("amount", "range", message))
}

#[derive(Clone, Copy)]
struct Rescheduling {
    first_due_on: Date,
    instalments: u16,
    with_arrears: bool,
}

/// The next version: the principal that is not yet due, with the interest running on from the last due date before today.
fn reschedule(account: &Account, wanted: Rescheduling, today: Date) -> Result<EventKind, Error> {
    if wanted.first_due_on <= today {
        return Err(Error::invalid_field("first_due_on", "range", "must lie after today"));
    }
    // A new version comes before the instalments of its own day, so it starts from the evening before.
    let state = account.state_on(today.yesterday().unwrap_or(today));
    let current = in_force(account, today);
    let not_due = state.instalments.iter().filter(|line| line.status == InstalmentStatus::Upcoming);
    let principal: Paise = not_due.map(|line| line.principal.due).sum();
    let arrears = if wanted.with_arrears { state.due.principal } else { Paise::ZERO };
    let fallen_due = state
        .instalments
        .iter()
        .filter(|line| line.kind == LineKind::Instalment && line.status != InstalmentStatus::Upcoming);
    let runs_from = fallen_due.map(|line| line.due_on).max();
    let terms = Terms {
        principal: principal + arrears,
        tenure: wanted.instalments,
        disbursed_on: runs_from.map_or(current.terms.disbursed_on, |on| on.max(current.terms.disbursed_on)),
        first_due_on: wanted.first_due_on,
        ..current.terms.clone()
    };
    let schedule = terms.schedule().map_err(|problem| match problem {
        TermsError::Principal => {
            Error::new(lending_codes::NOT_IN_THAT_STATE).saying("Nothing is left that could fall due later")
        }
        TermsError::Dates | TermsError::TooLarge => {
            Error::invalid_field("first_due_on", "range", problem.to_string())
        }
        TermsError::Tenure => Error::invalid_field("instalments", "range", problem.to_string()),
        TermsError::Rate => Error::internal(problem),
    })?;
    Ok(EventKind::Rescheduled { schedule, with_arrears: wanted.with_arrears })
}

/// The schedule in force on `day`.
fn in_force(account: &Account, day: Date) -> &Schedule {
    let versions =
        account.events.iter().filter(|event| event.on <= day).filter_map(|event| match &event.what {
            EventKind::Rescheduled { schedule, .. } => Some((event.on, &event.reference, schedule)),
            _ => None,
        });
    let newest = versions.max_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    newest.map_or(&account.schedule, |(_, _, schedule)| schedule)
}

fn transaction(
    app: &App,
    loan: &Loan,
    what: &Proposed,
    booked: &Booked,
    reference: String,
    today: Date,
) -> Option<LoanTransaction> {
    let (kind, amount) = match what {
        Proposed::Waive { amount } => (TransactionKind::Waiver, *amount),
        Proposed::WriteOff => {
            (TransactionKind::WriteOff, booked.after.written_off.map(|given_up| given_up.amounts.total())?)
        }
        Proposed::Reschedule { .. } => return None,
    };
    Some(LoanTransaction::new(app, loan, Moved { kind, amount, mode: None, reference, value_on: today }))
}
