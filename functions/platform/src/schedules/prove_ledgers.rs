//! At half past two at night: every balance is computed again from its entries, and all of them are zero
//! together.
use jiff::{ToSpan as _, civil::Date};
use shared::{
    app::App,
    clock::{day_in, india},
    codes,
    error::Error,
    function::{Function, Need, Schedule, Trigger},
    ledger::{self, Unit},
    runtime::Run,
    table::{Index, Write},
    wing::Wing,
};

use crate::{WING, discrepancy::Discrepancy};

/// Whose books there are: the tag of each wing that keeps some, and in which currency. A wing imports no
/// other, so they stand here by name.
pub const LEDGERS: &[(&str, Unit)] = &[("LENDING", Unit::Inr)];

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "platform-prove-ledgers",
    module: module_path!(),
    wing: &WING,
    summary: "Prove the books of every wing",
    trigger: Trigger::Schedule(Schedule {
        expression: "cron(30 2 * * ? *)",
        zone: "Asia/Kolkata",
        handle: |app, run| Box::pin(handle(app, run)),
    }),
    needs: &[Need::Get, Need::BatchGet, Need::Query, Need::QueryIndex(Index::Gsi2), Need::Put],
    memory_mb: 512,
    timeout_s: 900,
};

async fn handle(app: &App, run: Run) -> Result<(), Error> {
    let today = day_in(run.due, &india());
    for (tag, unit) in LEDGERS {
        for discrepancy in prove(app, tag, *unit, today).await? {
            open(app, &discrepancy).await?;
        }
    }
    Ok(())
}

/// Proves yesterday with the trial balance, and the day before once more, in case nobody did last night.
async fn prove(app: &App, tag: &'static str, unit: Unit, today: Date) -> Result<Vec<Discrepancy>, Error> {
    let (table, now) = (app.table(), app.now());
    let wing = Wing { tag, ..Wing::NONE };
    let mut wrong = Vec::new();
    let before = today.saturating_sub(2.days());
    for shard in 0..ledger::SHARDS {
        let proofs = ledger::prove_shard(table, &wing, before, shard, now).await?;
        wrong.extend(proofs.into_iter().map(|proof| Discrepancy::of_account(tag, unit, proof, before, now)));
    }
    let yesterday = today.saturating_sub(1.days());
    let found = ledger::prove_day(table, &wing, unit, yesterday, now).await?;
    wrong.extend(
        found.accounts.into_iter().map(|proof| Discrepancy::of_account(tag, unit, proof, yesterday, now)),
    );
    if found.trial_balance != 0 {
        wrong.push(Discrepancy::of_wing(tag, unit, found.trial_balance, yesterday, now));
    }
    Ok(wrong)
}

/// Keeps what was found for a person to look into, and raises the alarm: a filter of the log waits for this
/// very line.
async fn open(app: &App, discrepancy: &Discrepancy) -> Result<(), Error> {
    let Discrepancy { wing, unit, place, day, recorded, recomputed, .. } = discrepancy;
    let day = day.to_string();
    tracing::error!(wing, unit, place, day, recorded, recomputed, "the books do not agree");
    match app.table().write(Write::new().create(discrepancy)).await {
        // Found on an earlier run: it stays as it was found first.
        Err(error) if error.code() == codes::CHANGED_MEANWHILE => Ok(()),
        written => written,
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use shared::{
        clock::{day_in, india},
        codes,
        id::Id,
        ledger::{self, AccountRef, Balance, Entry, House, Occasion, Owned, Transfer, Unit},
        random::SeededRandom,
        table::{Address, Adjust, Write},
        wing::Wing,
    };
    use stand::Stand;

    use super::FUNCTION;
    use crate::discrepancy::Discrepancy;

    const LENDING: Wing = Wing { tag: "LENDING", ..Wing::NONE };

    /// ₹500 out of the bank to a borrower, `times` times.
    async fn lend(stand: &Stand, times: u64) {
        for n in 0..times {
            let now = stand.now();
            let occasion = Occasion {
                event: "disbursed",
                reference: "ln_1",
                at: now,
                effective_on: day_in(now, &india()),
            };
            let entries = vec![
                Entry::debit(AccountRef::owned(&LENDING, Owned::LoansReceivable, "ln_1", Unit::Inr), 50_000),
                Entry::credit(AccountRef::house(&LENDING, House::Bank, Unit::Inr), 50_000),
            ];
            let id = Id::new(now, &SeededRandom::new(n));
            let transfer = Transfer::new(id, occasion, entries).unwrap();
            stand.table().write(ledger::post(Write::new(), &[transfer], &[])).await.unwrap();
        }
    }

    /// The balance of the borrower's account.
    const ACCOUNT: &str = "LENDING#LEDGER#loans_receivable.INR.ln_1";
    /// A part of the total of all borrowers.
    const TOTAL: &str = "LENDING#LEDGER#loans_receivable.INR#0";

    /// Moves a balance behind the back of the books.
    async fn tamper(stand: &Stand, place: &str) {
        let adjust =
            Adjust::of::<Balance>(&Address::new(place, "BALANCE")).stating("place", place).add("balance", -3);
        stand.table().adjust::<Balance>(adjust.add("entries", 0), codes::INTERNAL).await.unwrap();
    }

    async fn found(stand: &Stand) -> Vec<Discrepancy> {
        let found = stand.table().list(&Discrepancy::of("LENDING"), 100).await.unwrap();
        found.into_iter().map(|each| each.value).collect()
    }

    /// Half past two of the next night.
    fn tonight(stand: &Stand) -> Timestamp {
        stand.advance(SignedDuration::from_hours(24));
        stand.now() - SignedDuration::from_mins(7 * 60 + 30)
    }

    #[tokio::test]
    async fn right_books_are_proven_in_silence() {
        let stand = Stand::new().await;
        lend(&stand, 3).await;
        let due = tonight(&stand);
        assert_eq!(stand.run(&FUNCTION, due).await, Ok(true));
        assert!(found(&stand).await.is_empty());
    }

    #[tokio::test]
    async fn a_balance_that_its_entries_do_not_explain_is_kept_for_a_person_and_left_as_it_is() {
        let stand = Stand::new().await;
        lend(&stand, 3).await;
        tamper(&stand, ACCOUNT).await;
        let due = tonight(&stand);
        assert_eq!(stand.run(&FUNCTION, due).await, Ok(true));
        let wrong = found(&stand).await;
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        let account = &wrong[0];
        assert_eq!((account.recorded, account.recomputed), (149_997, 150_000));
        assert_eq!((account.entries_recorded, account.entries_found), (3, 3));
        assert_eq!(account.day.to_string(), "2026-01-05");
    }

    #[tokio::test]
    async fn the_same_difference_is_kept_once_for_each_day_however_often_it_is_found() {
        let stand = Stand::new().await;
        lend(&stand, 1).await;
        tamper(&stand, ACCOUNT).await;
        let first = tonight(&stand);
        stand.run(&FUNCTION, first).await.unwrap();
        let second = tonight(&stand);
        stand.run(&FUNCTION, second).await.unwrap();
        let wrong = found(&stand).await;
        assert_eq!(wrong.len(), 1);
        assert!(wrong[0].found_at < second);
    }

    #[tokio::test]
    async fn a_night_that_was_missed_is_made_up_for_by_the_next() {
        let stand = Stand::new().await;
        lend(&stand, 1).await;
        tamper(&stand, ACCOUNT).await;
        let _missed = tonight(&stand);
        let due = tonight(&stand);
        stand.run(&FUNCTION, due).await.unwrap();
        assert_eq!(found(&stand).await.len(), 1);
    }

    #[tokio::test]
    async fn debits_without_credits_are_found_though_every_account_is_right() {
        let stand = Stand::new().await;
        lend(&stand, 1).await;
        tamper(&stand, TOTAL).await;
        let due = tonight(&stand);
        stand.run(&FUNCTION, due).await.unwrap();
        let wrong = found(&stand).await;
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!((&*wrong[0].place, wrong[0].recorded), ("TRIAL BALANCE", -3));
    }
}
