//! Amounts as Indian readers expect them on paper: `Rs. 12,34,567.50`.
use shared::money::Paise;

/// `12,34,567.50`, negative amounts with a minus sign: thousands, then lakhs and crores by two digits.
pub fn grouped(amount: Paise) -> String {
    let text = amount.to_string();
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (rupees, paise) = text.split_once('.').unwrap_or((text, "00"));
    let last_group = rupees.len().saturating_sub(3);
    let mut grouped = String::new();
    for (index, digit) in rupees.chars().enumerate() {
        let before_last_group = index <= last_group;
        if index > 0 && before_last_group && (last_group - index).is_multiple_of(2) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}.{paise}")
}

/// `Rs. 12,34,567.50`. The rupee sign is in none of the fonts that every reader of PDF has.
pub fn in_rupees(amount: Paise) -> String {
    format!("Rs. {}", grouped(amount))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_then_lakhs_and_crores() {
        for (paise, text) in [
            (0, "0.00"),
            (5, "0.05"),
            (99_900, "999.00"),
            (100_000, "1,000.00"),
            (1_234_550, "12,345.50"),
            (12_345_600, "1,23,456.00"),
            (123_456_789, "12,34,567.89"),
            (1_000_000_000, "1,00,00,000.00"),
            (-12_345_600, "-1,23,456.00"),
        ] {
            assert_eq!(grouped(Paise::new(paise)), text);
        }
        assert_eq!(in_rupees(Paise::major(50_000)), "Rs. 50,000.00");
    }
}
