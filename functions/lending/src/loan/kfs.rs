//! The Key Fact Statement: what the borrower must be shown before signing, and the hash by which the signature names it.
//! Source: RBI circular «Key Facts Statement (KFS) for Loans & Advances», 15 April 2024; rows C44 and C45.
use std::fmt::Write as _;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{crypto::sha256, money::Paise};

use super::{
    apr::{AprError, apr_pct},
    product::{Fee, Fees, Product},
    schedule::{Instalment, Schedule},
};

/// Whom to complain to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrievanceContact {
    /// The grievance redressal officer.
    pub name: String,
    /// Telephone.
    pub phone: String,
    /// E-mail.
    pub email: String,
}

/// The statement. Amounts are paise, rates are per cent a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFactStatement {
    /// The application's number.
    pub application_number: String,
    /// The lender.
    pub lender: String,
    /// The product's code.
    pub product_code: String,
    /// The product's name.
    pub product_name: String,
    /// The day of the offer.
    pub offered_on: Date,
    /// The last day on which it may be accepted.
    pub valid_until: Date,
    /// The amount lent.
    pub loan_amount: Paise,
    /// The number of instalments.
    pub instalment_count: u16,
    /// The equal instalment.
    pub emi: Paise,
    /// The first due date, should the loan be paid out on the day of the offer.
    pub first_due_on: Date,
    /// The last due date.
    pub last_due_on: Date,
    /// Nominal interest, fixed.
    pub annual_rate_pct: Decimal,
    /// The annual percentage rate, fees and tax included.
    pub apr_pct: Decimal,
    /// The fees kept back at disbursal.
    pub fees: Vec<Fee>,
    /// All of them with tax.
    pub total_fees: Paise,
    /// What the borrower receives.
    pub net_disbursed: Paise,
    /// All interest.
    pub total_interest: Paise,
    /// All instalments.
    pub total_payable: Paise,
    /// Interest, fees and tax: what the loan costs in all.
    pub total_cost: Paise,
    /// Days in which the loan may be given back.
    pub cooling_off_days: u16,
    /// Penal charge on overdue principal.
    pub penal_annual_rate_pct: Decimal,
    /// Days without it after a due date.
    pub penal_grace_days: u16,
    /// Fee on principal repaid before it is due.
    pub foreclosure_fee_pct: Decimal,
    /// Tax on fees.
    pub gst_pct: Decimal,
    /// Whom to complain to.
    pub grievance: GrievanceContact,
    /// The repayment schedule.
    pub schedule: Vec<Instalment>,
}

/// What a statement is about.
pub struct Offer<'a> {
    /// The application's number.
    pub application_number: &'a str,
    /// The lender.
    pub lender: &'a str,
    /// The product.
    pub product: &'a Product,
    /// The schedule offered.
    pub schedule: &'a Schedule,
    /// The fees offered.
    pub fees: &'a Fees,
    /// The day of the offer.
    pub offered_on: Date,
    /// Whom to complain to.
    pub grievance: GrievanceContact,
}

impl KeyFactStatement {
    /// The statement of `offer`.
    pub fn of(offer: Offer<'_>) -> Result<Self, AprError> {
        let Offer { product, schedule, fees, .. } = offer;
        let terms = &schedule.terms;
        Ok(Self {
            application_number: offer.application_number.to_owned(),
            lender: offer.lender.to_owned(),
            product_code: product.code.clone(),
            product_name: product.name.clone(),
            offered_on: offer.offered_on,
            valid_until: product.offer_valid_until(offer.offered_on),
            loan_amount: terms.principal,
            instalment_count: terms.tenure,
            emi: schedule.emi,
            first_due_on: terms.first_due_on,
            last_due_on: schedule.last_due_on(),
            annual_rate_pct: terms.annual_rate_pct.normalize(),
            apr_pct: apr_pct(schedule, fees.total())?.normalize(),
            fees: fees.0.clone(),
            total_fees: fees.total(),
            net_disbursed: terms.principal - fees.total(),
            total_interest: schedule.total_interest(),
            total_payable: schedule.total_payment(),
            total_cost: schedule.total_interest() + fees.total(),
            cooling_off_days: product.cooling_off_days(),
            penal_annual_rate_pct: product.penal.annual_rate_pct.normalize(),
            penal_grace_days: product.penal.grace_days,
            foreclosure_fee_pct: product.foreclosure_fee_pct.normalize(),
            gst_pct: product.gst_pct.normalize(),
            grievance: offer.grievance,
            schedule: schedule.instalments.clone(),
        })
    }

    /// The statement as JSON whose bytes depend on the facts only: keys sorted, no spaces, as RFC 8785 writes texts and whole
    /// numbers (there are no others: rates are texts).
    pub fn canonical_json(&self) -> Result<String, serde_json::Error> {
        let mut json = String::new();
        write_canonical(&serde_json::to_value(self)?, &mut json);
        Ok(json)
    }

    /// The SHA-256 of [`canonical_json`](Self::canonical_json) in lower-case hex: the `kfs_hash` that the borrower accepts.
    pub fn hash(&self) -> Result<String, serde_json::Error> {
        let digest = sha256(self.canonical_json()?.as_bytes());
        let mut hex = String::with_capacity(64);
        for byte in digest {
            append(&mut hex, format_args!("{byte:02x}"));
        }
        Ok(hex)
    }
}

fn write_canonical(value: &Value, json: &mut String) {
    match value {
        Value::Array(elements) => {
            json.push('[');
            for (index, element) in elements.iter().enumerate() {
                json.push_str(if index > 0 { "," } else { "" });
                write_canonical(element, json);
            }
            json.push(']');
        }
        Value::Object(members) => {
            // Sorted by hand: another crate may switch on serde_json's `preserve_order`.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| name.as_str());
            json.push('{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                json.push_str(if index > 0 { "," } else { "" });
                append(json, format_args!("{}:", Value::from(name.as_str())));
                write_canonical(member, json);
            }
            json.push('}');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            append(json, format_args!("{value}"));
        }
    }
}

/// Writing into a `String` has no way to fail.
fn append(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::loan::product;

    fn statement(offered_on: Date) -> KeyFactStatement {
        let product = product::sample();
        let schedule = product.terms(Paise::major(10_000), 12, offered_on).schedule().unwrap();
        KeyFactStatement::of(Offer {
            application_number: "PC-202606-000001",
            lender: "Pocket Credit",
            product: &product,
            schedule: &schedule,
            fees: &product.fees(Paise::major(10_000)),
            offered_on,
            grievance: GrievanceContact {
                name: "A. Officer".into(),
                phone: "+911234567890".into(),
                email: "grievance@example.in".into(),
            },
        })
        .unwrap()
    }

    #[test]
    fn the_statement_shows_what_the_borrower_gets_pays_and_may_do() {
        let kfs = statement(date(2026, 6, 15));
        assert_eq!(kfs.total_fees, Paise::new(35_282));
        assert_eq!(kfs.net_disbursed, Paise::new(1_000_000 - 35_282));
        assert_eq!(kfs.total_payable, kfs.loan_amount + kfs.total_interest);
        assert_eq!(kfs.total_cost, kfs.total_payable - kfs.net_disbursed);
        assert!(kfs.apr_pct > kfs.annual_rate_pct);
        assert_eq!(kfs.valid_until, date(2026, 6, 22));
        assert_eq!((kfs.first_due_on, kfs.last_due_on), (date(2026, 7, 15), date(2027, 6, 15)));
    }

    #[test]
    fn the_hash_names_exactly_one_statement() {
        let kfs = statement(date(2026, 6, 15));
        assert_eq!(kfs.hash().unwrap().len(), 64);
        assert_eq!(kfs.hash().unwrap(), statement(date(2026, 6, 15)).hash().unwrap());
        assert_ne!(kfs.hash().unwrap(), statement(date(2026, 6, 16)).hash().unwrap());
        let other_rate = KeyFactStatement { apr_pct: kfs.apr_pct + Decimal::new(1, 2), ..kfs.clone() };
        assert_ne!(kfs.hash().unwrap(), other_rate.hash().unwrap());
    }

    #[test]
    fn a_statement_read_from_the_table_has_the_hash_that_it_was_stored_with() {
        let kfs = statement(date(2026, 6, 15));
        let read: KeyFactStatement =
            serde_json::from_str(&serde_json::to_string_pretty(&kfs).unwrap()).unwrap();
        assert_eq!(read.canonical_json().unwrap(), kfs.canonical_json().unwrap());
        assert_eq!(serde_json::from_str::<KeyFactStatement>(&kfs.canonical_json().unwrap()).unwrap(), kfs);
    }

    #[test]
    fn the_bytes_do_not_depend_on_the_order_of_keys() {
        let mut json = String::new();
        write_canonical(
            &serde_json::from_str(r#"{ "b": [1, "ä\"\n", null], "a": {"z": true, "y": -2} }"#).unwrap(),
            &mut json,
        );
        assert_eq!(json, r#"{"a":{"y":-2,"z":true},"b":[1,"ä\"\n",null]}"#);
    }
}
