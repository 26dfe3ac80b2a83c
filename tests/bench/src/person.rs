//! Somebody who talks to the house over HTTP, without a connection in between: keeps cookies, sends the proof of intent.
use axum::{
    body::{Body, to_bytes},
    http::{Request, header},
};
use local::LocalCloud;
use serde_json::Value;
use shared::{
    function::Method,
    identity::session::{Session, Token},
};

/// A person with their session, if they have one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Person {
    /// The session, as the header `cookie`.
    pub cookie: String,
    /// What unsafe requests carry as `x-csrf-token`.
    pub csrf: String,
}

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Letter<'a> {
    /// The method.
    pub method: Method,
    /// The whole path, with the query.
    pub path: &'a str,
    /// The body.
    pub body: Option<&'a Value>,
    /// The version that must still be the present one.
    pub if_match: Option<&'a str>,
}

/// A reply.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status.
    pub status: u16,
    /// The version that it states.
    pub etag: Option<String>,
    /// The body, if it is JSON.
    pub body: Value,
}

impl Answer {
    /// Whether it is a success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Status and code, for a line that says what went wrong.
    pub fn refusal(&self) -> String {
        let code = self.body["code"].as_str().or_else(|| self.body["message"].as_str());
        let fields: Vec<String> =
            self.body["errors"].as_array().into_iter().flatten().map(Value::to_string).collect();
        format!("{} {} {}", self.status, code.unwrap_or_default(), fields.join(" ")).trim_end().to_owned()
    }
}

impl Person {
    /// Whose browser holds `token` in the cookie of this name.
    pub fn with(token: &Token, cookie: &str, session: &Session) -> Self {
        let cookie = token.cookie(cookie);
        Self { cookie: cookie.split(';').next().unwrap_or_default().to_owned(), csrf: session.csrf_token() }
    }

    /// Sends a request and keeps the session that comes back.
    pub async fn send(&mut self, cloud: &LocalCloud, letter: Letter<'_>) -> Answer {
        let mut request = Request::builder()
            .method(letter.method.name())
            .uri(letter.path)
            .header(header::HOST, "localhost")
            .header(header::USER_AGENT, "bench/1")
            .header(header::COOKIE, &self.cookie)
            .header("x-csrf-token", &self.csrf);
        if let Some(version) = letter.if_match {
            request = request.header(header::IF_MATCH, version);
        }
        let request = match letter.body {
            Some(body) => {
                request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string()))
            }
            None => request.body(Body::empty()),
        };
        let response = cloud.request(request.expect("a request")).await;
        let status = response.status().as_u16();
        let etag = response.headers().get(header::ETAG).and_then(|etag| Some(etag.to_str().ok()?.to_owned()));
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap_or_default();
            cookie.split(';').next().unwrap_or_default().clone_into(&mut self.cookie);
        }
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if let Some(csrf) = body["data"]["csrf_token"].as_str() {
            csrf.clone_into(&mut self.csrf);
        }
        Answer { status, etag, body }
    }
}
