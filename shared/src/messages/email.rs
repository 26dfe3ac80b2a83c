//! E-mail addresses.
use std::fmt;

use crate::{http::Parsed, read_with};

/// An e-mail address that could exist: one `@`, a dotted domain, no spaces, at most 254 characters (RFC 5321). Whether it does
/// exist shows only when a message arrives. Its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address, its domain in lower case.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@')?;
        let local_fits = (1..=64).contains(&local.len())
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local.bytes().all(|b| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b));
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let domain_fits = domain.contains('.') && domain.split('.').all(label);
        (text.len() <= 254 && local_fits && domain_fits)
            .then(|| Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

impl Parsed for EmailAddress {
    const RULE: &'static str = "must be an e-mail address";
    fn parsed(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}
read_with!(EmailAddress);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_texts() {
        for right in ["asha@example.in", "a.b+c@Mail.Example.co.in", "o'neil@x-y.org"] {
            assert!(EmailAddress::parse(right).is_some(), "{right}");
        }
        for wrong in [
            "",
            "asha",
            "asha@",
            "@x.in",
            "a@b",
            "a b@x.in",
            "a..b@x.in",
            "a@-x.in",
            "a@x..in",
            "a@x.in\nbcc:b@y.in",
        ] {
            assert!(EmailAddress::parse(wrong).is_none(), "{wrong}");
        }
    }
}
