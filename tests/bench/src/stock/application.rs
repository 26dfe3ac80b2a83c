//! An application that went all the way, made by the rules alone.
use jiff::{Timestamp, civil::Date};
use lending::{
    application::{
        Acceptance, ApplicationId, Approval, Asked, Disbursal, DisbursalState, LoanApplication, Offer,
        grievance_contact,
    },
    borrower::{BankDetailsId, UserId},
    loan::{product::Product, state::ApplicationEvent},
    product::built_in,
};
use shared::{
    app::App,
    clock::{at_local, india},
    id::Id,
    money::Paise,
};

use crate::Fault;

/// Who granted and paid out everything.
pub(super) const OFFICER: &str = "stf_01J9ZQ6V0M8Q2W3E4R5T6Y7U8J";

/// An application that went all the way, without its ids.
pub(super) struct Example {
    asked: Asked,
    approval: Approval,
    offer: Offer,
    applied_at: Timestamp,
    disbursed_at: Timestamp,
}

impl Example {
    /// For `amount` over `tenure_months`, offered two days before `disbursed_on`.
    pub fn new(amount: Paise, tenure_months: u16, disbursed_on: Date) -> Result<Self, Fault> {
        let offered_on = super::before(disbursed_on, 2);
        let product = built_in().terms;
        let approval = approval(product.clone(), amount, tenure_months, morning(offered_on));
        let emi = approval.schedule(offered_on)?.emi;
        let statement = approval.statement("PC-202601-000000", grievance_contact(), offered_on)?;
        Ok(Self {
            asked: Asked {
                product: product.code,
                loan_amount: amount,
                tenure_months,
                purpose: "A new roof".to_owned(),
                annual_rate_pct: product.annual_rate_pct,
                emi,
            },
            approval,
            offer: Offer::of(statement)?,
            applied_at: morning(super::before(disbursed_on, 3)),
            disbursed_at: morning(disbursed_on),
        })
    }

    /// What was granted.
    pub fn approval(&self) -> &Approval {
        &self.approval
    }

    /// When the money went out.
    pub fn disbursed_at(&self) -> Timestamp {
        self.disbursed_at
    }

    /// A copy of `user`, whose loan is `loan`.
    pub fn copy(
        &self,
        app: &App,
        user: UserId,
        number: &str,
        loan: String,
    ) -> Result<LoanApplication, Fault> {
        let Self { asked, approval, offer, applied_at, disbursed_at } = self;
        let id: ApplicationId = Id::new(*applied_at, app.random());
        let bank_details: BankDetailsId = Id::new(*applied_at, app.random());
        let asked = Asked { product: asked.product.clone(), purpose: asked.purpose.clone(), ..*asked };
        let mut application = LoanApplication::new(id, number.to_owned(), user, asked, *applied_at);
        let offered_at = approval.approved_at;
        step(&mut application, ApplicationEvent::StartReview, OFFICER, offered_at)?;
        let mut kfs = offer.kfs.clone();
        number.clone_into(&mut kfs.application_number);
        let offer = Offer::of(kfs)?;
        let kfs_hash = offer.kfs_hash.clone();
        // What the transition changes beside the application, nobody asks this stock for.
        let _ignored = application.approve(approval.clone(), offer, None, offered_at)?;
        step(&mut application, ApplicationEvent::Accept, &user.to_string(), offered_at)?;
        application.accepted =
            Some(Acceptance { kfs_hash, accepted_at: offered_at, network: "203.0.113.0/24".to_owned() });
        step(&mut application, ApplicationEvent::Disburse, OFFICER, *disbursed_at)?;
        application.bank_details = Some(bank_details);
        application.disbursal = Some(Disbursal {
            state: DisbursalState::Succeeded,
            amount: approval.amount - approval.fees.total(),
            bank_details,
            started_by: OFFICER.to_owned(),
            started_at: *disbursed_at,
            reference: Some(format!("UTR{number}")),
            failure: None,
            attempts: 1,
            check_at: None,
            loan: Some(loan),
        });
        Ok(application)
    }
}

fn approval(product: Product, amount: Paise, tenure_months: u16, at: Timestamp) -> Approval {
    Approval {
        amount,
        annual_rate_pct: product.annual_rate_pct,
        tenure_months,
        fees: product.fees(amount),
        product,
        approved_by: OFFICER.to_owned(),
        approved_at: at,
        checked_by: None,
    }
}

fn step(
    application: &mut LoanApplication,
    event: ApplicationEvent,
    by: &str,
    at: Timestamp,
) -> Result<(), Fault> {
    let _ignored = application.transition(event, by, None, at)?;
    Ok(())
}

fn morning(day: Date) -> Timestamp {
    at_local(day, 10, 0, &india())
}
