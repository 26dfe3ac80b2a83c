//! The one way in which a loan changes: something happens, everything that follows from it is computed again, and all of it
//! is written at once.
//!
//! What follows: the state of the loan, its summary and indexes, the transfers in the ledger, the numbers of the portfolio,
//! and when the borrower is to be reminded. A caller adds what else belongs to the event (a transaction, a notice, an audit
//! line) to the same [`Write`].
use jiff::{Timestamp, civil::Date};
use shared::{
    clock::{day_in, india},
    codes,
    error::Error,
    id::Id,
    ledger::{self, Occasion, Transfer},
    table::{Adjust, Mixed, Stored, Table, Write},
};

use super::{
    Loan, LoanAccount, LoanId, Position, ReminderDuty, Summary,
    portfolio::{self, Standing},
    reminder,
};
use crate::{
    borrower::{User, UserId},
    loan::{account::LoanState, delinquency::AssetClass},
};

/// What happened, for the ledger.
#[derive(Debug, Clone, Copy)]
pub struct Happening<'a> {
    /// One of the events in the table of [`position`](super::position).
    pub event: &'a str,
    /// The transaction or decision behind it.
    pub reference: &'a str,
    /// The value date.
    pub value_on: Date,
    /// When it is recorded.
    pub now: Timestamp,
}

/// What follows from an event, ready to be written.
#[derive(Debug)]
#[must_use = "nothing is booked until it is written"]
pub struct Booked {
    /// The loan today, without the event.
    pub before: LoanState,
    /// The loan today, with it.
    pub after: LoanState,
    transfers: Vec<Transfer>,
    portfolio: Vec<Adjust>,
    duty: Option<Duty>,
}

#[derive(Debug)]
enum Duty {
    Remind(ReminderDuty),
    Nothing(UserId, LoanId),
}

impl Booked {
    /// Adds what follows to a write that also puts the loan and its account. Needs `Put`, `Update` and `Delete`.
    pub fn write(&self, write: Write) -> Write {
        let write = ledger::post(write, &self.transfers, &[]);
        let write = self.portfolio.iter().fold(write, Write::adjust);
        match &self.duty {
            Some(Duty::Remind(duty)) => write.overwrite(duty),
            Some(Duty::Nothing(user, loan)) => write.erase(ReminderDuty::at(*user, *loan)),
            None => write,
        }
    }

    /// What the ledger is told.
    pub fn transfers(&self) -> &[Transfer] {
        &self.transfers
    }
}

/// A loan and its account, loaded together to be changed together.
#[derive(Debug, Clone)]
pub struct Book {
    /// The loan.
    pub loan: Stored<Loan>,
    /// Its account.
    pub account: Stored<LoanAccount>,
}

impl Book {
    /// The loan `id` of `user`, or 404. Needs `BatchGet`.
    pub async fn load(table: &Table, user: UserId, id: LoanId) -> Result<Self, Error> {
        match table.get_two(Loan::at(user, id), LoanAccount::at(user, id)).await? {
            (Some(loan), Some(account)) => Ok(Self { loan, account }),
            _ => Err(codes::NOT_FOUND.into()),
        }
    }

    /// The loan `id`, whoever's it is, or 404. Needs `QueryIndex(Gsi1)` and `BatchGet`.
    pub async fn find(table: &Table, id: LoanId) -> Result<Self, Error> {
        let found = table.list(&Loan::with_id(id), 1).await?.into_iter().next();
        let user = found.ok_or(codes::NOT_FOUND)?.user;
        Self::load(table, user, id).await
    }

    /// As [`Book::find`], with the borrower: whoever is told about it. Needs `QueryIndex(Gsi1)` and `BatchGet`.
    pub async fn find_with_user(table: &Table, id: LoanId) -> Result<(Self, Stored<User>), Error> {
        let found = table.list(&Loan::with_id(id), 1).await?.into_iter().next();
        let user = found.ok_or(codes::NOT_FOUND)?.user;
        Self::load_with_user(table, user, id).await
    }

    /// As [`Book::load`], with the borrower. Needs `BatchGet`.
    pub async fn load_with_user(
        table: &Table,
        user: UserId,
        id: LoanId,
    ) -> Result<(Self, Stored<User>), Error> {
        let keys = vec![Loan::at(user, id).key, LoanAccount::at(user, id).key, User::at(user).key];
        let found = table.get_mixed(keys).await?;
        let one = (Mixed::all(&found)?.pop(), Mixed::all(&found)?.pop(), Mixed::all(&found)?.pop());
        match one {
            (Some(loan), Some(account), Some(user)) => Ok((Self { loan, account }, user)),
            _ => Err(codes::NOT_FOUND.into()),
        }
    }

    /// Lets something happen to the loan. `change` puts it into the account; an account left as it is means that only time
    /// has passed.
    pub fn book(
        &mut self,
        happening: Happening<'_>,
        change: impl FnOnce(&mut LoanAccount),
    ) -> Result<Booked, Error> {
        book(&mut self.loan, &mut self.account, happening, change)
    }

    /// Adds the changed loan, its account and all that follows to `write`.
    pub fn write(&self, booked: &Booked, write: Write) -> Write {
        booked.write(write.replace(&self.loan).replace(&self.account))
    }
}

/// Books the disbursal of a new loan: fills in everything of `loan` that follows from its account.
pub fn open(loan: &mut Loan, account: &mut LoanAccount, happening: Happening<'_>) -> Result<Booked, Error> {
    let paid_out = account.account.state_on(loan.disbursed_on);
    let disbursal = post(loan, account, &paid_out, happening)?;
    let today = day_in(happening.now, &india());
    let after = account.account.state_on(today);
    let since = post(loan, account, &after, Happening { event: DAY, value_on: today, ..happening })?;
    judge(loan, &after, happening.now);
    Ok(Booked {
        before: paid_out,
        after,
        transfers: vec![disbursal, since],
        portfolio: portfolio::moved(loan.id, None, Standing::of(loan)),
        duty: Some(duty(loan)),
    })
}

fn duty(loan: &Loan) -> Duty {
    match loan.remind_at {
        Some(remind_at) => Duty::Remind(ReminderDuty { loan: loan.id, user: loan.user, remind_at }),
        None => Duty::Nothing(loan.user, loan.id),
    }
}

/// The event of time that passed.
pub const DAY: &str = "day";

fn book(
    loan: &mut Loan,
    account: &mut LoanAccount,
    happening: Happening<'_>,
    change: impl FnOnce(&mut LoanAccount),
) -> Result<Booked, Error> {
    let (standing, remind_at) = (Standing::of(loan), loan.remind_at);
    let today = day_in(happening.now, &india());
    let before = account.account.state_on(today);
    // Time passed first, so that the posting of the event is the same whether or not the nightly job has come by.
    let passed = post(loan, account, &before, Happening { event: DAY, value_on: today, ..happening })?;
    if loan.summary.as_of < today {
        let yesterday = account.account.state_on(today.yesterday().unwrap_or(today));
        loan.class_before = AssetClass::of(yesterday.days_past_due, loan.asset_class);
    }
    change(account);
    let after = account.account.state_on(today);
    let event = post(loan, account, &after, happening)?;
    judge(loan, &after, happening.now);
    Ok(Booked {
        before,
        after,
        transfers: vec![passed, event],
        portfolio: portfolio::moved(loan.id, Some(standing), Standing::of(loan)),
        duty: if loan.remind_at == remind_at { None } else { Some(duty(loan)) },
    })
}

/// The transfer that makes the ledger say what `state` asks for; moves nothing when it does already.
fn post(
    loan: &Loan,
    account: &mut LoanAccount,
    state: &LoanState,
    happening: Happening<'_>,
) -> Result<Transfer, Error> {
    let position = Position::of(loan, account, state);
    let entries = position.entries_after(&account.posted, loan.id);
    account.posted = position;
    account.bookings += 1;
    let id = Id::derived(happening.now, &format!("{}#{}", loan.id, account.bookings));
    let occasion = Occasion {
        event: happening.event,
        reference: happening.reference,
        at: happening.now,
        effective_on: happening.value_on,
    };
    Transfer::new(id, occasion, entries).map_err(Error::internal)
}

/// Brings everything of the loan that follows from its state up to date.
fn judge(loan: &mut Loan, state: &LoanState, now: Timestamp) {
    loan.summary = Summary::of(state);
    loan.status = state.status;
    loan.asset_class = AssetClass::of(state.days_past_due, loan.class_before);
    loan.ended_on = if state.status.is_running() { None } else { loan.ended_on.or(Some(state.as_of)) };
    loan.remind_at = reminder::remind_at(state, &loan.reminded);
    loan.updated_at = now;
}

#[cfg(test)]
#[path = "booking_tests.rs"]
mod tests;
