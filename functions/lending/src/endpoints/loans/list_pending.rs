//! `GET /api/loans/pending`: the loans that are not yet repaid, those most past due first, then those due
//! soonest.
use axum::{extract::State, routing::get};
use jiff::civil::Date;
use serde::Serialize;
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Reply},
    money::{Paise, Rupees},
};
use utoipa::ToSchema;

use super::view::{self, Judged, LoanView};
use crate::{
    WING,
    access::{BORROWER, Borrower},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-list-pending-loans",
    module: module_path!(),
    wing: &WING,
    summary: "List the loans that are not yet repaid",
    trigger: Trigger::Http(Route {
        path: "/api/loans/pending",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Query],
    ..Function::ENDPOINT
};

/// The loans, and what is due on all of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    loans: Vec<LoanView>,
    /// Due and unpaid.
    #[schema(value_type = f64)]
    total_due: Rupees,
    /// Principal not yet repaid.
    #[schema(value_type = f64)]
    total_outstanding: Rupees,
}

async fn handle(State(app): State<App>, Borrower { user, .. }: Borrower) -> Result<Reply<Response>, Error> {
    let mut loans = view::all_of(&app, user.id).await?;
    loans.retain(|judged| judged.state.status.is_running());
    loans.sort_by_key(urgency);
    let sum = |amount: fn(&Judged) -> Paise| Rupees::from(loans.iter().map(amount).sum::<Paise>());
    let response = Response {
        total_due: sum(|judged| judged.state.due.total()),
        total_outstanding: sum(|judged| judged.state.outstanding_principal),
        loans: loans.iter().map(|judged| LoanView::of(&judged.loan, &judged.state)).collect(),
    };
    Ok(Reply::ok("Your running loans", response))
}

/// The later the payment, the sooner the place.
fn urgency(judged: &Judged) -> impl Ord + use<> {
    let state = &judged.state;
    (std::cmp::Reverse(state.days_past_due), state.next_due.map_or(Date::MAX, |next| next.on))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;
    use shared::money::Paise;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::loans::arrange::{lent, pays, receives},
        loan_account::TransactionKind,
        testing::{profile_done, signed_in},
    };

    #[tokio::test]
    async fn settled_loans_are_left_out_and_the_most_pressing_comes_first() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let settled = lent(&stand, &cookie, 12_000, 12).await;
        let ahead = lent(&stand, &cookie, 12_000, 12).await;
        let late = lent(&stand, &cookie, 20_000, 12).await;
        receives(&stand, &cookie, settled, TransactionKind::Foreclosure, Paise::major(12_000)).await;
        pays(&stand, &cookie, ahead, 20_000).await;
        stand.advance(SignedDuration::from_hours(24 * 32));
        let cookie = signed_in(&stand, "9876543210").await;
        let fresh = lent(&stand, &cookie, 30_000, 12).await;
        let answer = stand.call(&FUNCTION).cookie(&cookie).await;
        let data = &answer.body["data"];
        let loans = data["loans"].as_array().unwrap();
        let ids: Vec<_> = loans.iter().map(|loan| loan["id"].as_str().unwrap().to_owned()).collect();
        // The money paid ahead lies on account until the instalments fall due, so that loan still runs.
        assert_eq!(ids, [late.to_string(), fresh.to_string(), ahead.to_string()], "{answer:?}");
        assert_eq!(loans[2]["next_due"], json!(null));
        assert_eq!(data["total_due"], loans[0]["due_amount"]);
        assert_eq!(answer.cost.calls, 2);
    }
}
