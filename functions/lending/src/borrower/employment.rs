//! Where a borrower's income comes from. A section of the profile beside the steps: it must be there before
//! an offer.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    deserr::Deserr,
    http::{FieldErrors, Parsed},
    money::{Paise, Rupees},
    read_with,
    table::{Address, Entity, Key},
};
use utoipa::ToSchema;

use super::{User, UserId};

/// A monthly income: more than nothing, at most [`Income::MOST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Income(Paise);

impl Income {
    /// ₹100 crore a month: above every income, far below the end of exact arithmetic.
    pub const MOST: Paise = Paise::major(1_000_000_000);

    /// The amount.
    pub const fn amount(self) -> Paise {
        self.0
    }
}

impl Parsed for Income {
    const RULE: &'static str = "must be an amount in rupees above 0, with at most two decimals";
    fn parsed(text: &str) -> Option<Self> {
        let amount = Rupees::parse(text)?.0;
        (amount.is_positive() && amount <= Self::MOST).then_some(Self(amount))
    }
}

/// A monthly expense: nothing or more, at most [`Income::MOST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expense(Paise);

impl Expense {
    /// The amount.
    pub const fn amount(self) -> Paise {
        self.0
    }
}

impl Parsed for Expense {
    const RULE: &'static str = "must be an amount in rupees from 0, with at most two decimals";
    fn parsed(text: &str) -> Option<Self> {
        let amount = Rupees::parse(text)?.0;
        (!amount.is_negative() && amount <= Income::MOST).then_some(Self(amount))
    }
}

/// A day of the month, 1 to 31; in shorter months it means the last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct MonthDay(u8);

impl Parsed for MonthDay {
    const RULE: &'static str = "must be a day of the month from 1 to 31";
    fn parsed(text: &str) -> Option<Self> {
        let fits = text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|day| fits && (1..=31).contains(day)).map(Self)
    }
}

read_with!(Income, Expense, MonthDay);

/// How somebody is employed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Deserr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[deserr(error = FieldErrors)]
pub enum EmploymentType {
    /// A permanent position, full time.
    #[deserr(rename = "full_time")]
    FullTime,
    /// A permanent position, part time.
    #[deserr(rename = "part_time")]
    PartTime,
    /// For a term.
    #[deserr(rename = "contract")]
    Contract,
    /// Own business or profession.
    #[deserr(rename = "self_employed")]
    SelfEmployed,
}

/// The employment of a borrower.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EmploymentDetails {
    /// Whose.
    pub user: UserId,
    /// Net, a month.
    pub monthly_income: Paise,
    /// How.
    pub employment_type: EmploymentType,
    /// The employer, or the own business.
    pub company_name: String,
    /// As what.
    pub designation: String,
    /// When the money comes.
    pub salary_date: MonthDay,
    /// When it was first given.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl EmploymentDetails {
    /// The employment of this borrower.
    pub fn at(user: UserId) -> Address<Self> {
        Address::new(User::partition(user), "EMPLOYMENT")
    }
}

impl Entity for EmploymentDetails {
    const NAME: &'static str = "lending_employment";

    fn key(&self) -> Key {
        EmploymentDetails::at(self.user).key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_income_is_more_than_nothing_and_an_expense_may_be_nothing() {
        for (text, income, expense) in [
            ("50000", true, true),
            ("0.01", true, true),
            ("0", false, true),
            ("-1", false, false),
            ("1.005", false, false),
            ("1000000000", true, true),
            ("1000000000.01", false, false),
            ("x", false, false),
        ] {
            assert_eq!(Income::parsed(text).is_some(), income, "{text}");
            assert_eq!(Expense::parsed(text).is_some(), expense, "{text}");
        }
    }

    #[test]
    fn a_salary_comes_on_a_day_from_one_to_thirty_one() {
        for (text, fits) in
            [("1", true), ("31", true), ("0", false), ("32", false), ("+5", false), ("1.5", false)]
        {
            assert_eq!(MonthDay::parsed(text).is_some(), fits, "{text}");
        }
    }
}
