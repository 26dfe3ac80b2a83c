//! An application and its offer, as their borrower sees them.
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use shared::money::Rupees;
use utoipa::ToSchema;

use crate::{
    application::{ApplicationId, LoanApplication, Offer},
    loan::{schedule::Instalment, state::ApplicationStatus},
    product::Percent,
};

/// An application.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApplicationView {
    #[schema(value_type = String, example = "app_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    id: ApplicationId,
    #[schema(example = "PC-202601-000001")]
    application_number: String,
    product: String,
    #[schema(value_type = f64, example = 50_000)]
    loan_amount: Rupees,
    tenure_months: u16,
    loan_purpose: String,
    /// Per cent a year.
    #[schema(value_type = f64, example = 18)]
    interest_rate: Percent,
    #[schema(value_type = f64, example = 4584)]
    emi_amount: Rupees,
    status: ApplicationStatus,
    /// Why it was refused, in plain words.
    rejection_reason: Option<&'static str>,
    /// RFC 3339.
    #[schema(value_type = String)]
    created_at: Timestamp,
    #[schema(value_type = String)]
    updated_at: Timestamp,
}

impl ApplicationView {
    /// `application` at `now`.
    pub fn of(application: &LoanApplication, now: Timestamp) -> Self {
        Self {
            id: application.id,
            application_number: application.number.clone(),
            product: application.product.clone(),
            loan_amount: application.loan_amount.into(),
            tenure_months: application.tenure_months,
            loan_purpose: application.purpose.clone(),
            interest_rate: Percent(application.annual_rate_pct),
            emi_amount: application.emi.into(),
            status: application.status_at(now),
            rejection_reason: application
                .rejection
                .as_ref()
                .map(|rejection| rejection.reason.in_plain_words()),
            created_at: application.created_at,
            updated_at: application.updated_at,
        }
    }
}

/// Something that the borrower can do, or waits for.
#[derive(Debug, Serialize, ToSchema)]
pub struct NextStep {
    /// A stable word.
    #[schema(value_type = String, example = "accept_offer")]
    step: &'static str,
    /// For a person.
    #[schema(value_type = String)]
    message: &'static str,
}

impl NextStep {
    /// What comes after this status.
    pub fn after(status: ApplicationStatus) -> Vec<Self> {
        let step = |step, message| Self { step, message };
        let employment = step(
            "give_employment_details",
            "Give your employment details; we need them before we can make an offer",
        );
        let bank = step("give_bank_details", "Give your own bank account; the money can go nowhere else");
        match status {
            ApplicationStatus::Submitted => {
                vec![employment, bank, step("wait_for_review", "We will look at your application")]
            }
            ApplicationStatus::UnderReview => {
                vec![employment, bank, step("wait_for_decision", "An officer is looking at your application")]
            }
            ApplicationStatus::Approved => {
                vec![
                    step(
                        "accept_offer",
                        "Read the Key Fact Statement and accept the offer before it expires",
                    ),
                    bank,
                ]
            }
            ApplicationStatus::Accepted => {
                vec![bank, step("wait_for_disbursal", "The money goes to your chosen account")]
            }
            ApplicationStatus::DisbursalFailed => {
                vec![bank, step("wait_for_disbursal", "The payout did not go through; we will try again")]
            }
            ApplicationStatus::Disbursed => vec![step("repay", "Repay by your schedule")],
            ApplicationStatus::Rejected | ApplicationStatus::Withdrawn | ApplicationStatus::Expired => {
                vec![step("apply_again", "You may apply again")]
            }
        }
    }
}

/// An offer in short.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfferView {
    /// What is lent.
    #[schema(value_type = f64, example = 50_000)]
    loan_amount: Rupees,
    tenure_months: u16,
    /// Per cent a year.
    #[schema(value_type = f64, example = 18)]
    interest_rate: Percent,
    /// The annual percentage rate, fees and tax included.
    #[schema(value_type = f64, example = 22.6)]
    apr: Percent,
    #[schema(value_type = f64)]
    emi_amount: Rupees,
    /// Kept back at disbursal, tax included.
    #[schema(value_type = f64)]
    total_fees: Rupees,
    /// What the borrower receives.
    #[schema(value_type = f64)]
    net_disbursed: Rupees,
    #[schema(value_type = f64)]
    total_interest: Rupees,
    #[schema(value_type = f64)]
    total_payable: Rupees,
    #[schema(value_type = String, format = Date)]
    first_due_on: Date,
    cooling_off_days: u16,
    /// Name it to accept the offer.
    kfs_hash: String,
    /// RFC 3339; from then on it can no longer be accepted.
    #[schema(value_type = String)]
    valid_until: Timestamp,
}

impl From<&Offer> for OfferView {
    fn from(offer: &Offer) -> Self {
        let kfs = &offer.kfs;
        Self {
            loan_amount: kfs.loan_amount.into(),
            tenure_months: kfs.instalment_count,
            interest_rate: Percent(kfs.annual_rate_pct),
            apr: Percent(kfs.apr_pct),
            emi_amount: kfs.emi.into(),
            total_fees: kfs.total_fees.into(),
            net_disbursed: kfs.net_disbursed.into(),
            total_interest: kfs.total_interest.into(),
            total_payable: kfs.total_payable.into(),
            first_due_on: kfs.first_due_on,
            cooling_off_days: kfs.cooling_off_days,
            kfs_hash: offer.kfs_hash.clone(),
            valid_until: offer.valid_until,
        }
    }
}

/// One line of a schedule.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduleLine {
    /// Counts from 1.
    number: u16,
    #[schema(value_type = String, format = Date)]
    due_on: Date,
    #[schema(value_type = f64)]
    principal: Rupees,
    #[schema(value_type = f64)]
    interest: Rupees,
    #[schema(value_type = f64)]
    emi_amount: Rupees,
    #[schema(value_type = f64)]
    balance_after: Rupees,
}

impl From<&Instalment> for ScheduleLine {
    fn from(line: &Instalment) -> Self {
        Self {
            number: line.number,
            due_on: line.due_on,
            principal: line.principal.into(),
            interest: line.interest.into(),
            emi_amount: line.emi.into(),
            balance_after: line.balance_after.into(),
        }
    }
}
