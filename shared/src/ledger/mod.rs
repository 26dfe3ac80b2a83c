//! The books of all wings: double entry, one model for loans, wallets, invoices and orders.
//!
//! A business event becomes one [`Transfer`] whose entries are zero together, in each currency, by construction. The
//! transaction that does the event also writes the transfer, one immutable entry for each account, and moves the balances:
//! so nothing happens that is not in the books, and nothing stands in the books that did not happen. Balances of accounts
//! with an owner can have a [`Floor`] in the same write.
//!
//! Accounts of the house are touched by nearly every transfer, so each lies in [`SHARDS`] places, and its balance is their
//! sum. Accounts with an owner lie in one place; beside them the total of their kind is kept, in shards again, so that the
//! [`trial_balance`] needs two calls and no search.
//!
//! [`prove`] and [`prove_day`] compute the balances again from the entries. Nothing is ever corrected in place: a mistake is
//! undone by its [`Transfer::reversal`], which can be written once.
mod accounts;
mod proof;
mod stored;
mod transfer;

pub use self::{
    accounts::{AccountRef, House, Kind, Owned, Side, Unit},
    proof::{
        Differences, KindTotal, Proof, TrialBalance, balance, prove, prove_day, prove_shard, trial_balance,
    },
    stored::{Balance, Line},
    transfer::{Entry, Floor, Occasion, Transfer, TransferId, Unbalanced, post},
};

/// Into so many places an account of the house is spread.
pub const SHARDS: u8 = 8;

/// The entries of `account`, newest first.
pub fn entries(account: &AccountRef) -> crate::table::Pattern<crate::table::Stored<Line>> {
    Line::of(account)
}
