//! The user and their two uniqueness items.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    clock::sortable,
    id::{Id, Prefixed},
    identity::{Lookup, Sealed},
    table::{Address, Entity, Index, IndexKeys, Key, Pattern, Stored},
};
use utoipa::ToSchema;

use super::{AdditionalDetails, BasicDetails, EmailChange, Language};

/// The id of a user.
pub type UserId = Id<User>;

impl Prefixed for User {
    const PREFIX: &'static str = "usr";
}

/// How far the profile has come. The brief counts from 2, because signing in was step 1; it never goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Step {
    /// Signed in; the basic details come next.
    Basic,
    /// Basic details given; the additional ones come next.
    Additional,
    /// May apply for a loan.
    Complete,
}

impl Step {
    /// The number on the wire: 2, 3 or 4.
    pub const fn number(self) -> u8 {
        match self {
            Step::Basic => 2,
            Step::Additional => 3,
            Step::Complete => 4,
        }
    }

    /// What to do next, if anything.
    pub const fn next(self) -> Option<&'static str> {
        match self {
            Step::Basic => Some("basic"),
            Step::Additional => Some("additional"),
            Step::Complete => None,
        }
    }
}

impl From<Step> for u8 {
    fn from(step: Step) -> u8 {
        step.number()
    }
}

impl TryFrom<u8> for Step {
    type Error = String;
    fn try_from(number: u8) -> Result<Self, String> {
        match number {
            2 => Ok(Step::Basic),
            3 => Ok(Step::Additional),
            4 => Ok(Step::Complete),
            _ => Err(format!("{number} is no step")),
        }
    }
}

/// Whether a user may use the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserStatus {
    /// May.
    Active,
    /// May not, for a reason that staff recorded.
    Blocked,
}

/// A borrower.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// Names them.
    pub id: UserId,
    /// The mobile number, sealed as field `phone` of the id.
    pub phone: Sealed,
    /// How the number is found.
    pub phone_lookup: Lookup,
    /// How far the profile has come.
    pub profile_completion_step: Step,
    /// Whether they may use the service.
    pub status: UserStatus,
    /// Why they may not.
    pub blocked_reason: Option<String>,
    /// Step 2 of the brief.
    pub basic: Option<BasicDetails>,
    /// Step 3 of the brief.
    pub additional: Option<AdditionalDetails>,
    /// The language in which they want to be addressed.
    #[serde(default)]
    pub language: Language,
    /// A new e-mail address that waits for its confirmation.
    #[serde(default)]
    pub email_change: Option<EmailChange>,
    /// Whether optional notices reach their phone and mailbox too. Those a contract or a law asks for always
    /// do.
    #[serde(default = "yes")]
    pub wants_optional_notices: bool,
    /// When they first signed in.
    pub created_at: Timestamp,
    /// When anything here last changed.
    pub updated_at: Timestamp,
}

impl User {
    /// A user who has just signed in for the first time.
    pub fn new(id: UserId, phone: Sealed, phone_lookup: Lookup, now: Timestamp) -> Self {
        Self {
            id,
            phone,
            phone_lookup,
            profile_completion_step: Step::Basic,
            status: UserStatus::Active,
            blocked_reason: None,
            basic: None,
            additional: None,
            language: Language::default(),
            email_change: None,
            wants_optional_notices: true,
            created_at: now,
            updated_at: now,
        }
    }

    /// `LENDING#USER#usr_…`: the user, their sessions and everything that is found through them.
    pub fn partition(id: UserId) -> String {
        format!("LENDING#USER#{id}")
    }

    /// The user themselves.
    pub fn at(id: UserId) -> Address<Self> {
        Address::new(Self::partition(id), "USER")
    }

    /// The user with this number. The index may lag a moment; [`PhoneTaken`] is what keeps numbers unique.
    pub fn with_phone(phone: &Lookup) -> Pattern<Stored<Self>> {
        Pattern::index(Index::Gsi1, format!("LENDING#PHONE#{phone}"))
    }

    /// Those who first signed in during `month` (`202601`, UTC), newest first. A bucket for each month,
    /// because one for all users would be a single hot partition of the index.
    pub fn of_month(month: &str) -> Pattern<Stored<Self>> {
        Pattern::index(Index::Gsi2, bucket(month)).descending()
    }

    /// Whether staff blocked them.
    pub fn is_blocked(&self) -> bool {
        self.status == UserStatus::Blocked
    }

    /// Takes the basic details: step 2 becomes 3, later steps stay.
    pub fn complete_basic(&mut self, details: BasicDetails, now: Timestamp) {
        self.basic = Some(details);
        self.profile_completion_step = self.profile_completion_step.max(Step::Additional);
        self.updated_at = now;
    }

    /// Takes the additional details: step 3 becomes 4. `false`, and nothing changed, when the basic ones are
    /// missing.
    #[must_use]
    pub fn complete_additional(&mut self, details: AdditionalDetails, now: Timestamp) -> bool {
        if self.profile_completion_step < Step::Additional {
            return false;
        }
        self.additional = Some(details);
        self.profile_completion_step = Step::Complete;
        self.updated_at = now;
        true
    }
}

/// Users stored before the setting existed had not switched it off.
const fn yes() -> bool {
    true
}

/// The month of `instant` as [`User::of_month`] names it.
pub fn month_of(instant: Timestamp) -> String {
    instant.strftime("%Y%m").to_string()
}

fn bucket(month: &str) -> String {
    format!("LENDING#USERS#{month}")
}

impl Entity for User {
    const NAME: &'static str = "lending_user";

    fn key(&self) -> Key {
        User::at(self.id).key
    }

    fn index_keys(&self) -> IndexKeys {
        IndexKeys {
            gsi1: Some(Key::new(format!("LENDING#PHONE#{}", self.phone_lookup), "USER")),
            gsi2: Some(Key::new(
                bucket(&month_of(self.created_at)),
                format!("{}#{}", sortable(self.created_at), self.id),
            )),
            ..IndexKeys::default()
        }
    }
}

/// Keeps a number to one user.
#[derive(Debug, Serialize, Deserialize)]
pub struct PhoneTaken {
    /// The number.
    pub phone: Lookup,
    /// Whose it is.
    pub user: UserId,
}

impl Entity for PhoneTaken {
    const NAME: &'static str = "lending_phone_taken";

    fn key(&self) -> Key {
        Key::new(format!("LENDING#PHONE#{}", self.phone), "TAKEN")
    }
}

/// Keeps a PAN to one user.
#[derive(Debug, Serialize, Deserialize)]
pub struct PanTaken {
    /// The PAN.
    pub pan: Lookup,
    /// Whose it is.
    pub user: UserId,
}

impl PanTaken {
    /// Where the item for this PAN lies.
    pub fn at(pan: &Lookup) -> Address<Self> {
        Address::new(format!("LENDING#PAN#{pan}"), "TAKEN")
    }
}

impl Entity for PanTaken {
    const NAME: &'static str = "lending_pan_taken";

    fn key(&self) -> Key {
        PanTaken::at(&self.pan).key
    }
}
