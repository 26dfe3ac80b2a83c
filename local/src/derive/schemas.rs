//! The components of an OpenAPI document. Endpoints call their shapes `Request` and `Response`, so each is filed under a name
//! with the endpoint's in it; what they share is filed once.
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use shared::{function::Function, http::Described};

use super::{
    DeriveError,
    names::{pascal, without_wing},
};

const PREFIX: &str = "#/components/schemas/";

/// Schemas by name.
#[derive(Debug, Default)]
pub(super) struct Schemas(BTreeMap<String, Value>);

impl Schemas {
    /// Files what `function` describes and hands back its name: `SendOtpRequest` for the `Request` of `lending-send-otp`.
    pub(super) fn file(
        &mut self,
        function: &Function,
        role: &str,
        described: &Described,
    ) -> Result<String, DeriveError> {
        let own = pascal(without_wing(function));
        let mut wanted = vec![(described.name.clone(), to_json(&described.schema)?)];
        for (name, schema) in &described.others {
            if !wanted.iter().any(|(known, _)| known == name) {
                wanted.push((name.clone(), to_json(schema)?));
            }
        }
        // Two types of one name that differ: the later one is filed under its endpoint's name.
        let mut renamed = BTreeMap::from([(described.name.clone(), format!("{own}{role}"))]);
        for (name, schema) in wanted.iter().skip(1) {
            if self.0.get(name).is_some_and(|known| known != schema) || name == "Error" {
                renamed.insert(name.clone(), format!("{own}{name}"));
            }
        }
        for (name, mut schema) in wanted {
            rename(&mut schema, &renamed);
            let name = renamed.get(&name).cloned().unwrap_or(name);
            self.0.insert(name, schema);
        }
        Ok(format!("{own}{role}"))
    }

    /// Files `schema` as it is.
    pub(super) fn put(&mut self, name: &str, schema: Value) {
        self.0.insert(name.to_owned(), schema);
    }

    /// The schema behind a name or a `$ref`.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name.trim_start_matches(PREFIX))
    }

    /// All of them.
    pub(super) fn into_json(self) -> Value {
        Value::Object(self.0.into_iter().collect::<Map<_, _>>())
    }

    /// A value that fits `schema`: its example where it has one, else the plainest there is. A start for a sample.
    pub(super) fn sample(&self, schema: &Value, depth: u8) -> Value {
        if let Some(example) = schema.get("example").or_else(|| schema.pointer("/examples/0")) {
            return example.clone();
        }
        if let Some(first) = schema.pointer("/enum/0").or_else(|| schema.get("const")) {
            return first.clone();
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str).and_then(|name| self.get(name)) {
            return if depth == 0 { Value::Null } else { self.sample(target, depth - 1) };
        }
        for choice in ["/oneOf", "/anyOf", "/allOf"] {
            let options = schema.pointer(choice).and_then(Value::as_array);
            let real = options.and_then(|all| all.iter().find(|one| one["type"] != "null"));
            if let Some(real) = real {
                return self.sample(real, depth);
            }
        }
        match kind(schema) {
            "object" => {
                let fields = schema["properties"].as_object().cloned().unwrap_or_default();
                fields.iter().map(|(name, schema)| (name.clone(), self.sample(schema, depth))).collect()
            }
            "array" => json!([self.sample(&schema["items"], depth)]),
            "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(1)),
            "boolean" => json!(true),
            "string" => json!(match schema["format"].as_str() {
                Some("date") => "2026-04-01",
                Some("date-time") => "2026-04-01T09:00:00Z",
                Some("email") => "asha@example.com",
                _ => "text",
            }),
            _ => Value::Null,
        }
    }
}

/// The type of a schema; `["string", "null"]` is a string.
fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(kind) => kind,
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null")
        }
        _ if schema.get("properties").is_some() => "object",
        _ => "",
    }
}

fn to_json(schema: &impl serde::Serialize) -> Result<Value, DeriveError> {
    serde_json::to_value(schema).map_err(|e| DeriveError::Json("schema", e))
}

fn rename(schema: &mut Value, names: &BTreeMap<String, String>) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::String(target)) = fields.get_mut("$ref")
                && let Some(name) = target.strip_prefix(PREFIX).and_then(|name| names.get(name))
            {
                *target = format!("{PREFIX}{name}");
            }
            fields.values_mut().for_each(|value| rename(value, names));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| rename(value, names)),
        _ => {}
    }
}

/// A reference to a filed schema.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("{PREFIX}{name}") })
}
