//! The table's stream: new items, in order.
use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};

use super::{Failure, log_failure};
use crate::{
    app::App,
    error::Error,
    function::{Function, Reader},
    table::{Entity, Mixed, Stored},
};

/// A new item, as the stream shows it.
#[derive(Debug)]
pub struct Change {
    /// Its place in the stream.
    pub sequence: String,
    item: Mixed,
}

impl Change {
    /// The value, if it is an `E`.
    pub fn new_value<E: Entity>(&self) -> Result<Option<Stored<E>>, Error> {
        self.item.read()
    }
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "eventName")]
    name: String,
    dynamodb: Images,
}

#[derive(Deserialize)]
struct Images {
    #[serde(rename = "NewImage")]
    new: Option<HashMap<String, Value>>,
    #[serde(rename = "SequenceNumber")]
    sequence: String,
}

pub(super) async fn handle(
    function: &'static Function,
    reader: &Reader,
    app: &App,
    event: &RawValue,
) -> Result<Box<RawValue>, Failure> {
    let event: Event = serde_json::from_str(event.get())?;
    let mut failures = Vec::new();
    for record in event.records {
        let Some(new) = record.dynamodb.new.filter(|_| record.name == "INSERT") else { continue };
        let item =
            Mixed::from_attributes(new.into_iter().map(|(name, value)| (name, attribute(&value))).collect());
        if !reader.entities.contains(&item.entity()) {
            continue;
        }
        let change = Change { sequence: record.dynamodb.sequence, item };
        if let Err(error) = (reader.handle)(app, &change).await {
            log_failure(function, "record", &change.sequence, &error);
            // A stream is in order: Lambda goes on from the first that failed, so nothing after it may count as done.
            failures.push(json!({ "itemIdentifier": change.sequence }));
            break;
        }
    }
    Ok(to_raw_value(&json!({ "batchItemFailures": failures }))?)
}

/// DynamoDB's own JSON (`{"S": "…"}`) as the SDK's value.
fn attribute(value: &Value) -> AttributeValue {
    let Some((kind, value)) = value.as_object().and_then(|object| object.iter().next()) else {
        return AttributeValue::Null(true);
    };
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => AttributeValue::S(text.clone()),
        ("N", Value::String(number)) => AttributeValue::N(number.clone()),
        ("BOOL", Value::Bool(yes)) => AttributeValue::Bool(*yes),
        ("L", Value::Array(list)) => AttributeValue::L(list.iter().map(attribute).collect()),
        ("M", Value::Object(map)) => {
            AttributeValue::M(map.iter().map(|(name, value)| (name.clone(), attribute(value))).collect())
        }
        ("SS", Value::Array(list)) => {
            AttributeValue::Ss(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        }
        ("NS", Value::Array(list)) => {
            AttributeValue::Ns(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        }
        // Bytes are never stored by this house; sealed texts are base64.
        _ => AttributeValue::Null(true),
    }
}
