//! The borrower's employment.
pub mod add;
pub mod get;
pub mod update;

use jiff::Timestamp;
use serde::Serialize;
use shared::{
    deserr::Deserr,
    http::{FieldErrors, Line},
    money::Rupees,
    table::Stored,
};
use utoipa::ToSchema;

use crate::borrower::{EmploymentDetails, EmploymentType, Income, MonthDay, UserId};

/// The employment, as it is given.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// Net, in rupees.
    #[schema(value_type = f64, example = 60000)]
    monthly_income: Income,
    employment_type: EmploymentType,
    /// The employer, or the own business.
    #[schema(value_type = String, example = "Lake Mills")]
    company_name: Line<2, 100>,
    #[schema(value_type = String, example = "Weaver")]
    designation: Line<2, 100>,
    /// The day of the month on which the salary comes.
    #[schema(value_type = u8, minimum = 1, maximum = 31, example = 1)]
    salary_date: MonthDay,
}

impl Request {
    fn details(self, user: UserId, created_at: Timestamp, now: Timestamp) -> EmploymentDetails {
        EmploymentDetails {
            user,
            monthly_income: self.monthly_income.amount(),
            employment_type: self.employment_type,
            company_name: self.company_name.into(),
            designation: self.designation.into(),
            salary_date: self.salary_date,
            created_at,
            updated_at: now,
        }
    }
}

/// The employment, as it is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    #[schema(value_type = f64, example = 60000)]
    monthly_income: Rupees,
    employment_type: EmploymentType,
    company_name: String,
    designation: String,
    #[schema(value_type = u8)]
    salary_date: MonthDay,
    /// RFC 3339.
    #[schema(value_type = String)]
    updated_at: Timestamp,
}

impl From<EmploymentDetails> for Response {
    fn from(details: EmploymentDetails) -> Self {
        Self {
            monthly_income: details.monthly_income.into(),
            employment_type: details.employment_type,
            company_name: details.company_name,
            designation: details.designation,
            salary_date: details.salary_date,
            updated_at: details.updated_at,
        }
    }
}

impl From<Stored<EmploymentDetails>> for Response {
    fn from(stored: Stored<EmploymentDetails>) -> Self {
        stored.value.into()
    }
}
