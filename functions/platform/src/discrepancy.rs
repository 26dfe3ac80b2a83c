//! What the nightly proof found wrong. Never put right by a program: a person finds the cause, reverses or
//! posts, and writes down why.
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use shared::{
    ledger::{Proof, Unit},
    table::{Address, Entity, Key, Pattern, Stored},
};

/// One balance that its entries do not explain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discrepancy {
    /// The tag of the wing.
    pub wing: String,
    /// ISO 4217 code.
    pub unit: String,
    /// The partition of the balance, or `TRIAL BALANCE`.
    pub place: String,
    /// The day whose entries were proven.
    pub day: Date,
    /// In minor units, as the balance says.
    pub recorded: i64,
    /// In minor units, as the entries say.
    pub recomputed: i64,
    /// How many entries the balance knows of.
    pub entries_recorded: i64,
    /// How many there are.
    pub entries_found: i64,
    /// When it was found first.
    pub found_at: Timestamp,
}

/// The place of a discrepancy that is in no single account.
const TRIAL_BALANCE: &str = "TRIAL BALANCE";

impl Discrepancy {
    /// A balance that is not the sum of its entries.
    pub fn of_account(wing: &str, unit: Unit, proof: Proof, day: Date, found_at: Timestamp) -> Self {
        Self {
            wing: wing.to_owned(),
            unit: unit.code().to_owned(),
            place: proof.place,
            day,
            recorded: proof.recorded,
            recomputed: proof.recomputed,
            entries_recorded: proof.entries_recorded,
            entries_found: proof.entries_found,
            found_at,
        }
    }

    /// Debits less credits of a whole wing, which should be zero.
    pub fn of_wing(wing: &str, unit: Unit, difference: i64, day: Date, found_at: Timestamp) -> Self {
        let proof = Proof {
            place: TRIAL_BALANCE.to_owned(),
            recorded: difference,
            recomputed: 0,
            entries_recorded: 0,
            entries_found: 0,
        };
        Self::of_account(wing, unit, proof, day, found_at)
    }

    /// Where it lies.
    pub fn at(&self) -> Address<Self> {
        let Self { wing, unit, place, day, .. } = self;
        Address::new(format!("PLATFORM#RECON#{wing}"), format!("{day}#{unit}#{place}"))
    }

    /// The discrepancies of the wing with this tag, newest first.
    pub fn of(wing: &str) -> Pattern<Stored<Self>> {
        Pattern::table(format!("PLATFORM#RECON#{wing}")).descending()
    }
}

impl Entity for Discrepancy {
    const NAME: &'static str = "discrepancy";

    fn key(&self) -> Key {
        self.at().key
    }
}
