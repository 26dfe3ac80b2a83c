//! The borrower's finances.
pub mod add;
pub mod get;
pub mod update;

use jiff::Timestamp;
use serde::Serialize;
use shared::{deserr::Deserr, http::FieldErrors, money::Rupees, table::Stored};
use utoipa::ToSchema;

use crate::borrower::{Expense, FinancialDetails, Income};

/// The finances, as the borrower gives them. The credit score is not theirs to give.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// Net, in rupees.
    #[schema(value_type = f64, example = 60000)]
    monthly_income: Income,
    /// The household, without instalments.
    #[schema(value_type = f64, example = 20000)]
    monthly_expenses: Expense,
    /// Instalments of loans elsewhere, a month.
    #[schema(value_type = f64, example = 5000)]
    existing_emis: Expense,
}

/// The finances, as they are kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    #[schema(value_type = f64, example = 60000)]
    monthly_income: Rupees,
    #[schema(value_type = f64, example = 20000)]
    monthly_expenses: Rupees,
    #[schema(value_type = f64, example = 5000)]
    existing_emis: Rupees,
    /// As a credit bureau or the lender states it; null until then.
    credit_score: Option<u16>,
    /// RFC 3339.
    #[schema(value_type = String)]
    updated_at: Timestamp,
}

impl From<FinancialDetails> for Response {
    fn from(details: FinancialDetails) -> Self {
        Self {
            monthly_income: details.monthly_income.into(),
            monthly_expenses: details.monthly_expenses.into(),
            existing_emis: details.existing_emis.into(),
            credit_score: details.credit_score,
            updated_at: details.updated_at,
        }
    }
}

impl From<Stored<FinancialDetails>> for Response {
    fn from(stored: Stored<FinancialDetails>) -> Self {
        stored.value.into()
    }
}
