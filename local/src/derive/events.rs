//! The sample event of a function: what AWS would send it. `derive` writes a first one from the declaration; from then on it is
//! written by hand, and must stay an event of its kind.
use serde_json::{Map, Value, json};
use shared::{
    function::{Consumer, Function, Reader, Route, Trigger},
    http::Credential,
};

use super::{DeriveError, names::path_parameters, schemas::Schemas};

/// A first sample for `function`.
pub(super) fn skeleton(function: &Function) -> Result<String, DeriveError> {
    let event = match &function.trigger {
        Trigger::None => Value::Null,
        Trigger::Http(route) => request(function, route)?,
        Trigger::Queue(consumer) => messages(consumer),
        Trigger::Stream(reader) => new_items(reader),
        Trigger::Schedule(_) => json!({ "scheduled_for": "2026-04-01T09:00:00Z" }),
    };
    let text = serde_json::to_string_pretty(&event);
    text.map(|text| text + "\n").map_err(|e| DeriveError::Json("event", e))
}

/// API Gateway's payload 2.0.
fn request(function: &Function, route: &Route) -> Result<Value, DeriveError> {
    let names = path_parameters(route.path);
    let value_of = |name: &str| format!("sample-{name}");
    let path = names.iter().fold(route.path.to_owned(), |path, name| {
        path.replace(&format!("{{{name}}}"), &value_of(name))
            .replace(&format!("{{*{name}}}"), &value_of(name))
    });
    let method = route.method.name();
    let mut headers =
        json!({ "accept": "application/json", "host": "api.example.com", "user-agent": "sample/1" });
    if route.access.credential == Credential::Bearer {
        headers["authorization"] = json!("Bearer sample");
    }
    if route.idempotent {
        headers["idempotency-key"] = json!(format!("sample-{}", function.name));
    }
    let mut event = json!({
        "version": "2.0",
        "routeKey": format!("{method} {}", route.path),
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "sample",
            "domainName": "api.example.com",
            "domainPrefix": "api",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "sample/1",
            },
            "requestId": "sample-request",
            "routeKey": format!("{method} {}", route.path),
            "stage": "$default",
            "time": "01/Apr/2026:09:00:00 +0000",
            "timeEpoch": 1_775_034_000_000_u64,
        },
        "isBase64Encoded": false,
    });
    if !names.is_empty() {
        let values: Map<_, _> =
            names.iter().map(|name| ((*name).to_owned(), json!(value_of(name)))).collect();
        event["pathParameters"] = Value::Object(values);
    }
    if let Credential::Cookie(name) = route.access.credential {
        event["cookies"] = json!([format!("{name}=sample")]);
    }
    if let Some(body) = route.docs.body {
        let mut schemas = Schemas::default();
        let name = schemas.file(function, "Request", &body())?;
        let schema = schemas.get(&name).cloned().unwrap_or_default();
        event["headers"]["content-type"] = json!("application/json");
        event["body"] = json!(schemas.sample(&schema, 4).to_string());
    }
    Ok(event)
}

fn messages(consumer: &Consumer) -> Value {
    json!({ "Records": [{
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "sample",
        "body": "{}",
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1775034000000",
            "SenderId": "AIDASAMPLE",
            "ApproximateFirstReceiveTimestamp": "1775034000001",
        },
        "messageAttributes": {},
        "md5OfBody": "99914b932bd37a50b983c5e7c90ae93b",
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:ap-south-1:000000000000:local-{}", consumer.queue.name),
        "awsRegion": "ap-south-1",
    }] })
}

fn new_items(reader: &Reader) -> Value {
    let records = reader.entities.iter().enumerate().map(|(index, entity)| {
        let keys = json!({ "pk": { "S": "SAMPLE" }, "sk": { "S": format!("SAMPLE#{index}") } });
        json!({
            "eventID": format!("sample-{index}"),
            "eventName": "INSERT",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "ap-south-1",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_775_034_000,
                "Keys": keys,
                "NewImage": { "pk": keys["pk"], "sk": keys["sk"], "entity": { "S": entity }, "revision": { "N": "1" } },
                "SequenceNumber": format!("{}", 100_000 + index),
                "SizeBytes": 64,
                "StreamViewType": "NEW_AND_OLD_IMAGES",
            },
            "eventSourceARN": "arn:aws:dynamodb:ap-south-1:000000000000:table/quintet-local/stream/2026-04-01T00:00:00.000",
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

/// What keeps `event` from being one that AWS would send to `function`.
pub fn fault(function: &Function, event: &Value) -> Option<String> {
    match &function.trigger {
        Trigger::None => Some("nothing calls this function".to_owned()),
        Trigger::Http(route) => fault_of_request(route, event),
        Trigger::Queue(consumer) => each_record(event, |record| fault_of_message(consumer, record)),
        Trigger::Stream(reader) => each_record(event, |record| fault_of_item(reader, record)),
        Trigger::Schedule(_) => {
            let at = event["scheduled_for"].as_str().unwrap_or_default();
            at.parse::<jiff::Timestamp>().is_err().then(|| "scheduled_for is no instant".to_owned())
        }
    }
}

fn fault_of_request(route: &Route, event: &Value) -> Option<String> {
    let http = &event["requestContext"]["http"];
    let path = event["rawPath"].as_str().unwrap_or_default();
    if event["version"] != "2.0" {
        return Some("version is not 2.0".to_owned());
    }
    if http["method"] != route.method.name() {
        return Some(format!("the method is {} and not {}", http["method"], route.method.name()));
    }
    if http["path"] != path || !fits(route.path, path) {
        return Some(format!("the path {path} is not one of {}", route.path));
    }
    if route.docs.body.is_some() {
        let body = event["body"].as_str().unwrap_or_default();
        if let Err(error) = serde_json::from_str::<Value>(body) {
            return Some(format!("the body is not JSON: {error}"));
        }
    }
    None
}

/// Whether `path` is one of those that `pattern` stands for.
fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut found) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(part), Some(_)) if part.starts_with("{*") => return true,
            (Some(part), Some(value)) if part.starts_with('{') && !value.is_empty() => {}
            (Some(part), Some(value)) if part == value => {}
            _ => return false,
        }
    }
}

fn each_record(event: &Value, fault: impl Fn(&Value) -> Option<String>) -> Option<String> {
    match event["Records"].as_array() {
        Some(records) if !records.is_empty() => records.iter().find_map(fault),
        _ => Some("there are no Records".to_owned()),
    }
}

fn fault_of_message(consumer: &Consumer, record: &Value) -> Option<String> {
    let text = |name: &str| record[name].as_str().unwrap_or_default();
    let faults = [
        (record["eventSource"] != "aws:sqs", "a record is not from SQS"),
        (text("messageId").is_empty(), "a message has no id"),
        (
            !text("eventSourceARN").ends_with(&format!("-{}", consumer.queue.name)),
            "a message is of another queue",
        ),
        (serde_json::from_str::<Value>(text("body")).is_err(), "the body of a message is not JSON"),
    ];
    faults.into_iter().find(|(is, _)| *is).map(|(_, fault)| fault.to_owned())
}

fn fault_of_item(reader: &Reader, record: &Value) -> Option<String> {
    let entity = record["dynamodb"]["NewImage"]["entity"]["S"].as_str().unwrap_or_default();
    let faults = [
        (record["eventName"] != "INSERT", "a record is not an INSERT"),
        (!reader.entities.contains(&entity), "a new item is of a kind that does not wake the function"),
        (!record["dynamodb"]["SequenceNumber"].is_string(), "a record has no sequence number"),
    ];
    faults.into_iter().find(|(is, _)| *is).map(|(_, fault)| fault.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{super::testing, *};

    #[test]
    fn the_first_sample_of_every_kind_is_an_event_of_its_kind() {
        for function in testing::house().wings[0].1 {
            let event = serde_json::from_str(&skeleton(function).unwrap()).unwrap();
            assert_eq!(fault(function, &event), None, "{}", function.name);
        }
    }

    #[test]
    fn a_first_body_has_the_fields_of_the_request() {
        let event: Value = serde_json::from_str(&skeleton(&testing::PAY).unwrap()).unwrap();
        let body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
        assert_eq!(body, json!({ "amount_paise": 1, "note": "text", "to": { "name": "text" } }));
    }

    #[test]
    fn an_event_of_another_path_is_refused() {
        let mut event: Value = serde_json::from_str(&skeleton(&testing::LIST).unwrap()).unwrap();
        event["rawPath"] = json!("/api/accounts/1");
        assert!(fault(&testing::LIST, &event).is_some_and(|fault| fault.contains("the path")));
    }

    #[test]
    fn paths_fit_their_patterns() {
        assert!(fits("/a/{id}/b", "/a/1/b") && fits("/a/{*rest}", "/a/b/c"));
        assert!(!fits("/a/{id}/b", "/a//b") && !fits("/a", "/a/b") && !fits("/a/b", "/a"));
    }
}
