//! Loan applications, from the asking to the disbursal.
mod entity;
mod limit;
mod number;
mod offer;
mod pending;
mod reason;
mod stats;

pub use entity::{
    Asked, DISBURSAL_DUE, Disbursal, DisbursalState, LoanApplication, OFFER_DUE, Rejection, STALE_DUE,
    SYSTEM, StatusChange, Transition,
};
pub use limit::limit;
pub use number::NumberSequence;
pub use offer::{Acceptance, Approval, LENDER, Offer, grievance_contact};
pub use pending::{ApplicationId, PendingApplication};
pub use reason::RejectReason;
pub use stats::ApplicationStats;
