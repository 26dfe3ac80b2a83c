//! Phone numbers, as identities: one person's number has one form however it was typed.
use std::fmt;

use crate::{http::Parsed, read_with};

/// An Indian mobile number. Ten digits that start with 6 to 9; `+91`, a leading `0`, spaces and hyphens are only how people
/// write it. Its `Debug` hides it, because it is personal data.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IndianMobile(String);

impl IndianMobile {
    /// Reads a number as people type it.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 24 {
            return None;
        }
        let compact: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
        let digits = match compact.strip_prefix("+91") {
            Some(rest) => rest,
            // Ten digits may themselves start with 91; only a longer number has the country in front.
            None if compact.len() == 12 => compact.strip_prefix("91")?,
            None if compact.len() == 11 => compact.strip_prefix('0')?,
            None => &compact,
        };
        let valid = digits.len() == 10
            && digits.bytes().all(|b| b.is_ascii_digit())
            && matches!(digits.as_bytes().first(), Some(b'6'..=b'9'));
        valid.then(|| Self(digits.to_owned()))
    }

    /// The ten digits.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// `+919876543210` (ITU-T E.164).
    pub fn e164(&self) -> String {
        format!("+91{}", self.0)
    }
}

impl fmt::Debug for IndianMobile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IndianMobile(…)")
    }
}

impl Parsed for IndianMobile {
    const RULE: &'static str = "must be an Indian mobile number: ten digits that start with 6 to 9";
    fn parsed(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}
read_with!(IndianMobile);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_to_write_a_number_are_one_identity() {
        for text in
            ["9876543210", "+91 98765 43210", "09876543210", "919876543210", "98765-43210", "+919876543210"]
        {
            assert_eq!(IndianMobile::parse(text).unwrap().digits(), "9876543210", "{text}");
        }
        assert_eq!(IndianMobile::parse("9198765432").unwrap().digits(), "9198765432");
    }

    #[test]
    fn other_numbers_are_refused() {
        for text in [
            "",
            "5876543210",
            "987654321",
            "98765432100",
            "+4479460958",
            "９８７６５４３２１０",
            "98765a3210",
            "+91+919876543210",
        ] {
            assert!(IndianMobile::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_number_does_not_show_itself_in_logs() {
        assert!(!format!("{:?}", IndianMobile::parse("9876543210").unwrap()).contains("98765"));
    }
}
