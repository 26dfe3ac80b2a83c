//! What a borrower could borrow, with all that we know of them.
use jiff::civil::Date;
use shared::{error::Error, money::Paise, table::Table};

use crate::{
    borrower::{FinancialDetails, User},
    loan::{
        eligibility::{Applicant, Eligibility, eligibility},
        product::Product,
    },
    loan_account::Loan,
    product::Percent,
    settings,
};

/// Loans of one borrower that are looked at; nobody has nearly so many.
const LOANS: usize = 200;

/// The most that `user` may borrow of `product` on `day`: instalments of their running loans with us count like those elsewhere.
/// `None` until profile and finances are known. Needs `Get` and `Query`.
pub async fn limit(
    table: &Table,
    user: &User,
    finances: Option<&FinancialDetails>,
    product: &Product,
    day: Date,
) -> Result<Option<Eligibility>, Error> {
    let (Some(basic), Some(additional), Some(finances)) = (&user.basic, &user.additional, finances) else {
        return Ok(None);
    };
    let loans = table.list(&Loan::of_user(user.id), LOANS).await?;
    let running: Paise = loans.iter().filter(|loan| loan.status.is_running()).map(|loan| loan.emi).sum();
    let Percent(foir) = settings::FOIR_PCT.read(table).await?;
    let applicant = Applicant {
        born_on: basic.date_of_birth,
        occupation: additional.occupation,
        monthly_income: finances.monthly_income,
        monthly_expenses: finances.monthly_expenses,
        existing_emis: finances.existing_emis + running,
    };
    Ok(Some(eligibility(&applicant, product, foir, day)))
}
