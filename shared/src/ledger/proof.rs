//! Reading the books, and proving them: every balance is computed again from its entries, and all balances are zero together.
use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::Serialize;

use super::{
    SHARDS,
    accounts::{AccountRef, Kind, Side, Unit},
    stored::{Checkpoint, Line, Place},
};
use crate::{
    error::Error,
    table::{Stored, Table, Write},
    wing::Wing,
};

/// Entries read at once.
const PAGE: usize = 500;
/// An account that is written to while it is proven is tried so often.
const TRIES: u32 = 5;
/// Only entries older than this are counted for good: the clocks of two instances may differ.
const SETTLED: SignedDuration = SignedDuration::from_hours(1);

/// The balance of `account` in minor units, in its own direction. One call.
pub async fn balance(table: &Table, account: &AccountRef) -> Result<i64, Error> {
    let places: Vec<_> = Place::all(account).iter().map(Place::balance).collect();
    Ok(table.get_all(&places).await?.iter().map(|found| found.balance).sum())
}

/// All balances of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct KindTotal {
    /// The kind.
    #[serde(serialize_with = "kind_name")]
    pub kind: Kind,
    /// On which side it grows.
    pub side: Side,
    /// In minor units, in its own direction.
    pub balance: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn kind_name<S: serde::Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.name())
}

/// All balances of a wing in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialBalance {
    /// Every kind that was ever used.
    pub kinds: Vec<KindTotal>,
}

impl TrialBalance {
    /// The sum of the kinds that grow on `side`.
    pub fn total(&self, side: Side) -> i64 {
        self.kinds.iter().filter(|total| total.side == side).map(|total| total.balance).sum()
    }

    /// Debits less credits: zero, always.
    pub fn difference(&self) -> i64 {
        self.total(Side::Debit) - self.total(Side::Credit)
    }
}

/// The trial balance. Two calls, however many accounts there are. The balances are read one after the other, so a transfer
/// written at the same moment may show in some of them only; a difference is one when it shows twice.
pub async fn trial_balance(table: &Table, wing: &Wing, unit: Unit) -> Result<TrialBalance, Error> {
    let place = |kind, shard| Place::total(wing.tag, kind, unit, shard).balance();
    let places: Vec<_> =
        Kind::all().flat_map(|kind| (0..SHARDS).map(move |shard| place(kind, shard))).collect();
    let found = table.get_all(&places).await?;
    let mut kinds = Vec::new();
    for kind in Kind::all() {
        let prefix = Place::total(wing.tag, kind, unit, 0);
        let prefix = prefix.text().trim_end_matches('0');
        let shards = || found.iter().filter(|shard| shard.place.text().starts_with(prefix));
        if shards().next().is_some() {
            let balance = shards().map(|shard| shard.balance).sum();
            kinds.push(KindTotal { kind, side: kind.side(), balance });
        }
    }
    Ok(TrialBalance { kinds })
}

/// What a balance says and what its entries say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The partition of the balance.
    pub place: String,
    /// What the balance says.
    pub recorded: i64,
    /// What the entries say.
    pub recomputed: i64,
    /// How many entries the balance knows of.
    pub entries_recorded: i64,
    /// How many there are.
    pub entries_found: i64,
}

impl Proof {
    /// Both say the same.
    pub fn holds(&self) -> bool {
        self.recorded == self.recomputed && self.entries_recorded == self.entries_found
    }
}

/// Computes the balance of `account` again from its entries: one proof for each place it lies in. Entries that an earlier
/// proof added up are not read again.
pub async fn prove(table: &Table, account: &AccountRef, now: Timestamp) -> Result<Vec<Proof>, Error> {
    let mut proofs = Vec::new();
    for place in Place::all(account) {
        proofs.push(prove_place(table, &place, now).await?);
    }
    Ok(proofs)
}

/// What a nightly proof found wrong; empty when the books are right.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Differences {
    /// Balances that are not the sum of their entries.
    pub accounts: Vec<Proof>,
    /// Debits less credits of the whole wing.
    pub trial_balance: i64,
}

impl Differences {
    /// Nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.trial_balance == 0
    }
}

/// The nightly proof of a wing: every account that was written to on `day` (Indian calendar), and the trial balance. An
/// account that was not written to says what it said when it last was.
pub async fn prove_day(
    table: &Table,
    wing: &Wing,
    unit: Unit,
    day: Date,
    now: Timestamp,
) -> Result<Differences, Error> {
    let mut differences = Differences::default();
    for shard in 0..SHARDS {
        differences.accounts.extend(prove_shard(table, wing, day, shard, now).await?);
    }
    differences.trial_balance = trial_balance(table, wing, unit).await?.difference();
    if differences.trial_balance != 0 {
        differences.trial_balance = trial_balance(table, wing, unit).await?.difference();
    }
    Ok(differences)
}

/// One of the [`SHARDS`] of [`prove_day`], for a job that fans out: the proofs that do not hold.
pub async fn prove_shard(
    table: &Table,
    wing: &Wing,
    day: Date,
    shard: u8,
    now: Timestamp,
) -> Result<Vec<Proof>, Error> {
    let mut wrong = Vec::new();
    let mut from = "!".to_owned();
    loop {
        let lines = table.list(&Line::of_day(wing, day, shard, &from), PAGE).await?;
        let mut places: Vec<Place> = lines.into_iter().map(|line| line.value.place).collect();
        places.sort();
        places.dedup();
        let Some(last) = places.last() else { return Ok(wrong) };
        from = format!("{}#~", last.text());
        for place in &places {
            let proof = prove_place(table, place, now).await?;
            if !proof.holds() {
                wrong.push(proof);
            }
        }
    }
}

async fn prove_place(table: &Table, place: &Place, now: Timestamp) -> Result<Proof, Error> {
    for _ in 0..TRIES {
        let before = table.get(place.balance()).await?;
        let counted = count(table, place, now).await?;
        let after = table.get(place.balance()).await?;
        let (balance, entries) = after.as_ref().map_or((0, 0), |found| (found.balance, found.entries));
        // A balance that did not move while its entries were read is the sum of exactly those.
        if before.map_or(0, |found| found.entries) == entries {
            return Ok(Proof {
                place: place.text().to_owned(),
                recorded: balance,
                recomputed: counted.balance,
                entries_recorded: entries,
                entries_found: counted.entries,
            });
        }
    }
    Err(Error::unavailable("the account is written to without a pause"))
}

/// Adds up the entries, from the checkpoint on, and moves the checkpoint to the last settled entry.
async fn count(table: &Table, place: &Place, now: Timestamp) -> Result<Checkpoint, Error> {
    let settled = now.checked_sub(SETTLED).unwrap_or(now);
    let known = table.get(place.checkpoint()).await?;
    let mut sum = known.map_or_else(|| Checkpoint::start(place), |known: Stored<Checkpoint>| known.value);
    let begun_at = sum.entries;
    let mut kept = sum.clone();
    loop {
        let lines = table.list(&place.entries_after(&sum.up_to), PAGE).await?;
        for line in &lines {
            let side = line.account.kind().side();
            sum.balance += if side == Side::Debit { line.amount } else { -line.amount };
            sum.entries += 1;
            sum.up_to = line.sort_key();
            if line.at <= settled {
                kept.clone_from(&sum);
            }
        }
        if lines.len() < PAGE {
            break;
        }
    }
    if kept.entries > begun_at {
        table.write(Write::new().overwrite(&kept)).await?;
    }
    Ok(sum)
}
