//! How answers and errors look on the wire: each AWS service speaks one of three protocols.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::observer::{Refusal, Service};

/// An error in the terms of the called service.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub status: u16,
    /// The code that SDKs turn into a typed error, for example `QueueDoesNotExist`.
    pub code: String,
    /// SQS alone still sends the code its old protocol used, in the header `x-amzn-query-error`.
    pub query_code: Option<&'static str>,
    pub message: String,
}

impl Failure {
    pub fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), query_code: None, message: message.into() }
    }

    /// Something that should not happen: logged in full, told to the caller in one word.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "the local AWS endpoint failed");
        Self::new(500, "InternalFailure", format!("The local AWS endpoint failed: {error}"))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.status, refusal.code, refusal.message)
    }
}

/// A finished answer, before it becomes an HTTP response.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub status: u16,
    pub body: Bytes,
    pub content_type: &'static str,
    pub headers: Vec<(&'static str, String)>,
    /// The error code, when this is an error.
    pub error: Option<String>,
    pub read_units: f64,
    pub write_units: f64,
}

const JSON_1_0: &str = "application/x-amz-json-1.0";
const JSON_1_1: &str = "application/x-amz-json-1.1";

impl Reply {
    pub fn ok(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            status: 200,
            body: body.into(),
            content_type,
            headers: Vec::new(),
            error: None,
            read_units: 0.0,
            write_units: 0.0,
        }
    }

    /// A JSON answer in the service's dialect.
    pub fn json(service: Service, body: impl Into<Bytes>) -> Self {
        Self::ok(json_type(service), body)
    }

    /// An XML answer of the query protocol: `<OpResponse><OpResult>...`.
    pub fn xml(service: Service, operation: &str, result: &str, request_id: &str) -> Self {
        let namespace = namespace(service);
        let body = format!(
            "<{operation}Response xmlns=\"{namespace}\"><{operation}Result>{result}</{operation}Result>\
             <ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
        );
        Self::ok("text/xml", body)
    }

    /// The failure in the protocol of `service`.
    pub fn failure(service: Service, failure: &Failure, request_id: &str) -> Self {
        let Failure { status, code, query_code, message } = failure;
        let mut headers = Vec::new();
        let fault = if *status < 500 { "Sender" } else { "Receiver" };
        let (content_type, body) = match service {
            Service::Sns | Service::Sts => {
                let (namespace, code, message) = (namespace(service), escape_xml(code), escape_xml(message));
                let body = format!(
                    "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{fault}</Type><Code>{code}</Code>\
                     <Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
                );
                ("text/xml", body)
            }
            Service::Ses => {
                headers.push(("x-amzn-errortype", code.clone()));
                ("application/json", json!({ "message": message }).to_string())
            }
            Service::DynamoDb | Service::Sqs | Service::SecretsManager => {
                if service == Service::Sqs {
                    let code = query_code.map_or(code.as_str(), |code| code);
                    headers.push(("x-amzn-query-error", format!("{code};{fault}")));
                }
                let kind = format!("{}{code}", type_prefix(service, code));
                (json_type(service), json!({ "__type": kind, "message": message }).to_string())
            }
        };
        Self { status: *status, headers, error: Some(code.clone()), ..Self::ok(content_type, body) }
    }

    /// The HTTP response; the request id goes into the header every SDK logs.
    pub fn into_response(self, request_id: &str) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Ok(id) = HeaderValue::from_str(request_id) {
            headers.insert("x-amzn-requestid", id);
        }
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// Reads the JSON body of an operation; no body means an empty object.
pub(crate) fn read_json(body: &[u8]) -> Result<Value, Failure> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => Ok(Value::Object(fields)),
        Ok(_) => Err(Failure::new(400, "SerializationException", "the body is not a JSON object")),
        Err(error) => Err(Failure::new(400, "SerializationException", error.to_string())),
    }
}

/// Text made safe for XML: markup escaped, characters XML cannot carry replaced.
pub(crate) fn escape_xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' => out.push(character),
            character if character < ' ' => out.push('\u{fffd}'),
            character => out.push(character),
        }
    }
    out
}

fn json_type(service: Service) -> &'static str {
    match service {
        Service::SecretsManager => JSON_1_1,
        Service::Ses => "application/json",
        _ => JSON_1_0,
    }
}

fn namespace(service: Service) -> &'static str {
    match service {
        Service::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        _ => "http://sns.amazonaws.com/doc/2010-03-31/",
    }
}

/// The namespace AWS writes before an error code; SDKs drop it, people see it in logs.
fn type_prefix(service: Service, code: &str) -> &'static str {
    match (service, code) {
        (Service::DynamoDb, "ValidationException") => "com.amazon.coral.validate#",
        (
            Service::DynamoDb,
            "SerializationException"
            | "UnknownOperationException"
            | "MissingAuthenticationTokenException"
            | "AccessDeniedException"
            | "ThrottlingException",
        ) => "com.amazon.coral.service#",
        (Service::DynamoDb, _) => "com.amazonaws.dynamodb.v20120810#",
        (Service::Sqs, _) => "com.amazonaws.sqs#",
        _ => "",
    }
}
