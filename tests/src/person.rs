//! Somebody who talks to the house over HTTP, like a browser.
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use reqwest::{Method, Response};
use serde_json::{Value, json};
use shared::identity::totp::TotpSecret;

use crate::House;

/// Keeps cookies, each by its name, and sends the session's token with everything.
pub struct Person<'a> {
    pub(crate) house: &'a House,
    pub(crate) who: Who,
    session: Mutex<Session>,
}

/// Who it is: how they sign in again.
#[derive(Clone)]
pub(crate) enum Who {
    Visitor,
    Borrower { mobile: String },
    Staff { id: String, email: String, totp: TotpSecret },
}

#[derive(Default, Clone)]
struct Session {
    cookies: BTreeMap<String, String>,
    csrf: Option<String>,
}

/// A reply, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// How it was asked for.
    pub method: Method,
    /// For what, with the query.
    pub path: String,
    /// Who asked: the id of a member of staff, the number of a borrower, or nobody.
    pub by: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body, as bytes.
    pub bytes: Vec<u8>,
    /// The body, if it is JSON.
    pub body: Value,
}

impl Answer {
    /// The body of a success; anything else fails the test with the whole answer.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.is_success(), "{self}");
        self.body
    }

    /// The data of a success of lending.
    #[track_caller]
    pub fn data(self) -> Value {
        self.ok()["data"].take()
    }

    /// Fails the test unless it was refused so.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.code()), (status, code), "{self}");
        self.body
    }

    /// Whether it is a success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The public error code, or `""`.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The body, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// A header, or `""`.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The version for `If-Match`.
    pub fn version(&self) -> String {
        self.header("etag").to_owned()
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text: String = self.text().chars().take(2000).collect();
        write!(f, "{} {} by «{}» → {} {text}", self.method, self.path, self.by, self.status)
    }
}

impl<'a> Person<'a> {
    pub(crate) fn new(house: &'a House, who: Who) -> Self {
        Self { house, who, session: Mutex::default() }
    }

    /// The same person, in the same session.
    pub(crate) fn known_as(self, who: Who) -> Self {
        Self { who, ..self }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body), &[]).await
    }

    /// PUT with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body), &[]).await
    }

    /// PUT with a JSON body of the version that is there now, as `GET path` (or `GET seen_at`) shows it.
    pub async fn change(&self, path: &str, seen_at: &str, body: Value) -> Answer {
        let version = self.get(seen_at).await.version();
        self.send(Method::PUT, path, Some(body), &[("if-match", &version)]).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, &[]).await
    }

    /// Any request, with headers.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let session = self.session().clone();
        let mut request =
            self.house.client.request(method.clone(), format!("{}{path}", self.house.cloud.base_url()));
        if !session.cookies.is_empty() {
            let pairs: Vec<String> =
                session.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", pairs.join("; "));
        }
        if let Some(csrf) = &session.csrf {
            request = request.header("x-csrf-token", csrf);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.expect("an answer");
        self.keep_cookies(&response);
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.expect("a body").to_vec();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        let by = self.name().to_owned();
        let answer = Answer { method, path: path.to_owned(), by, status, headers, bytes, body };
        self.house.remember(&answer);
        answer
    }

    /// Sends `token` from now on with every request.
    pub fn keep_csrf(&self, token: &Value) {
        self.session().csrf = token.as_str().map(str::to_owned);
    }

    /// The cookies, as `name=value`, and the token: to go on with them elsewhere.
    pub fn cookies(&self) -> Vec<String> {
        self.session().cookies.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    /// `stf_…`, the number of a borrower, or nothing.
    pub fn name(&self) -> &str {
        match &self.who {
            Who::Visitor => "",
            Who::Borrower { mobile } => mobile,
            Who::Staff { id, .. } => id,
        }
    }

    /// Signs in again, because sessions end.
    pub async fn sign_in_again(&self) {
        match self.who.clone() {
            Who::Visitor => {}
            Who::Borrower { mobile } => self.sign_in_by_phone(&mobile).await,
            Who::Staff { email, totp, .. } => self.sign_in_with(&email, crate::PASSWORD, Some(&totp)).await,
        }
    }

    /// Signs in with the code from the SMS.
    pub async fn sign_in_by_phone(&self, mobile: &str) {
        self.post("/lending/api/auth/send-otp", json!({ "mobile": mobile })).await.ok();
        let otp = self.house.code_sent_to(&format!("+91{mobile}"));
        let signed_in =
            self.post("/lending/api/auth/verify-otp", json!({ "mobile": mobile, "otp": otp })).await.data();
        self.keep_csrf(&signed_in["csrf_token"]);
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep_cookies(&self, response: &Response) {
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let mut session = self.session();
            if value.is_empty() {
                session.cookies.remove(name);
            } else {
                session.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
