//! What a borrower tells about themselves, in newtypes that parse at the edge.
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use shared::{
    deserr::Deserr,
    http::{FieldErrors, Parsed},
    identity::{Lookup, Sealed},
    read_with,
};
use utoipa::ToSchema;

/// A person's full name: 3 to 100 letters, spaces and the marks that names have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct FullName(String);

impl FullName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Parsed for FullName {
    const RULE: &'static str = "must be a name of 3 to 100 letters";
    fn parsed(text: &str) -> Option<Self> {
        let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let letters = name.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '.' | '\'' | '-' | '’'));
        ((3..=100).contains(&name.chars().count()) && letters).then_some(Self(name))
    }
}

/// An Indian permanent account number: `ABCDE1234F`. Its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Pan(String);

impl Pan {
    /// The ten characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Pan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pan(…)")
    }
}

impl Parsed for Pan {
    const RULE: &'static str = "must be a PAN like ABCDE1234F";
    fn parsed(text: &str) -> Option<Self> {
        let pan = text.trim().to_ascii_uppercase();
        let fits = pan.len() == 10
            && pan.bytes().enumerate().all(|(i, b)| match i {
                0..=4 | 9 => b.is_ascii_uppercase(),
                _ => b.is_ascii_digit(),
            });
        fits.then_some(Self(pan))
    }
}

/// A six-digit Indian postal code that does not start with 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Pincode(String);

impl Parsed for Pincode {
    const RULE: &'static str = "must be a six-digit pincode that does not start with 0";
    fn parsed(text: &str) -> Option<Self> {
        let fits = text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
        fits.then(|| Self(text.to_owned()))
    }
}

read_with!(FullName, Pan, Pincode);

/// As in Indian civil documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Deserr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[deserr(error = FieldErrors, rename_all = lowercase)]
pub enum Gender {
    /// Male.
    Male,
    /// Female.
    Female,
    /// Another, or not said.
    Other,
}

/// A language in which we address people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Deserr, ToSchema)]
#[deserr(error = FieldErrors)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    #[deserr(rename = "en")]
    English,
    /// Hindi.
    #[serde(rename = "hi")]
    #[deserr(rename = "hi")]
    Hindi,
}

/// Marital status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Deserr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[deserr(error = FieldErrors, rename_all = lowercase)]
pub enum MaritalStatus {
    /// Single.
    Single,
    /// Married.
    Married,
    /// Divorced.
    Divorced,
    /// Widowed.
    Widowed,
}

/// What somebody lives on; with the age it decides who may borrow (`spec/lending.md` 1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Deserr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[deserr(error = FieldErrors)]
pub enum Occupation {
    /// Employed.
    #[deserr(rename = "salaried")]
    Salaried,
    /// Own business or profession.
    #[deserr(rename = "self_employed")]
    SelfEmployed,
    /// At school or university.
    #[deserr(rename = "student")]
    Student,
    /// Retired.
    #[deserr(rename = "retired")]
    Retired,
    /// At home.
    #[deserr(rename = "homemaker")]
    Homemaker,
}

/// The basic details as they are stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BasicDetails {
    /// As on the PAN card.
    pub full_name: FullName,
    /// In the calendar, without a zone.
    pub date_of_birth: Date,
    /// As given.
    pub gender: Gender,
    /// Sealed as field `pan` of the user.
    pub pan: Sealed,
    /// How the PAN is found.
    pub pan_lookup: Lookup,
    /// The last four characters, for showing.
    pub pan_last4: String,
    /// Where letters go.
    pub email: String,
}

/// The additional details as they are stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AdditionalDetails {
    /// House and street, 5 to 255 characters.
    pub address_line1: String,
    /// More of it.
    pub address_line2: Option<String>,
    /// Town.
    pub city: String,
    /// State.
    pub state: String,
    /// Postal code.
    pub pincode: Pincode,
    /// As given.
    pub marital_status: MaritalStatus,
    /// As given.
    pub occupation: Occupation,
}

/// Full years of age on `today`. Who was born on 29 February has the birthday on 28 February of common years.
pub fn age_on(today: Date, date_of_birth: Date) -> i16 {
    let last_of_february = date_of_birth.month() == 2 && date_of_birth.day() == 29 && !today.in_leap_year();
    let birthday = (date_of_birth.month(), if last_of_february { 28 } else { date_of_birth.day() });
    today.year() - date_of_birth.year() - i16::from((today.month(), today.day()) < birthday)
}
