//! Applications on the desk of staff: the work queue, the review, the decision.
pub mod approve;
pub mod get;
pub mod list;
pub mod reject;
pub mod review;

use serde::Serialize;
use shared::{
    app::App,
    codes,
    error::Error,
    table::{Mixed, Stored},
};

use crate::{
    application::{ApplicationId, Approval, LoanApplication, Rejection},
    borrower::{EmploymentDetails, FinancialDetails, User},
    loan::state::ApplicationStatus,
};

/// An application with all that a decision looks at.
struct Case {
    application: Stored<LoanApplication>,
    user: Stored<User>,
    employment: Option<Stored<EmploymentDetails>>,
    finances: Option<Stored<FinancialDetails>>,
}

impl Case {
    /// The case of the application `id`, or 404. Needs `QueryIndex(Gsi1)` and `BatchGet`: the index says whose it is, and may
    /// lag, so the application itself is loaded with the rest.
    async fn load(app: &App, id: ApplicationId) -> Result<Self, Error> {
        let found = app.table().list(&LoanApplication::by_id(id), 1).await?.into_iter().next();
        let owner = found.ok_or(codes::NOT_FOUND)?.user;
        let keys = vec![
            LoanApplication::at(owner, id).key,
            User::at(owner).key,
            EmploymentDetails::at(owner).key,
            FinancialDetails::at(owner).key,
        ];
        let items = app.table().get_mixed(keys).await?;
        Ok(Self {
            application: Mixed::all(&items)?.pop().ok_or(codes::NOT_FOUND)?,
            user: Mixed::all(&items)?.pop().ok_or(codes::NOT_FOUND)?,
            employment: Mixed::all(&items)?.pop(),
            finances: Mixed::all(&items)?.pop(),
        })
    }
}

/// What the audit log keeps of an application: what staff decide, nothing of the borrower.
#[derive(Debug, Serialize)]
struct Decided {
    status: ApplicationStatus,
    assigned_to: Option<String>,
    approval: Option<Approval>,
    rejection: Option<Rejection>,
}

impl Decided {
    fn of(application: &LoanApplication) -> Self {
        Self {
            status: application.status,
            assigned_to: application.assigned_to.clone(),
            approval: application.approval.clone(),
            rejection: application.rejection.clone(),
        }
    }
}
