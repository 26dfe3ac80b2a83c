//! What the flow tests share: a whole house on free ports, and people who talk to it over HTTP.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "helpers of tests fail the test, loudly"
)]
use std::sync::{Arc, Mutex, Once, PoisonError};

use jiff::{SignedDuration, Timestamp};
use local::{LocalCloud, Options, inbox::Entry};
use reqwest::{Client, Method, Response, redirect};
use serde_json::{Value, json};
use shared::random::SeededRandom;

/// When every flow begins: a Monday, ten in the morning in India.
pub const BEGIN: &str = "2026-01-05T04:30:00Z";

/// The whole house: all wings, gateway, queues, stream and schedules, in memory, with a clock that stands until it is moved.
pub struct House {
    /// The local cloud.
    pub cloud: LocalCloud,
    client: Client,
}

impl House {
    /// A new house at [`BEGIN`].
    pub async fn open() -> Self {
        static TLS: Once = Once::new();
        // reqwest wants to know the house's only cryptography, also for plain HTTP.
        TLS.call_once(|| {
            let _already = rustls::crypto::ring::default_provider().install_default();
        });
        let begin: Timestamp = BEGIN.parse().expect("a time");
        let options = Options { random: Arc::new(SeededRandom::new(7)), ..Options::at(begin) };
        let cloud = LocalCloud::start(options).await.expect("the local cloud starts");
        let client = Client::builder().redirect(redirect::Policy::none()).build().expect("an HTTP client");
        Self { cloud, client }
    }

    /// Somebody without a session.
    pub fn visitor(&self) -> Person<'_> {
        Person { house: self, session: Mutex::default() }
    }

    /// Signs a borrower in with the code from the SMS.
    pub async fn borrower(&self, mobile: &str) -> Person<'_> {
        let person = self.visitor();
        person.post("/lending/api/auth/send-otp", json!({ "mobile": mobile })).await.ok();
        let otp = self.code_sent_to(&format!("+91{mobile}"));
        let signed_in = person.post("/lending/api/auth/verify-otp", json!({ "mobile": mobile, "otp": otp })).await.ok();
        person.keep_csrf(&signed_in["data"]["csrf_token"]);
        person
    }

    /// Signs a borrower in and completes their profile.
    pub async fn complete_borrower(&self, mobile: &str) -> Person<'_> {
        let person = self.borrower(mobile).await;
        let basic = json!({
            "full_name": "Asha Verma", "date_of_birth": "1994-07-21", "gender": "female",
            "pan": format!("ABCDE{}F", &mobile[6..]), "email": format!("asha{mobile}@example.in"),
        });
        person.put("/lending/api/user/profile/basic", basic).await.ok();
        let additional = json!({
            "address_line1": "14 Lake Road", "city": "Pune", "state": "Maharashtra", "pincode": "411001",
            "marital_status": "married", "occupation": "salaried",
        });
        person.put("/lending/api/user/profile/additional", additional).await.ok();
        person
    }

    /// Everything that reached `to`, oldest first, once all that was under way has happened.
    pub async fn inbox_of(&self, to: &str) -> Vec<Entry> {
        self.cloud.settle().await;
        self.cloud.inbox().into_iter().filter(|entry| entry.to == to).collect()
    }

    /// The code in the newest message to `to`.
    pub fn code_sent_to(&self, to: &str) -> String {
        let inbox = self.cloud.inbox();
        let body = &inbox.iter().rev().find(|entry| entry.to == to).expect("a message").body;
        let code = body.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6);
        code.expect("a code in the message").to_owned()
    }

    /// Moves the clock; schedules that fell due meanwhile have run when this returns.
    pub async fn advance(&self, by: SignedDuration) {
        self.cloud.advance(by).await;
    }
}

/// Somebody who talks to the house over HTTP, like a browser: keeps cookies, sends the session's token with what changes things.
pub struct Person<'a> {
    house: &'a House,
    session: Mutex<Session>,
}

#[derive(Default, Clone)]
struct Session {
    cookie: Option<String>,
    csrf: Option<String>,
}

/// A reply, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked.
    pub request: String,
    /// The status.
    pub status: u16,
    /// The headers that tests look at, in lower case.
    pub headers: reqwest::header::HeaderMap,
    /// The body, as text.
    pub text: String,
    /// The body, if it is JSON.
    pub body: Value,
}

impl Answer {
    /// The body of a success; anything else fails the test with the whole answer.
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.body
    }

    /// Fails the test unless it was refused so.
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["code"].as_str().unwrap_or_default()), (status, code), "{self:?}");
        self.body
    }
}

impl Person<'_> {
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

    /// Any request, with headers.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Answer {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut request = self.house.client.request(method.clone(), format!("{}{path}", self.house.cloud.base_url()));
        if let Some(cookie) = &session.cookie {
            request = request.header("cookie", cookie);
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
        self.keep_cookie(&response);
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { request: format!("{method} {path}"), status, headers, text, body }
    }

    /// Sends `token` from now on with every request.
    pub fn keep_csrf(&self, token: &Value) {
        self.session.lock().unwrap_or_else(PoisonError::into_inner).csrf = token.as_str().map(str::to_owned);
    }

    fn keep_cookie(&self, response: &Response) {
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
            let kept = (!pair.ends_with('=')).then(|| pair.to_owned());
            self.session.lock().unwrap_or_else(PoisonError::into_inner).cookie = kept;
        }
    }
}
