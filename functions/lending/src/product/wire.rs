//! How the choices of a product are read from a request: by the names under which they are stored.
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::{http::Parsed, read_with};

use crate::loan::{
    allocation::{Part, Sweep},
    day_count::DayCount,
    schedule::EmiRounding,
};

fn named<T: DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(Value::from(name)).ok()
}

impl Parsed for DayCount {
    const RULE: &'static str = "must be one of: thirty360, actual365, actual364, actual_actual";
    fn parsed(text: &str) -> Option<Self> {
        named(text)
    }
}

impl Parsed for EmiRounding {
    const RULE: &'static str = "must be one of: paisa, whole_rupee_up, whole_rupees";
    fn parsed(text: &str) -> Option<Self> {
        named(text)
    }
}

impl Parsed for Sweep {
    const RULE: &'static str = "must be one of: by_instalment, by_part";
    fn parsed(text: &str) -> Option<Self> {
        named(text)
    }
}

impl Parsed for Part {
    const RULE: &'static str = "must be one of: charges, interest, principal";
    fn parsed(text: &str) -> Option<Self> {
        named(text)
    }
}

read_with!(DayCount, EmiRounding, Sweep, Part);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_names_exactly_what_can_be_read() {
        fn check<T: Parsed>() {
            let names = T::RULE.trim_start_matches("must be one of: ").split(", ");
            assert!(names.into_iter().all(|name| T::parsed(name).is_some()), "{}", T::RULE);
            assert!(T::parsed("other").is_none());
        }
        check::<DayCount>();
        check::<EmiRounding>();
        check::<Sweep>();
        check::<Part>();
    }
}
