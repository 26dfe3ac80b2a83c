//! In which order money pays what is owed.
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What an instalment is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Penal charges and the foreclosure fee.
    Charges,
    /// Interest for the period.
    Interest,
    /// Repayment of the loan.
    Principal,
}

/// Which is exhausted first, the instalment or the part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sweep {
    /// All parts of the oldest instalment, then all parts of the next (Fineract's horizontal processing).
    ByInstalment,
    /// The first part of all instalments, oldest first, then the second part (Fineract's vertical processing; Frappe's
    /// `PPP…III…CCC` for a non-performing loan).
    ByPart,
}

/// The order of allocation: past-due instalments first, then those due today. What is left stays on account and pays
/// later instalments as they fall due. Source: spec 3.1 «Money».
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct AllocationOrder {
    sweep: Sweep,
    parts: [Part; 3],
}

/// A part is missing from the order, so it would never be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an allocation order names charges, interest and principal once each")]
pub struct PartMissing;

#[derive(Deserialize)]
struct Unchecked {
    sweep: Sweep,
    parts: [Part; 3],
}

impl AllocationOrder {
    /// An order with its parts, first paid first.
    pub fn new(sweep: Sweep, parts: [Part; 3]) -> Result<Self, PartMissing> {
        let complete =
            [Part::Charges, Part::Interest, Part::Principal].iter().all(|part| parts.contains(part));
        if complete { Ok(Self { sweep, parts }) } else { Err(PartMissing) }
    }

    /// The place of each (instalment, part) in the queue, when these instalments stand oldest first.
    pub(super) fn queue(self, instalments: &[usize]) -> Vec<(usize, Part)> {
        let parts = self.parts;
        match self.sweep {
            Sweep::ByInstalment => {
                instalments.iter().flat_map(|line| parts.map(|part| (*line, part))).collect()
            }
            Sweep::ByPart => {
                parts.iter().flat_map(|part| instalments.iter().map(|line| (*line, *part))).collect()
            }
        }
    }
}

/// Oldest instalment first, and in it charges, interest, principal.
impl Default for AllocationOrder {
    fn default() -> Self {
        Self { sweep: Sweep::ByInstalment, parts: [Part::Charges, Part::Interest, Part::Principal] }
    }
}

impl TryFrom<Unchecked> for AllocationOrder {
    type Error = PartMissing;

    fn try_from(order: Unchecked) -> Result<Self, PartMissing> {
        Self::new(order.sweep, order.parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sweep_decides_whether_the_instalment_or_the_part_is_exhausted_first() {
        use Part::{Charges, Interest, Principal};
        let by_part = AllocationOrder::new(Sweep::ByPart, [Principal, Interest, Charges]).unwrap();
        assert_eq!(
            AllocationOrder::default().queue(&[4, 7]),
            [(4, Charges), (4, Interest), (4, Principal), (7, Charges), (7, Interest), (7, Principal)]
        );
        assert_eq!(
            by_part.queue(&[4, 7]),
            [(4, Principal), (7, Principal), (4, Interest), (7, Interest), (4, Charges), (7, Charges)]
        );
    }

    #[test]
    fn an_order_that_forgets_a_part_is_refused_also_when_it_is_read() {
        let forgetful = r#"{"sweep":"by_part","parts":["interest","interest","charges"]}"#;
        assert!(serde_json::from_str::<AllocationOrder>(forgetful).is_err());
        let stored = serde_json::to_string(&AllocationOrder::default()).unwrap();
        assert_eq!(serde_json::from_str::<AllocationOrder>(&stored).unwrap(), AllocationOrder::default());
    }
}
