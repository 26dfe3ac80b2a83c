//! A call of an HTTP function, and its answer.
use std::{collections::BTreeMap, future::IntoFuture};

use futures::future::BoxFuture;
use serde_json::{Value, json};
use shared::{
    function::{Function, Route},
    http::Credential,
};

use crate::{Cost, Stand};

/// A call under way: add to it, then await it.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<'a> {
    stand: &'a Stand,
    function: &'static Function,
    route: &'static Route,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Option<String>,
    source_ip: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The JSON body, or the text as a JSON string, or null.
    pub body: Value,
    /// The headers, in lower case.
    pub headers: BTreeMap<String, String>,
    /// The `Set-Cookie` values.
    pub cookies: Vec<String>,
    /// What it cost.
    pub cost: Cost,
}

impl Answer {
    /// The public error code, or `""`.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// `name=value` of the cookie it set, as a browser would send it back.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let start = format!("{name}=");
        let cookie = self.cookies.iter().find(|cookie| cookie.starts_with(&start))?;
        Some(cookie.split(';').next().unwrap_or_default().to_owned())
    }

    /// The fields that a 400 lists, sorted.
    pub fn wrong_fields(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut fields: Vec<&str> = errors.iter().filter_map(|error| error["field"].as_str()).collect();
        fields.sort_unstable();
        fields
    }
}

impl<'a> Call<'a> {
    pub(crate) fn new(stand: &'a Stand, function: &'static Function) -> Self {
        let route = function.route().unwrap_or_else(|| panic!("{} is not called over HTTP", function.name));
        Self {
            stand,
            function,
            route,
            path: route.path.to_owned(),
            query: String::new(),
            headers: BTreeMap::from([("host".to_owned(), "localhost".to_owned())]),
            body: None,
            source_ip: "203.0.113.7".to_owned(),
        }
    }

    /// Fills the path parameter `{name}`.
    pub fn path(mut self, name: &str, value: impl ToString) -> Self {
        self.path = self.path.replace(&format!("{{{name}}}"), &value.to_string());
        self
    }

    /// The query string, without `?`.
    pub fn query(mut self, query: &str) -> Self {
        query.clone_into(&mut self.query);
        self
    }

    /// A JSON body.
    pub fn json(mut self, body: Value) -> Self {
        self.headers.entry("content-type".to_owned()).or_insert_with(|| "application/json".to_owned());
        self.body = Some(body.to_string());
        self
    }

    /// Any text as the body.
    pub fn body(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self
    }

    /// A header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_lowercase(), value.to_owned());
        self
    }

    /// A cookie session: sends `cookie` and, as a page of ours would, the own origin with it.
    pub fn cookie(self, cookie: &str) -> Self {
        debug_assert!(matches!(self.route.access.credential, Credential::Cookie(_) | Credential::None));
        self.header("cookie", cookie).header("origin", "http://localhost")
    }

    /// The address it comes from.
    pub fn from_ip(mut self, ip: &str) -> Self {
        ip.clone_into(&mut self.source_ip);
        self
    }

    /// The event that API Gateway would make of it (HTTP API, payload 2.0).
    fn event(&self) -> Value {
        let now = self.stand.now();
        let mut headers = self.headers.clone();
        let cookies: Vec<String> =
            headers.remove("cookie").map(|c| c.split("; ").map(str::to_owned).collect()).unwrap_or_default();
        let path = format!("{}{}", self.function.wing.base_path, self.path);
        json!({
            "version": "2.0",
            "routeKey": format!("{} {}", self.route.method.name(), self.route.path),
            "rawPath": path,
            "rawQueryString": self.query,
            "cookies": cookies,
            "headers": headers,
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "test",
                "domainName": "localhost",
                "domainPrefix": "localhost",
                "http": {
                    "method": self.route.method.name(),
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": self.source_ip,
                    "userAgent": "stand",
                },
                "requestId": "test-request",
                "routeKey": format!("{} {}", self.route.method.name(), self.route.path),
                "stage": "$default",
                "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
                "timeEpoch": now.as_millisecond(),
            },
            "body": self.body,
            "isBase64Encoded": false,
        })
    }
}

impl<'a> IntoFuture for Call<'a> {
    type Output = Answer;
    type IntoFuture = BoxFuture<'a, Answer>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (reply, trace) = self.stand.traced(self.function, &self.event()).await;
            let reply = reply.unwrap_or_else(|failure| panic!("{} failed: {failure}", self.function.name));
            let raw = reply["body"].as_str().unwrap_or_default();
            let texts = |value: &Value| -> BTreeMap<String, String> {
                value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter_map(|(name, value)| Some((name.to_lowercase(), value.as_str()?.to_owned())))
                    .collect()
            };
            let cookies = reply["cookies"].as_array().into_iter().flatten();
            Answer {
                status: u16::try_from(reply["statusCode"].as_u64().unwrap_or_default()).unwrap_or_default(),
                body: serde_json::from_str(raw)
                    .unwrap_or_else(|_| if raw.is_empty() { Value::Null } else { Value::from(raw) }),
                headers: texts(&reply["headers"]),
                cookies: cookies.filter_map(Value::as_str).map(str::to_owned).collect(),
                cost: self.stand.cost_of(&trace),
            }
        })
    }
}
