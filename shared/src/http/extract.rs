//! Extractors whose refusals are ours: the body, the query, the path, `If-Match`.
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use deserr::Deserr;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::FieldErrors;
use crate::{codes, error::Error, error::FieldError};

/// The JSON body, read into `T`, or a 400 that lists every wrong field.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: Deserr<FieldErrors>> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        if !is_json(request.headers()) {
            return Err(codes::UNSUPPORTED_MEDIA_TYPE.into());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|_| codes::BODY_TOO_LARGE)?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|e| {
            // Line and column help; the parser's own words could repeat the body.
            Error::new(codes::MALFORMED_BODY).saying(format!(
                "The body is not valid JSON: line {}, column {}",
                e.line(),
                e.column()
            ))
        })?;
        read(value).map(Self)
    }
}

/// The query string, read into `T` likewise. A parameter given twice is refused.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: Deserr<FieldErrors>> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let axum::extract::Query(pairs) =
            axum::extract::Query::<Vec<(String, String)>>::from_request_parts(parts, state)
                .await
                .map_err(|_| Error::invalid_field("", "format", "the query string cannot be read"))?;
        let mut map = Map::new();
        for (name, value) in pairs {
            if map.insert(name.clone(), Value::String(value)).is_some() {
                let field = name.chars().take(64).collect();
                let message = "is given more than once".to_owned();
                return Err(Error::invalid(vec![FieldError { field, rule: "unknown", message }]));
            }
        }
        read(Value::Object(map)).map(Self)
    }
}

fn read<T: Deserr<FieldErrors>>(value: Value) -> Result<T, Error> {
    deserr::deserialize::<T, Value, FieldErrors>(value).map_err(|errors| Error::invalid(errors.0))
}

/// The parameters of the path. What cannot be an id names nothing, so it is 404 like an unknown one.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|_| codes::NOT_FOUND.into())
    }
}

/// The version that the client loaded, from `If-Match: "7"`; `None` without the header or with `*`.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub Option<u64>);

impl IfMatch {
    /// Refuses with 412 when the client loaded another version than `revision`.
    pub fn check(self, revision: u64) -> Result<(), Error> {
        match self.0 {
            Some(wanted) if wanted != revision => Err(codes::PRECONDITION_FAILED.into()),
            _ => Ok(()),
        }
    }

    /// As [`IfMatch::check`], and refuses with 428 when the client named no version.
    pub fn require(self, revision: u64) -> Result<(), Error> {
        if self.0.is_none() {
            return Err(codes::PRECONDITION_REQUIRED.into());
        }
        self.check(revision)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let Some(header) = parts.headers.get(header::IF_MATCH) else { return Ok(Self(None)) };
        let text = header.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let version = text
            .trim_start_matches("W/")
            .trim_matches('"')
            .parse()
            .map_err(|_| codes::PRECONDITION_FAILED)?;
        Ok(Self(Some(version)))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}
