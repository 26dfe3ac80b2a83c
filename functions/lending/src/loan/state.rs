//! The states of an application and of a loan, and the only ways from one to another (spec 3.1 «States»).
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Where a loan application stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationStatus {
    /// Sent by the borrower.
    Submitted,
    /// Assigned to an officer.
    UnderReview,
    /// An offer with its Key Fact Statement lies before the borrower.
    Approved,
    /// Refused, with a reason.
    Rejected,
    /// Taken back by the borrower.
    Withdrawn,
    /// The borrower has signed; the money may go out.
    Accepted,
    /// The money has arrived: there is a loan.
    Disbursed,
    /// The payout failed and may be tried again.
    DisbursalFailed,
    /// The offer was not accepted in time.
    Expired,
}

/// What happens to an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationEvent {
    /// An officer takes it.
    StartReview,
    /// It becomes an offer.
    Approve,
    /// It is refused.
    Reject,
    /// The borrower takes it back.
    Withdraw,
    /// The borrower accepts the offer.
    Accept,
    /// The payout succeeded.
    Disburse,
    /// The payout failed for certain (unknown is not failed).
    FailDisbursal,
    /// The payout is to be tried again.
    RetryDisbursal,
    /// The offer's time is over.
    Expire,
}

/// Where a loan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoanStatus {
    /// Running, nothing past due.
    Active,
    /// Something is past its due date.
    Overdue,
    /// Repaid by its schedule.
    Closed,
    /// Repaid early.
    Foreclosed,
    /// Given up in the books; what still comes is recovery.
    WrittenOff,
    /// Given back within the cooling-off period.
    CoolingOffReturned,
}

/// What happens to a loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoanEvent {
    /// A due date passed unpaid.
    FallOverdue,
    /// Everything past due was paid.
    CatchUp,
    /// The last instalment was paid.
    Close,
    /// Repaid early.
    Foreclose,
    /// Given up in the books.
    WriteOff,
    /// Given back within the cooling-off period.
    ReturnInCoolingOff,
    /// A receipt that had closed the loan was reversed.
    Reopen,
}

/// The event has no place in the present state; for a client this is a 409.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{from:?} does not allow {event:?}")]
pub struct CannotTransition<S: std::fmt::Debug = ApplicationStatus, E: std::fmt::Debug = ApplicationEvent> {
    /// The present state.
    pub from: S,
    /// What was tried.
    pub event: E,
}

impl ApplicationStatus {
    /// All states.
    pub const ALL: [Self; 9] = [
        Self::Submitted,
        Self::UnderReview,
        Self::Approved,
        Self::Rejected,
        Self::Withdrawn,
        Self::Accepted,
        Self::Disbursed,
        Self::DisbursalFailed,
        Self::Expired,
    ];

    /// The state after `event`.
    pub fn apply(self, event: ApplicationEvent) -> Result<Self, CannotTransition> {
        use ApplicationEvent as Event;
        match (self, event) {
            (Self::Submitted, Event::StartReview) => Ok(Self::UnderReview),
            (Self::UnderReview, Event::Approve) => Ok(Self::Approved),
            (Self::UnderReview, Event::Reject) => Ok(Self::Rejected),
            (Self::Submitted | Self::UnderReview | Self::Approved, Event::Withdraw) => Ok(Self::Withdrawn),
            (Self::Approved, Event::Accept) | (Self::DisbursalFailed, Event::RetryDisbursal) => {
                Ok(Self::Accepted)
            }
            (Self::Approved, Event::Expire) => Ok(Self::Expired),
            (Self::Accepted, Event::Disburse) => Ok(Self::Disbursed),
            (Self::Accepted, Event::FailDisbursal) => Ok(Self::DisbursalFailed),
            (from, event) => Err(CannotTransition { from, event }),
        }
    }

    /// While it stands so, the borrower cannot apply again («one pending application at a time», C08).
    pub fn is_open(self) -> bool {
        match self {
            Self::Submitted | Self::UnderReview | Self::Approved | Self::Accepted | Self::DisbursalFailed => {
                true
            }
            Self::Rejected | Self::Withdrawn | Self::Disbursed | Self::Expired => false,
        }
    }
}

impl LoanStatus {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Active,
        Self::Overdue,
        Self::Closed,
        Self::Foreclosed,
        Self::WrittenOff,
        Self::CoolingOffReturned,
    ];

    /// The state after `event`.
    pub fn apply(self, event: LoanEvent) -> Result<Self, CannotTransition<Self, LoanEvent>> {
        match (self, event) {
            (Self::Active, LoanEvent::FallOverdue) => Ok(Self::Overdue),
            (Self::Overdue, LoanEvent::CatchUp)
            | (Self::Closed | Self::Foreclosed | Self::CoolingOffReturned, LoanEvent::Reopen) => {
                Ok(Self::Active)
            }
            // The last payment may settle arrears and the rest in one step.
            (Self::Active | Self::Overdue, LoanEvent::Close) => Ok(Self::Closed),
            (Self::Active | Self::Overdue, LoanEvent::Foreclose) => Ok(Self::Foreclosed),
            (Self::Active | Self::Overdue, LoanEvent::WriteOff) => Ok(Self::WrittenOff),
            (Self::Active, LoanEvent::ReturnInCoolingOff) => Ok(Self::CoolingOffReturned),
            (from, event) => Err(CannotTransition { from, event }),
        }
    }

    /// Money is still expected by the schedule.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Active | Self::Overdue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APPLICATION_EVENTS: [ApplicationEvent; 9] = [
        ApplicationEvent::StartReview,
        ApplicationEvent::Approve,
        ApplicationEvent::Reject,
        ApplicationEvent::Withdraw,
        ApplicationEvent::Accept,
        ApplicationEvent::Disburse,
        ApplicationEvent::FailDisbursal,
        ApplicationEvent::RetryDisbursal,
        ApplicationEvent::Expire,
    ];
    const LOAN_EVENTS: [LoanEvent; 7] = [
        LoanEvent::FallOverdue,
        LoanEvent::CatchUp,
        LoanEvent::Close,
        LoanEvent::Foreclose,
        LoanEvent::WriteOff,
        LoanEvent::ReturnInCoolingOff,
        LoanEvent::Reopen,
    ];

    #[test]
    fn an_application_moves_only_as_the_specification_draws_it() {
        use ApplicationStatus::*;
        let drawn = [
            (Submitted, UnderReview),
            (UnderReview, Approved),
            (UnderReview, Rejected),
            (Submitted, Withdrawn),
            (UnderReview, Withdrawn),
            (Approved, Withdrawn),
            (Approved, Accepted),
            (Accepted, Disbursed),
            (Approved, Expired),
            (Accepted, DisbursalFailed),
            (DisbursalFailed, Accepted),
        ];
        for from in ApplicationStatus::ALL {
            let reached: Vec<_> =
                APPLICATION_EVENTS.iter().filter_map(|event| from.apply(*event).ok()).collect();
            for to in ApplicationStatus::ALL {
                let times = reached.iter().filter(|state| **state == to).count();
                assert_eq!(times, usize::from(drawn.contains(&(from, to))), "{from:?} -> {to:?}");
            }
        }
    }

    #[test]
    fn an_application_is_open_exactly_until_it_can_no_longer_become_a_loan() {
        for status in ApplicationStatus::ALL {
            let goes_on = APPLICATION_EVENTS.iter().any(|event| status.apply(*event).is_ok());
            assert_eq!(status.is_open(), goes_on, "{status:?}");
        }
    }

    #[test]
    fn a_loan_moves_only_as_the_specification_draws_it() {
        use LoanStatus::*;
        let drawn = [
            (Active, Overdue),
            (Overdue, Active),
            (Active, Closed),
            (Overdue, Closed),
            (Active, Foreclosed),
            (Overdue, Foreclosed),
            (Active, WrittenOff),
            (Overdue, WrittenOff),
            (Active, CoolingOffReturned),
            (Closed, Active),
            (Foreclosed, Active),
            (CoolingOffReturned, Active),
        ];
        for from in LoanStatus::ALL {
            for to in LoanStatus::ALL {
                let times = LOAN_EVENTS.iter().filter(|event| from.apply(**event) == Ok(to)).count();
                assert_eq!(times, usize::from(drawn.contains(&(from, to))), "{from:?} -> {to:?}");
            }
        }
    }

    #[test]
    fn states_are_written_in_snake_case() {
        assert_eq!(
            serde_json::to_string(&ApplicationStatus::DisbursalFailed).unwrap(),
            "\"disbursal_failed\""
        );
        assert_eq!(
            serde_json::to_string(&LoanStatus::CoolingOffReturned).unwrap(),
            "\"cooling_off_returned\""
        );
    }
}
