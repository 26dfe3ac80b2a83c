//! How many applications stand where: one item for each borrower and eight for the whole house, adjusted in the very transaction
//! of each transition, so that no list is ever counted.
use serde::{Deserialize, Serialize};
use shared::{
    money::Paise,
    table::{Address, Adjust, Entity, Key},
};

use super::ApplicationId;
use crate::{
    borrower::{User, UserId},
    loan::state::ApplicationStatus,
};

/// Into so many items the numbers of the house are spread, so that one is not hot.
const SHARDS: u8 = 8;

/// Applications by status. Adjusted, never replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApplicationStats {
    /// Whose: the partition that the item lies in.
    pub partition: String,
    /// All that were ever made.
    pub total: i64,
    /// Waiting for an officer.
    pub submitted: i64,
    /// With an officer.
    pub under_review: i64,
    /// With an offer.
    pub approved: i64,
    /// Refused.
    pub rejected: i64,
    /// Taken back.
    pub withdrawn: i64,
    /// Signed.
    pub accepted: i64,
    /// Paid out.
    pub disbursed: i64,
    /// Signed, but the payout failed.
    pub disbursal_failed: i64,
    /// Not signed in time.
    pub expired: i64,
    /// The amounts of the approvals that stand: approved, accepted, disbursed.
    pub approved_amount: Paise,
}

impl ApplicationStats {
    /// The numbers of one borrower.
    pub fn of_borrower(user: UserId) -> Address<Self> {
        Self::at(User::partition(user))
    }

    /// The numbers of the house: load all of these and [`sum`](Self::sum) them.
    pub fn of_the_house() -> Vec<Address<Self>> {
        (0..SHARDS).map(Self::shard).collect()
    }

    /// Several numbers as one.
    pub fn sum<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        parts.into_iter().fold(Self::default(), |sum, part| Self {
            partition: sum.partition,
            total: sum.total + part.total,
            submitted: sum.submitted + part.submitted,
            under_review: sum.under_review + part.under_review,
            approved: sum.approved + part.approved,
            rejected: sum.rejected + part.rejected,
            withdrawn: sum.withdrawn + part.withdrawn,
            accepted: sum.accepted + part.accepted,
            disbursed: sum.disbursed + part.disbursed,
            disbursal_failed: sum.disbursal_failed + part.disbursal_failed,
            expired: sum.expired + part.expired,
            approved_amount: sum.approved_amount + part.approved_amount,
        })
    }

    fn at(partition: String) -> Address<Self> {
        Address::new(partition, "STATS#APPLICATIONS")
    }

    fn shard(shard: u8) -> Address<Self> {
        Self::at(format!("LENDING#APPLICATION_STATS#{shard}"))
    }

    /// The adjustments, of the borrower's numbers and of the house's, for an application that came from `from` (from nowhere
    /// when it is new) to `to`.
    pub(super) fn moved(
        user: UserId,
        application: ApplicationId,
        from: Option<ApplicationStatus>,
        to: ApplicationStatus,
        approved_amount: Paise,
    ) -> [Adjust; 2] {
        let shard = application.to_bytes()[15] % SHARDS;
        [Self::of_borrower(user), Self::shard(shard)].map(|address| {
            let mut adjust = Adjust::of(&address).stating("partition", &address.key.pk).add(counter(to), 1);
            adjust = match from {
                Some(from) => adjust.add(counter(from), -1),
                None => adjust.add("total", 1),
            };
            match (from.is_some_and(has_approval), has_approval(to)) {
                (false, true) => adjust.add("approved_amount", approved_amount.minor()),
                (true, false) => adjust.add("approved_amount", -approved_amount.minor()),
                (true, true) | (false, false) => adjust,
            }
        })
    }
}

impl Entity for ApplicationStats {
    const NAME: &'static str = "lending_application_stats";

    fn key(&self) -> Key {
        Self::at(self.partition.clone()).key
    }
}

/// The field that counts applications in this status.
const fn counter(status: ApplicationStatus) -> &'static str {
    match status {
        ApplicationStatus::Submitted => "submitted",
        ApplicationStatus::UnderReview => "under_review",
        ApplicationStatus::Approved => "approved",
        ApplicationStatus::Rejected => "rejected",
        ApplicationStatus::Withdrawn => "withdrawn",
        ApplicationStatus::Accepted => "accepted",
        ApplicationStatus::Disbursed => "disbursed",
        ApplicationStatus::DisbursalFailed => "disbursal_failed",
        ApplicationStatus::Expired => "expired",
    }
}

/// Whether an approval stands in this status.
const fn has_approval(status: ApplicationStatus) -> bool {
    match status {
        ApplicationStatus::Approved
        | ApplicationStatus::Accepted
        | ApplicationStatus::Disbursed
        | ApplicationStatus::DisbursalFailed => true,
        ApplicationStatus::Submitted
        | ApplicationStatus::UnderReview
        | ApplicationStatus::Rejected
        | ApplicationStatus::Withdrawn
        | ApplicationStatus::Expired => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_counter_of_its_own_in_the_item() {
        for status in ApplicationStatus::ALL {
            let item = serde_json::json!({ counter(status): 1 });
            let stats: ApplicationStats = serde_json::from_value(item).unwrap();
            assert_eq!(ApplicationStats::sum([&stats, &stats]), {
                let item = serde_json::json!({ counter(status): 2 });
                serde_json::from_value(item).unwrap()
            });
            assert_ne!(stats, ApplicationStats::default(), "{status:?}");
        }
    }
}
