//! `GET /api/loans/{id}/statement?format=&from=&to=`: what was charged and paid between two days, as CSV or
//! PDF.
use axum::{extract::State, routing::get};
use shared::{
    app::App,
    deserr::Deserr,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Day, Docs, Download, FieldErrors, Path, Query},
};
use utoipa::ToSchema;

use super::view::today;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    loan_account::{Book, LoanId},
    statement::{self, Statement},
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-download-statement",
    module: module_path!(),
    wing: &WING,
    summary: "Download the statement of a loan",
    trigger: Trigger::Http(Route {
        path: "/api/loans/{id}/statement",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::NONE.query::<Request>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::BatchGet],
    ..Function::ENDPOINT
};

/// Which statement.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Request {
    /// PDF when absent.
    #[deserr(default)]
    format: Option<Format>,
    /// The first day; that of the payout when absent.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Date, example = "2026-01-01")]
    from: Option<Day>,
    /// The last day, not after today; today when absent.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Date, example = "2026-03-31")]
    to: Option<Day>,
}

/// The kind of file.
#[derive(Debug, Clone, Copy, Deserr, ToSchema)]
#[deserr(error = FieldErrors, rename_all = lowercase)]
#[schema(rename_all = "lowercase")]
pub enum Format {
    /// For spreadsheets.
    Csv,
    /// For paper.
    Pdf,
}

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Path(id): Path<LoanId>,
    Query(request): Query<Request>,
) -> Result<Download, Error> {
    let Book { loan, account } = Book::load(app.table(), user.id, id).await?;
    let today = today(&app);
    let from = request.from.map_or(loan.disbursed_on, |Day(day)| day);
    let to = request.to.map_or(today, |Day(day)| day);
    if to > today {
        return Err(Error::invalid_field("to", "range", "must not lie in the future"));
    }
    if from > to {
        return Err(Error::invalid_field("from", "range", "must not lie after `to`"));
    }
    let made = Statement::of(&account, from, to);
    let name = format!("statement-{}-{from}-{to}", loan.number);
    Ok(match request.format.unwrap_or(Format::Pdf) {
        Format::Csv => Download {
            content_type: "text/csv; charset=utf-8",
            file_name: format!("{name}.csv"),
            bytes: statement::csv(&made).map_err(Error::internal)?,
        },
        Format::Pdf => {
            let borrower = user.basic.as_ref().map_or("", |basic| basic.full_name.as_str());
            let state = account.account.state_on(to);
            let bytes = statement::pdf(&loan, borrower, &made, &state, app.now());
            Download { content_type: "application/pdf", file_name: format!("{name}.pdf"), bytes }
        }
    })
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use jiff::SignedDuration;
    use serde_json::Value;
    use stand::{Answer, Stand};

    use super::FUNCTION;
    use crate::{
        endpoints::loans::{
            arrange::{lent, pays},
            get_schedule,
        },
        statement::testing::{objects, texts},
        testing::{profile_done, signed_in},
    };

    fn pdf(answer: &Answer) -> Vec<u8> {
        base64::engine::general_purpose::STANDARD.decode(answer.body.as_str().unwrap()).unwrap()
    }

    /// A loan of 12,000 with one late payment of 1,500, looked at 41 days later.
    async fn late_loan(stand: &Stand) -> (String, String) {
        let cookie = profile_done(stand, "9876543210").await;
        let loan = lent(stand, &cookie, 12_000, 12).await;
        stand.advance(SignedDuration::from_hours(24 * 41));
        let cookie = signed_in(stand, "9876543210").await;
        pays(stand, &cookie, loan, 1_500).await;
        (cookie, loan.to_string())
    }

    #[tokio::test]
    async fn a_csv_statement_says_what_the_schedule_says_and_holds_no_formula() {
        let stand = Stand::new().await;
        let (cookie, loan) = late_loan(&stand).await;
        let answer = stand.call(&FUNCTION).path("id", &loan).query("format=csv").cookie(&cookie).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
        let disposition = "attachment; filename=\"statement-LN-202601-000001-2026-01-05-2026-02-15.csv\"";
        assert_eq!(answer.headers["content-disposition"], disposition);
        let expected = "\
            date,particulars,reference,debit,credit,balance\n\
            2026-01-05,Opening balance,,,,0.00\n\
            2026-01-05,Loan disbursed,,12000.00,,12000.00\n\
            2026-02-05,Interest,,120.00,,12120.00\n\
            2026-02-15,Penal charges,,4.36,,12124.36\n\
            2026-02-15,Payment received,'=UTR150000,,1500.00,10624.36\n\
            2026-02-15,Closing balance,,,,10624.36\n";
        assert_eq!(answer.body.as_str().unwrap(), expected);
        assert_eq!(answer.cost.calls, 2, "who calls, and the loan with its account");

        let schedule = stand.call(&get_schedule::FUNCTION).path("id", &loan).cookie(&cookie).await;
        let first = &schedule.body["data"]["instalments"][0];
        assert_eq!((&first["interest"], &first["charges"]), (&Value::from(120), &Value::from(4.36)));
    }

    #[tokio::test]
    async fn a_pdf_statement_says_the_same_in_indian_figures() {
        let stand = Stand::new().await;
        let (cookie, loan) = late_loan(&stand).await;
        let answer = stand.call(&FUNCTION).path("id", &loan).cookie(&cookie).await;
        assert_eq!((answer.status, &*answer.headers["content-type"]), (200, "application/pdf"), "{answer:?}");
        let file = pdf(&answer);
        assert_eq!(objects(&file), 7);
        let texts = texts(&file);
        for text in [
            "Pocket Credit: statement of account",
            "Asha Verma",
            "Rs. 12,000.00",
            "Penal charges",
            "4.36",
            "=UTR150000",
            "1,500.00",
            "12,124.36",
            "10,624.36",
            "Generated at 15 Feb 2026, 10:00 IST. Page 1 of 1.",
        ] {
            assert!(texts.iter().any(|shown| shown == text), "{text} in {texts:?}");
        }
    }

    #[tokio::test]
    async fn a_span_opens_with_what_was_owed_before_it() {
        let stand = Stand::new().await;
        let (cookie, loan) = late_loan(&stand).await;
        let query = "format=csv&from=2026-02-06&to=2026-02-14";
        let answer = stand.call(&FUNCTION).path("id", &loan).query(query).cookie(&cookie).await;
        let text = answer.body.as_str().unwrap();
        assert!(text.contains("2026-02-06,Opening balance,,,,12120.00\n"), "{text}");
        assert!(text.contains("2026-02-14,Closing balance,,,,12123.73\n"), "{text}");
    }

    #[tokio::test]
    async fn wrong_spans_are_named_and_somebody_elses_loan_is_not_there() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let loan = lent(&stand, &asha, 12_000, 12).await;
        for (query, field) in [
            ("format=xls&from=x&page=1", vec!["format", "from", "page"]),
            ("to=2026-01-06", vec!["to"]),
            ("from=2026-01-05&to=2026-01-04", vec!["from"]),
        ] {
            let answer = stand.call(&FUNCTION).path("id", loan).query(query).cookie(&asha).await;
            assert_eq!((answer.status, answer.wrong_fields()), (400, field), "{query}");
        }
        assert_eq!(stand.call(&FUNCTION).path("id", loan).cookie(&bela).await.status, 404);
    }
}
