//! `GET /api/admin/loan-applications/{id}`: an application with all that a decision looks at.
use axum::{extract::State, routing::get};
use jiff::Timestamp;
use serde::Serialize;
use shared::{
    app::App,
    clock::{day_in, india},
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Path, Reply},
    money::Rupees,
    table::Index,
};
use utoipa::ToSchema;

use super::Case;
use crate::{
    WING,
    access::ANY_STAFF,
    application::{ApplicationId, Approval, DisbursalState, RejectReason, StatusChange, limit},
    borrower::{EmploymentDetails, EmploymentType, FinancialDetails, FullName, UserId, UserStatus},
    endpoints::applications::{ApplicationView, OfferView},
    loan::{eligibility::Reason, state::ApplicationStatus},
    product::{self, Percent},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-case",
    module: module_path!(),
    wing: &WING,
    summary: "Show a loan application to staff",
    trigger: Trigger::Http(Route {
        path: "/api/admin/loan-applications/{id}",
        access: ANY_STAFF,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::QueryIndex(Index::Gsi1), Need::BatchGet, Need::Get, Need::Query],
    ..Function::ENDPOINT
};

/// The case.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    application: ApplicationView,
    borrower: Borrower,
    /// The officer who has it.
    assigned_to: Option<String>,
    /// What was granted, or proposed and waits for its second approval.
    approval: Option<Granted>,
    rejection: Option<Refused>,
    offer: Option<OfferView>,
    /// How the payout stands.
    disbursal: Option<DisbursalState>,
    /// Oldest first, with who did it.
    status_history: Vec<Step>,
    employment: Option<Employment>,
    finances: Option<Finances>,
    /// What could be lent by income and obligations; null until employment and finances are known.
    sanctioned_limit: Option<Sanctioned>,
    /// For `If-Match`.
    version: u64,
}

/// Whose it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CaseBorrower)]
pub struct Borrower {
    #[schema(value_type = String)]
    id: UserId,
    #[schema(value_type = Option<String>)]
    full_name: Option<FullName>,
    status: UserStatus,
}

/// What was granted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Granted {
    #[schema(value_type = f64)]
    approved_amount: Rupees,
    #[schema(value_type = f64)]
    interest_rate: Percent,
    tenure_months: u16,
    /// With tax.
    #[schema(value_type = f64)]
    total_fees: Rupees,
    approved_by: String,
    #[schema(value_type = String)]
    approved_at: Timestamp,
    /// The second person, where the amount needs one.
    checked_by: Option<String>,
}

impl From<&Approval> for Granted {
    fn from(approval: &Approval) -> Self {
        Self {
            approved_amount: approval.amount.into(),
            interest_rate: Percent(approval.annual_rate_pct),
            tenure_months: approval.tenure_months,
            total_fees: approval.fees.total().into(),
            approved_by: approval.approved_by.clone(),
            approved_at: approval.approved_at,
            checked_by: approval.checked_by.clone(),
        }
    }
}

/// Why it was refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CaseRejection)]
pub struct Refused {
    reason_code: RejectReason,
    note: Option<String>,
}

/// One step.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CaseStep)]
pub struct Step {
    status: ApplicationStatus,
    #[schema(value_type = String)]
    at: Timestamp,
    by: String,
    note: Option<String>,
}

impl From<&StatusChange> for Step {
    fn from(change: &StatusChange) -> Self {
        Self { status: change.status, at: change.at, by: change.by.clone(), note: change.note.clone() }
    }
}

/// Where the income comes from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CaseEmployment)]
pub struct Employment {
    #[schema(value_type = f64)]
    monthly_income: Rupees,
    #[serde(rename = "employment_type")]
    kind: EmploymentType,
    company_name: String,
    designation: String,
}

impl From<&EmploymentDetails> for Employment {
    fn from(details: &EmploymentDetails) -> Self {
        Self {
            monthly_income: details.monthly_income.into(),
            kind: details.employment_type,
            company_name: details.company_name.clone(),
            designation: details.designation.clone(),
        }
    }
}

/// What comes in and goes out each month.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CaseFinances)]
pub struct Finances {
    #[schema(value_type = f64)]
    monthly_income: Rupees,
    #[schema(value_type = f64)]
    monthly_expenses: Rupees,
    #[schema(value_type = f64)]
    existing_emis: Rupees,
    credit_score: Option<u16>,
}

impl From<&FinancialDetails> for Finances {
    fn from(details: &FinancialDetails) -> Self {
        Self {
            monthly_income: details.monthly_income.into(),
            monthly_expenses: details.monthly_expenses.into(),
            existing_emis: details.existing_emis.into(),
            credit_score: details.credit_score,
        }
    }
}

/// What could be lent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sanctioned {
    #[schema(value_type = f64)]
    max_amount: Rupees,
    #[schema(value_type = f64)]
    max_emi: Rupees,
    reasons: Vec<Reason>,
}

async fn handle(State(app): State<App>, Path(id): Path<ApplicationId>) -> Result<Reply<Response>, Error> {
    let case = Case::load(&app, id).await?;
    let today = day_in(app.now(), &india());
    let limit = match product::find(app.table(), &case.application.product).await? {
        Some(product) => {
            limit(app.table(), &case.user, case.finances.as_deref(), &product.terms, today).await?
        }
        None => None,
    };
    let Case { application, user, employment, finances } = case;
    let version = application.revision();
    let response = Response {
        application: ApplicationView::of(&application, app.now()),
        borrower: Borrower {
            id: user.id,
            full_name: user.basic.as_ref().map(|basic| basic.full_name.clone()),
            status: user.status,
        },
        assigned_to: application.assigned_to.clone(),
        approval: application.approval.as_ref().map(Granted::from),
        rejection: application
            .rejection
            .as_ref()
            .map(|rejection| Refused { reason_code: rejection.reason, note: rejection.note.clone() }),
        offer: application.offer.as_ref().map(OfferView::from),
        disbursal: application.disbursal.as_ref().map(|disbursal| disbursal.state),
        status_history: application.history.iter().map(Step::from).collect(),
        employment: employment.as_deref().map(Employment::from),
        finances: finances.as_deref().map(Finances::from),
        sanctioned_limit: limit.map(|limit| Sanctioned {
            max_amount: limit.max_amount.into(),
            max_emi: limit.max_emi.into(),
            reasons: limit.reasons,
        }),
        version,
    };
    Ok(Reply::ok("The application", response).version(version))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::{employment, finances},
        testing::{applied, employment_details, financial_details, profile_done, staff_signed_in},
    };

    #[tokio::test]
    async fn staff_see_the_case_with_its_limit() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let id = applied(&stand, &cookie).await;
        let officer = staff_signed_in(&stand, &["officer"]).await;
        let before = stand.call(&FUNCTION).cookie(&officer).path("id", &id).await;
        assert_eq!(before.status, 200, "{before:?}");
        assert_eq!(before.body["data"]["sanctioned_limit"], json!(null));

        stand.call(&employment::add::FUNCTION).cookie(&cookie).json(employment_details()).await;
        stand.call(&finances::add::FUNCTION).cookie(&cookie).json(financial_details()).await;
        let answer = stand.call(&FUNCTION).cookie(&officer).path("id", &id).await;
        let data = &answer.body["data"];
        assert_eq!(data["application"]["application_number"], "PC-202601-000001");
        assert_eq!(
            (&data["borrower"]["full_name"], &data["employment"]["company_name"]),
            (&json!("Asha Verma"), &json!("Lake Mills"))
        );
        assert_eq!(data["sanctioned_limit"]["max_emi"], 25_000);
        assert!(data["status_history"][0]["by"].as_str().unwrap().starts_with("usr_"));
        assert_eq!(answer.headers["etag"], format!("\"{}\"", data["version"]));
        assert!(!answer.body.to_string().contains("9876543210"), "the number is not needed here");
    }

    #[tokio::test]
    async fn what_is_no_application_is_not_there() {
        let stand = Stand::new().await;
        let officer = staff_signed_in(&stand, &["officer"]).await;
        for id in ["app_01J9ZQ6V0M8Q2W3E4R5T6Y7V8A", "stats", "usr_01J9ZQ6V0M8Q2W3E4R5T6Y7V8A"] {
            assert_eq!(stand.call(&FUNCTION).cookie(&officer).path("id", id).await.status, 404, "{id}");
        }
    }
}
