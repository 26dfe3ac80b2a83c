//! `GET /api/admin/loans?dpd=`: the running loans of one bucket of days past due, the latest payers first.
use axum::{extract::State, routing::get};
use jiff::civil::Date;
use serde::Serialize;
use shared::{
    app::{App, CURSOR_KEY},
    deserr::Deserr,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, FieldErrors, Query, Reply},
    money::Rupees,
    table::{Index, Limit, PageRequest},
};
use utoipa::ToSchema;

use crate::{
    WING,
    access::OFFICER_OR_ADMIN,
    borrower::UserId,
    loan::{
        delinquency::{AssetClass, DpdBucket},
        state::LoanStatus,
    },
    loan_account::{Loan, LoanId, Shelf},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-list-late-loans",
    module: module_path!(),
    wing: &WING,
    summary: "List the running loans by days past due",
    trigger: Trigger::Http(Route {
        path: "/api/admin/loans",
        access: OFFICER_OR_ADMIN,
        handler: || get(handle),
        docs: Docs::reply::<Response>().query::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::QueryIndex(Index::Gsi2), Need::Secret(&CURSOR_KEY)],
    ..Function::ENDPOINT
};

/// Which loans.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    dpd: Dpd,
    /// 1 to 100, 20 when absent.
    #[deserr(default)]
    #[schema(value_type = Option<u16>, example = 20)]
    limit: Option<Limit>,
    /// Where the page before ended.
    #[deserr(default)]
    cursor: Option<String>,
}

/// A bucket of days past due. In a query, `90+` is written `90%2B`.
#[derive(Debug, Clone, Copy, Deserr, ToSchema)]
#[deserr(error = FieldErrors)]
pub enum Dpd {
    /// Nothing past due.
    #[deserr(rename = "current")]
    #[schema(rename = "current")]
    Current,
    /// 1 to 30 days.
    #[deserr(rename = "1-30")]
    #[schema(rename = "1-30")]
    UpTo30,
    /// 31 to 60 days.
    #[deserr(rename = "31-60")]
    #[schema(rename = "31-60")]
    UpTo60,
    /// 61 to 90 days.
    #[deserr(rename = "61-90")]
    #[schema(rename = "61-90")]
    UpTo90,
    /// More than 90 days.
    #[deserr(rename = "90+")]
    #[schema(rename = "90+")]
    Over90,
}

impl From<Dpd> for DpdBucket {
    fn from(dpd: Dpd) -> Self {
        match dpd {
            Dpd::Current => Self::Current,
            Dpd::UpTo30 => Self::UpTo30,
            Dpd::UpTo60 => Self::UpTo60,
            Dpd::UpTo90 => Self::UpTo90,
            Dpd::Over90 => Self::Over90,
        }
    }
}

/// One page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    loans: Vec<LateLoan>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A running loan, as it stood when it was last booked; time alone is booked after midnight.
#[derive(Debug, Serialize, ToSchema)]
pub struct LateLoan {
    #[schema(value_type = String, example = "ln_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    id: LoanId,
    #[schema(example = "LN-202601-000001")]
    loan_number: String,
    #[schema(value_type = String)]
    user_id: UserId,
    status: LoanStatus,
    asset_class: AssetClass,
    #[schema(value_type = f64)]
    amount: Rupees,
    #[schema(value_type = f64)]
    outstanding_principal: Rupees,
    #[schema(value_type = f64)]
    overdue_amount: Rupees,
    days_past_due: u32,
    /// The day of these figures.
    #[schema(value_type = String, format = Date)]
    as_of: Date,
}

impl From<Loan> for LateLoan {
    fn from(loan: Loan) -> Self {
        Self {
            id: loan.id,
            user_id: loan.user,
            status: loan.status,
            asset_class: loan.asset_class,
            amount: loan.principal.into(),
            outstanding_principal: loan.summary.outstanding_principal.into(),
            overdue_amount: loan.summary.overdue_total.into(),
            days_past_due: loan.summary.days_past_due,
            as_of: loan.summary.as_of,
            loan_number: loan.number,
        }
    }
}

async fn handle(State(app): State<App>, Query(request): Query<Request>) -> Result<Reply<Response>, Error> {
    let page = PageRequest { limit: request.limit.unwrap_or(Limit::DEFAULT), cursor: request.cursor };
    let pattern = Loan::on_shelf(Shelf::Running(request.dpd.into()));
    let page = app.page(&pattern, &page, |_| true).await?.map(|loan| loan.value.into());
    Ok(Reply::ok("The loans of this bucket", Response { loans: page.items, next_cursor: page.next_cursor }))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::loans::arrange::{lent, pays},
        testing::{profile_done, signed_in, staff_signed_in},
    };

    #[tokio::test]
    async fn staff_see_the_loans_of_a_bucket_page_by_page_the_latest_payers_first() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let older = lent(&stand, &cookie, 10_000, 12).await;
        stand.advance(SignedDuration::from_hours(24 * 5));
        let cookie = signed_in(&stand, "9876543210").await;
        let newer = lent(&stand, &cookie, 10_000, 12).await;
        stand.advance(SignedDuration::from_hours(24 * 45));
        let cookie = signed_in(&stand, "9876543210").await;
        pays(&stand, &cookie, older, 1).await;
        pays(&stand, &cookie, newer, 1).await;

        let officer = staff_signed_in(&stand, &["officer"]).await;
        let list = async |query: &str| stand.call(&FUNCTION).query(query).cookie(&officer).await;
        let first = list("dpd=1-30&limit=1").await;
        assert_eq!(first.status, 200, "{first:?}");
        let data = &first.body["data"];
        assert_eq!(
            (data["loans"][0]["id"].as_str(), &data["loans"][0]["days_past_due"]),
            (Some(&*older.to_string()), &19.into())
        );
        assert_eq!(first.cost.calls, 2);
        let cursor = data["next_cursor"].as_str().unwrap();
        let second = list(&format!("dpd=1-30&limit=1&cursor={cursor}")).await;
        assert_eq!(second.body["data"]["loans"][0]["id"].as_str(), Some(&*newer.to_string()));
        assert_eq!(list("dpd=90%2B").await.body["data"]["loans"].as_array().unwrap().len(), 0);
        assert_eq!(list(&format!("dpd=current&cursor={cursor}")).await.code(), "INVALID_CURSOR");
    }

    #[tokio::test]
    async fn the_bucket_must_be_named_and_borrowers_see_nothing() {
        let stand = Stand::new().await;
        let officer = staff_signed_in(&stand, &["officer"]).await;
        let wrong = stand.call(&FUNCTION).query("dpd=7&limit=0&sort=x").cookie(&officer).await;
        assert_eq!((wrong.status, wrong.wrong_fields()), (400, vec!["dpd", "limit", "sort"]));
        assert_eq!(stand.call(&FUNCTION).cookie(&officer).await.wrong_fields(), ["dpd"]);
        let borrower = signed_in(&stand, "9876543210").await;
        assert_eq!(stand.call(&FUNCTION).query("dpd=1-30").cookie(&borrower).await.status, 401);
    }
}
