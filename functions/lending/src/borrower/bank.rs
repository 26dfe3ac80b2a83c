//! A borrower's own bank accounts: where loans are paid out to. Numbers rest sealed and are shown by their
//! last four digits.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    http::Parsed,
    id::{Id, Prefixed},
    identity::{Lookup, Sealed},
    read_with,
    table::{Address, Entity, Index, IndexKeys, Key, Pattern, Stored},
};
use utoipa::ToSchema;

use super::{User, UserId};
use crate::application::ApplicationId;

/// The id of a bank account.
pub type BankDetailsId = Id<BankDetails>;

impl Prefixed for BankDetails {
    const PREFIX: &'static str = "bnk";
}

/// The number of an Indian bank account: 9 to 18 digits. Its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountNumber(String);

impl AccountNumber {
    /// All digits.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The last four digits, for showing.
    pub fn last4(&self) -> String {
        self.0.chars().skip(self.0.len().saturating_sub(4)).collect()
    }
}

impl std::fmt::Debug for AccountNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccountNumber(…)")
    }
}

impl Parsed for AccountNumber {
    const RULE: &'static str = "must be an account number of 9 to 18 digits";
    fn parsed(text: &str) -> Option<Self> {
        let fits = (9..=18).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        // Zeros alone are a place holder of some bank forms, not an account.
        (fits && text.bytes().any(|b| b != b'0')).then(|| Self(text.to_owned()))
    }
}

/// An Indian Financial System Code: four letters for the bank, a zero, six characters for the branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Ifsc(String);

impl Ifsc {
    /// The eleven characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The four letters of the bank.
    pub fn bank(&self) -> &str {
        self.0.get(..4).unwrap_or_default()
    }
}

impl Parsed for Ifsc {
    const RULE: &'static str = "must be an IFSC like HDFC0001234";
    fn parsed(text: &str) -> Option<Self> {
        let code = text.trim().to_ascii_uppercase();
        let fits = code.len() == 11
            && code.bytes().enumerate().all(|(i, b)| match i {
                0..=3 => b.is_ascii_uppercase(),
                4 => b == b'0',
                _ => b.is_ascii_uppercase() || b.is_ascii_digit(),
            });
        fits.then_some(Self(code))
    }
}

read_with!(AccountNumber, Ifsc);

/// Whether the holder of an account is the borrower, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NameMatch {
    /// The same name.
    Matches,
    /// Another name.
    Differs,
}

impl NameMatch {
    /// Compares two names as people and banks write them: `MR. ASHA  VERMA` and `Verma Asha` are one name.
    ///
    /// Titles, case, marks, gaps and the order of the words do not count; every letter does, so a shortened
    /// name is another.
    pub fn of(holder: &str, full_name: &str) -> Self {
        let (mut holder, mut full_name) = (words(holder), words(full_name));
        let same_text = holder.concat() == full_name.concat();
        holder.sort_unstable();
        full_name.sort_unstable();
        if !holder.is_empty() && (same_text || holder == full_name) { Self::Matches } else { Self::Differs }
    }
}

/// What Indian banks print before a name.
const TITLES: &[&str] = &["mr", "mrs", "ms", "miss", "dr", "shri", "sri", "smt", "kumari"];

fn words(name: &str) -> Vec<String> {
    let name = name.to_lowercase().replace(['\'', '’'], "");
    let words = name.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty() && !TITLES.contains(word)).map(str::to_owned).collect()
}

/// What a test payment of one rupee found out (C61).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PennyDrop {
    /// When.
    pub checked_at: Timestamp,
    /// Whether the money arrived.
    pub arrived: bool,
    /// The holder as the bank states it.
    pub name_at_bank: Option<String>,
    /// Whether that is the borrower.
    pub name_match: NameMatch,
}

/// A bank account of a borrower.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BankDetails {
    /// Names it.
    pub id: BankDetailsId,
    /// Whose.
    pub user: UserId,
    /// The number, sealed as field [`BankDetails::NUMBER`] of the id.
    pub account_number: Sealed,
    /// How the account is found: see [`BankDetails::lookup_text`].
    pub account_lookup: Lookup,
    /// The last four digits.
    pub last4: String,
    /// Bank and branch.
    pub ifsc: Ifsc,
    /// The holder, as the borrower states it.
    pub holder_name: String,
    /// Whether that was the borrower's own name when the account was given.
    pub name_match: NameMatch,
    /// The latest test payment, if there was one.
    pub penny_drop: Option<PennyDrop>,
    /// For which application it was given.
    pub given_for: ApplicationId,
    /// The latest application that chose it. The application itself says whether it still does.
    pub chosen_for: Option<ApplicationId>,
    /// When it was given.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl BankDetails {
    /// The name of the sealed field: `vault.open(&account.id.to_string(), BankDetails::NUMBER, …)`.
    pub const NUMBER: &'static str = "account_number";

    /// The account `id` of this borrower.
    pub fn at(user: UserId, id: BankDetailsId) -> Address<Self> {
        Address::new(User::partition(user), format!("BANK#{id}"))
    }

    /// All accounts of this borrower, the newest first.
    pub fn of(user: UserId) -> Pattern<Stored<Self>> {
        Pattern::table(User::partition(user)).prefix("BANK#").descending()
    }

    /// The account `id` of whomever, for staff.
    pub fn with_id(id: BankDetailsId) -> Pattern<Stored<Self>> {
        Pattern::index(Index::Gsi1, format!("LENDING#BANK#{id}"))
    }

    /// What is hashed to find the account again: the bank and the number. Branches merge and change their
    /// codes, and zeros in front are only how a form fills up.
    pub fn lookup_text(ifsc: &Ifsc, number: &AccountNumber) -> String {
        format!("{} {}", ifsc.bank(), number.digits().trim_start_matches('0'))
    }

    /// The number as it is shown.
    pub fn masked_number(&self) -> String {
        format!("XXXXXX{}", self.last4)
    }

    /// Whether the account is the borrower's own, as far as names tell: by the bank's word where there is
    /// one.
    pub fn belongs_to(&self, full_name: &str) -> bool {
        let holder = self.penny_drop.as_ref().and_then(|drop| drop.name_at_bank.as_deref());
        NameMatch::of(holder.unwrap_or(&self.holder_name), full_name) == NameMatch::Matches
    }
}

impl Entity for BankDetails {
    const NAME: &'static str = "lending_bank_details";

    fn key(&self) -> Key {
        BankDetails::at(self.user, self.id).key
    }

    fn index_keys(&self) -> IndexKeys {
        IndexKeys {
            gsi1: Some(Key::new(format!("LENDING#BANK#{}", self.id), "BANK")),
            ..IndexKeys::default()
        }
    }
}

/// Keeps a borrower from giving the same account twice.
#[derive(Debug, Serialize, Deserialize)]
pub struct AccountTaken {
    /// Whose.
    pub user: UserId,
    /// The account.
    pub account: Lookup,
    /// As which it was given.
    pub bank_details: BankDetailsId,
}

impl AccountTaken {
    /// Where the item for this account lies.
    pub fn at(user: UserId, account: &Lookup) -> Address<Self> {
        Address::new(User::partition(user), format!("ACCOUNT_TAKEN#{account}"))
    }
}

impl Entity for AccountTaken {
    const NAME: &'static str = "lending_account_taken";

    fn key(&self) -> Key {
        AccountTaken::at(self.user, &self.account).key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_number_has_nine_to_eighteen_digits() {
        for (text, fits) in [
            ("123456789", true),
            ("000123456789012345", true),
            ("12345678", false),
            ("1234567890123456789", false),
            ("12345678x", false),
            ("000000000", false),
            ("१२३४५६७८९", false),
        ] {
            assert_eq!(AccountNumber::parsed(text).is_some(), fits, "{text}");
        }
    }

    #[test]
    fn an_ifsc_is_four_letters_a_zero_and_a_branch() {
        for (text, fits) in [
            ("HDFC0001234", true),
            (" sbin0ab1234", true),
            ("HDFC1001234", false),
            ("HDF00001234", false),
            ("HDFC000123", false),
            ("HDFC0001-34", false),
        ] {
            assert_eq!(Ifsc::parsed(text).is_some(), fits, "{text}");
        }
    }

    #[test]
    fn one_account_is_the_same_at_every_branch_and_with_zeros_in_front() {
        let text = |ifsc, number| {
            BankDetails::lookup_text(&Ifsc::parsed(ifsc).unwrap(), &AccountNumber::parsed(number).unwrap())
        };
        assert_eq!(text("HDFC0001234", "000123456789"), text("HDFC0009999", "123456789"));
        assert_ne!(text("HDFC0001234", "123456789"), text("SBIN0001234", "123456789"));
    }

    #[rstest::rstest]
    #[case("ASHA  VERMA", "Asha Verma", NameMatch::Matches)]
    #[case("Mrs. Verma Asha", "Asha Verma", NameMatch::Matches)]
    #[case("Asha K. Verma", "Asha K Verma", NameMatch::Matches)]
    #[case("Mary-Jane D’Souza", "MARY JANE D SOUZA", NameMatch::Matches)]
    #[case("D'Souza Mary", "MARY DSOUZA", NameMatch::Matches)]
    #[case("A Verma", "Asha Verma", NameMatch::Differs)]
    #[case("Asha Verma Sharma", "Asha Verma", NameMatch::Differs)]
    #[case("Asha Asha", "Asha Verma", NameMatch::Differs)]
    #[case("Mr", "Mr", NameMatch::Differs)]
    fn names_match_as_people_and_banks_write_them(
        #[case] holder: &str,
        #[case] name: &str,
        #[case] expected: NameMatch,
    ) {
        assert_eq!(NameMatch::of(holder, name), expected);
    }

    #[test]
    fn a_number_does_not_show_itself_in_logs() {
        assert!(!format!("{:?}", AccountNumber::parsed("123456789").unwrap()).contains("123"));
    }
}
