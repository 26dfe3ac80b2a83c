//! What a borrower should know or do, the most pressing first.
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use shared::money::Rupees;
use utoipa::ToSchema;

use crate::{
    application::{ApplicationId, LoanApplication},
    endpoints::loans::view::Judged,
    loan::{due_dates::days_between, state::ApplicationStatus},
    loan_account::LoanId,
};

/// So many days before its due date an instalment is worth an alert: the first reminder goes out then as
/// well.
const SOON: i64 = 3;

/// What an alert is about, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// Something is past its due date.
    Overdue,
    /// An instalment falls due today.
    DueToday,
    /// An instalment falls due within three days.
    DueSoon,
    /// An offer waits for the signature.
    OfferWaiting,
    /// The payout waits for the choice of an account.
    ChooseAccount,
    /// The payout failed; another account may help.
    PayoutFailed,
    /// The loan may still be given back.
    CoolingOff,
    /// The steps of the profile are not all done.
    CompleteProfile,
    /// The employment is missing for an offer.
    GiveEmployment,
    /// The finances are missing.
    GiveFinances,
}

/// Something that the borrower should know or do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Alert {
    kind: AlertKind,
    /// For a person.
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    loan_id: Option<LoanId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    application_id: Option<ApplicationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    amount: Option<Rupees>,
    /// The due date, or the last day on which something can be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    on: Option<Date>,
}

impl Alert {
    /// One that names nothing.
    pub fn new(kind: AlertKind, message: &'static str) -> Self {
        Self { kind, message, loan_id: None, application_id: None, amount: None, on: None }
    }
}

/// Puts the most pressing first; among equals the earliest.
pub fn sort(alerts: &mut [Alert]) {
    alerts.sort_by_key(|alert| (alert.kind, alert.on));
}

/// What there is to say about a loan.
pub fn of_loan(judged: &Judged) -> Vec<Alert> {
    let Judged { loan, state } = judged;
    if !state.status.is_running() {
        return Vec::new();
    }
    let mut alerts = Vec::new();
    let mut say = |kind, message, amount: Option<Rupees>, on| {
        alerts.push(Alert { loan_id: Some(loan.id), amount, on, ..Alert::new(kind, message) });
    };
    if state.overdue.total().is_positive() {
        let oldest =
            state.instalments.iter().filter(|line| line.days_past_due > 0).map(|line| line.due_on).min();
        let message = "An instalment is overdue; charges grow with every day";
        say(AlertKind::Overdue, message, Some(state.overdue.total().into()), oldest);
    }
    if let Some(next) = state.next_due {
        let amount = Some(next.amount.into());
        match days_between(state.as_of, next.on) {
            0 => say(AlertKind::DueToday, "An instalment falls due today", amount, Some(next.on)),
            1..=SOON => say(AlertKind::DueSoon, "An instalment falls due soon", amount, Some(next.on)),
            _ => {}
        }
    }
    if state.as_of <= loan.cooling_off_ends_on {
        let message = "You may still return this loan without a penalty";
        say(AlertKind::CoolingOff, message, None, Some(loan.cooling_off_ends_on));
    }
    alerts
}

/// What there is to say about an application.
pub fn of_application(application: &LoanApplication, now: Timestamp) -> Option<Alert> {
    let say = |kind, message| Alert { application_id: Some(application.id), ..Alert::new(kind, message) };
    match application.status_at(now) {
        ApplicationStatus::Approved => {
            let offer = application.offer.as_ref()?;
            let amount = application.approval.as_ref().map(|approval| approval.amount.into());
            let alert = say(AlertKind::OfferWaiting, "An offer waits for your signature");
            Some(Alert { amount, on: Some(offer.kfs.valid_until), ..alert })
        }
        ApplicationStatus::Accepted if application.bank_details.is_none() => {
            Some(say(AlertKind::ChooseAccount, "Choose the account for the payout"))
        }
        ApplicationStatus::DisbursalFailed => {
            Some(say(AlertKind::PayoutFailed, "The payout failed; check the account you chose"))
        }
        _ => None,
    }
}
