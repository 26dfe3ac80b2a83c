//! How a wing wraps its replies, found out by asking it to wrap something.
use jiff::Timestamp;
use serde_json::{
    Map, Value, json,
    value::{RawValue, to_raw_value},
};
use shared::{
    codes,
    error::{Code, Error, FieldError},
    wing::{Problem, Wing},
};

use super::DeriveError;

/// Stand-ins that no envelope holds by itself.
const MESSAGE: &str = "«message»";
const DATA: &str = "«data»";

/// The schema of a success around `data`; `None` where the envelope leaves nothing of a reply without data.
pub(super) fn success(wing: &Wing, data: Option<Value>) -> Result<Option<Value>, DeriveError> {
    let failed = |error| DeriveError::Json("envelope of a success", error);
    let inside: Option<Box<RawValue>> =
        data.as_ref().map(|_| to_raw_value(DATA)).transpose().map_err(failed)?;
    let bytes = (wing.envelope.success)(MESSAGE, inside.as_deref()).map_err(failed)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let wrapped: Value = serde_json::from_slice(&bytes).map_err(failed)?;
    Ok(Some(shape(&wrapped, data.as_ref())))
}

/// The schema that `example` follows, with the stand-ins for what they stand for.
fn shape(example: &Value, data: Option<&Value>) -> Value {
    match example {
        Value::String(text) if text == DATA => data.cloned().unwrap_or_default(),
        Value::String(text) if text == MESSAGE => {
            json!({ "type": "string", "description": "For a person to read" })
        }
        Value::String(text) => json!({ "type": "string", "const": text }),
        Value::Bool(yes) => json!({ "type": "boolean", "const": yes }),
        Value::Object(fields) => object(fields, |value| shape(value, data)),
        other => kind(other),
    }
}

/// The schema of every error of the wing.
pub(super) fn error(wing: &Wing) -> Value {
    kind(&example(wing, codes::VALIDATION_FAILED))
}

/// An error with this code, as a client would get it.
pub(super) fn example(wing: &Wing, code: Code) -> Value {
    let error = if code == codes::VALIDATION_FAILED {
        let message = "is missing".to_owned();
        Error::invalid(vec![FieldError { field: "amount".to_owned(), rule: "required", message }])
    } else {
        Error::new(code)
    };
    let problem = Problem { error: &error, request_id: "JKJaXmPLvHcESHA=", at: Timestamp::UNIX_EPOCH };
    (wing.envelope.error)(&problem)
}

/// What kind of value `example` is.
fn kind(example: &Value) -> Value {
    match example {
        Value::Null => json!({}),
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(_) => json!({ "type": "number" }),
        Value::String(_) => json!({ "type": "string" }),
        Value::Array(items) => json!({ "type": "array", "items": items.first().map_or(json!({}), kind) }),
        Value::Object(fields) => object(fields, kind),
    }
}

fn object(fields: &Map<String, Value>, of: impl Fn(&Value) -> Value) -> Value {
    let properties: Map<_, _> = fields.iter().map(|(name, value)| (name.clone(), of(value))).collect();
    let required: Vec<_> = fields.keys().collect();
    json!({ "type": "object", "properties": properties, "required": required })
}
