//! What admins may set while the house runs: a registry of keys, each with its type, bounds and default. Never a secret.
//!
//! A rule reads a setting by its constant: `settings::FOIR_PCT.read(app.table()).await?`. What nobody has set has its default.
//! Terms of a product (how long an offer stands, fees, cooling-off) are not here but in the product.
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use shared::{
    error::Error,
    http::Parsed as _,
    messages::EmailAddress,
    money::{Paise, Rupees},
    table::{Address, Entity, Key, Pattern, Stored, Table},
};

use crate::{loan::kfs::GrievanceContact, product::Percent};

/// A type that a setting may have: how it is read from a request and how it is shown.
pub trait Kind: Sized + Send + Sync + 'static {
    /// The value in `json`, if it is one.
    fn read(json: &Value) -> Option<Self>;
    /// As it is shown and stored.
    fn show(&self) -> Value;
    /// The name of the type, for pages that draw a field.
    const NAME: &'static str;
}

/// One setting.
#[derive(Debug)]
pub struct Setting<T> {
    /// Its key. Never renamed.
    pub key: &'static str,
    /// What it is for, in a sentence for admins.
    pub summary: &'static str,
    /// What it is until somebody sets it.
    pub default: fn() -> T,
    /// Whether a value of the type may be set.
    pub allows: fn(&T) -> bool,
    /// What may, in words: completes «the value …».
    pub rule: &'static str,
}

/// The share of income that may go into instalments.
pub static FOIR_PCT: Setting<Percent> = Setting {
    key: "foir_pct",
    summary: "Per cent of the monthly income that may go into instalments",
    default: || Percent(crate::loan::eligibility::DEFAULT_FOIR_PCT),
    allows: |pct| pct.0 >= Decimal::TEN && pct.0 <= Decimal::from(80),
    rule: "must be a percentage from 10 to 80",
};

/// Above it, two people must approve.
pub static MAKER_CHECKER_LIMIT: Setting<Rupees> = Setting {
    key: "maker_checker_limit",
    summary: "Applications above this amount need the approval of two people",
    default: || Paise::major(200_000).into(),
    allows: |limit| !limit.0.is_negative() && limit.0 <= Paise::major(100_000_000),
    rule: "must be an amount from 0 to 100000000 rupees",
};

/// Days before a due date on which borrowers are reminded.
pub static REMINDER_DAYS_BEFORE: Setting<Days> = Setting {
    key: "reminder_days_before",
    summary: "Days before a due date on which the borrower is reminded; 0 is the day itself",
    default: || Days(vec![3, 1, 0]),
    allows: Days::are_few_and_distinct,
    rule: DAYS_RULE,
};

/// Days after a due date on which borrowers are reminded.
pub static REMINDER_DAYS_AFTER: Setting<Days> = Setting {
    key: "reminder_days_after",
    summary: "Days after a due date on which the borrower is reminded of what is overdue",
    default: || Days(vec![1, 3, 7, 15, 30]),
    allows: |days| days.are_few_and_distinct() && !days.0.contains(&0),
    rule: "must be up to 10 different whole days from 1 to 90",
};

/// Whom the Key Fact Statement names for complaints.
pub static GRIEVANCE_NAME: Setting<String> = Setting {
    key: "grievance_name",
    summary: "The grievance redressal officer, as the Key Fact Statement names them",
    default: || crate::application::grievance_contact().name,
    allows: |name| is_line(name, 2, 100),
    rule: "must be a name of 2 to 100 characters",
};

/// Their telephone.
pub static GRIEVANCE_PHONE: Setting<String> = Setting {
    key: "grievance_phone",
    summary: "The telephone of the grievance redressal officer",
    default: || crate::application::grievance_contact().phone,
    allows: |phone| {
        let digits = phone.strip_prefix('+').unwrap_or_default();
        (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    },
    rule: "must be a telephone number like +911800000000",
};

/// Their address.
pub static GRIEVANCE_EMAIL: Setting<String> = Setting {
    key: "grievance_email",
    summary: "The e-mail address of the grievance redressal officer",
    default: || crate::application::grievance_contact().email,
    allows: |email| EmailAddress::parsed(email).is_some(),
    rule: "must be an e-mail address",
};

/// All of them.
pub const ALL: &[&'static dyn Registered] = &[
    &FOIR_PCT,
    &MAKER_CHECKER_LIMIT,
    &REMINDER_DAYS_BEFORE,
    &REMINDER_DAYS_AFTER,
    &GRIEVANCE_NAME,
    &GRIEVANCE_PHONE,
    &GRIEVANCE_EMAIL,
];

/// The setting with this key.
pub fn find(key: &str) -> Option<&'static dyn Registered> {
    ALL.iter().copied().find(|setting| setting.key() == key)
}

const DAYS_RULE: &str = "must be up to 10 different whole days from 0 to 90";

/// Some numbers of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days(pub Vec<u16>);

impl Days {
    fn are_few_and_distinct(&self) -> bool {
        let mut days = self.0.clone();
        days.sort_unstable();
        days.dedup();
        days.len() == self.0.len() && days.len() <= 10 && days.last().is_none_or(|last| *last <= 90)
    }
}

impl Kind for Days {
    const NAME: &'static str = "days";
    fn read(json: &Value) -> Option<Self> {
        from_json(json).map(Self)
    }
    fn show(&self) -> Value {
        self.0.clone().into()
    }
}

impl Kind for String {
    const NAME: &'static str = "text";
    fn read(json: &Value) -> Option<Self> {
        json.as_str().map(|text| text.trim().to_owned())
    }
    fn show(&self) -> Value {
        self.clone().into()
    }
}

impl Kind for Percent {
    const NAME: &'static str = "percentage";
    fn read(json: &Value) -> Option<Self> {
        json.is_number().then(|| Percent::parsed(&json.to_string())).flatten()
    }
    fn show(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl Kind for Rupees {
    const NAME: &'static str = "rupees";
    fn read(json: &Value) -> Option<Self> {
        json.is_number().then(|| Rupees::parse(&json.to_string())).flatten()
    }
    fn show(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

fn from_json<T: DeserializeOwned>(json: &Value) -> Option<T> {
    serde_json::from_value(json.clone()).ok()
}

fn is_line(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

impl<T: Kind> Setting<T> {
    /// What it is now. A stored value that the rule no longer allows counts as never set. Needs `Get`.
    pub async fn read(&self, table: &Table) -> Result<T, Error> {
        let stored = table.get(StoredSetting::at(self.key)).await?;
        Ok(self.value(stored.as_ref()))
    }

    fn value(&self, stored: Option<&Stored<StoredSetting>>) -> T {
        let value = stored.and_then(|stored| T::read(&stored.value.value)).filter(self.allows);
        value.unwrap_or_else(self.default)
    }
}

/// A setting whatever its type: how the registry holds it.
pub trait Registered: Sync {
    /// See [`Setting::key`].
    fn key(&self) -> &'static str;
    /// See [`Setting::summary`].
    fn summary(&self) -> &'static str;
    /// See [`Setting::rule`].
    fn rule(&self) -> &'static str;
    /// See [`Kind::NAME`].
    fn kind(&self) -> &'static str;
    /// See [`Setting::default`].
    fn default(&self) -> Value;
    /// The value in `json` as it is stored, if it may be set.
    fn accept(&self, json: &Value) -> Option<Value>;
}

impl<T: Kind> Registered for Setting<T> {
    fn key(&self) -> &'static str {
        self.key
    }
    fn summary(&self) -> &'static str {
        self.summary
    }
    fn rule(&self) -> &'static str {
        self.rule
    }
    fn kind(&self) -> &'static str {
        T::NAME
    }
    fn default(&self) -> Value {
        (self.default)().show()
    }
    fn accept(&self, json: &Value) -> Option<Value> {
        T::read(json).filter(self.allows).map(|value| value.show())
    }
}

/// All settings as they are now, in one read: for a rule that needs several.
#[derive(Debug)]
pub struct Settings(Vec<Stored<StoredSetting>>);

impl Settings {
    /// Loads them. Needs `Query`.
    pub async fn load(table: &Table) -> Result<Self, Error> {
        Ok(Self(table.list(&StoredSetting::all(), MOST).await?))
    }

    /// What `setting` is now.
    pub fn of<T: Kind>(&self, setting: &Setting<T>) -> T {
        setting.value(self.stored(setting.key))
    }

    /// What was stored under `key`, and its version.
    pub fn stored(&self, key: &str) -> Option<&Stored<StoredSetting>> {
        self.0.iter().find(|stored| stored.key == key)
    }

    /// Whom a Key Fact Statement that is made now names for complaints.
    pub fn grievance_contact(&self) -> GrievanceContact {
        GrievanceContact {
            name: self.of(&GRIEVANCE_NAME),
            phone: self.of(&GRIEVANCE_PHONE),
            email: self.of(&GRIEVANCE_EMAIL),
        }
    }
}

/// Settings that the registry no longer knows may still lie in the table; this is more than there will ever be of both.
const MOST: usize = 100;

/// A setting that somebody set. Its revision is its version; what it was before stands in the audit log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoredSetting {
    /// Which.
    pub key: String,
    /// As [`Kind::show`] writes it.
    pub value: Value,
    /// By whom: `stf_…`.
    pub updated_by: String,
    /// When.
    pub updated_at: Timestamp,
}

const PARTITION: &str = "LENDING#SETTINGS";

impl StoredSetting {
    /// Where the setting with this key lies.
    pub fn at(key: &str) -> Address<Self> {
        Address::new(PARTITION, format!("SETTING#{key}"))
    }

    /// All that were set.
    pub fn all() -> Pattern<Stored<Self>> {
        Pattern::table(PARTITION).prefix("SETTING#")
    }
}

impl Entity for StoredSetting {
    const NAME: &'static str = "lending_setting";

    fn key(&self) -> Key {
        StoredSetting::at(&self.key).key
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_default_is_a_value_that_may_be_set() {
        for setting in ALL {
            let default = setting.default();
            assert_eq!(setting.accept(&default), Some(default.clone()), "{}", setting.key());
        }
    }

    #[test]
    fn keys_are_unique() {
        let mut keys: Vec<&str> = ALL.iter().map(|setting| setting.key()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), ALL.len());
    }

    #[test]
    fn bounds_and_types_hold() {
        let cases = [
            ("foir_pct", json!(55.5), true),
            ("foir_pct", json!(81), false),
            ("foir_pct", json!("55"), false),
            ("maker_checker_limit", json!(0), true),
            ("maker_checker_limit", json!(150_000.5), true),
            ("maker_checker_limit", json!(0.001), false),
            ("maker_checker_limit", json!(-1), false),
            ("reminder_days_before", json!([5, 2, 0]), true),
            ("reminder_days_before", json!([]), true),
            ("reminder_days_before", json!([1, 1]), false),
            ("reminder_days_after", json!([0]), false),
            ("reminder_days_after", json!([91]), false),
            ("reminder_days_after", json!(3), false),
            ("grievance_phone", json!("1800"), false),
            ("grievance_email", json!("x"), false),
            ("grievance_name", json!("A\nB"), false),
        ];
        for (key, value, fits) in cases {
            assert_eq!(find(key).unwrap().accept(&value).is_some(), fits, "{key} {value}");
        }
    }
}
