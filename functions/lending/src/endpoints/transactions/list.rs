//! `GET /api/transactions`: the borrower's transactions page by page, of all loans or of one, of a span of
//! value dates.
use axum::{extract::State, routing::get};
use serde::Serialize;
use shared::{
    app::{App, CURSOR_KEY},
    codes,
    deserr::Deserr,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Day, Docs, FieldErrors, Query, Reply},
    table::{Index, Limit, PageRequest, Stored},
};
use utoipa::ToSchema;

use super::Transaction;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    loan_account::{Loan, LoanId, LoanTransaction},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-list-transactions",
    module: module_path!(),
    wing: &WING,
    summary: "List the transactions",
    trigger: Trigger::Http(Route {
        path: "/api/transactions",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>().query::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Query, Need::QueryIndex(Index::Gsi1), Need::Get, Need::Secret(&CURSOR_KEY)],
    ..Function::ENDPOINT
};

/// Which transactions.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// Only of this loan, the newest value date first; otherwise all, the newest record first.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "ln_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    loan: Option<LoanId>,
    /// The first value date.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Date, example = "2026-01-01")]
    from: Option<Day>,
    /// The last value date.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Date, example = "2026-12-31")]
    to: Option<Day>,
    /// 1 to 100, 20 when absent.
    #[deserr(default)]
    #[schema(value_type = Option<u16>, example = 20)]
    limit: Option<Limit>,
    /// Where the page before ended.
    #[deserr(default)]
    cursor: Option<String>,
}

/// One page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    transactions: Vec<Transaction>,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Query(request): Query<Request>,
) -> Result<Reply<Response>, Error> {
    let (from, to) = (request.from.map(|Day(day)| day), request.to.map(|Day(day)| day));
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(Error::invalid_field("to", "range", "must not lie before `from`"));
    }
    let within = |transaction: &Stored<LoanTransaction>| {
        from.is_none_or(|from| from <= transaction.value_on) && to.is_none_or(|to| transaction.value_on <= to)
    };
    let page = PageRequest { limit: request.limit.unwrap_or(Limit::DEFAULT), cursor: request.cursor };
    let pattern = match request.loan {
        Some(loan) => {
            app.table().get(Loan::at(user.id, loan)).await?.ok_or(codes::NOT_FOUND)?;
            LoanTransaction::of_loan(loan)
        }
        None => LoanTransaction::of_user(user.id),
    };
    let page = app.page(&pattern, &page, within).await?.map(|transaction| transaction.value.into());
    let response = Response { transactions: page.items, next_cursor: page.next_cursor };
    Ok(Reply::ok("Your transactions", response))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::loans::arrange::{lent, pays},
        testing::{profile_done, signed_in},
    };

    fn amounts(answer: &Answer) -> Vec<f64> {
        let transactions =
            answer.body["data"]["transactions"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
        transactions.iter().map(|transaction| transaction["amount"].as_f64().unwrap()).collect()
    }

    #[tokio::test]
    async fn transactions_come_page_by_page_the_newest_first() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let loan = lent(&stand, &cookie, 12_000, 12).await;
        for rupees in [100, 200, 300] {
            stand.advance(SignedDuration::from_secs(1));
            pays(&stand, &cookie, loan, rupees).await;
        }
        let first = stand.call(&FUNCTION).query("limit=3").cookie(&cookie).await;
        assert_eq!(amounts(&first), [300.0, 200.0, 100.0]);
        assert_eq!(first.cost.calls, 2, "who calls, and the page");
        let cursor = first.body["data"]["next_cursor"].as_str().unwrap();
        let last = stand.call(&FUNCTION).query(&format!("limit=3&cursor={cursor}")).cookie(&cookie).await;
        assert_eq!(amounts(&last), [11_716.8]);
        assert!(last.body["data"].get("next_cursor").is_none());
    }

    #[tokio::test]
    async fn they_are_filtered_by_loan_and_value_date() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let one = lent(&stand, &cookie, 12_000, 12).await;
        let other = lent(&stand, &cookie, 20_000, 12).await;
        stand.advance(SignedDuration::from_secs(1));
        pays(&stand, &cookie, other, 200).await;
        stand.advance(SignedDuration::from_hours(48));
        let cookie = signed_in(&stand, "9876543210").await;
        pays(&stand, &cookie, one, 100).await;
        let list = async |query: &str| stand.call(&FUNCTION).query(query).cookie(&cookie).await;
        let of_one = list(&format!("loan={one}")).await;
        assert_eq!(amounts(&of_one), [100.0, 11_716.8]);
        assert_eq!(of_one.cost.calls, 3, "who calls, the loan, and the page");
        assert_eq!(amounts(&list(&format!("loan={one}&from=2026-01-06")).await), [100.0]);
        assert_eq!(amounts(&list("from=2026-01-06&to=2026-01-07").await), [100.0]);
        assert_eq!(amounts(&list(&format!("loan={other}&to=2026-01-05")).await), [200.0, 19_528.0]);
        assert_eq!(amounts(&list("from=2026-01-08").await), [0.0; 0]);
    }

    #[tokio::test]
    async fn wrong_filters_are_named_and_other_peoples_loans_are_not_there() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let loan = lent(&stand, &asha, 12_000, 12).await;
        let list = async |query: &str| stand.call(&FUNCTION).query(query).cookie(&bela).await;
        let wrong = list("loan=x&from=1&to=2&limit=101&sort=amount").await;
        assert_eq!((wrong.status, wrong.wrong_fields()), (400, vec!["from", "limit", "loan", "sort", "to"]));
        assert_eq!(list("from=2026-01-02&to=2026-01-01").await.wrong_fields(), ["to"]);
        assert_eq!(list(&format!("loan={loan}")).await.status, 404);
        assert_eq!(amounts(&list("").await), [0.0; 0]);
        let own = stand.call(&FUNCTION).query("limit=1").cookie(&asha).await;
        assert!(own.body["data"].get("next_cursor").is_none());
        assert_eq!(list("cursor=forged").await.code(), "INVALID_CURSOR");
    }
}
