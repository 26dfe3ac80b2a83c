//! The description of a wing for the programs of its clients.
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

/// `GET /openapi.json`: the committed document, as it is, without the envelope of the wing. The same for
/// everybody, so caches may keep it for a while.
#[derive(Debug, Clone, Copy)]
pub struct OpenApi(pub &'static str);

impl IntoResponse for OpenApi {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
        response
    }
}
