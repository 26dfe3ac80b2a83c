//! What decisions about loans have in common: the first call asks, the same call by another admin confirms and carries out.
use serde::Serialize;
use shared::{
    app::App,
    audit::{self, Actor},
    error::Error,
    function::Need,
    http::Reply,
    table::{Index, Stored, Write, retry_lost_race},
};
use utoipa::ToSchema;

use super::{LoanView, TRIES, TransactionView};
use crate::{
    WING, codes as lending_codes,
    loan_account::{
        Book, Decision, LoanId,
        deciding::{self, Decided, Proposal, Proposed},
    },
};

/// What a decision touches.
pub const NEEDS: &[Need] =
    &[Need::QueryIndex(Index::Gsi1), Need::Get, Need::BatchGet, Need::Put, Need::Update, Need::Delete];

/// How far a decision is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Another admin must send the same request within a week.
    AwaitingConfirmation,
    /// It is carried out.
    Done,
}

/// A decision and what it does to the loan.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionView {
    progress: Progress,
    /// Who asked: `stf_…`.
    asked_by: String,
    /// Who confirmed.
    confirmed_by: Option<String>,
    transaction: Option<TransactionView>,
    /// The loan as it is, or as it would be today when somebody confirms.
    loan: LoanView,
}

/// Asks for `what`, or carries it out when somebody else has asked for the same.
pub async fn decide(
    app: &App,
    actor: &Actor,
    loan: LoanId,
    what: &Proposed,
    reason: &str,
) -> Result<Reply<DecisionView>, Error> {
    let view = retry_lost_race(TRIES, || decide_once(app, actor, loan, what, reason)).await?;
    Ok(match view.progress {
        Progress::AwaitingConfirmation => Reply::created("Somebody else must confirm it", view),
        Progress::Done => Reply::ok("It is done", view),
    })
}

async fn decide_once(
    app: &App,
    actor: &Actor,
    loan: LoanId,
    what: &Proposed,
    reason: &str,
) -> Result<DecisionView, Error> {
    let mut book = Book::find(app.table(), loan).await?;
    let before = book.loan.summary.clone();
    let asked = app.table().get(Proposal::at(book.loan.user, loan, what)).await?;
    let is_confirmed = asked.as_ref().is_some_and(|asked| asked.is_confirmed_by(&actor.id, what, app.now()));
    if !is_confirmed && asked.as_ref().is_some_and(|asked| asked.asked_for(what, app.now())) {
        return Err(lending_codes::SECOND_PERSON_NEEDED.into());
    }
    let asked_by = asked.as_ref().filter(|_| is_confirmed).map_or(&actor.id, |asked| &asked.asked_by).clone();
    let decision = Decision {
        reference: String::new(),
        asked_by: asked_by.clone(),
        confirmed_by: actor.id.clone(),
        reason: reason.to_owned(),
        at: app.now(),
    };
    // Who asks hears at once what would come of it, or that it cannot be.
    let decided = deciding::carry_out(app, &mut book, what, decision)?;

    let after = &book.loan.summary;
    let write = match asked {
        Some(asked) if is_confirmed => {
            let entry = audit::Entry::new(app, &WING, actor, what.name(), loan, &before, &(what, after))?;
            confirm(&book, &decided, Write::new().delete(&asked)).create(&entry.because(reason))
        }
        earlier => {
            let action = format!("ask_{}", what.name());
            let entry = audit::Entry::new(app, &WING, actor, &action, loan, &before, what)?;
            ask(app, actor, &book, what, reason, earlier).create(&entry.because(reason))
        }
    };
    app.table().write(write).await?;
    Ok(DecisionView {
        progress: if is_confirmed { Progress::Done } else { Progress::AwaitingConfirmation },
        asked_by,
        confirmed_by: is_confirmed.then(|| actor.id.clone()),
        transaction: decided.transaction.as_ref().map(TransactionView::from),
        loan: LoanView::from(&*book.loan),
    })
}

fn confirm(book: &Book, decided: &Decided, write: Write) -> Write {
    let write = book.write(&decided.booked, write);
    write.create_all(&decided.transaction)
}

/// Takes the place of whatever of this kind was asked for before.
fn ask(
    app: &App,
    actor: &Actor,
    book: &Book,
    what: &Proposed,
    reason: &str,
    earlier: Option<Stored<Proposal>>,
) -> Write {
    let proposal = Proposal {
        loan: book.loan.id,
        user: book.loan.user,
        what: what.clone(),
        reason: reason.to_owned(),
        asked_by: actor.id.clone(),
        asked_at: app.now(),
    };
    match earlier {
        Some(mut earlier) => {
            earlier.value = proposal;
            Write::new().replace(&earlier)
        }
        None => Write::new().create(&proposal),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::{Value, json};
    use shared::{
        function::Function,
        ledger::{self, AccountRef, House, Unit},
        money::Paise,
    };
    use stand::{Answer, Stand};

    use super::super::{reschedule, waive, write_off};
    use crate::{
        WING,
        loan::state::LoanStatus,
        loan_account::{LoanTransaction, Shelf},
        testing::{PaidOut, assert_books_right, book_of, go_to, paid_out, receive, staff_signed_in},
    };

    async fn call(
        stand: &Stand,
        what: &'static Function,
        admin: &str,
        loan: &PaidOut,
        body: Value,
    ) -> Answer {
        stand.call(what).cookie(admin).path("id", loan.loan).json(body).await
    }

    fn progress(answer: &Answer) -> (u16, &str) {
        (answer.status, answer.body["data"]["progress"].as_str().unwrap_or_else(|| answer.code()))
    }

    async fn in_house(stand: &Stand, kind: House) -> Paise {
        let account = AccountRef::house(&WING, kind, Unit::Inr);
        Paise::new(ledger::balance(&stand.table(), &account).await.unwrap())
    }

    /// A loan that is 41 days past due on 2026-03-18, and two admins.
    async fn late_loan(stand: &Stand) -> (PaidOut, String, String) {
        let loan = paid_out(stand, "9876543210").await;
        go_to(stand, "2026-03-18");
        (loan, staff_signed_in(stand, &["admin"]).await, staff_signed_in(stand, &["admin"]).await)
    }

    #[tokio::test]
    async fn charges_are_waived_when_a_second_admin_wants_the_same() {
        let stand = Stand::new().await;
        let (loan, maker, checker) = late_loan(&stand).await;
        let body = json!({ "amount": 50, "reason": "The bank was closed" });
        let asked = call(&stand, &waive::FUNCTION, &maker, &loan, body.clone()).await;
        assert_eq!(progress(&asked), (201, "awaiting_confirmation"));
        let due_before =
            book_of(&stand, &loan).await.account.account.state_on("2026-03-18".parse().unwrap()).due;
        let again = call(&stand, &waive::FUNCTION, &maker, &loan, body.clone()).await;
        assert_eq!(progress(&again), (409, "SECOND_PERSON_NEEDED"));
        let done = call(&stand, &waive::FUNCTION, &checker, &loan, body.clone()).await;
        assert_eq!(progress(&done), (200, "done"), "{done:?}");
        assert_ne!(done.body["data"]["asked_by"], done.body["data"]["confirmed_by"]);
        let book = book_of(&stand, &loan).await;
        assert_eq!(book.account.posted.charges, due_before.charges - Paise::major(50));
        assert_eq!(in_house(&stand, House::ChargesWaived).await, Paise::major(50));
        assert_eq!(book.account.decisions.len(), 1);
        assert_books_right(&stand, &loan).await;
        let asked = call(&stand, &waive::FUNCTION, &checker, &loan, body).await;
        assert_eq!(progress(&asked), (201, "awaiting_confirmation"), "it is a new request");
    }

    #[tokio::test]
    async fn what_differs_or_is_too_old_confirms_nothing() {
        let stand = Stand::new().await;
        let (loan, maker, checker) = late_loan(&stand).await;
        let body = |amount: i64| json!({ "amount": amount, "reason": "The bank was closed" });
        call(&stand, &waive::FUNCTION, &maker, &loan, body(50)).await;
        let other = call(&stand, &waive::FUNCTION, &checker, &loan, body(40)).await;
        assert_eq!(progress(&other), (201, "awaiting_confirmation"));
        let first = call(&stand, &waive::FUNCTION, &maker, &loan, body(50)).await;
        assert_eq!(progress(&first), (201, "awaiting_confirmation"), "the other request took its place");
        stand.advance(SignedDuration::from_hours(7 * 24));
        let checker = staff_signed_in(&stand, &["admin"]).await;
        let late = call(&stand, &waive::FUNCTION, &checker, &loan, body(50)).await;
        assert_eq!(progress(&late), (201, "awaiting_confirmation"));
        assert!(book_of(&stand, &loan).await.account.decisions.is_empty());
    }

    #[tokio::test]
    async fn more_than_the_charges_due_cannot_be_waived() {
        let stand = Stand::new().await;
        let (loan, maker, _) = late_loan(&stand).await;
        for amount in [0, -1, 5000] {
            let body = json!({ "amount": amount, "reason": "The bank was closed" });
            let answer = call(&stand, &waive::FUNCTION, &maker, &loan, body).await;
            assert_eq!((answer.status, answer.wrong_fields()), (400, vec!["amount"]), "{amount}");
        }
    }

    #[tokio::test]
    async fn a_new_schedule_puts_off_what_is_not_yet_due_and_keeps_the_old_one() {
        let stand = Stand::new().await;
        let (loan, maker, checker) = late_loan(&stand).await;
        let body = json!({
            "first_due_on": "2026-07-05", "instalments": 10, "with_arrears": true, "reason": "Flood in the district",
        });
        let asked = call(&stand, &reschedule::FUNCTION, &maker, &loan, body.clone()).await;
        assert_eq!(progress(&asked), (201, "awaiting_confirmation"));
        assert_eq!(asked.body["data"]["loan"]["next_due"]["on"], "2026-07-05", "what would come of it");
        assert_eq!(book_of(&stand, &loan).await.account.account.events.len(), 0);
        let done = call(&stand, &reschedule::FUNCTION, &checker, &loan, body).await;
        assert_eq!(progress(&done), (200, "done"), "{done:?}");
        let book = book_of(&stand, &loan).await;
        let account = &book.account.account;
        let (before, after) = (
            account.state_on("2026-03-17".parse().unwrap()),
            account.state_on("2026-03-18".parse().unwrap()),
        );
        assert_eq!(
            (before.instalments.len(), after.instalments.len()),
            (12, 2 + 10),
            "the old version stays readable"
        );
        assert_eq!((after.outstanding_principal, after.due.principal), (Paise::major(50_000), Paise::ZERO));
        assert!(after.due.interest.is_positive(), "interest that was due stays due");
        assert_books_right(&stand, &loan).await;
    }

    #[tokio::test]
    async fn a_schedule_that_cannot_be_is_refused_when_it_is_asked_for() {
        let stand = Stand::new().await;
        let (loan, maker, _) = late_loan(&stand).await;
        for (first_due_on, instalments, field) in
            [("2026-03-18", 10, "first_due_on"), ("2026-07-05", 0, "instalments")]
        {
            let body = json!({ "first_due_on": first_due_on, "instalments": instalments, "reason": "Flood" });
            let answer = call(&stand, &reschedule::FUNCTION, &maker, &loan, body).await;
            assert_eq!((answer.status, answer.wrong_fields()), (400, vec![field]), "{answer:?}");
        }
    }

    #[tokio::test]
    async fn what_is_written_off_is_an_expense_and_what_still_comes_is_recovered() {
        let stand = Stand::new().await;
        let (loan, maker, checker) = late_loan(&stand).await;
        let body = json!({ "reason": "Cannot be found" });
        call(&stand, &write_off::FUNCTION, &maker, &loan, body.clone()).await;
        let done = call(&stand, &write_off::FUNCTION, &checker, &loan, body.clone()).await;
        assert_eq!(progress(&done), (200, "done"), "{done:?}");
        assert_eq!(done.body["data"]["loan"]["status"], "written_off");
        let book = book_of(&stand, &loan).await;
        assert_eq!(
            (book.loan.shelf(), book.loan.remind_at, book.loan.summary.judge_on),
            (Shelf::WrittenOff, None, None)
        );
        let given_up = in_house(&stand, House::WriteOff).await;
        assert!(given_up > Paise::major(50_000));
        assert_books_right(&stand, &loan).await;

        go_to(&stand, "2026-03-19");
        let finance = staff_signed_in(&stand, &["finance"]).await;
        let maker = staff_signed_in(&stand, &["admin"]).await;
        let answer = receive(&stand, &finance, &loan, json!(700), "2026-03-19", "UTR-1").await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(in_house(&stand, House::Recovery).await, Paise::major(700));
        assert_eq!(in_house(&stand, House::WriteOff).await, given_up);
        assert_books_right(&stand, &loan).await;
        let again = call(&stand, &write_off::FUNCTION, &maker, &loan, body).await;
        assert_eq!(progress(&again), (409, "NOT_IN_THAT_STATE"));
        assert_eq!(book_of(&stand, &loan).await.loan.status, LoanStatus::WrittenOff);
        let kinds: Vec<_> = stand.table().list(&LoanTransaction::of_loan(loan.loan), 10).await.unwrap();
        assert_eq!(kinds.len(), 3, "disbursal, write-off, receipt");
    }

    #[tokio::test]
    async fn two_confirmations_at_once_carry_out_once() {
        let stand = Stand::new().await;
        let (loan, maker, checker) = late_loan(&stand).await;
        let body = json!({ "amount": 50, "reason": "The bank was closed" });
        call(&stand, &waive::FUNCTION, &maker, &loan, body.clone()).await;
        let calls = (0..4).map(|_| call(&stand, &waive::FUNCTION, &checker, &loan, body.clone()));
        futures::future::join_all(calls).await;
        assert_eq!(in_house(&stand, House::ChargesWaived).await, Paise::major(50));
        assert_books_right(&stand, &loan).await;
    }

    #[tokio::test]
    async fn finance_does_not_decide() {
        let stand = Stand::new().await;
        let loan = paid_out(&stand, "9876543210").await;
        let body = json!({ "reason": "Cannot be found" });
        let answer = call(&stand, &write_off::FUNCTION, &loan.finance, &loan, body).await;
        assert_eq!((answer.status, answer.code()), (403, "FORBIDDEN"));
    }
}
