//! `GET /api/loan-applications/stats/summary`: how many applications of the borrower stand where.
use axum::{extract::State, routing::get};
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Reply},
    money::Rupees,
};
use utoipa::ToSchema;

use crate::{
    WING,
    access::{BORROWER, Borrower},
    application::ApplicationStats,
};

/// The declaration. The literal `stats` is no id of an application, so this path is never meant by `{id}`.
pub static FUNCTION: Function = Function {
    name: "lending-summarise-applications",
    module: module_path!(),
    wing: &WING,
    summary: "Count your loan applications by status",
    trigger: Trigger::Http(Route {
        path: "/api/loan-applications/stats/summary",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Summary>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Get],
    ..Function::ENDPOINT
};

/// The numbers, kept up in the transaction of each step.
#[derive(Debug, Serialize, ToSchema)]
pub struct Summary {
    /// All that were ever made.
    pub total_applications: i64,
    submitted_count: i64,
    under_review_count: i64,
    approved_count: i64,
    rejected_count: i64,
    withdrawn_count: i64,
    accepted_count: i64,
    disbursed_count: i64,
    disbursal_failed_count: i64,
    expired_count: i64,
    /// The approvals that stand: approved, accepted, disbursed.
    #[schema(value_type = f64)]
    total_approved_amount: Rupees,
}

impl From<ApplicationStats> for Summary {
    fn from(stats: ApplicationStats) -> Self {
        Self {
            total_applications: stats.total,
            submitted_count: stats.submitted,
            under_review_count: stats.under_review,
            approved_count: stats.approved,
            rejected_count: stats.rejected,
            withdrawn_count: stats.withdrawn,
            accepted_count: stats.accepted,
            disbursed_count: stats.disbursed,
            disbursal_failed_count: stats.disbursal_failed,
            expired_count: stats.expired,
            total_approved_amount: stats.approved_amount.into(),
        }
    }
}

async fn handle(State(app): State<App>, Borrower { user, .. }: Borrower) -> Result<Reply<Summary>, Error> {
    let stats = app.table().get(ApplicationStats::of_borrower(user.id)).await?;
    Ok(Reply::ok("Your applications in numbers", stats.map(|stats| stats.value).unwrap_or_default().into()))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::applications::withdraw,
        testing::{applied, approved, profile_done},
    };

    #[tokio::test]
    async fn the_numbers_follow_every_step() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let summary = async || stand.call(&FUNCTION).cookie(&cookie).await;
        let none = summary().await;
        assert_eq!((none.status, &none.body["data"]["total_applications"]), (200, &0.into()));
        assert_eq!(none.cost.calls, 2);

        let id = applied(&stand, &cookie).await;
        assert_eq!(summary().await.body["data"]["submitted_count"], 1);
        approved(&stand, &id).await;
        let data = summary().await.body["data"].clone();
        assert_eq!((&data["submitted_count"], &data["under_review_count"]), (&0.into(), &0.into()));
        assert_eq!((&data["approved_count"], &data["total_approved_amount"]), (&1.into(), &50_000.into()));
        stand.advance(SignedDuration::from_secs(1));
        assert_eq!(stand.call(&withdraw::FUNCTION).cookie(&cookie).path("id", &id).await.status, 200);
        let data = summary().await.body["data"].clone();
        assert_eq!((&data["approved_count"], &data["total_approved_amount"]), (&0.into(), &0.into()));
        assert_eq!((&data["withdrawn_count"], &data["total_applications"]), (&1.into(), &1.into()));
    }
}
