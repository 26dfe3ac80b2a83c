//! What a handler gives back. The edge wraps it in the envelope of the wing.
use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::error::Error;

/// A success: status, message, data, perhaps cookies and a version.
#[derive(Debug)]
pub struct Reply<T = ()> {
    status: StatusCode,
    message: &'static str,
    data: Option<T>,
    cookies: Vec<String>,
    version: Option<u64>,
}

impl Reply<()> {
    /// 200 without data.
    pub fn done(message: &'static str) -> Self {
        Self { status: StatusCode::OK, message, data: None, cookies: Vec::new(), version: None }
    }
}

impl<T> Reply<T> {
    /// 200 with data.
    pub fn ok(message: &'static str, data: T) -> Self {
        Self { status: StatusCode::OK, message, data: Some(data), cookies: Vec::new(), version: None }
    }

    /// 201 with data.
    pub fn created(message: &'static str, data: T) -> Self {
        Self { status: StatusCode::CREATED, ..Self::ok(message, data) }
    }

    /// Sets a cookie.
    #[must_use]
    pub fn cookie(mut self, cookie: String) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// States the version, as `ETag`.
    #[must_use]
    pub fn version(mut self, revision: u64) -> Self {
        self.version = Some(revision);
        self
    }
}

/// What the edge finds in a response made of a [`Reply`].
#[derive(Clone)]
pub(super) struct Success {
    pub message: &'static str,
    pub data: Option<Arc<RawValue>>,
}

/// What the edge finds in a response made of an [`Error`].
#[derive(Clone)]
pub(super) struct Refused(pub Arc<Error>);

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        let data = match self.data.as_ref().map(to_raw_value).transpose() {
            Ok(data) => data.map(Arc::from),
            Err(error) => return Error::internal(error).into_response(),
        };
        let mut response = self.status.into_response();
        let headers = response.headers_mut();
        for cookie in self.cookies {
            if let Ok(value) = HeaderValue::try_from(cookie) {
                headers.append(header::SET_COOKIE, value);
            }
        }
        if let Some(Ok(version)) = self.version.map(|version| HeaderValue::try_from(format!("\"{version}\"")))
        {
            headers.insert(header::ETAG, version);
        }
        response.extensions_mut().insert(Success { message: self.message, data });
        response
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        response.extensions_mut().insert(Refused(Arc::new(self)));
        response
    }
}

/// A file to save: a statement, an export.
#[derive(Debug)]
pub struct Download {
    /// Its media type.
    pub content_type: &'static str,
    /// Its name, of plain characters.
    pub file_name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        let name: String =
            self.file_name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
        let mut response = Body::from(self.bytes).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
            headers.insert(header::CONTENT_DISPOSITION, value);
        }
        response
    }
}
