//! How late a loan is: buckets of days past due (DPD), and the class that the regulator gives it.
use serde::{Deserialize, Serialize};

/// Buckets of days past due, for portfolios and work lists.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
pub enum DpdBucket {
    /// Nothing past due.
    #[serde(rename = "current")]
    Current,
    /// 1 to 30 days.
    #[serde(rename = "1-30")]
    UpTo30,
    /// 31 to 60 days.
    #[serde(rename = "31-60")]
    UpTo60,
    /// 61 to 90 days.
    #[serde(rename = "61-90")]
    UpTo90,
    /// More than 90 days.
    #[serde(rename = "90+")]
    Over90,
}

/// Asset class. Source: RBI, Prudential Framework for Resolution of Stressed Assets (7 June 2019), and the clarification of
/// 12 November 2021: the class follows the day-end position; an NPA is upgraded only when all arrears are paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AssetClass {
    /// Nothing past due.
    Standard,
    /// Special mention account: 1 to 30 days.
    #[serde(rename = "sma-0")]
    Sma0,
    /// Special mention account: 31 to 60 days.
    #[serde(rename = "sma-1")]
    Sma1,
    /// Special mention account: 61 to 90 days.
    #[serde(rename = "sma-2")]
    Sma2,
    /// Non-performing asset: more than 90 days, until every arrear is paid.
    Npa,
}

impl DpdBucket {
    /// All buckets, from current to the worst.
    pub const ALL: [Self; 5] = [Self::Current, Self::UpTo30, Self::UpTo60, Self::UpTo90, Self::Over90];

    /// The bucket of this many days past due.
    pub fn of(days_past_due: u32) -> Self {
        match days_past_due {
            0 => Self::Current,
            1..=30 => Self::UpTo30,
            31..=60 => Self::UpTo60,
            61..=90 => Self::UpTo90,
            91.. => Self::Over90,
        }
    }

    /// As it is shown and stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::UpTo30 => "1-30",
            Self::UpTo60 => "31-60",
            Self::UpTo90 => "61-90",
            Self::Over90 => "90+",
        }
    }
}

impl AssetClass {
    /// The class of this many days past due, given the class of the day before.
    pub fn of(days_past_due: u32, before: Self) -> Self {
        match DpdBucket::of(days_past_due) {
            DpdBucket::Current => Self::Standard,
            DpdBucket::Over90 => Self::Npa,
            _ if before == Self::Npa => Self::Npa,
            DpdBucket::UpTo30 => Self::Sma0,
            DpdBucket::UpTo60 => Self::Sma1,
            DpdBucket::UpTo90 => Self::Sma2,
        }
    }

    /// As the regulator writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Sma0 => "SMA-0",
            Self::Sma1 => "SMA-1",
            Self::Sma2 => "SMA-2",
            Self::Npa => "NPA",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(0, "current", "Standard")]
    #[case(1, "1-30", "SMA-0")]
    #[case(30, "1-30", "SMA-0")]
    #[case(31, "31-60", "SMA-1")]
    #[case(60, "31-60", "SMA-1")]
    #[case(61, "61-90", "SMA-2")]
    #[case(90, "61-90", "SMA-2")]
    #[case(91, "90+", "NPA")]
    #[case(4000, "90+", "NPA")]
    fn days_past_due_decide_bucket_and_class(#[case] days: u32, #[case] bucket: &str, #[case] class: &str) {
        assert_eq!(DpdBucket::of(days).name(), bucket);
        assert_eq!(serde_json::to_value(DpdBucket::of(days)).unwrap(), bucket);
        let asset = AssetClass::of(days, AssetClass::Standard);
        assert_eq!(asset.name(), class);
        assert_eq!(serde_json::to_value(asset).unwrap(), class.to_lowercase());
    }

    #[test]
    fn a_non_performing_loan_stays_so_until_every_arrear_is_paid() {
        assert_eq!(AssetClass::of(12, AssetClass::Npa), AssetClass::Npa);
        assert_eq!(AssetClass::of(0, AssetClass::Npa), AssetClass::Standard);
    }
}
