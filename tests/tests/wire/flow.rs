//! One flow that meets every endpoint and stores every kind of item, step by step, so that it is the same every time.
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, House, Person, employment, finances};

const MOBILE: &str = "9876543210";

/// The house after all of it.
pub async fn everything() -> House {
    let house = House::open_without(&["lending-expire-offers"]).await;
    {
        let staff = Staff::of(&house).await;
        anybody(&house).await;
        let borrower = house.complete_borrower(MOBILE).await;
        the_borrower_themselves(&house, &borrower).await;
        let application = an_application(&borrower, &staff).await;
        staff_at_work(&staff, &borrower).await;
        let loan = a_loan(&house, &borrower, &staff, &application).await;
        a_bad_end(&house, &staff).await;
        the_end(&house, &borrower, &staff, &loan).await;
    }
    house.cloud.settle().await;
    house
}

struct Staff<'a> {
    admin: Person<'a>,
    other_admin: Person<'a>,
    officer: Person<'a>,
    finance: Person<'a>,
}

impl<'a> Staff<'a> {
    async fn of(house: &'a House) -> Self {
        let officer = house.staff(&["officer"]).await;
        let finance = house.staff(&["finance"]).await;
        let other_admin = house.staff(&["admin"]).await;
        Self { admin: house.admin().await, other_admin, officer, finance }
    }
}

async fn anybody(house: &House) {
    let visitor = house.visitor();
    for path in ["/lending/health", "/lending/health/ready", "/platform/health", "/platform/health/ready"] {
        visitor.get(path).await.ok();
    }
    let loan = json!({ "amount": 30_000, "rate": 18, "tenure": 3 });
    visitor.post("/lending/api/emi/calculate", loan).await.ok();
    visitor.get("/lending/api/loan-products").await.ok();
    visitor.get("/lending/api/loan-products/personal").await.ok();
}

async fn the_borrower_themselves(house: &House, borrower: &Person<'_>) {
    borrower.get("/lending/api/user/profile/status").await.ok();
    borrower.post("/lending/api/employment-details", employment(150_000)).await.ok();
    borrower.get("/lending/api/employment-details").await.ok();
    borrower.put("/lending/api/employment-details", employment(151_000)).await.ok();
    borrower.post("/lending/api/financial-details", finances(150_000)).await.ok();
    borrower.get("/lending/api/financial-details").await.ok();
    borrower.put("/lending/api/financial-details", finances(151_000)).await.ok();
    borrower.get("/lending/api/eligibility").await.ok();
    let change = json!({ "language": "hi", "email": "asha.new@example.in" });
    borrower.put("/lending/api/auth/profile", change).await.ok();
    let letters = house.inbox_of("asha.new@example.in").await;
    let mut words = letters.iter().flat_map(|letter| letter.body.split_whitespace());
    let token = words.find(|word| word.starts_with("eml_"));
    borrower.post("/lending/api/auth/profile/confirm-email", json!({ "token": token })).await.ok();
    borrower.get("/lending/api/auth/profile").await.ok();

    // Another device comes and goes.
    house.advance(SignedDuration::from_mins(2)).await;
    let laptop = house.borrower(MOBILE).await;
    borrower.get("/lending/api/auth/sessions").await.ok();
    let sessions = laptop.get("/lending/api/auth/sessions").await.data();
    let mine = sessions["sessions"].as_array().and_then(|all| all.iter().find(|one| one["current"] == true));
    let mine = id(mine.unwrap_or(&Value::Null));
    borrower.delete(&format!("/lending/api/auth/sessions/{mine}")).await.ok();
}

/// Withdrawn once, refused once, then approved and signed: the id.
async fn an_application(borrower: &Person<'_>, staff: &Staff<'_>) -> String {
    let first = borrower.apply(40_000, 6).await;
    borrower.post(&format!("/lending/api/loan-applications/{first}/withdraw"), json!({})).await.ok();
    let second = borrower.apply(40_000, 6).await;
    staff.officer.review(&second).await.ok();
    staff.officer.reject(&second, "documents_not_clear").await.ok();

    let asked = json!({
        "loan_amount": 30_000, "tenure_months": 3, "loan_purpose": "A new roof", "interest_rate": 18, "product": "personal",
    });
    let apply = "/lending/api/loan-applications/apply";
    let key = [("idempotency-key", "apply-1")];
    let applied = borrower.send(Method::POST, apply, Some(asked), &key).await.data();
    let application = id(&applied["application"]);
    let of_application = format!("/lending/api/loan-applications/{application}");
    borrower.give_references(&application).await.ok();
    borrower.get(&format!("/lending/api/loan-references?application_id={application}")).await.ok();
    let account = borrower.add_account(&application).await;
    borrower.choose_account(&application, &account).await.ok();
    let another = json!({
        "application_id": application, "account_number": "50100123450000", "ifsc_code": "SBIN0001234",
        "account_holder_name": "Asha Verma",
    });
    let another = borrower.post("/lending/api/bank-details", another).await.data();
    borrower.get("/lending/api/bank-details").await.ok();
    borrower.get(&format!("/lending/api/bank-details/{application}")).await.ok();
    borrower.delete(&format!("/lending/api/bank-details/{}", id(&another["bank_details"]))).await.ok();

    staff.officer.get("/lending/api/admin/loan-applications").await.ok();
    staff.officer.review(&application).await.ok();
    staff.officer.approve(&application, 30_000, 3).await.ok();
    staff.officer.get(&format!("/lending/api/admin/loan-applications/{application}")).await.ok();
    staff.officer.get("/lending/api/admin/loan-applications?status=approved").await.ok();
    borrower.get(&of_application).await.ok();
    borrower.get(&format!("{of_application}/offer")).await.ok();
    borrower.accept(&application).await.ok();
    borrower.get("/lending/api/loan-applications").await.ok();
    borrower.get("/lending/api/loan-applications/stats/summary").await.ok();
    borrower.get("/lending/api/dashboard").await.ok();
    application
}

async fn staff_at_work(staff: &Staff<'_>, borrower: &Person<'_>) {
    let admin = &staff.admin;
    admin.get("/lending/api/admin/settings").await.ok();
    let foir = "/lending/api/admin/settings/foir_pct";
    admin.change(foir, foir, json!({ "value": 55 })).await.ok();
    let product = json!({
        "code": "salary", "name": "Salary advance", "min_amount": 1000, "max_amount": 50_000, "min_tenure_months": 1,
        "max_tenure_months": 6, "interest_rate": 16.5, "day_count": "actual365", "processing_fee_pct": 1,
        "processing_fee_flat": 99, "gst_pct": 18, "penal_rate": 24, "penal_grace_days": 3, "foreclosure_fee_pct": 2,
        "cooling_off_days": 3, "offer_days": 5, "rounding": "whole_rupees", "active": true, "reason": "For the tests",
        "allocation": { "sweep": "by_part", "parts": ["interest", "principal", "charges"] },
    });
    admin.post("/lending/api/admin/loan-products", product.clone()).await.ok();
    let (write, read) = ("/lending/api/admin/loan-products/salary", "/lending/api/loan-products/salary");
    admin.change(write, read, product).await.ok();

    let new = json!({ "email": "nila@lender.example", "name": "Nila Rao", "roles": ["officer"] });
    let added = admin.post("/lending/api/admin/admin-users", new).await.data();
    let member = format!("/lending/api/admin/admin-users/{}", id(&added["member"]));
    let if_match = async |what: &str, method: Method, body: Value, version: &str| {
        admin.send(method, &format!("{member}{what}"), Some(body), &[("if-match", version)]).await.version()
    };
    let renamed = json!({ "name": "Nila Das", "roles": ["officer", "finance"] });
    let version = if_match("", Method::PUT, renamed, "\"1\"").await;
    let reset = json!({ "reason": "Lost the phone" });
    let version = if_match("/reset", Method::POST, reset, &version).await;
    if_match("/status", Method::PUT, json!({ "status": "disabled", "reason": "Has left" }), &version).await;
    admin.get("/lending/api/admin/admin-users").await.ok();
    admin.get("/lending/api/admin/audit-logs?limit=3").await.ok();
    admin.get("/lending/api/admin/statistics").await.ok();

    let officer = &staff.officer;
    officer.get("/lending/api/admin/users").await.ok();
    let user = id(&borrower.get("/lending/api/auth/profile").await.data());
    officer.get(&format!("/lending/api/admin/users/{user}")).await.ok();
    // Somebody signs in, is blocked, and is let in again.
    let found = officer.get(&format!("/lending/api/admin/users?mobile={MOBILE}")).await.data();
    assert_eq!(id(&found["users"][0]), user);
    // One wrong password leaves a count.
    let wrong = json!({ "email": "asha@lender.example", "password": "not the right one" });
    borrower.post("/lending/api/admin/auth/login", wrong).await.refused(401, "WRONG_CREDENTIALS");
}

/// Paid out, one receipt that bounced: the id.
async fn a_loan(house: &House, borrower: &Person<'_>, staff: &Staff<'_>, application: &str) -> String {
    let paid_out = staff.finance.disburse(application, "UTIBN52026010500012345").await.data();
    let loan = id(&paid_out["loan"]);
    borrower.get("/lending/api/loans").await.ok();
    borrower.get("/lending/api/loans/pending").await.ok();
    let received = staff.finance.receive(&loan, &json!(500), "2026-01-05", "UTR-1").await.data();
    staff.finance.receive(&loan, &json!(750.5), "2026-01-05", "UTR-2").await.ok();
    staff.finance.reverse(&id(&received["transaction"])).await.ok();
    let transactions = borrower.get(&format!("/lending/api/transactions?loan={loan}")).await.data();
    borrower.get(&format!("/lending/api/transactions/{}", id(&transactions["transactions"][0]))).await.ok();
    borrower.get("/lending/api/transactions?limit=2").await.ok();
    let account = format!("/lending/api/admin/ledger/accounts/loans_receivable.INR.{loan}");
    staff.finance.get(&account).await.ok();
    staff.finance.get("/lending/api/admin/ledger/trial-balance").await.ok();
    house.cloud.settle().await;
    let notices = borrower.get("/lending/api/notifications?limit=3").await.data();
    borrower
        .put(&format!("/lending/api/notifications/{}/read", id(&notices["notifications"][0])), json!({}))
        .await
        .ok();
    borrower.get("/lending/api/notifications?limit=3").await.ok();
    borrower.put("/lending/api/notifications/preferences", json!({ "optional": false })).await.ok();
    loan
}

/// A borrower who never pays: charges waived, a new schedule, given up; then blocked.
async fn a_bad_end(house: &House, staff: &Staff<'_>) {
    let people = (&staff.officer, &staff.finance);
    let (case, loan) = house.paid_out(people, "9812345670", (30_000, 3)).await;
    house.go_to("2026-02-20").await;
    for person in [&staff.admin, &staff.other_admin, &staff.officer, &staff.finance, &case.borrower] {
        person.sign_in_again().await;
    }
    for path in
        ["", "/schedule", "/payment-preview?amount=12000", "/foreclosure-quote", "/statement?format=csv"]
    {
        case.borrower.get(&format!("/lending/api/loans/{loan}{path}")).await.ok();
    }
    case.borrower.get("/lending/api/dashboard").await.ok();
    case.borrower.get("/lending/api/loans/pending").await.ok();
    staff.officer.get("/lending/api/admin/delinquency").await.ok();
    staff.officer.get("/lending/api/admin/loans?dpd=1-30").await.ok();
    staff.admin.get("/lending/api/admin/statistics").await.ok();
    let decide = async |what: &str, body: Value| {
        let path = format!("/lending/api/admin/loans/{loan}/{what}");
        staff.admin.post(&path, body.clone()).await.ok();
        staff.other_admin.post(&path, body).await.ok();
    };
    decide("waive", json!({ "amount": 1, "reason": "The bank was closed" })).await;
    let plan = json!({
        "first_due_on": "2026-04-05", "instalments": 4, "with_arrears": true, "reason": "Flood in the district",
    });
    decide("reschedule", plan).await;
    decide("write-off", json!({ "reason": "Moved away" })).await;
    let user = id(&case.borrower.get("/lending/api/auth/profile").await.data());
    let user = format!("/lending/api/admin/users/{user}");
    let block = json!({ "status": "blocked", "reason": "Does not pay" });
    staff.officer.change(&format!("{user}/status"), &user, block).await.ok();
}

/// The rest of the good loan is paid; everybody goes home.
async fn the_end(house: &House, borrower: &Person<'_>, staff: &Staff<'_>, loan: &str) {
    borrower.sign_in_again().await;
    let quote = borrower.of_loan(loan, "/foreclosure-quote").await;
    let today = house.today().to_string();
    let receipt = json!({
        "amount": quote["total"], "received_on": today, "mode": "bank", "reference": "UTR-END", "kind": "foreclosure",
    });
    staff.finance.post(&format!("/lending/api/admin/loans/{loan}/repayments"), receipt).await.ok();
    for path in ["", "/schedule", "/statement", "/statement?format=csv", "/no-dues-certificate"] {
        borrower.get(&format!("/lending/api/loans/{loan}{path}")).await.ok();
    }
    // The nightly proof has something to prove, and leaves its marks.
    house.advance(SignedDuration::from_hours(24)).await;
    borrower.sign_in_again().await;
    borrower.post("/lending/api/auth/logout", json!({})).await.ok();
    house.advance(SignedDuration::from_mins(20)).await;
    borrower.sign_in_again().await;
    borrower.post("/lending/api/auth/logout-all", json!({})).await.ok();
    staff.finance.sign_in_again().await;
    staff.finance.post("/lending/api/admin/auth/logout", json!({})).await.ok();
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_else(|| panic!("{value} has no id")).to_owned()
}

/// One refusal of each kind.
pub async fn refusals() -> Vec<(&'static str, Answer)> {
    let house = House::open().await;
    let visitor = house.visitor();
    let mut seen = vec![
        ("unknown-path", visitor.get("/lending/api/nowhere").await),
        ("wrong-method", visitor.delete("/lending/api/auth/send-otp").await),
        ("not-signed-in", visitor.get("/lending/api/loans").await),
        (
            "invalid-field",
            visitor.post("/lending/api/auth/send-otp", json!({ "mobile": "123", "x": 1 })).await,
        ),
        ("unknown-path-of-platform", visitor.get("/platform/nowhere").await),
    ];
    let json = [("content-type", "application/json")];
    let path = "/lending/api/auth/send-otp";
    seen.push(("malformed-body", visitor.send(Method::POST, path, None, &json).await));
    let borrower = house.borrower(MOBILE).await;
    let send = visitor.post("/lending/api/auth/send-otp", json!({ "mobile": MOBILE })).await;
    seen.push(("too-many-requests", send));
    seen.push(("profile-incomplete", borrower.ask_for(50_000, 12).await));
    let unknown = "/lending/api/loans/ln_01J9ZQ6V0M8Q2W3E4R5T6Y7V8Z";
    seen.push(("not-found", borrower.get(unknown).await));
    seen.push(("invalid-id", borrower.get("/lending/api/loans/1").await));
    seen.push(("invalid-cursor", borrower.get("/lending/api/transactions?cursor=AAAA").await));
    house.advance(SignedDuration::from_mins(2)).await;
    let borrower = house.complete_borrower(MOBILE).await;
    borrower.apply(50_000, 12).await;
    seen.push(("pending-application", borrower.ask_for(50_000, 12).await));
    let officer = house.staff(&["officer"]).await;
    seen.push(("forbidden", officer.get("/lending/api/admin/settings").await));
    let user = id(&borrower.get("/lending/api/auth/profile").await.data());
    let path = format!("/lending/api/admin/users/{user}/status");
    let block = json!({ "status": "blocked", "reason": "Seen by the tests" });
    seen.push(("precondition-required", officer.put(&path, block.clone()).await));
    let old = [("if-match", "\"99\"")];
    seen.push(("precondition-failed", officer.send(Method::PUT, &path, Some(block), &old).await));
    seen
}
