//! The approval of an application and the offer that it makes.
use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use shared::{
    clock::{at_local, india},
    money::Paise,
};

use crate::loan::{
    apr::AprError,
    kfs::{self, GrievanceContact, KeyFactStatement},
    product::{Fees, Product},
    schedule::{Schedule, TermsError},
};

/// The lender, as the Key Fact Statement names it.
pub const LENDER: &str = "Pocket Credit";

/// Whom the Key Fact Statement names for complaints.
pub fn grievance_contact() -> GrievanceContact {
    GrievanceContact {
        name: "Grievance Redressal Officer".to_owned(),
        phone: "+911800000000".to_owned(),
        email: "grievance@pocketcredit.example".to_owned(),
    }
}

/// What staff granted. While the application is still under review, it is a proposal that waits for its checker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Approval {
    /// How much.
    pub amount: Paise,
    /// Interest, per cent a year; also that of `product`.
    pub annual_rate_pct: Decimal,
    /// How long.
    pub tenure_months: u16,
    /// Kept back at disbursal.
    pub fees: Fees,
    /// All other terms, as they were on that day: a copy, so that a change of the product does not touch this loan.
    pub product: Product,
    /// The maker: `stf_…`.
    pub approved_by: String,
    /// When they did.
    pub approved_at: Timestamp,
    /// The checker, where the amount needs one.
    pub checked_by: Option<String>,
}

impl Approval {
    /// The schedule, should the loan be paid out on `day`.
    pub fn schedule(&self, day: Date) -> Result<Schedule, TermsError> {
        let mut terms = self.product.terms(self.amount, self.tenure_months, day);
        terms.annual_rate_pct = self.annual_rate_pct;
        terms.schedule()
    }

    /// The Key Fact Statement of an offer made on `offered_on`.
    pub fn statement(
        &self,
        application_number: &str,
        grievance: GrievanceContact,
        offered_on: Date,
    ) -> Result<KeyFactStatement, AprError> {
        KeyFactStatement::of(kfs::Offer {
            application_number,
            lender: LENDER,
            product: &self.product,
            schedule: &self.schedule(offered_on)?,
            fees: &self.fees,
            offered_on,
            grievance,
        })
    }
}

/// The offer that lies before the borrower.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Offer {
    /// What they are shown.
    pub kfs: KeyFactStatement,
    /// The hash by which they accept it.
    pub kfs_hash: String,
    /// From then on it can no longer be accepted: the end of the last day, in India.
    pub valid_until: Timestamp,
}

impl Offer {
    /// The offer of this statement.
    pub fn of(kfs: KeyFactStatement) -> Result<Self, serde_json::Error> {
        let day_after = kfs.valid_until.tomorrow().unwrap_or(kfs.valid_until);
        Ok(Self { kfs_hash: kfs.hash()?, valid_until: at_local(day_after, 0, 0, &india()), kfs })
    }

    /// Whether it can still be accepted.
    pub fn stands_at(&self, now: Timestamp) -> bool {
        now < self.valid_until
    }
}

/// The borrower's signature.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Acceptance {
    /// The statement that they signed.
    pub kfs_hash: String,
    /// When.
    pub accepted_at: Timestamp,
    /// The network they came from.
    pub network: String,
}
