//! `GET /api/loans/{id}/foreclosure-quote?date=`: what settles the loan early on a day, with interest only to
//! that day.
use axum::{extract::State, routing::get};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use shared::{
    app::App,
    clock::{at_local, india},
    deserr::Deserr,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Day, Docs, FieldErrors, Path, Query, Reply},
    money::Rupees,
};
use utoipa::ToSchema;

use super::view::today;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    codes,
    loan::{
        due_dates::days_between,
        foreclosure::{self, ForeclosureQuote},
    },
    loan_account::{Book, LoanId},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-quote-foreclosure",
    module: module_path!(),
    wing: &WING,
    summary: "Show what settles a loan early",
    trigger: Trigger::Http(Route {
        path: "/api/loans/{id}/foreclosure-quote",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::reply::<Response>().query::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::BatchGet],
    ..Function::ENDPOINT
};

/// So far ahead a quote looks.
const DAYS_AHEAD: i64 = 30;

/// For which day.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// From today to 30 days ahead; today when absent.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Date, example = "2026-02-05")]
    date: Option<Day>,
}

/// What settles the loan: total = principal + interest due + interest accrued + charges + fee + tax − on
/// account.
#[derive(Debug, Serialize, ToSchema)]
pub struct Response {
    #[schema(value_type = String)]
    loan_id: LoanId,
    /// The day of the payment.
    #[schema(value_type = String, format = Date)]
    date: Date,
    /// The end of that day in India, RFC 3339. It holds as long as nothing else is paid or booked.
    #[schema(value_type = String)]
    valid_until: Timestamp,
    #[schema(value_type = f64)]
    principal: Rupees,
    #[schema(value_type = f64)]
    interest_due: Rupees,
    /// Of the running period, to the day.
    #[schema(value_type = f64)]
    interest_accrued: Rupees,
    #[schema(value_type = f64)]
    charges: Rupees,
    #[schema(value_type = f64)]
    fee: Rupees,
    /// Tax on the fee.
    #[schema(value_type = f64)]
    fee_tax: Rupees,
    /// Money that already lies there.
    #[schema(value_type = f64)]
    on_account: Rupees,
    /// To be paid.
    #[schema(value_type = f64)]
    total: Rupees,
    /// Goes back, when more lies on account than is owed.
    #[schema(value_type = f64)]
    refund: Rupees,
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Path(id): Path<LoanId>,
    Query(request): Query<Request>,
) -> Result<Reply<Response>, Error> {
    let today = today(&app);
    let day = request.date.map_or(today, |Day(day)| day);
    if !(0..=DAYS_AHEAD).contains(&days_between(today, day)) {
        return Err(Error::invalid_field("date", "range", "must be a day from today to 30 days ahead"));
    }
    let Book { loan, account } = Book::load(app.table(), user.id, id).await?;
    if !account.account.state_on(today).status.is_running() {
        return Err(codes::NOT_IN_THAT_STATE.into());
    }
    let quote = foreclosure::quote(&account.account, day, loan.product.foreclosure_fee());
    Ok(Reply::ok("What settles your loan", Response::of(id, &quote)))
}

impl Response {
    fn of(loan_id: LoanId, quote: &ForeclosureQuote) -> Self {
        let day = quote.valid_until;
        Self {
            loan_id,
            date: day,
            valid_until: at_local(day.tomorrow().unwrap_or(day), 0, 0, &india()),
            principal: quote.principal.into(),
            interest_due: quote.interest_due.into(),
            interest_accrued: quote.interest_accrued.into(),
            charges: quote.charges.into(),
            fee: quote.fee.into(),
            fee_tax: quote.fee_gst.into(),
            on_account: quote.on_account.into(),
            total: quote.total.into(),
            refund: quote.refund.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::money::Paise;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::loans::arrange::{lent, receives},
        loan_account::TransactionKind,
        testing::profile_done,
    };

    #[tokio::test]
    async fn a_quote_charges_interest_only_to_its_day() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let loan = lent(&stand, &cookie, 12_000, 12).await;
        // One per cent a month on 12,000; ten of the 31 days of the first period bear 10/31 of 120.
        for (date, interest, total) in
            [("2026-01-05", json!(0), json!(12_000)), ("2026-01-15", json!(38.71), json!(12_038.71))]
        {
            let answer =
                stand.call(&FUNCTION).path("id", loan).query(&format!("date={date}")).cookie(&cookie).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let data = &answer.body["data"];
            assert_eq!((&data["principal"], &data["interest_accrued"]), (&json!(12_000), &interest));
            assert_eq!((&data["total"], &data["date"]), (&total, &json!(date)));
            assert_eq!(answer.cost.calls, 2, "who calls, and the loan with its account");
        }
        let today = stand.call(&FUNCTION).path("id", loan).cookie(&cookie).await;
        assert_eq!(today.body["data"]["valid_until"], "2026-01-05T18:30:00Z");
    }

    #[tokio::test]
    async fn a_quote_is_for_today_to_thirty_days_ahead() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let loan = lent(&stand, &cookie, 12_000, 12).await;
        for (query, status) in [
            ("date=2026-01-04", 400),
            ("date=2026-02-04", 200),
            ("date=2026-02-05", 400),
            ("date=tomorrow", 400),
            ("day=2026-01-05", 400),
        ] {
            let answer = stand.call(&FUNCTION).path("id", loan).query(query).cookie(&cookie).await;
            assert_eq!(answer.status, status, "{query}");
        }
    }

    #[tokio::test]
    async fn a_settled_loan_and_somebody_elses_have_no_quote() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let loan = lent(&stand, &asha, 12_000, 12).await;
        assert_eq!(stand.call(&FUNCTION).path("id", loan).cookie(&bela).await.status, 404);
        receives(&stand, &asha, loan, TransactionKind::Foreclosure, Paise::major(12_000)).await;
        let answer = stand.call(&FUNCTION).path("id", loan).cookie(&asha).await;
        assert_eq!((answer.status, answer.code()), (409, "NOT_IN_THAT_STATE"));
    }
}
