//! The event that an HTTP API sends for a request: payload format 2.0.
use std::{collections::BTreeMap, net::IpAddr};

use axum::http::{HeaderMap, header, request::Parts};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{
    Map, Value, json,
    value::{RawValue, to_raw_value},
};
use shared::wing::Wing;

use crate::{identity::ACCOUNT, routes::decode};

/// A request that found its function, with what the gateway knows of it.
pub(crate) struct Arrival<'a> {
    pub wing: &'static Wing,
    pub parts: &'a Parts,
    pub body: &'a Bytes,
    pub source: IpAddr,
    pub request_id: &'a str,
    pub trace: &'a str,
    pub route_key: &'a str,
    pub parameters: &'a BTreeMap<&'static str, String>,
    pub at: Timestamp,
}

impl Arrival<'_> {
    /// The event.
    pub fn event(&self) -> Result<Box<RawValue>, serde_json::Error> {
        let request = &self.parts.headers;
        let path = decoded_path(self.parts.uri.path());
        let query = self.parts.uri.query().unwrap_or_default();
        let host = text(request, header::HOST.as_str()).unwrap_or("localhost");
        let domain = host.rsplit_once(':').map_or(host, |(name, _port)| name);
        let mut event = json!({
            "version": "2.0",
            "routeKey": self.route_key,
            "rawPath": path,
            "rawQueryString": query,
            "headers": self.headers(),
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": self.wing.name,
                "domainName": domain,
                "domainPrefix": domain.split('.').next().unwrap_or_default(),
                "http": {
                    "method": self.parts.method.as_str(),
                    "path": path,
                    "protocol": format!("{:?}", self.parts.version),
                    "sourceIp": self.source.to_string(),
                    "userAgent": text(request, header::USER_AGENT.as_str()).unwrap_or_default(),
                },
                "requestId": self.request_id,
                "routeKey": self.route_key,
                "stage": "$default",
                "time": self.at.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
                "timeEpoch": self.at.as_millisecond(),
            },
            "isBase64Encoded": false,
        });
        // What a request does not have is not in its event at all.
        let cookies = cookies(request);
        if !cookies.is_empty() {
            event["cookies"] = json!(cookies);
        }
        if !query.is_empty() {
            event["queryStringParameters"] = Value::Object(query_parameters(query));
        }
        if !self.parameters.is_empty() {
            event["pathParameters"] = json!(self.parameters);
        }
        if !self.body.is_empty() {
            if let Some(body) = str::from_utf8(self.body).ok().filter(|_| is_text(request)) {
                event["body"] = json!(body);
            } else {
                event["body"] = json!(STANDARD.encode(self.body));
                event["isBase64Encoded"] = json!(true);
            }
        }
        to_raw_value(&event)
    }

    /// Lower-case names, repeated headers in one value with commas, cookies left out, the gateway's own added.
    fn headers(&self) -> Map<String, Value> {
        let mut joined: BTreeMap<&str, String> = BTreeMap::new();
        for (name, value) in &self.parts.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            joined
                .entry(name.as_str())
                .and_modify(|all| {
                    all.push(',');
                    all.push_str(&value);
                })
                .or_insert_with(|| value.clone().into_owned());
        }
        joined.remove(header::COOKIE.as_str());
        let host = joined.get(header::HOST.as_str()).cloned().unwrap_or_default();
        let port = host.rsplit_once(':').map_or("80", |(_, port)| port).to_owned();
        joined.insert("x-forwarded-for", self.source.to_string());
        joined.insert("x-forwarded-port", port);
        joined.insert("x-forwarded-proto", "http".to_owned());
        joined.insert("x-amzn-trace-id", self.trace.to_owned());
        joined.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect()
    }
}

/// HTTP APIs decode the path and even cut it at a decoded question mark (seen on AWS; the manual is silent), so a function
/// meets the same here.
fn decoded_path(path: &str) -> String {
    let decoded = decode(path);
    decoded.split('?').next().unwrap_or_default().to_owned()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// `a=1; b=2` in one or several headers, as the list of its cookies.
fn cookies(headers: &HeaderMap) -> Vec<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let cookies = all.flat_map(|value| value.split(';')).map(str::trim).filter(|cookie| !cookie.is_empty());
    cookies.map(str::to_owned).collect()
}

/// Decoded; the values of a repeated name in one, with commas.
fn query_parameters(query: &str) -> Map<String, Value> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        joined
            .entry(name.into_owned())
            .and_modify(|all| {
                all.push(',');
                all.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    joined.into_iter().map(|(name, value)| (name, Value::String(value))).collect()
}

/// Whether HTTP APIs send a body of this content type as it is. Everything else travels in base64: forms too, and bodies
/// that do not say what they are (seen on AWS; the manual does not list the types).
fn is_text(headers: &HeaderMap) -> bool {
    let kind = text(headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let plain = essence.starts_with("text/")
        || matches!(&*essence, "application/json" | "application/xml" | "application/javascript");
    plain && !headers.contains_key(header::CONTENT_ENCODING)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn event(request: Request<&'static [u8]>, parameters: &BTreeMap<&'static str, String>) -> Value {
        let (parts, body) = request.into_parts();
        let arrival = Arrival {
            wing: &Wing::NONE,
            parts: &parts,
            body: &Bytes::from_static(body),
            source: "192.0.2.1".parse().unwrap(),
            request_id: "id",
            trace: "Root=1-5759e988-bd862e3fe1be46a994272793",
            route_key: "POST /my/{kind}",
            parameters,
            at: "2020-03-12T19:03:58.390Z".parse().unwrap(),
        };
        serde_json::from_str(arrival.event().unwrap().get()).unwrap()
    }

    /// The example of «Create AWS Lambda proxy integrations for HTTP APIs», less what only authorizers and stage variables add.
    #[test]
    fn the_event_is_the_documented_payload_2_0() {
        let request = Request::post("/my/path?parameter1=value1&parameter1=value2&parameter2=value%20three")
            .header("Host", "id.example.com:8080")
            .header("Header1", "value1")
            .header("Header2", "value1")
            .header("header2", "value2")
            .header("Cookie", "cookie1=a; cookie2=b")
            .header("Cookie", "cookie3=c")
            .header("User-Agent", "agent")
            .header("Content-Type", "text/plain; charset=utf-8")
            .body(&b"Hello from Lambda"[..])
            .unwrap();
        let parameters = BTreeMap::from([("kind", "path".to_owned())]);
        assert_eq!(
            event(request, &parameters),
            json!({
                "version": "2.0",
                "routeKey": "POST /my/{kind}",
                "rawPath": "/my/path",
                "rawQueryString": "parameter1=value1&parameter1=value2&parameter2=value%20three",
                "cookies": ["cookie1=a", "cookie2=b", "cookie3=c"],
                "headers": {
                    "content-type": "text/plain; charset=utf-8",
                    "header1": "value1",
                    "header2": "value1,value2",
                    "host": "id.example.com:8080",
                    "user-agent": "agent",
                    "x-amzn-trace-id": "Root=1-5759e988-bd862e3fe1be46a994272793",
                    "x-forwarded-for": "192.0.2.1",
                    "x-forwarded-port": "8080",
                    "x-forwarded-proto": "http"
                },
                "queryStringParameters": { "parameter1": "value1,value2", "parameter2": "value three" },
                "requestContext": {
                    "accountId": "000000000000",
                    "apiId": "",
                    "domainName": "id.example.com",
                    "domainPrefix": "id",
                    "http": {
                        "method": "POST",
                        "path": "/my/path",
                        "protocol": "HTTP/1.1",
                        "sourceIp": "192.0.2.1",
                        "userAgent": "agent"
                    },
                    "requestId": "id",
                    "routeKey": "POST /my/{kind}",
                    "stage": "$default",
                    "time": "12/Mar/2020:19:03:58 +0000",
                    "timeEpoch": 1_584_039_838_390_i64
                },
                "body": "Hello from Lambda",
                "pathParameters": { "kind": "path" },
                "isBase64Encoded": false
            })
        );
    }

    #[test]
    fn what_a_request_lacks_its_event_lacks_too() {
        let event = event(Request::get("/a").body(&[][..]).unwrap(), &BTreeMap::new());
        for absent in ["cookies", "queryStringParameters", "pathParameters", "body"] {
            assert!(event.get(absent).is_none(), "{absent}");
        }
        assert_eq!(event["rawQueryString"], "");
    }

    #[test]
    fn only_the_text_types_of_http_apis_travel_as_text() {
        let encoded = |kind: Option<&str>, body: &'static [u8]| {
            let request = Request::post("/a");
            let request = match kind {
                Some(kind) => request.header("content-type", kind),
                None => request,
            };
            let event = event(request.body(body).unwrap(), &BTreeMap::new());
            (event["isBase64Encoded"].as_bool().unwrap(), event["body"].as_str().unwrap().to_owned())
        };
        assert_eq!(encoded(Some("application/json"), b"{}"), (false, "{}".to_owned()));
        assert_eq!(encoded(Some("application/x-www-form-urlencoded"), b"a=1"), (true, "YT0x".to_owned()));
        assert_eq!(encoded(Some("image/png"), &[0xff]), (true, "/w==".to_owned()));
        assert_eq!(encoded(Some("text/plain"), &[0xff]), (true, "/w==".to_owned()));
        assert_eq!(encoded(None, b"a"), (true, "YQ==".to_owned()));
    }

    #[test]
    fn the_path_is_decoded_and_cut_at_a_decoded_question_mark() {
        let event = event(Request::get("/a%20b/%3Fc?d=%20").body(&[][..]).unwrap(), &BTreeMap::new());
        assert_eq!((&event["rawPath"], &event["rawQueryString"]), (&json!("/a b/"), &json!("d=%20")));
    }
}
