//! How the books lie in the table.
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    SHARDS,
    accounts::{AccountRef, Kind, Unit},
    transfer::TransferId,
};
use crate::{
    clock::{day_in, india, sortable},
    crypto,
    table::{Address, Adjust, Entity, Index, IndexKeys, Key, Pattern, Stored},
    wing::Wing,
};

/// Where a balance and its entries lie: an account with an owner in one place, one of the house in a place for each shard.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Place(String);

impl Place {
    /// Where a transfer of `shard` meets `account`.
    pub fn of(account: &AccountRef, shard: u8) -> Self {
        match account.owner() {
            Some(_) => Self(format!("{}#LEDGER#{account}", account.wing)),
            None => Self::total(&account.wing, account.kind(), account.unit(), shard),
        }
    }

    /// A shard of the total of a kind; for a kind of the house that is the account itself.
    pub fn total(wing: &str, kind: Kind, unit: Unit, shard: u8) -> Self {
        Self(format!("{wing}#LEDGER#{}.{}#{shard}", kind.name(), unit.code()))
    }

    /// All places of `account`.
    pub fn all(account: &AccountRef) -> Vec<Self> {
        let shards = if account.owner().is_some() { 1 } else { SHARDS };
        (0..shards).map(|shard| Self::of(account, shard)).collect()
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    pub fn balance(&self) -> Address<Balance> {
        Address::new(&*self.0, "BALANCE")
    }

    pub fn checkpoint(&self) -> Address<Checkpoint> {
        Address::new(&*self.0, "PROVEN")
    }

    /// The entries behind `after`, oldest first.
    pub fn entries_after(&self, after: &str) -> Pattern<Stored<Line>> {
        Pattern::table(&*self.0).between(format!("{after}\u{1}"), "ENTRY#~")
    }
}

/// One entry, beside the balance it moved. Never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub(super) place: Place,
    /// The account.
    pub account: AccountRef,
    /// The transfer it is a part of.
    pub transfer: TransferId,
    /// The business event.
    pub event: String,
    /// What that belongs to.
    pub reference: String,
    /// In minor units: debits are positive, credits negative.
    pub amount: i64,
    /// When it was written.
    pub at: Timestamp,
    /// The value date.
    pub effective_on: Date,
}

impl Line {
    /// The entries of `account`, newest first.
    pub fn of(account: &AccountRef) -> Pattern<Stored<Self>> {
        let pattern = match account.owner() {
            Some(_) => Pattern::table(Place::of(account, 0).0).prefix("ENTRY#"),
            None => Pattern::index(Index::Gsi1, whole(account)),
        };
        pattern.descending()
    }

    /// The entries that were written on `day`, by account, in one of the [`SHARDS`], starting at the sort key `from`.
    pub(super) fn of_day(wing: &Wing, day: Date, shard: u8, from: &str) -> Pattern<Stored<Self>> {
        Pattern::index(Index::Gsi2, day_partition(wing.tag, day, shard)).between(from, "~")
    }

    pub(super) fn sort_key(&self) -> String {
        format!("ENTRY#{}#{}", sortable(self.at), self.transfer)
    }
}

/// The entries of all shards of an account of the house.
fn whole(account: &AccountRef) -> String {
    format!("{}#LEDGER#{account}", account.wing)
}

fn day_partition(wing: &str, day: Date, shard: u8) -> String {
    format!("{wing}#LEDGER#DAY#{day}#{shard}")
}

impl Entity for Line {
    const NAME: &'static str = "ledger_entry";

    fn key(&self) -> Key {
        Key::new(self.place.text(), self.sort_key())
    }

    fn index_keys(&self) -> IndexKeys {
        let day = day_in(self.at, &india());
        let shard = crypto::sha256(self.place.text().as_bytes())[0] % SHARDS;
        let gsi2 = Key::new(
            day_partition(&self.account.wing, day, shard),
            format!("{}#{}", self.place.text(), self.transfer),
        );
        IndexKeys {
            gsi1: self.account.owner().is_none().then(|| Key::new(whole(&self.account), self.sort_key())),
            gsi2: Some(gsi2),
            ..IndexKeys::default()
        }
    }
}

/// A balance. Adjusted by the transaction that writes its entries, never replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    pub(super) place: Place,
    /// In minor units, in the account's own direction.
    pub balance: i64,
    /// How many entries made it.
    pub entries: i64,
}

impl Balance {
    pub(super) fn growing(place: &Place, by: i64, entries: i64) -> Adjust {
        Adjust::of(&place.balance()).stating("place", place.text()).add("balance", by).add("entries", entries)
    }
}

impl Entity for Balance {
    const NAME: &'static str = "ledger_balance";

    fn key(&self) -> Key {
        self.place.balance().key
    }
}

/// Marks a transfer as reversed: there is room for one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reversed {
    pub wing: String,
    pub transfer: TransferId,
    pub by: TransferId,
}

impl Entity for Reversed {
    const NAME: &'static str = "ledger_reversed";

    fn key(&self) -> Key {
        Key::new(format!("{}#TRANSFER#{}", self.wing, self.transfer), "REVERSED")
    }
}

/// How far the entries of a place have been added up already. Entries are never changed, so a proof goes on from here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    pub place: Place,
    /// The sort key of the last entry that is counted.
    pub up_to: String,
    pub balance: i64,
    pub entries: i64,
}

impl Checkpoint {
    pub fn start(place: &Place) -> Self {
        Self { place: place.clone(), up_to: "ENTRY#".to_owned(), balance: 0, entries: 0 }
    }
}

impl Entity for Checkpoint {
    const NAME: &'static str = "ledger_checkpoint";

    fn key(&self) -> Key {
        self.place.checkpoint().key
    }
}
