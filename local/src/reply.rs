//! What a function answers, as the HTTP response that API Gateway makes of it.
use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    #[serde(default)]
    multi_value_headers: BTreeMap<String, Vec<Value>>,
    #[serde(default)]
    cookies: Vec<String>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// The response for `reply`; `None` when it is no reply that API Gateway would take.
pub(crate) fn response(reply: &RawValue) -> Option<Response<Body>> {
    let reply: Reply = serde_json::from_str(reply.get()).ok()?;
    let body = reply.body.unwrap_or_default();
    let body = if reply.is_base64_encoded { STANDARD.decode(body).ok()? } else { body.into_bytes() };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(reply.status_code).ok()?;
    let headers = response.headers_mut();
    let single = reply.headers.iter().map(|(name, value)| (name, std::slice::from_ref(value)));
    let several = reply.multi_value_headers.iter().map(|(name, values)| (name, values.as_slice()));
    for (name, values) in single.chain(several) {
        insert(headers, name, values)?;
    }
    // The connection is the gateway's own business.
    for name in [header::CONTENT_LENGTH, header::CONNECTION, header::TRANSFER_ENCODING] {
        headers.remove(name);
    }
    for cookie in reply.cookies {
        headers.append(header::SET_COOKIE, HeaderValue::try_from(cookie).ok()?);
    }
    Some(response)
}

/// A name in both maps has the values of the second.
fn insert(headers: &mut HeaderMap, name: &str, values: &[Value]) -> Option<()> {
    let name = HeaderName::try_from(name).ok()?;
    headers.remove(&name);
    for value in values {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        headers.append(name.clone(), HeaderValue::try_from(value).ok()?);
    }
    Some(())
}

/// The status in a reply, for the log.
pub(crate) fn status(reply: &RawValue) -> Option<u16> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Status {
        status_code: u16,
    }
    serde_json::from_str::<Status>(reply.get()).ok().map(|reply| reply.status_code)
}

/// The items that a batch function names as failed; `None` when the reply is none of that kind.
pub(crate) fn failed_items(reply: &RawValue) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Batch {
        #[serde(default)]
        batch_item_failures: Vec<Item>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Item {
        item_identifier: String,
    }
    let batch: Batch = serde_json::from_str(reply.get()).ok()?;
    Some(batch.batch_item_failures.into_iter().map(|item| item.item_identifier).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{json, value::to_raw_value};

    use super::*;

    #[tokio::test]
    async fn every_part_of_a_reply_arrives() {
        let reply = json!({
            "statusCode": 201,
            "headers": { "Content-Type": "text/plain", "x-count": 3, "Content-Length": "0" },
            "multiValueHeaders": { "x-many": ["1", "2"] },
            "cookies": ["a=1; Secure", "b=2"],
            "body": "aGk=",
            "isBase64Encoded": true
        });
        let response = response(&to_raw_value(&reply).unwrap()).unwrap();
        assert_eq!(response.status(), 201);
        let all = |name: &str| -> Vec<&str> {
            response.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
        };
        assert_eq!(all("content-type"), ["text/plain"]);
        assert_eq!(all("x-count"), ["3"]);
        assert!(all("content-length").is_empty());
        assert_eq!(all("x-many"), ["1", "2"]);
        assert_eq!(all("set-cookie"), ["a=1; Secure", "b=2"]);
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert_eq!(&body[..], b"hi");
    }

    #[test]
    fn what_is_no_reply_makes_no_response() {
        for wrong in [
            json!(null),
            json!({}),
            json!({ "statusCode": 1000 }),
            json!({ "statusCode": 200, "headers": { "a\n": "b" } }),
        ] {
            assert!(response(&to_raw_value(&wrong).unwrap()).is_none(), "{wrong}");
        }
    }
}
