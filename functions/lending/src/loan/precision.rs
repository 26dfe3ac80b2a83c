//! The precision of every intermediate result: 12 significant digits, half to even, as Apache Fineract's
//! `MathContext(12, HALF_EVEN)`. Only then do our instalments agree with its to the paisa.
use rust_decimal::{Decimal, RoundingStrategy::MidpointNearestEven};
use shared::money::Paise;

/// Significant digits of an intermediate result (`math_precision` in `cases.json`).
const SIGNIFICANT_DIGITS: u32 = 12;

/// `value` with 12 significant digits; `None` when it does not fit a decimal.
pub fn twelve_digits(value: Decimal) -> Option<Decimal> {
    value.round_sf_with_strategy(SIGNIFICANT_DIGITS, MidpointNearestEven)
}

/// `pct` per cent of `amount`, rounded to the paisa, half to even. For fees and taxes.
pub fn percent_of(pct: Decimal, amount: Paise) -> Paise {
    Paise::round_half_even(amount.to_decimal() * pct / Decimal::ONE_HUNDRED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thirteenth_digit_is_rounded_half_to_even() {
        for (exact, kept) in [
            ("0.1234567890125", "0.123456789012"),
            ("0.1234567890135", "0.123456789014"),
            ("1234567890125", "1234567890120"),
        ] {
            assert_eq!(twelve_digits(exact.parse().unwrap()), Some(kept.parse().unwrap()), "{exact}");
        }
    }

    #[test]
    fn a_percentage_is_rounded_to_the_paisa() {
        assert_eq!(percent_of(Decimal::from(18), Paise::new(25)), Paise::new(4), "4.5 goes to the even 4");
        assert_eq!(percent_of("2.5".parse().unwrap(), Paise::major(10_000)), Paise::major(250));
    }
}
