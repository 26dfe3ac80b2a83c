//! The peers' cases (`cases.json`, a copy of the house's `cases/lending.json`, itself collected from the test suites of
//! Apache Fineract and Frappe Lending; every case names its source), read by the tests beside the rules.
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;
use shared::money::Paise;

/// The case with this id.
pub fn by_id(id: &str) -> Value {
    let file: Value = serde_json::from_str(include_str!("cases.json")).unwrap();
    list(&file["cases"]).find(|case| case["id"] == id).unwrap_or_else(|| panic!("no case {id}")).clone()
}

/// The elements of a list.
pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}")).iter()
}

/// A text.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

/// A number, written as a number or as a text.
pub fn decimal(value: &Value) -> Decimal {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned).parse().unwrap()
}

/// A count.
pub fn count(value: &Value) -> u16 {
    u16::try_from(value.as_u64().unwrap()).unwrap()
}

/// Rupees.
pub fn rupees(value: &Value) -> Paise {
    Paise::exactly(decimal(value)).unwrap()
}

/// A day.
pub fn day(value: &Value) -> Date {
    text(value).parse().unwrap()
}
