//! `--demo`: believable people and what they did, made through the public HTTP API only, as any client could.
use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};

use crate::LocalCloud;

/// What the demo made.
#[derive(Debug, Default)]
pub struct Demo {
    /// The people who are signed in now.
    pub sign_ins: Vec<SignIn>,
    /// Steps that were refused, each in a line. A second run on the same data meets what the first one made.
    pub refused: Vec<String>,
}

/// Somebody who is signed in.
#[derive(Debug)]
pub struct SignIn {
    /// The wing.
    pub wing: &'static str,
    /// What they are there.
    pub as_what: &'static str,
    /// Their name and number.
    pub name: String,
    /// The session, as the header `cookie`.
    pub cookie: String,
    /// What unsafe requests carry as `x-csrf-token`.
    pub csrf: String,
}

/// Fills the wings.
pub async fn fill(cloud: &LocalCloud) -> Demo {
    let mut demo = Demo::default();
    if cloud.wings().iter().any(|(wing, _)| wing.name == "lending") {
        borrower(cloud, &mut demo).await;
    }
    demo
}

async fn borrower(cloud: &LocalCloud, demo: &mut Demo) {
    const MOBILE: &str = "9876543210";
    let mut api = Client { cloud, cookie: String::new(), csrf: String::new(), refused: &mut demo.refused };
    api.send("POST", "/lending/api/auth/send-otp", &json!({ "mobile": MOBILE })).await;
    let Some(code) = api.code_sent_to("+919876543210").await else { return };
    let verified =
        api.send("POST", "/lending/api/auth/verify-otp", &json!({ "mobile": MOBILE, "otp": code })).await;
    let Some(csrf) = verified.and_then(|body| Some(body["data"]["csrf_token"].as_str()?.to_owned())) else {
        return;
    };
    api.csrf = csrf;
    let basic = json!({
        "full_name": "Asha Verma", "date_of_birth": "1994-07-21", "gender": "female",
        "pan": "ABCDE1234F", "email": "asha@example.in",
    });
    api.send("PUT", "/lending/api/user/profile/basic", &basic).await;
    let additional = json!({
        "address_line1": "14 Lake Road", "city": "Pune", "state": "Maharashtra", "pincode": "411001",
        "marital_status": "married", "occupation": "salaried",
    });
    api.send("PUT", "/lending/api/user/profile/additional", &additional).await;
    let application = json!({ "loan_amount": 50_000, "tenure_months": 12, "loan_purpose": "Scooter" });
    api.send("POST", "/lending/api/loan-applications/apply", &application).await;
    let (cookie, csrf) = (api.cookie, api.csrf);
    let name = format!("Asha Verma, {MOBILE}");
    demo.sign_ins.push(SignIn { wing: "lending", as_what: "borrower", name, cookie, csrf });
}

/// One person's client: keeps the session, notes refusals.
struct Client<'a> {
    cloud: &'a LocalCloud,
    cookie: String,
    csrf: String,
    refused: &'a mut Vec<String>,
}

impl Client<'_> {
    /// The body of the reply; `None` when it is a refusal.
    async fn send(&mut self, method: &str, path: &str, body: &Value) -> Option<Value> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, &self.cookie)
            .header("x-csrf-token", &self.csrf)
            .body(Body::from(body.to_string()))
            .ok()?;
        let response = self.cloud.request(request).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if !status.is_success() {
            let why = body["message"].as_str().unwrap_or_default();
            self.refused.push(format!("{method} {path}: {} {why}", status.as_u16()));
            return None;
        }
        for cookie in headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            cookie.split(';').next().unwrap_or_default().clone_into(&mut self.cookie);
        }
        Some(body)
    }

    /// The sign-in code in the newest message to a phone number.
    async fn code_sent_to(&mut self, phone: &str) -> Option<String> {
        let request = Request::get(format!("/_local/inbox?to={}", phone.replace('+', "%2B")))
            .body(Body::empty())
            .ok()?;
        let response = self.cloud.request(request).await;
        debug_assert_eq!(response.status(), StatusCode::OK);
        let bytes = to_bytes(response.into_body(), usize::MAX).await.ok()?;
        let messages: Vec<Value> = serde_json::from_slice(&bytes).ok()?;
        let words = messages.last()?["body"].as_str()?.split(|c: char| !c.is_ascii_digit());
        words.filter(|word| word.len() == 6).map(str::to_owned).next()
    }
}
