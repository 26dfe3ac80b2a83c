//! Loan products as they are kept: the terms of [`loan::product`](crate::loan::product), whether they are on offer, and the one
//! product that is built in, so that a fresh table can lend.
mod wire;

use jiff::Timestamp;
use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use serde::{Deserialize, Serialize, Serializer};
use shared::{
    error::Error,
    http::Parsed,
    money::Paise,
    read_with,
    table::{Address, Entity, Key, Pattern, Stored, Table},
};
use utoipa::ToSchema;

use crate::loan::{
    account::PenalTerms,
    allocation::AllocationOrder,
    day_count::DayCount,
    product::{DEFAULT_OFFER_DAYS, Product},
    schedule::EmiRounding,
};

/// The product of an application that names none.
pub const DEFAULT_CODE: &str = "personal";
/// Products at most; a lender has a handful.
pub const MOST: usize = 100;

/// The code of a product: 2 to 32 lower-case letters, digits and hyphens, a letter first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct ProductCode(String);

impl ProductCode {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Parsed for ProductCode {
    const RULE: &'static str = "must be 2 to 32 lower-case letters, digits and hyphens, a letter first";
    fn parsed(text: &str) -> Option<Self> {
        let fits = (2..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && text.starts_with(|c: char| c.is_ascii_lowercase());
        fits.then(|| Self(text.to_owned()))
    }
}
read_with!(ProductCode);

/// A percentage as it travels: a plain number, exact in four decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percent(pub Decimal);

impl Parsed for Percent {
    const RULE: &'static str = "must be a percentage from 0 to 1000 with at most four decimals";
    fn parsed(text: &str) -> Option<Self> {
        let decimal: Decimal = text.parse().ok()?;
        let fits =
            decimal >= Decimal::ZERO && decimal <= Decimal::ONE_THOUSAND && decimal.normalize().scale() <= 4;
        fits.then(|| Self(decimal.normalize()))
    }
}
read_with!(Percent);

/// A percentage of an amount: 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share(pub Decimal);

impl Parsed for Share {
    const RULE: &'static str = "must be a percentage from 0 to 100 with at most four decimals";
    fn parsed(text: &str) -> Option<Self> {
        Percent::parsed(text).filter(|share| share.0 <= Decimal::ONE_HUNDRED).map(|share| Self(share.0))
    }
}
read_with!(Share);

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.to_i64() {
            Some(whole) if self.0.fract().is_zero() => serializer.serialize_i64(whole),
            _ => serializer.serialize_f64(self.0.to_f64().unwrap_or(f64::NAN)),
        }
    }
}

/// A product and what the lender does with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoanProduct {
    /// Its terms. Applications and loans keep a copy of them.
    pub terms: Product,
    /// Whether it is on offer.
    pub active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl LoanProduct {
    /// Where the product with this code lies.
    pub fn at(code: &str) -> Address<Self> {
        Address::new(PARTITION, format!("PRODUCT#{code}"))
    }

    /// All that are stored.
    pub fn all() -> Pattern<Stored<Self>> {
        Pattern::table(PARTITION).prefix("PRODUCT#")
    }
}

const PARTITION: &str = "LENDING#PRODUCTS";

impl Entity for LoanProduct {
    const NAME: &'static str = "lending_product";

    fn key(&self) -> Key {
        LoanProduct::at(&self.terms.code).key
    }
}

/// A product as a reader meets it: stored at some version, or built in at version 0.
#[derive(Debug, Clone)]
pub struct Offered {
    /// Its terms.
    pub terms: Product,
    /// Whether it is on offer.
    pub active: bool,
    /// Its version.
    pub version: u64,
}

impl From<Stored<LoanProduct>> for Offered {
    fn from(stored: Stored<LoanProduct>) -> Self {
        Self { version: stored.revision(), active: stored.value.active, terms: stored.value.terms }
    }
}

/// The product with this code, on offer or not. Needs `Get`.
pub async fn find(table: &Table, code: &str) -> Result<Option<Offered>, Error> {
    let stored = table.get(LoanProduct::at(code)).await?;
    Ok(stored.map(Offered::from).or_else(|| (code == DEFAULT_CODE).then(built_in)))
}

/// All products, on offer or not, by code. Needs `Query`.
pub async fn all(table: &Table) -> Result<Vec<Offered>, Error> {
    let stored = table.list(&LoanProduct::all(), MOST).await?;
    let mut products: Vec<Offered> = stored.into_iter().map(Offered::from).collect();
    if !products.iter().any(|product| product.terms.code == DEFAULT_CODE) {
        products.push(built_in());
    }
    products.sort_by(|a, b| a.terms.code.cmp(&b.terms.code));
    Ok(products)
}

/// The product that is there before anybody made one; storing one under its code takes its place.
pub fn built_in() -> Offered {
    let terms = Product {
        code: DEFAULT_CODE.to_owned(),
        name: "Personal loan".to_owned(),
        min_amount: Paise::major(5_000),
        max_amount: Paise::major(500_000),
        min_tenure_months: 3,
        max_tenure_months: 36,
        annual_rate_pct: Decimal::from(18),
        day_count: DayCount::Thirty360,
        processing_fee_pct: Decimal::TWO,
        processing_fee_flat: Paise::ZERO,
        gst_pct: Decimal::from(18),
        penal: PenalTerms { annual_rate_pct: Decimal::from(24), grace_days: 3 },
        foreclosure_fee_pct: Decimal::ZERO,
        cooling_off_days_wanted: 3,
        offer_days: DEFAULT_OFFER_DAYS,
        allocation: AllocationOrder::default(),
        rounding: EmiRounding::Paisa,
    };
    Offered { terms, active: true, version: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_product_may_be_offered() {
        assert_eq!(built_in().terms.problems(), []);
        assert!(ProductCode::parsed(DEFAULT_CODE).is_some());
    }

    #[test]
    fn percentages_travel_as_plain_numbers() {
        for (text, wire) in [("18", "18"), ("18.50", "18.5"), ("0.0001", "0.0001"), ("1000", "1000")] {
            assert_eq!(serde_json::to_string(&Percent::parsed(text).unwrap()).unwrap(), wire);
        }
        for wrong in ["-1", "1000.1", "0.00001", "x", ""] {
            assert!(Percent::parsed(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_code_is_short_and_plain() {
        for wrong in ["", "a", "Personal", "1st", "gold loan", "gold_loan", "-gold", &"a".repeat(33)] {
            assert!(ProductCode::parsed(wrong).is_none(), "{wrong}");
        }
        assert_eq!(ProductCode::parsed("gold-2").unwrap().as_str(), "gold-2");
    }
}
