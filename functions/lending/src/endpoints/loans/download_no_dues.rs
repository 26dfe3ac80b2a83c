//! `GET /api/loans/{id}/no-dues-certificate`: that nothing is due any more, as PDF; only of a loan that is
//! settled.
use axum::{extract::State, routing::get};
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Route, Trigger},
    http::{Docs, Download, Path},
};

use super::view::today;
use crate::{
    WING,
    access::{BORROWER, Borrower},
    codes,
    loan_account::{Book, LoanId},
    statement,
};

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "lending-download-no-dues-certificate",
    module: module_path!(),
    wing: &WING,
    summary: "Download the no-dues certificate of a loan",
    trigger: Trigger::Http(Route {
        path: "/api/loans/{id}/no-dues-certificate",
        access: BORROWER,
        handler: || get(handle),
        docs: Docs::NONE,
        ..Route::DEFAULT
    }),
    needs: &[Need::BatchGet],
    ..Function::ENDPOINT
};

async fn handle(
    State(app): State<App>,
    Borrower { user, .. }: Borrower,
    Path(id): Path<LoanId>,
) -> Result<Download, Error> {
    let Book { loan, account } = Book::load(app.table(), user.id, id).await?;
    let state = account.account.state_on(today(&app));
    let borrower = user.basic.as_ref().map_or("", |basic| basic.full_name.as_str());
    let bytes =
        statement::no_dues_certificate(&loan, borrower, &state, app.now()).ok_or(codes::NOT_SETTLED)?;
    let file_name = format!("no-dues-{}.pdf", loan.number);
    Ok(Download { content_type: "application/pdf", file_name, bytes })
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use jiff::SignedDuration;
    use shared::money::Paise;
    use stand::Stand;

    use super::FUNCTION;
    use crate::{
        endpoints::loans::arrange::{lent, pays, receives},
        loan_account::TransactionKind,
        statement::testing::{objects, texts},
        testing::{profile_done, signed_in},
    };

    #[tokio::test]
    async fn a_settled_loan_has_its_certificate() {
        let stand = Stand::new().await;
        let cookie = profile_done(&stand, "9876543210").await;
        let loan = lent(&stand, &cookie, 123_000, 12).await;
        stand.advance(SignedDuration::from_hours(24 * 2));
        let cookie = signed_in(&stand, "9876543210").await;
        receives(&stand, &cookie, loan, TransactionKind::Foreclosure, Paise::major(124_000)).await;
        stand.advance(SignedDuration::from_hours(24 * 30));
        let cookie = signed_in(&stand, "9876543210").await;
        let answer = stand.call(&FUNCTION).path("id", loan).cookie(&cookie).await;
        assert_eq!((answer.status, &*answer.headers["content-type"]), (200, "application/pdf"), "{answer:?}");
        assert_eq!(answer.cost.calls, 2);
        let file = base64::engine::general_purpose::STANDARD.decode(answer.body.as_str().unwrap()).unwrap();
        assert_eq!(objects(&file), 7);
        let text = texts(&file).join(" ");
        for part in ["no-dues certificate", "Asha Verma", "Rs. 1,23,000.00", "7 Jan 2026", "As of 6 Feb 2026"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[tokio::test]
    async fn a_running_loan_has_none_though_money_for_all_of_it_lies_there() {
        let stand = Stand::new().await;
        let asha = profile_done(&stand, "9876543210").await;
        let bela = profile_done(&stand, "9876543211").await;
        let loan = lent(&stand, &asha, 12_000, 12).await;
        pays(&stand, &asha, loan, 20_000).await;
        let answer = stand.call(&FUNCTION).path("id", loan).cookie(&asha).await;
        assert_eq!((answer.status, answer.code()), (409, "NOT_SETTLED"));
        assert_eq!(stand.call(&FUNCTION).path("id", loan).cookie(&bela).await.status, 404);
    }
}
