//! The loan application, and its transitions with everything that must follow from one.
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use shared::{
    clock::sortable,
    money::Paise,
    table::{Address, Due, Entity, Index, IndexKeys, Key, Pattern, Stored, Write},
};

use super::{Acceptance, ApplicationId, ApplicationStats, Approval, Offer, PendingApplication, RejectReason};
use crate::{
    borrower::{BankDetailsId, User, UserId},
    loan::state::{ApplicationEvent, ApplicationStatus, CannotTransition},
};

/// Sweep of offers whose time is over.
pub const OFFER_DUE: &str = "LENDING#OFFER";
/// Sweep of applications that nobody moved on.
pub const STALE_DUE: &str = "LENDING#STALE";
/// Sweep of payouts whose result is not known.
pub const DISBURSAL_DUE: &str = "LENDING#DISBURSAL";
/// So long an application may wait before an offer (`spec/lending.md` 3.1: «hold of stale applications, 30 d»).
const STALE_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Who acts when nobody did.
pub const SYSTEM: &str = "system";

/// An application for a loan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LoanApplication {
    /// Names it.
    pub id: ApplicationId,
    /// Names it to people: `PC-202601-000001`.
    pub number: String,
    /// Whose it is.
    pub user: UserId,
    /// The code of the product.
    pub product: String,
    /// What they ask for.
    pub loan_amount: Paise,
    /// For how long.
    pub tenure_months: u16,
    /// What for.
    pub purpose: String,
    /// The interest shown to them when they applied, per cent a year.
    pub annual_rate_pct: Decimal,
    /// The instalment shown to them when they applied.
    pub emi: Paise,
    /// Where it stands.
    pub status: ApplicationStatus,
    /// How it came there, oldest first.
    pub history: Vec<StatusChange>,
    /// The officer who has it: `stf_…`.
    pub assigned_to: Option<String>,
    /// What was granted; under review it is a proposal that waits for its checker.
    pub approval: Option<Approval>,
    /// Why it was refused.
    pub rejection: Option<Rejection>,
    /// The offer, once there was one.
    pub offer: Option<Offer>,
    /// The borrower's signature.
    pub accepted: Option<Acceptance>,
    /// The account that the money goes to.
    pub bank_details: Option<BankDetailsId>,
    /// The payout.
    pub disbursal: Option<Disbursal>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When anything here last changed.
    pub updated_at: Timestamp,
}

/// One step of an application.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StatusChange {
    /// Where it came to.
    pub status: ApplicationStatus,
    /// When.
    pub at: Timestamp,
    /// Who did it: `usr_…`, `stf_…` or [`SYSTEM`].
    pub by: String,
    /// For staff only.
    pub note: Option<String>,
}

/// A refusal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rejection {
    /// The reason that the borrower is told.
    pub reason: RejectReason,
    /// More of it, for staff only.
    pub note: Option<String>,
}

/// How a payout stands. Unknown is not failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisbursalState {
    /// On its way to the gateway.
    Started,
    /// The gateway did not say; it is asked again.
    Unknown,
    /// The money has arrived.
    Succeeded,
    /// It has certainly not left, or has come back.
    Failed,
}

/// The payout of an accepted application. Its key at the gateway is the id of the application, so it cannot go out twice.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Disbursal {
    /// How it stands.
    pub state: DisbursalState,
    /// What is paid out: the amount without the fees.
    pub amount: Paise,
    /// The account it goes to.
    pub bank_details: BankDetailsId,
    /// Who started it: `stf_…`.
    pub started_by: String,
    /// When.
    pub started_at: Timestamp,
    /// The gateway's name for it.
    pub reference: Option<String>,
    /// Why it failed, in the gateway's words.
    pub failure: Option<String>,
    /// How often it was started.
    pub attempts: u32,
    /// When the gateway is asked (again) what became of it; `None` once that is known.
    pub check_at: Option<Timestamp>,
    /// The loan that came of it: `ln_…`.
    pub loan: Option<String>,
}

/// A step that was taken and is not yet written.
#[derive(Debug)]
#[must_use = "a transition must be recorded in the write that carries it out"]
pub struct Transition {
    from: ApplicationStatus,
}

impl Transition {
    /// Where it came from.
    pub fn from(&self) -> ApplicationStatus {
        self.from
    }

    /// Adds everything that the step changes: the application itself (409 `CHANGED_MEANWHILE` when somebody was faster), the
    /// numbers of the borrower and of the house, and, when the application is no longer open, the mark of the borrower.
    pub fn record(self, write: Write, application: &Stored<LoanApplication>) -> Write {
        self.follow(write.replace(application), application)
    }

    /// As [`Transition::record`] without the application itself, for a write that has a better refusal for a lost race:
    /// `moved.follow(write.replace(&application).or(…), &application)`. Needs `Put`, `Update` and `Delete`.
    pub fn follow(self, write: Write, application: &LoanApplication) -> Write {
        let amount = application.approval.as_ref().map_or(Paise::ZERO, |approval| approval.amount);
        let write = ApplicationStats::moved(
            application.user,
            application.id,
            Some(self.from),
            application.status,
            amount,
        )
        .iter()
        .fold(write, Write::adjust);
        if self.from.is_open() && !application.status.is_open() {
            return write.erase(PendingApplication::at(application.user));
        }
        write
    }
}

/// What a borrower asks for.
#[derive(Debug)]
pub struct Asked {
    /// The code of the product.
    pub product: String,
    /// How much.
    pub loan_amount: Paise,
    /// For how long.
    pub tenure_months: u16,
    /// What for.
    pub purpose: String,
    /// The interest shown to them.
    pub annual_rate_pct: Decimal,
    /// The instalment shown to them.
    pub emi: Paise,
}

impl LoanApplication {
    /// A new application of `user`.
    pub fn new(id: ApplicationId, number: String, user: UserId, asked: Asked, now: Timestamp) -> Self {
        let status = ApplicationStatus::Submitted;
        Self {
            id,
            number,
            user,
            product: asked.product,
            loan_amount: asked.loan_amount,
            tenure_months: asked.tenure_months,
            purpose: asked.purpose,
            annual_rate_pct: asked.annual_rate_pct,
            emi: asked.emi,
            status,
            history: vec![StatusChange { status, at: now, by: user.to_string(), note: None }],
            assigned_to: None,
            approval: None,
            rejection: None,
            offer: None,
            accepted: None,
            bank_details: None,
            disbursal: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Adds the making of a new application: itself and the numbers. The mark of the borrower is put by the caller, who knows
    /// what to refuse with.
    pub fn open(&self, write: Write) -> Write {
        ApplicationStats::moved(self.user, self.id, None, self.status, Paise::ZERO)
            .iter()
            .fold(write.create(self), Write::adjust)
    }

    /// The application `id` of `user`; that of somebody else is not there.
    pub fn at(user: UserId, id: ApplicationId) -> Address<Self> {
        Address::new(User::partition(user), format!("{SK_PREFIX}{id}"))
    }

    /// All applications of a borrower, newest first.
    pub fn of_borrower(user: UserId) -> Pattern<Stored<Self>> {
        Pattern::table(User::partition(user)).prefix(SK_PREFIX).descending()
    }

    /// The application `id` of whomever, for staff. The index may lag a moment: load [`LoanApplication::at`] before a write.
    pub fn by_id(id: ApplicationId) -> Pattern<Stored<Self>> {
        Pattern::index(Index::Gsi1, format!("LENDING#APPLICATION#{id}"))
    }

    /// The applications that stand so and were made from `from` to `to` (both included), oldest first.
    pub fn in_status(status: ApplicationStatus, from: Timestamp, to: Timestamp) -> Pattern<Stored<Self>> {
        // `$` follows `#`, so that everything made in the last millisecond is included.
        Pattern::index(Index::Gsi2, queue(status)).between(sortable(from), format!("{}$", sortable(to)))
    }

    /// The borrower and the application that lie at `key`.
    pub fn named_by(key: &Key) -> Option<(UserId, ApplicationId)> {
        let user = key.pk.strip_prefix("LENDING#USER#")?.parse().ok()?;
        Some((user, key.sk.strip_prefix(SK_PREFIX)?.parse().ok()?))
    }

    /// Takes the step `event`; `by` is `usr_…`, `stf_…` or [`SYSTEM`], `note` is for staff.
    pub fn transition(
        &mut self,
        event: ApplicationEvent,
        by: impl Into<String>,
        note: Option<String>,
        now: Timestamp,
    ) -> Result<Transition, CannotTransition> {
        let from = self.status;
        self.status = from.apply(event)?;
        self.history.push(StatusChange { status: self.status, at: now, by: by.into(), note });
        self.updated_at = now;
        Ok(Transition { from })
    }

    /// Turns the application into an offer.
    pub fn approve(
        &mut self,
        approval: Approval,
        offer: Offer,
        note: Option<String>,
        now: Timestamp,
    ) -> Result<Transition, CannotTransition> {
        let by = approval.checked_by.clone().unwrap_or_else(|| approval.approved_by.clone());
        let moved = self.transition(ApplicationEvent::Approve, by, note, now)?;
        self.approval = Some(approval);
        self.offer = Some(offer);
        Ok(moved)
    }

    /// When its time in the present state is over, if that has an end.
    pub fn runs_out_at(&self) -> Option<Timestamp> {
        match self.status {
            ApplicationStatus::Approved => self.offer.as_ref().map(|offer| offer.valid_until),
            ApplicationStatus::Submitted | ApplicationStatus::UnderReview => {
                self.history.last().and_then(|change| change.at.checked_add(STALE_AFTER).ok())
            }
            ApplicationStatus::Rejected
            | ApplicationStatus::Withdrawn
            | ApplicationStatus::Accepted
            | ApplicationStatus::Disbursed
            | ApplicationStatus::DisbursalFailed
            | ApplicationStatus::Expired => None,
        }
    }

    /// Ends it when its time is over: an offer expires, what nobody moved on is taken back. `None`, and nothing changed, while
    /// its time is not over.
    pub fn run_out(&mut self, now: Timestamp) -> Option<Transition> {
        if self.runs_out_at().is_none_or(|at| now < at) {
            return None;
        }
        let event = match self.status {
            ApplicationStatus::Approved => ApplicationEvent::Expire,
            _ => ApplicationEvent::Withdraw,
        };
        self.transition(event, SYSTEM, None, now).ok()
    }

    /// Where it stands by the clock: an offer is expired from its instant on, whether or not the sweep has come by.
    pub fn status_at(&self, now: Timestamp) -> ApplicationStatus {
        match (self.status, &self.offer) {
            (ApplicationStatus::Approved, Some(offer)) if !offer.stands_at(now) => ApplicationStatus::Expired,
            (status, _) => status,
        }
    }

    fn due(&self) -> Option<Due> {
        if let Some(at) = self.disbursal.as_ref().and_then(|disbursal| disbursal.check_at) {
            return Some(Due { kind: DISBURSAL_DUE, at });
        }
        let kind = if self.status == ApplicationStatus::Approved { OFFER_DUE } else { STALE_DUE };
        self.runs_out_at().map(|at| Due { kind, at })
    }
}

const SK_PREFIX: &str = "APPLICATION#";

/// The work queue of a status.
fn queue(status: ApplicationStatus) -> String {
    let name = serde_json::to_value(status).ok();
    format!("LENDING#APPLICATIONS#{}", name.as_ref().and_then(|name| name.as_str()).unwrap_or_default())
}

impl Entity for LoanApplication {
    const NAME: &'static str = "lending_application";

    fn key(&self) -> Key {
        LoanApplication::at(self.user, self.id).key
    }

    fn index_keys(&self) -> IndexKeys {
        let made = format!("{}#{}", sortable(self.created_at), self.id);
        IndexKeys {
            gsi1: Some(Key::new(format!("LENDING#APPLICATION#{}", self.id), "APPLICATION")),
            gsi2: Some(Key::new(queue(self.status), made)),
            due: self.due(),
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::id::Id;
    use shared::random::SeededRandom;

    use super::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn now() -> Timestamp {
        "2026-01-05T04:30:00Z".parse().unwrap()
    }

    fn application() -> LoanApplication {
        let random = SeededRandom::new(1);
        let asked = Asked {
            product: "personal".to_owned(),
            loan_amount: Paise::major(50_000),
            tenure_months: 12,
            purpose: "A new roof".to_owned(),
            annual_rate_pct: Decimal::from(18),
            emi: Paise::major(4584),
        };
        LoanApplication::new(
            Id::new(now(), &random),
            "PC-202601-000001".to_owned(),
            Id::new(now(), &random),
            asked,
            now(),
        )
    }

    #[test]
    fn a_transition_leaves_its_line_and_one_that_is_not_allowed_leaves_nothing() {
        let mut application = application();
        let moved = application.transition(ApplicationEvent::StartReview, "stf_1", None, now()).unwrap();
        assert_eq!(
            (moved.from(), application.status),
            (ApplicationStatus::Submitted, ApplicationStatus::UnderReview)
        );
        assert!(application.transition(ApplicationEvent::Accept, "usr_1", None, now()).is_err());
        assert_eq!(application.history.len(), 2);
    }

    #[test]
    fn what_nobody_moves_on_for_thirty_days_is_taken_back() {
        let mut application = application();
        let end = now() + 30 * DAY;
        assert_eq!(application.index_keys().due, Some(Due { kind: STALE_DUE, at: end }));
        assert!(application.run_out(end - SignedDuration::from_millis(1)).is_none());
        assert!(application.run_out(end).is_some());
        assert_eq!(application.status, ApplicationStatus::Withdrawn);
        assert_eq!(application.index_keys().due, None);
        assert!(application.run_out(end).is_none());
    }

    #[test]
    fn the_names_in_a_key_are_read_back() {
        let application = application();
        assert_eq!(LoanApplication::named_by(&application.key()), Some((application.user, application.id)));
        assert_eq!(LoanApplication::named_by(&Key::new("LENDING#USER#x", "APPLICATION#y")), None);
    }
}
