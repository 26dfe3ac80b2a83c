//! A transfer: what one business event moves between accounts, whole or not at all.
use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    accounts::{AccountRef, Side, Unit},
    stored::{Balance, Line, Place, Reversed},
};
use crate::{
    codes,
    error::{Code, Error},
    id::{Id, Prefixed},
    table::{Address, Entity, Key, Write},
};

/// The id of a transfer: made by whoever writes it, so that a repeat is recognised.
pub type TransferId = Id<Transfer>;

impl Prefixed for Transfer {
    const PREFIX: &'static str = "trf";
}

/// What a transfer does to one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The account.
    pub account: AccountRef,
    /// In minor units: debits are positive, credits negative.
    pub amount: i64,
}

impl Entry {
    /// Debits `account`.
    pub fn debit(account: AccountRef, minor_units: i64) -> Self {
        Self { account, amount: minor_units }
    }

    /// Credits `account`.
    pub fn credit(account: AccountRef, minor_units: i64) -> Self {
        Self { account, amount: -minor_units }
    }

    /// Moves `account` in its own direction: a debit where it grows by debits, otherwise a credit.
    pub fn growth(account: AccountRef, minor_units: i64) -> Self {
        match account.kind().side() {
            Side::Debit => Self::debit(account, minor_units),
            Side::Credit => Self::credit(account, minor_units),
        }
    }

    /// By how much the balance of the account grows.
    pub(super) fn grows(&self) -> i64 {
        match self.account.kind().side() {
            Side::Debit => self.amount,
            Side::Credit => -self.amount,
        }
    }
}

/// Debits and credits of a currency are not the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the transfer is off by {by} minor units of {}", unit.code())]
pub struct Unbalanced {
    /// The currency.
    pub unit: Unit,
    /// Debits less credits.
    pub by: i64,
}

/// A business event in the books. Immutable; what was wrong is put right by another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    id: TransferId,
    wing: String,
    event: String,
    at: Timestamp,
    effective_on: Date,
    reference: String,
    entries: Vec<Entry>,
    reverses: Option<TransferId>,
}

/// An account whose balance may not fall below a bound by this transfer.
#[derive(Debug, Clone)]
pub struct Floor {
    /// The account; one with an owner, since those of the house are spread.
    pub account: AccountRef,
    /// The least balance it may have afterwards.
    pub least: i64,
    /// What it means when it would have less.
    pub refusal: Code,
}

/// What a transfer is about.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// The business event, in words of the wing: `receipt`.
    pub event: &'a str,
    /// What it belongs to: an id.
    pub reference: &'a str,
    /// When it is written.
    pub at: Timestamp,
    /// The value date.
    pub effective_on: Date,
}

impl Transfer {
    /// A transfer of these entries. Entries of one account become one; those that move nothing are left out.
    pub fn new(id: TransferId, occasion: Occasion<'_>, entries: Vec<Entry>) -> Result<Self, Unbalanced> {
        let mut sums: BTreeMap<Unit, i64> = BTreeMap::new();
        let mut amounts: BTreeMap<AccountRef, i64> = BTreeMap::new();
        for Entry { account, amount } in entries {
            *sums.entry(account.unit()).or_default() += amount;
            *amounts.entry(account).or_default() += amount;
        }
        if let Some((unit, by)) = sums.into_iter().find(|(_, sum)| *sum != 0) {
            return Err(Unbalanced { unit, by });
        }
        let wing = amounts.keys().next().map_or_else(String::new, |account| account.wing.clone());
        let moved = amounts.into_iter().filter(|(_, amount)| *amount != 0);
        Ok(Self {
            id,
            wing,
            event: occasion.event.to_owned(),
            at: occasion.at,
            effective_on: occasion.effective_on,
            reference: occasion.reference.to_owned(),
            entries: moved.map(|(account, amount)| Entry { account, amount }).collect(),
            reverses: None,
        })
    }

    /// The transfer that undoes this one. A transfer is reversed at most once.
    #[must_use]
    pub fn reversal(&self, id: TransferId, occasion: Occasion<'_>) -> Self {
        let opposite =
            |entry: &Entry| Entry { account: entry.account.clone(), amount: entry.amount.saturating_neg() };
        Self {
            id,
            wing: self.wing.clone(),
            event: occasion.event.to_owned(),
            at: occasion.at,
            effective_on: occasion.effective_on,
            reference: occasion.reference.to_owned(),
            entries: self.entries.iter().map(opposite).collect(),
            reverses: Some(self.id),
        }
    }

    /// Its id.
    pub fn id(&self) -> TransferId {
        self.id
    }

    /// The business event.
    pub fn event(&self) -> &str {
        &self.event
    }

    /// What it belongs to.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// What it does to each account, one entry for each.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether it moves nothing, so that there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Where the transfer `id` lies.
    pub fn address(wing: &crate::wing::Wing, id: TransferId) -> Address<Self> {
        Self::at_id(wing.tag, id)
    }

    pub(super) fn at_id(wing: &str, id: TransferId) -> Address<Self> {
        Address::new(format!("{wing}#TRANSFER#{id}"), "TRANSFER")
    }

    /// Adds the transfer to `write`; see [`post`].
    pub fn write(&self, write: Write) -> Write {
        post(write, std::slice::from_ref(self), &[])
    }

    /// The transfer itself: the same again, or another with its id, is refused.
    fn record(&self, write: Write) -> Write {
        let mine = self.clone();
        let write = write.create(self).or_seeing(move |there: Option<Self>| {
            let same = there.is_some_and(|there| there == mine);
            Error::new(if same { codes::TRANSFER_EXISTS } else { codes::TRANSFER_DIFFERS })
        });
        match self.reverses {
            Some(transfer) => write
                .create(&Reversed { wing: self.wing.clone(), transfer, by: self.id })
                .or(codes::TRANSFER_REVERSED),
            None => write,
        }
    }

    fn line(&self, entry: &Entry, place: &Place) -> Line {
        Line {
            place: place.clone(),
            account: entry.account.clone(),
            transfer: self.id,
            event: self.event.clone(),
            reference: self.reference.clone(),
            amount: entry.amount,
            at: self.at,
            effective_on: self.effective_on,
        }
    }

    /// Transfers meet the accounts of the house in a shard of their own choosing.
    fn shard(&self) -> u8 {
        self.id.to_bytes()[15] % super::SHARDS
    }
}

/// Adds `transfers` to a write, all at once: each of them, an entry for each of its accounts, every balance they move, and the
/// totals of the kinds with owners. An account that several of them touch moves once. One transfer of `n` accounts takes at most
/// `3 n + 2` actions.
pub fn post(write: Write, transfers: &[Transfer], floors: &[Floor]) -> Write {
    let mut moves: BTreeMap<Place, Move> = BTreeMap::new();
    let mut write = write;
    for transfer in transfers.iter().filter(|transfer| !transfer.is_empty()) {
        write = transfer.record(write);
        for entry in &transfer.entries {
            let place = Place::of(&entry.account, transfer.shard());
            write = write.create(&transfer.line(entry, &place));
            moves.entry(place).or_default().take(entry);
            if entry.account.owner().is_some() {
                let AccountRef { wing, kind, unit, .. } = &entry.account;
                let total = Place::total(wing, *kind, *unit, transfer.shard());
                moves.entry(total).or_default().take(entry);
            }
        }
    }
    for (place, moved) in moves {
        let mut balance = Balance::growing(&place, moved.grows, moved.entries);
        let floor = floors.iter().find(|floor| Place::of(&floor.account, 0) == place && moved.grows < 0);
        if let Some(floor) = floor {
            balance = balance.while_at_least("balance", floor.least - moved.grows);
        }
        write = write.adjust(&balance);
        if let Some(floor) = floor {
            write = write.or(floor.refusal);
        }
    }
    write
}

/// What a write does to one balance.
#[derive(Default)]
struct Move {
    grows: i64,
    entries: i64,
}

impl Move {
    fn take(&mut self, entry: &Entry) {
        self.grows += entry.grows();
        self.entries += 1;
    }
}

impl Entity for Transfer {
    const NAME: &'static str = "ledger_transfer";

    fn key(&self) -> Key {
        Transfer::at_id(&self.wing, self.id).key
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        ledger::accounts::{House, Owned},
        wing::Wing,
    };

    fn account(index: usize) -> AccountRef {
        let unit = if index.is_multiple_of(2) { Unit::Inr } else { Unit::Ngn };
        if index < 8 {
            AccountRef::house(&Wing::NONE, House::ALL[index], unit)
        } else {
            AccountRef::owned(&Wing::NONE, Owned::ALL[index % Owned::ALL.len()], format!("usr_{index}"), unit)
        }
    }

    fn transfer(entries: Vec<Entry>) -> Result<Transfer, Unbalanced> {
        let at: Timestamp = "2026-01-05T04:30:00Z".parse().unwrap();
        let effective_on = "2026-01-05".parse().unwrap();
        let occasion = Occasion { event: "test", reference: "r", at, effective_on };
        Transfer::new(Id::derived(at, "seed"), occasion, entries)
    }

    fn sum(transfer: &Transfer, unit: Unit) -> i64 {
        transfer.entries().iter().filter(|entry| entry.account.unit() == unit).map(|entry| entry.amount).sum()
    }

    #[test]
    fn an_account_grows_on_its_own_side() {
        let bank = AccountRef::house(&Wing::NONE, House::Bank, Unit::Inr);
        let income = AccountRef::house(&Wing::NONE, House::InterestIncome, Unit::Inr);
        assert_eq!(Entry::growth(bank.clone(), 5), Entry::debit(bank, 5));
        assert_eq!(Entry::growth(income.clone(), 5), Entry::credit(income.clone(), 5));
        assert_eq!(Entry::credit(income, 5).grows(), 5);
    }

    #[test]
    fn two_currencies_do_not_balance_each_other() {
        let refused = transfer(vec![Entry::debit(account(0), 5), Entry::credit(account(1), 5)]);
        assert_eq!(refused, Err(Unbalanced { unit: Unit::Inr, by: 5 }));
    }

    proptest! {
        #[test]
        fn a_transfer_is_zero_in_each_currency_or_is_none(
            moves in prop::collection::vec((0..16_usize, -1_000_000..1_000_000_i64), 0..12),
            balanced: bool,
        ) {
            let mut entries: Vec<_> =
                moves.iter().map(|(index, amount)| Entry::debit(account(*index), *amount)).collect();
            if balanced {
                let counter = |index: &usize| account(index % 2);
                entries.extend(moves.iter().map(|(index, amount)| Entry::credit(counter(index), *amount)));
            }
            match transfer(entries.clone()) {
                Ok(transfer) => {
                    prop_assert_eq!((sum(&transfer, Unit::Inr), sum(&transfer, Unit::Ngn)), (0, 0));
                    let mut accounts: Vec<_> =
                        transfer.entries().iter().map(|entry| entry.account.clone()).collect();
                    accounts.dedup();
                    prop_assert_eq!(accounts.len(), transfer.entries().len(), "one entry for each account");
                    prop_assert!(transfer.entries().iter().all(|entry| entry.amount != 0));
                    let back = transfer.reversal(transfer.id(), Occasion {
                        event: "back", reference: "r", at: Timestamp::UNIX_EPOCH, effective_on: Date::MIN,
                    });
                    let both = transfer.entries().iter().chain(back.entries());
                    prop_assert_eq!(both.map(Entry::grows).sum::<i64>(), 0);
                }
                Err(refused) => {
                    prop_assert!(!balanced);
                    let off: i64 = entries
                        .iter()
                        .filter(|entry| entry.account.unit() == refused.unit)
                        .map(|entry| entry.amount)
                        .sum();
                    prop_assert_eq!(off, refused.by);
                }
            }
        }
    }
}
