//! Loans as their borrower sees them, judged on the day of the request and not by the last job.
use jiff::civil::Date;
use serde::Serialize;
use shared::{
    app::App,
    clock::{day_in, india},
    error::Error,
    money::Rupees,
    table::{Mixed, Pattern, Stored},
};
use utoipa::ToSchema;

use crate::{
    application::ApplicationId,
    borrower::{User, UserId},
    loan::{
        account::{LoanState, NextDue},
        state::LoanStatus,
    },
    loan_account::{Loan, LoanAccount, LoanId, Summary},
    product::Percent,
};

/// Today in India.
pub fn today(app: &App) -> Date {
    day_in(app.now(), &india())
}

/// A loan of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct LoanView {
    #[schema(value_type = String, example = "ln_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    id: LoanId,
    #[schema(example = "LN-202601-000001")]
    loan_number: String,
    #[schema(value_type = String)]
    application_id: ApplicationId,
    status: LoanStatus,
    /// The amount lent.
    #[schema(value_type = f64, example = 50_000)]
    amount: Rupees,
    /// Per cent a year.
    #[schema(value_type = f64, example = 18)]
    interest_rate: Percent,
    tenure_months: u16,
    #[schema(value_type = f64, example = 4584)]
    emi_amount: Rupees,
    #[schema(value_type = String, format = Date)]
    disbursed_on: Date,
    /// Principal not yet repaid, due or not.
    #[schema(value_type = f64)]
    outstanding_principal: Rupees,
    /// Due and unpaid, today's instalment included.
    #[schema(value_type = f64)]
    due_amount: Rupees,
    /// The part of it that is past its due date.
    #[schema(value_type = f64)]
    overdue_amount: Rupees,
    /// Money that nothing was due for yet; it pays the next instalments.
    #[schema(value_type = f64)]
    on_account: Rupees,
    days_past_due: u32,
    /// The next instalment for which money is needed.
    next_due: Option<NextDueView>,
    instalments_paid: u16,
    instalments_total: u16,
    /// The day of these figures.
    #[schema(value_type = String, format = Date)]
    as_of: Date,
}

/// The next instalment for which money is needed.
#[derive(Debug, Serialize, ToSchema)]
pub struct NextDueView {
    #[schema(value_type = String, format = Date)]
    on: Date,
    /// What lies on account is already taken off.
    #[schema(value_type = f64)]
    amount: Rupees,
}

impl From<NextDue> for NextDueView {
    fn from(next: NextDue) -> Self {
        Self { on: next.on, amount: next.amount.into() }
    }
}

impl LoanView {
    /// `loan`, which stands at `state`.
    pub fn of(loan: &Loan, state: &LoanState) -> Self {
        let summary = Summary::of(state);
        Self {
            id: loan.id,
            loan_number: loan.number.clone(),
            application_id: loan.application,
            status: state.status,
            amount: loan.principal.into(),
            interest_rate: Percent(loan.annual_rate_pct),
            tenure_months: loan.tenure_months,
            emi_amount: loan.emi.into(),
            disbursed_on: loan.disbursed_on,
            outstanding_principal: summary.outstanding_principal.into(),
            due_amount: summary.due_total.into(),
            overdue_amount: summary.overdue_total.into(),
            on_account: summary.on_account.into(),
            days_past_due: summary.days_past_due,
            next_due: summary.next_due.map(NextDueView::from),
            instalments_paid: summary.instalments_paid,
            instalments_total: summary.instalments_total,
            as_of: summary.as_of,
        }
    }
}

/// A loan and where it stands.
#[derive(Debug)]
pub struct Judged {
    /// The loan.
    pub loan: Stored<Loan>,
    /// Where it stands today.
    pub state: LoanState,
}

/// More items than the loans of one person ever make.
const MOST: usize = 400;

/// All loans of `user`, newest first: loans and their accounts lie next to each other, so this is one query.
/// Needs `Query`.
pub async fn all_of(app: &App, user: UserId) -> Result<Vec<Judged>, Error> {
    let pattern = Pattern::table(User::partition(user)).prefix("LOAN");
    judge(&app.table().list(&pattern, MOST).await?, today(app))
}

/// The loans among `items`, as they stand on `today`, newest first.
pub fn judge(items: &[Mixed], today: Date) -> Result<Vec<Judged>, Error> {
    let accounts = Mixed::all::<LoanAccount>(items)?;
    let mut loans = Mixed::all::<Loan>(items)?;
    loans.sort_by_key(|loan| std::cmp::Reverse(loan.id));
    let judged = loans.into_iter().filter_map(|loan| {
        let account = accounts.iter().find(|account| account.loan == loan.id)?;
        Some(Judged { state: account.account.state_on(today), loan })
    });
    Ok(judged.collect())
}
