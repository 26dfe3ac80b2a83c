//! Money: whole minor units of one currency (paise, kobo), and rates as exact decimals. Never a float.
//!
//! Two currencies are two types, so adding rupees to naira does not compile. Inside and in the table an amount is its
//! count of minor units; on the wire it takes the form of its brief, see [`Major`].
use std::{
    fmt,
    iter::Sum,
    marker::PhantomData,
    ops::{Add, AddAssign, Neg, Sub, SubAssign},
};

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A currency with two decimal places.
pub trait Currency {
    /// ISO 4217 code.
    const CODE: &'static str;
}

/// The Indian rupee, in paise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inr {}
impl Currency for Inr {
    const CODE: &'static str = "INR";
}

/// The Nigerian naira, in kobo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ngn {}
impl Currency for Ngn {
    const CODE: &'static str = "NGN";
}

/// An amount in whole minor units of `C`; negative where a rule allows it.
pub struct Amount<C>(i64, PhantomData<fn() -> C>);

/// Rupees, counted in paise.
pub type Paise = Amount<Inr>;
/// Naira, counted in kobo.
pub type Kobo = Amount<Ngn>;

impl<C> Amount<C> {
    /// Nothing.
    pub const ZERO: Self = Self::new(0);

    /// This many minor units.
    pub const fn new(minor: i64) -> Self {
        Self(minor, PhantomData)
    }

    /// The count of minor units.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// This many whole major units (rupees, naira).
    pub const fn major(units: i64) -> Self {
        Self::new(units.saturating_mul(100))
    }

    /// More than nothing.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Less than nothing.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Exactly nothing.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The same amount in major units, exactly.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    /// Rounds `major` units to the minor unit, half to even (banker's rounding, IEEE 754 and Apache Fineract's default).
    /// Amounts beyond 64 bits of minor units saturate; every limit of the house lies far below.
    pub fn round_half_even(major: Decimal) -> Self {
        let minor =
            (major * Decimal::ONE_HUNDRED).round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven);
        Self::new(minor.to_i64().unwrap_or(if minor.is_sign_negative() { i64::MIN } else { i64::MAX }))
    }

    /// `major` units as an amount when it has at most two decimals and fits; otherwise `None`, never a silent rounding.
    pub fn exactly(major: Decimal) -> Option<Self> {
        let minor = major.checked_mul(Decimal::ONE_HUNDRED)?;
        if minor.fract().is_zero() { minor.to_i64().map(Self::new) } else { None }
    }

    /// The smaller of two amounts.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        if self.0 <= other.0 { self } else { other }
    }

    /// The larger of two amounts.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        if self.0 >= other.0 { self } else { other }
    }
}

// By hand, because derives would ask the same of `C`, which is only a name.
impl<C> Clone for Amount<C> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<C> Copy for Amount<C> {}
impl<C> PartialEq for Amount<C> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<C> Eq for Amount<C> {}
impl<C> PartialOrd for Amount<C> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<C> Ord for Amount<C> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<C> Default for Amount<C> {
    fn default() -> Self {
        Self::ZERO
    }
}
impl<C> std::hash::Hash for Amount<C> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<C> Add for Amount<C> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.0 + other.0)
    }
}
impl<C> AddAssign for Amount<C> {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
impl<C> Sub for Amount<C> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.0 - other.0)
    }
}
impl<C> SubAssign for Amount<C> {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}
impl<C> Neg for Amount<C> {
    type Output = Self;
    fn neg(self) -> Self {
        Self::new(-self.0)
    }
}
impl<C> Sum for Amount<C> {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// `1234.50`: major units with two decimals, without a currency sign.
impl<C> fmt::Display for Amount<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, minor) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        write!(f, "{sign}{}.{:02}", minor / 100, minor % 100)
    }
}

impl<C: Currency> fmt::Debug for Amount<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {self}", C::CODE)
    }
}

/// Stored form: the whole number of minor units.
impl<C> Serialize for Amount<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de, C> Deserialize<'de> for Amount<C> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self::new)
    }
}

/// An amount on the wire of the four rupee services: a plain JSON number of rupees (`12345.5`).
///
/// A number with more than two decimals is refused, never rounded. Amounts up to 90 trillion rupees survive the trip
/// through a double exactly, because the shortest text of a double gives back the two decimals that went in.
pub struct Major<C>(pub Amount<C>);

/// Rupees on the wire.
pub type Rupees = Major<Inr>;

impl<C> Major<C> {
    /// Reads the text or the number of a request.
    pub fn parse(text: &str) -> Option<Self> {
        let decimal = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(text)).ok()?;
        Amount::exactly(decimal).map(Self)
    }
}

impl<C> From<Amount<C>> for Major<C> {
    fn from(amount: Amount<C>) -> Self {
        Self(amount)
    }
}
impl<C> Clone for Major<C> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<C> Copy for Major<C> {}
impl<C: Currency> fmt::Debug for Major<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<C> Serialize for Major<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let minor = self.0.minor();
        if minor % 100 == 0 {
            serializer.serialize_i64(minor / 100)
        } else {
            serializer.serialize_f64(self.0.to_decimal().to_f64().unwrap_or(f64::NAN))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rupees_travel_as_plain_numbers() {
        for (minor, wire) in [(1_234_550, "12345.5"), (100, "1"), (5, "0.05"), (-250, "-2.5"), (0, "0")] {
            let text = serde_json::to_string(&Rupees::from(Paise::new(minor))).unwrap();
            assert_eq!(text, wire);
            assert_eq!(Rupees::parse(&text).unwrap().0, Paise::new(minor));
        }
    }

    #[test]
    fn a_third_decimal_is_refused_and_never_rounded() {
        for wrong in ["1.005", "1e-3", "abc", "", "1,000"] {
            assert!(Rupees::parse(wrong).is_none(), "{wrong}");
        }
        assert_eq!(Rupees::parse("1e3").unwrap().0, Paise::major(1000));
        assert_eq!(Rupees::parse("2.50").unwrap().0, Paise::new(250));
    }

    #[test]
    fn rounding_takes_halves_to_the_even_paisa() {
        for (text, minor) in [("0.125", 12), ("0.135", 14), ("0.1250001", 13), ("-0.125", -12)] {
            assert_eq!(Paise::round_half_even(text.parse().unwrap()).minor(), minor, "{text}");
        }
    }
}
