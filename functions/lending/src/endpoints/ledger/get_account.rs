//! `GET /api/admin/ledger/accounts/{id}`: an account of the ledger, `bank.INR` or `loans_receivable.INR.ln_…`, with its balance
//! and its entries, newest first.
use axum::{extract::State, routing::get};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use shared::{
    app::{App, CURSOR_KEY},
    codes,
    deserr::Deserr,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, FieldErrors, Path, Query, Reply},
    ledger::{self, AccountRef, Line, Side, TransferId},
    money::{Paise, Rupees},
    table::{Index, Limit, PageRequest, Stored},
};
use utoipa::ToSchema;

use crate::{WING, access::ADMIN_OR_FINANCE};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-get-ledger-account",
    module: module_path!(),
    wing: &WING,
    summary: "See an account of the ledger with its entries",
    trigger: Trigger::Http(Route {
        path: "/api/admin/ledger/accounts/{id}",
        access: ADMIN_OR_FINANCE,
        handler: || get(handle),
        docs: Docs::reply::<Response>().query::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::BatchGet, Need::Query, Need::QueryIndex(Index::Gsi1), Need::Secret(&CURSOR_KEY)],
    ..Function::ENDPOINT
};

/// Which page of the entries.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// 1 to 100, usually 20.
    #[deserr(default)]
    #[schema(value_type = Option<u16>)]
    limit: Option<Limit>,
    /// `next_cursor` of the page before.
    #[deserr(default)]
    cursor: Option<String>,
}

/// The account.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    #[schema(example = "loans_receivable.INR.ln_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    account: String,
    #[schema(value_type = String, example = "loans_receivable")]
    kind: &'static str,
    /// The loan whose account it is; the house's own have none.
    owner: Option<String>,
    /// On which side it grows.
    side: Side,
    /// In the account's own direction.
    #[schema(value_type = f64)]
    balance: Rupees,
    entries: Vec<EntryView>,
    /// For the next page; null on the last.
    next_cursor: Option<String>,
}

/// One entry. Never changed: a mistake is undone by another.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryView {
    #[schema(value_type = String, example = "trf_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    transfer: TransferId,
    /// What happened: `disbursal`, `day`, `receipt`, `receipt_reversed`, `waiver`, `write_off`.
    event: String,
    /// The transaction or decision behind it.
    reference: String,
    #[schema(value_type = f64)]
    debit: Rupees,
    #[schema(value_type = f64)]
    credit: Rupees,
    /// The value date.
    #[schema(value_type = String, format = Date)]
    effective_on: Date,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

impl From<Stored<Line>> for EntryView {
    fn from(line: Stored<Line>) -> Self {
        let amount = Paise::new(line.amount);
        let line = line.value;
        Self {
            transfer: line.transfer,
            event: line.event,
            reference: line.reference,
            debit: amount.max(Paise::ZERO).into(),
            credit: (-amount).max(Paise::ZERO).into(),
            effective_on: line.effective_on,
            at: line.at,
        }
    }
}

async fn handle(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(request): Query<Request>,
) -> Result<Reply<Response>, Error> {
    let account = AccountRef::parse(&WING, &id).ok_or(codes::NOT_FOUND)?;
    let wanted = PageRequest { limit: request.limit.unwrap_or(Limit::DEFAULT), cursor: request.cursor };
    let page = app.page(&ledger::entries(&account), &wanted, |_| true).await?.map(EntryView::from);
    if account.owner().is_some() && page.items.is_empty() && wanted.cursor.is_none() {
        return Err(codes::NOT_FOUND.into());
    }
    let response = Response {
        account: account.to_string(),
        kind: account.kind().name(),
        owner: account.owner().map(str::to_owned),
        side: account.kind().side(),
        balance: Paise::new(ledger::balance(app.table(), &account).await?).into(),
        entries: page.items,
        next_cursor: page.next_cursor,
    };
    Ok(Reply::ok("The account", response))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stand::Stand;

    use super::FUNCTION;
    use crate::testing::{paid_out, receive, staff_signed_in};

    #[tokio::test]
    async fn an_account_shows_its_balance_and_its_entries_page_by_page() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        for n in 1..=5 {
            stand.advance(jiff::SignedDuration::from_secs(1));
            receive(&stand, &loan.finance, &loan, json!(n), "2026-01-05", &format!("UTR-{n}")).await;
        }
        let owned = format!("on_account.INR.{}", loan.loan);
        for (account, balance, entries, calls) in
            [(owned.as_str(), json!(15), 5, 3), ("bank.INR", json!(-48_805), 6, 3)]
        {
            let mut cursor = String::new();
            let mut seen = Vec::new();
            loop {
                let query = format!("limit=4{cursor}");
                let answer =
                    stand.call(&FUNCTION).cookie(&loan.finance).path("id", account).query(&query).await;
                assert_eq!(answer.status, 200, "{answer:?}");
                assert_eq!(answer.body["data"]["balance"], balance);
                assert_eq!(answer.cost.calls, calls, "who asks, the entries, the balance");
                seen.extend(answer.body["data"]["entries"].as_array().unwrap().clone());
                match answer.body["data"]["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(seen.len(), entries, "{account}");
            let newest = &seen[0];
            assert_eq!(newest["event"], "receipt");
            assert_eq!(newest[if account == "bank.INR" { "debit" } else { "credit" }], 5);
        }
    }

    #[tokio::test]
    async fn what_is_no_account_or_was_never_used_is_not_there() {
        let stand = Stand::new().await;
        let admin = staff_signed_in(&stand, &["admin"]).await;
        for id in ["bank", "bank.USD", "nothing.INR", "on_account.INR.ln_01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
            assert_eq!(stand.call(&FUNCTION).cookie(&admin).path("id", id).await.status, 404, "{id}");
        }
        assert_eq!(stand.call(&FUNCTION).cookie(&admin).path("id", "recovery.INR").await.status, 200);
        let officer = staff_signed_in(&stand, &["officer"]).await;
        assert_eq!(stand.call(&FUNCTION).cookie(&officer).path("id", "bank.INR").await.status, 403);
    }
}
