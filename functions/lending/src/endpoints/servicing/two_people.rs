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
