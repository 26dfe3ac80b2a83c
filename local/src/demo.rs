//! `--demo`: believable people and what they did, made through the public HTTP API only, as any client could; but for the first admin,
//! whom an operator makes. Nothing is late in it, because the clock is not moved: `POST /_local/clock` lets instalments fall due.
use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};
use shared::{
    app::App,
    aws::{Aws, http_client},
    identity::totp::TotpSecret,
    messages::EmailAddress,
    random::SystemRandom,
};

use crate::{LocalCloud, clock::HouseClock, identity};

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
    /// Their name and what they sign in with.
    pub name: String,
    /// The session, as the header `cookie`.
    pub cookie: String,
    /// What unsafe requests carry as `x-csrf-token`.
    pub csrf: String,
}

/// What everybody on the staff of the demo has chosen.
const PASSWORD: &str = "correct horse battery";

/// Fills the wings.
pub async fn fill(cloud: &LocalCloud) -> Demo {
    let refused = Mutex::default();
    let mut sign_ins = Vec::new();
    if cloud.wings().iter().any(|(wing, _)| wing.name == "lending") {
        let people = People { cloud, refused: &refused };
        // Whoever refuses has said so; what else can be done is done.
        let staff = people.staff(&mut sign_ins).await;
        let _applied = people.applicant(&mut sign_ins).await;
        if let Some(staff) = staff {
            let _offered = people.offered(&staff, &mut sign_ins).await;
            let _paid_out = people.paid_out(&staff, &mut sign_ins).await;
        }
    }
    Demo { sign_ins, refused: refused.into_inner().unwrap_or_else(PoisonError::into_inner) }
}

/// Makes people.
struct People<'a> {
    cloud: &'a LocalCloud,
    refused: &'a Mutex<Vec<String>>,
}

/// Those of the staff who have to do with loans.
struct Staff<'a> {
    officer: Client<'a>,
    finance: Client<'a>,
}

/// A borrower, and what they have applied for.
struct Borrower<'a> {
    client: Client<'a>,
    mobile: &'static str,
    application: String,
}

impl<'a> People<'a> {
    fn client(&self) -> Client<'a> {
        Client { cloud: self.cloud, cookie: String::new(), csrf: String::new(), refused: self.refused }
    }

    async fn staff(&self, sign_ins: &mut Vec<SignIn>) -> Option<Staff<'a>> {
        let temporary = self.first_admin().await?;
        let mut admin =
            self.set_up(("Nila Das", "admin", "nila@lender.example"), &temporary, sign_ins).await?;
        let mut members = Vec::new();
        for member in [
            ("Ravi Rao", "officer", "ravi@lender.example"),
            ("Meera Iyer", "finance", "meera@lender.example"),
        ] {
            let new = json!({ "name": member.0, "roles": [member.1], "email": member.2 });
            let added = admin.post("/lending/api/admin/admin-users", &new).await?;
            let temporary = added["data"]["temporary_password"].as_str()?;
            members.push(self.set_up(member, temporary, sign_ins).await?);
        }
        let finance = members.pop()?;
        Some(Staff { officer: members.pop()?, finance })
    }

    /// Their temporary password; `None` where there is an admin already.
    async fn first_admin(&self) -> Option<String> {
        let aws = Aws::new(identity::config(identity::PERSON, self.cloud.aws_url()), http_client());
        let clock = Arc::new(HouseClock(self.cloud.clock().clone()));
        let app =
            App::connect(&lending::staff::FIRST_ADMIN, &aws, clock, Arc::new(SystemRandom)).await.ok()?;
        let email = EmailAddress::parse("nila@lender.example")?;
        match lending::staff::first_admin(&app, &email, "Nila Das").await {
            Ok((_, password)) => Some(password.reveal().to_owned()),
            Err(error) => {
                self.note(format!("the first admin: {}", error.message()));
                None
            }
        }
    }

    /// The first sign-in with a temporary password: another password, then an authenticator.
    async fn set_up(
        &self,
        (name, role, email): (&str, &'static str, &str),
        temporary: &str,
        sign_ins: &mut Vec<SignIn>,
    ) -> Option<Client<'a>> {
        let mut client = self.client();
        let credentials = json!({ "email": email, "password": temporary });
        let signed_in = client.post("/lending/api/admin/auth/login", &credentials).await?;
        client.csrf = signed_in["data"]["csrf_token"].as_str()?.to_owned();
        let passwords = json!({ "current_password": temporary, "new_password": PASSWORD });
        client.post("/lending/api/admin/auth/password", &passwords).await?;
        let proof = json!({ "password": PASSWORD });
        let enrolled = client.post("/lending/api/admin/auth/totp/enrol", &proof).await?;
        let secret = enrolled["data"]["secret"].as_str()?;
        let code = TotpSecret::from_base32(secret)?.code_at(self.cloud.clock().now());
        client.post("/lending/api/admin/auth/totp/confirm", &json!({ "totp": code })).await?;
        let name = format!("{name}, {email}, password «{PASSWORD}», authenticator {secret}");
        sign_ins.push(client.sign_in(role, name));
        Some(client)
    }

    /// Has applied and waits for an officer.
    async fn applicant(&self, sign_ins: &mut Vec<SignIn>) -> Option<()> {
        let asha = ("9876543210", "Asha Verma", "ABCDE1234F");
        let asked = json!({ "loan_amount": 50_000, "tenure_months": 12, "loan_purpose": "Scooter" });
        let borrower = self.borrower(asha, &asked).await?;
        sign_ins.push(
            borrower.client.sign_in("borrower, has applied", format!("Asha Verma, {}", borrower.mobile)),
        );
        Some(())
    }

    /// Has an offer to accept.
    async fn offered(&self, staff: &Staff<'a>, sign_ins: &mut Vec<SignIn>) -> Option<()> {
        let kiran = ("9876543211", "Kiran Patel", "PQRST4321K");
        let asked = json!({ "loan_amount": 80_000, "tenure_months": 18, "loan_purpose": "School fees" });
        let borrower = self.borrower(kiran, &asked).await?;
        approve(staff, &borrower.application, 80_000, 18).await?;
        sign_ins.push(
            borrower.client.sign_in("borrower, has an offer", format!("Kiran Patel, {}", borrower.mobile)),
        );
        Some(())
    }

    /// Has a running loan, and paid something in advance.
    async fn paid_out(&self, staff: &Staff<'a>, sign_ins: &mut Vec<SignIn>) -> Option<()> {
        let leela = ("9876543212", "Leela Nair", "LMNOP9876Q");
        let asked = json!({ "loan_amount": 120_000, "tenure_months": 24, "loan_purpose": "A new roof" });
        let Borrower { mut client, mobile, application } = self.borrower(leela, &asked).await?;
        let account = json!({
            "application_id": application, "account_number": "50100123456789", "ifsc_code": "HDFC0001234",
            "account_holder_name": "LEELA NAIR",
        });
        let account = client.post("/lending/api/bank-details", &account).await?;
        let account = &account["data"]["bank_details"]["id"];
        let choice = json!({ "application_id": application, "bank_details_id": account });
        client.post("/lending/api/bank-details/choose", &choice).await?;
        approve(staff, &application, 120_000, 24).await?;

        let of_application = format!("/lending/api/loan-applications/{application}");
        let kfs = client.send("GET", &format!("{of_application}/kfs"), None).await?;
        client.post(&format!("{of_application}/accept/send-otp"), &json!({})).await?;
        let otp = client.code_sent_to(&format!("+91{mobile}")).await?;
        let signature = json!({ "kfs_hash": kfs["data"]["kfs_hash"], "consent": true, "otp": otp });
        client.post(&format!("{of_application}/accept"), &signature).await?;
        let payout = json!({ "bank_reference": "UTIBN52026010500012345" });
        let disburse = format!("/lending/api/admin/loan-applications/{application}/disburse");
        let paid_out = staff.finance.clone().post(&disburse, &payout).await?;
        let loan = &paid_out["data"]["loan"];
        let receipts = format!("/lending/api/admin/loans/{}/repayments", loan["id"].as_str()?);
        let today = shared::clock::day_in(self.cloud.clock().now(), &shared::clock::india());
        let receipt =
            json!({ "amount": 2500, "received_on": today, "mode": "cash", "reference": "R-000001" });
        staff.finance.clone().post(&receipts, &receipt).await?;
        sign_ins.push(client.sign_in("borrower, has a loan", format!("Leela Nair, {mobile}")));
        Some(())
    }

    /// Somebody with a full profile who has applied.
    async fn borrower(
        &self,
        (mobile, name, pan): (&'static str, &str, &str),
        asked: &Value,
    ) -> Option<Borrower<'a>> {
        let mut client = self.client();
        client.post("/lending/api/auth/send-otp", &json!({ "mobile": mobile })).await?;
        let otp = client.code_sent_to(&format!("+91{mobile}")).await?;
        let verify = json!({ "mobile": mobile, "otp": otp });
        let verified = client.post("/lending/api/auth/verify-otp", &verify).await?;
        client.csrf = verified["data"]["csrf_token"].as_str()?.to_owned();
        let first_name = name.split(' ').next().unwrap_or_default().to_lowercase();
        let basic = json!({
            "full_name": name, "date_of_birth": "1994-07-21", "gender": "female", "pan": pan,
            "email": format!("{first_name}@example.in"),
        });
        client.send("PUT", "/lending/api/user/profile/basic", Some(&basic)).await?;
        let additional = json!({
            "address_line1": "14 Lake Road", "city": "Pune", "state": "Maharashtra", "pincode": "411001",
            "marital_status": "married", "occupation": "salaried",
        });
        client.send("PUT", "/lending/api/user/profile/additional", Some(&additional)).await?;
        let employment = json!({
            "monthly_income": 65_000, "employment_type": "full_time", "company_name": "Lake Mills",
            "designation": "Weaver", "salary_date": 1,
        });
        client.post("/lending/api/employment-details", &employment).await?;
        let finances =
            json!({ "monthly_income": 65_000, "monthly_expenses": 21_000, "existing_emis": 4_000 });
        client.post("/lending/api/financial-details", &finances).await?;
        let applied = client.post("/lending/api/loan-applications/apply", asked).await?;
        let application = applied["data"]["application"]["id"].as_str()?.to_owned();
        Some(Borrower { client, mobile, application })
    }

    fn note(&self, refused: String) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).push(refused);
    }
}

async fn approve(staff: &Staff<'_>, application: &str, amount: u32, months: u16) -> Option<()> {
    let of_application = format!("/lending/api/admin/loan-applications/{application}");
    let mut officer = staff.officer.clone();
    officer.post(&format!("{of_application}/review"), &json!({})).await?;
    let terms = json!({ "approved_amount": amount, "interest_rate": 18, "tenure_months": months });
    officer.post(&format!("{of_application}/approve"), &terms).await?;
    Some(())
}

/// One person's client: keeps the session, notes refusals.
#[derive(Clone)]
struct Client<'a> {
    cloud: &'a LocalCloud,
    cookie: String,
    csrf: String,
    refused: &'a Mutex<Vec<String>>,
}

impl Client<'_> {
    fn sign_in(&self, as_what: &'static str, name: String) -> SignIn {
        SignIn { wing: "lending", as_what, name, cookie: self.cookie.clone(), csrf: self.csrf.clone() }
    }

    async fn post(&mut self, path: &str, body: &Value) -> Option<Value> {
        self.send("POST", path, Some(body)).await
    }

    /// The body of the reply; `None` when it is a refusal.
    async fn send(&mut self, method: &str, path: &str, body: Option<&Value>) -> Option<Value> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, &self.cookie)
            .header("x-csrf-token", &self.csrf)
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .ok()?;
        let response = self.cloud.request(request).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if !status.is_success() {
            let why = body["message"].as_str().unwrap_or_default();
            let refused = format!("{method} {path}: {} {why}", status.as_u16());
            self.refused.lock().unwrap_or_else(PoisonError::into_inner).push(refused);
            return None;
        }
        for cookie in headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            cookie.split(';').next().unwrap_or_default().clone_into(&mut self.cookie);
        }
        Some(body)
    }

    /// The code in the newest message to a phone number that holds one. Numbers of applications and amounts are no codes.
    async fn code_sent_to(&self, phone: &str) -> Option<String> {
        let uri = format!("/_local/inbox?to={}", phone.replace('+', "%2B"));
        let request = Request::get(uri).body(Body::empty()).ok()?;
        let response = self.cloud.request(request).await;
        debug_assert_eq!(response.status(), StatusCode::OK);
        let bytes = to_bytes(response.into_body(), usize::MAX).await.ok()?;
        let messages: Vec<Value> = serde_json::from_slice(&bytes).ok()?;
        let bodies = messages.iter().rev().filter_map(|message| message["body"].as_str());
        let mut words =
            bodies.flat_map(|body| body.split([' ', '\n']).map(|word| word.trim_matches(['.', ','])));
        words.find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit())).map(str::to_owned)
    }
}
