//! How many loans stand on each shelf, and with how much: adjusted in the transaction that moves a loan, never counted.
use serde::{Deserialize, Serialize};
use shared::{
    money::Paise,
    table::{Address, Adjust, Entity, Key, Pattern, Stored},
};

use super::{Loan, LoanId, Shelf};
use crate::loan::delinquency::DpdBucket;

/// Into so many items each shelf is spread, so that the nightly run does not queue up before one.
const SHARDS: u8 = 8;
const PARTITION: &str = "LENDING#PORTFOLIO";

/// A part of a shelf. Adjusted, never replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShelfPart {
    /// The shelf's name.
    pub shelf: String,
    /// The part of it.
    pub part: String,
    /// Loans.
    pub loans: i64,
    /// Their principal not yet repaid.
    pub outstanding: Paise,
    /// The part of what they owe that is past due.
    pub overdue: Paise,
}

impl ShelfPart {
    fn at(shelf: &str, part: &str) -> Address<Self> {
        Address::new(PARTITION, format!("{shelf}#{part}"))
    }

    /// All parts of all shelves, which [`Portfolio::of`] adds up: never more than [`ShelfPart::MOST`].
    pub fn all() -> Pattern<Stored<Self>> {
        Pattern::table(PARTITION)
    }

    /// Rows at most of [`ShelfPart::all`].
    pub const MOST: usize = SHELVES.len() * SHARDS as usize;
}

impl Entity for ShelfPart {
    const NAME: &'static str = "lending_portfolio";

    fn key(&self) -> Key {
        ShelfPart::at(&self.shelf, &self.part).key
    }
}

/// Every shelf there is.
pub const SHELVES: [Shelf; 7] = [
    Shelf::Running(DpdBucket::Current),
    Shelf::Running(DpdBucket::UpTo30),
    Shelf::Running(DpdBucket::UpTo60),
    Shelf::Running(DpdBucket::UpTo90),
    Shelf::Running(DpdBucket::Over90),
    Shelf::WrittenOff,
    Shelf::Ended,
];

/// The loans of the house by shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portfolio {
    /// Each shelf with its loans, in the order of [`SHELVES`].
    pub shelves: Vec<(Shelf, OnShelf)>,
}

/// What stands on a shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OnShelf {
    /// Loans.
    pub loans: i64,
    /// Their principal not yet repaid.
    pub outstanding: Paise,
    /// The part of what they owe that is past due.
    pub overdue: Paise,
}

impl Portfolio {
    /// The sum of the parts.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a ShelfPart>) -> Self {
        let mut shelves = SHELVES.map(|shelf| (shelf, OnShelf::default()));
        for part in parts {
            for (_, sum) in shelves.iter_mut().filter(|(shelf, _)| shelf.name() == part.shelf) {
                sum.loans += part.loans;
                sum.outstanding += part.outstanding;
                sum.overdue += part.overdue;
            }
        }
        Self { shelves: shelves.to_vec() }
    }

    /// What stands on one shelf.
    pub fn on(&self, wanted: Shelf) -> OnShelf {
        let found = self.shelves.iter().find(|(shelf, _)| *shelf == wanted);
        found.map(|(_, on)| *on).unwrap_or_default()
    }
}

/// Where a loan stands and what it counts for there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    shelf: Shelf,
    outstanding: Paise,
    overdue: Paise,
}

impl Standing {
    pub fn of(loan: &Loan) -> Self {
        Self {
            shelf: loan.shelf(),
            outstanding: loan.summary.outstanding_principal,
            overdue: loan.summary.overdue_total,
        }
    }
}

/// The adjustments for a loan that stood at `before` (a new one nowhere) and stands at `after`: none, one or two.
pub(super) fn moved(loan: LoanId, before: Option<Standing>, after: Standing) -> Vec<Adjust> {
    let part = (loan.to_bytes()[15] % SHARDS).to_string();
    let change = |shelf: Shelf, loans: i64, outstanding: Paise, overdue: Paise| {
        Adjust::of(&ShelfPart::at(shelf.name(), &part))
            .stating("shelf", shelf.name())
            .stating("part", &part)
            .add("loans", loans)
            .add("outstanding", outstanding.minor())
            .add("overdue", overdue.minor())
    };
    match before {
        Some(before) if before == after => Vec::new(),
        Some(before) if before.shelf == after.shelf => {
            vec![change(
                after.shelf,
                0,
                after.outstanding - before.outstanding,
                after.overdue - before.overdue,
            )]
        }
        Some(before) => vec![
            change(before.shelf, -1, -before.outstanding, -before.overdue),
            change(after.shelf, 1, after.outstanding, after.overdue),
        ],
        None => vec![change(after.shelf, 1, after.outstanding, after.overdue)],
    }
}
