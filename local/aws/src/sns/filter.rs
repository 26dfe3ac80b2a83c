//! Filter policies of SNS subscriptions: which messages a subscriber wants.

use serde_json::{Map, Value};

/// Whether `policy` lets a message with these values pass. Message attributes and JSON bodies both come as an
/// object; nested policies look into nested objects.
pub(crate) fn passes(policy: &Value, data: &Value) -> bool {
    policy.as_object().is_some_and(|rules| rules.iter().all(|(name, rule)| rule_passes(name, rule, data)))
}

fn rule_passes(name: &str, rule: &Value, data: &Value) -> bool {
    match rule {
        Value::Array(alternatives) if name == "$or" => alternatives.iter().any(|policy| passes(policy, data)),
        Value::Array(conditions) => {
            let found = values(data.get(name));
            let holds = |condition: &Value| match found.as_slice() {
                [] => holds_for(condition, None),
                found => found.iter().any(|value| holds_for(condition, Some(value))),
            };
            conditions.iter().any(holds)
        }
        Value::Object(_) => match data.get(name) {
            Some(Value::Array(elements)) => elements.iter().any(|element| passes(rule, element)),
            Some(inner) => passes(rule, inner),
            None => passes(rule, &Value::Null),
        },
        _ => false,
    }
}

/// A list counts as its elements.
fn values(value: Option<&Value>) -> Vec<&Value> {
    match value {
        None => Vec::new(),
        Some(Value::Array(elements)) => elements.iter().collect(),
        Some(single) => vec![single],
    }
}

fn holds_for(condition: &Value, value: Option<&Value>) -> bool {
    match condition {
        Value::Object(operators) => operator_holds(operators, value),
        exact => value.is_some_and(|value| equal(value, exact)),
    }
}

fn operator_holds(operators: &Map<String, Value>, value: Option<&Value>) -> bool {
    operators.iter().all(|(operator, argument)| {
        if operator == "exists" {
            return argument.as_bool() == Some(value.is_some());
        }
        let Some(value) = value else { return false };
        let compare = |test: fn(&str, &str) -> bool| {
            value.as_str().zip(argument.as_str()).is_some_and(|(text, argument)| test(text, argument))
        };
        match operator.as_str() {
            "prefix" => compare(|text, prefix| text.starts_with(prefix)),
            "suffix" => compare(|text, suffix| text.ends_with(suffix)),
            "equals-ignore-case" => compare(|text, other| text.to_lowercase() == other.to_lowercase()),
            "numeric" => value.as_f64().is_some_and(|number| in_range(number, argument)),
            "anything-but" => match argument {
                Value::Array(excluded) => !excluded.iter().any(|each| holds_for(each, Some(value))),
                excluded => !holds_for(excluded, Some(value)),
            },
            _ => false,
        }
    })
}

/// Numbers are equal by value: `1` and `1.0`.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (left, right) => left == right,
    }
}

/// `[">=", 100, "<", 200]`: pairs of an operator and a number, all of which must hold.
fn in_range(number: f64, range: &Value) -> bool {
    let Some(parts) = range.as_array().filter(|parts| !parts.is_empty()) else { return false };
    parts.chunks(2).all(|pair| {
        let (Some(operator), Some(limit)) = (pair[0].as_str(), pair.get(1).and_then(Value::as_f64)) else {
            return false;
        };
        match operator {
            "=" => (number - limit).abs() < f64::EPSILON,
            "<" => number < limit,
            "<=" => number <= limit,
            ">" => number > limit,
            ">=" => number >= limit,
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::passes;

    #[test]
    fn conditions_on_strings_numbers_and_presence_are_understood() {
        let data = json!({ "kind": "order.paid", "amount": 150, "tags": ["a", "b"], "deep": { "x": true } });
        let wanted = [
            json!({ "kind": ["order.paid"] }),
            json!({ "kind": [{ "prefix": "order." }], "amount": [{ "numeric": [">=", 100, "<", 200] }] }),
            json!({ "kind": [{ "suffix": "PAID" }, { "equals-ignore-case": "ORDER.PAID" }] }),
            json!({ "tags": ["b"] }),
            json!({ "missing": [{ "exists": false }] }),
            json!({ "kind": [{ "anything-but": ["order.open", { "prefix": "pay" }] }] }),
            json!({ "$or": [{ "amount": [1] }, { "amount": [150.0] }] }),
            json!({ "deep": { "x": [true] } }),
        ];
        for policy in wanted {
            assert!(passes(&policy, &data), "{policy}");
        }
        let unwanted = [
            json!({ "kind": ["order"] }),
            json!({ "amount": [{ "numeric": ["<", 100] }] }),
            json!({ "missing": ["x"] }),
            json!({ "missing": [{ "anything-but": ["x"] }] }),
            json!({ "kind": [{ "anything-but": { "prefix": "order" } }] }),
            json!({ "kind": [{ "exists": false }] }),
            json!({ "kind": "not a list" }),
            json!([]),
        ];
        for policy in unwanted {
            assert!(!passes(&policy, &data), "{policy}");
        }
    }
}
