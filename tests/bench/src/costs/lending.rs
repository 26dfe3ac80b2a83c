//! The walk through lending: one line for each endpoint, in an order in which each finds what it needs. A new endpoint is a new
//! line; one that lacks its line is listed as not exercised.
use futures::future::BoxFuture;
use lending::{FUNCTIONS, WING};
use serde_json::{Value, json};

use super::{
    step::{
        Line, Memory, Steps,
        Who::{Admin, Borrower, Finance, Newcomer, Officer, SecondAdmin, Visitor},
        delete, get, known, post, put,
    },
    walk::Walk,
};
use crate::{Fault, stock::Stock};

/// The walk.
pub(super) const STEPS: Steps = Steps { wing: &WING, functions: FUNCTIONS, lines: LINES };

const LINES: &[Line] = &[
    // Service
    get(Visitor, "/health"),
    get(Visitor, "/health/ready"),
    get(Visitor, "/openapi.json"),
    // Signing in, the profile
    post(Borrower, "/api/auth/send-otp", mobile),
    post(Borrower, "/api/auth/verify-otp", mobile_and_code)
        .keep(&[("user", "/data/user/id")])
        .case("first sign-in"),
    Line::Arrange("store one loan of each kind", |walk| lend(walk)),
    get(Borrower, "/api/user/profile/status"),
    put(Borrower, "/api/user/profile/basic", basic_details),
    put(Borrower, "/api/user/profile/additional", additional_details),
    get(Borrower, "/api/auth/profile"),
    put(Borrower, "/api/auth/profile", |_| json!({ "full_name": "Asha Verma", "language": "hi" })),
    put(Borrower, "/api/auth/profile", |_| json!({ "email": "asha.verma@example.in" }))
        .case("another address"),
    post(Borrower, "/api/auth/profile/confirm-email", |m| json!({ "token": known(m, "email_token") })),
    // Sections of the profile
    post(Borrower, "/api/employment-details", employment),
    get(Borrower, "/api/employment-details"),
    put(Borrower, "/api/employment-details", employment),
    post(Borrower, "/api/financial-details", finances),
    get(Borrower, "/api/financial-details"),
    put(Borrower, "/api/financial-details", finances),
    // Before applying
    get(Visitor, "/api/loan-products"),
    get(Visitor, "/api/loan-products/personal"),
    post(Visitor, "/api/emi/calculate", |_| json!({ "amount": 50_000, "rate": 18, "tenure": 12 })),
    get(Borrower, "/api/eligibility"),
    // An application that is taken back, and one that is refused
    post(Borrower, "/api/loan-applications/apply", application).keep(APPLICATION),
    post(Borrower, "/api/loan-applications/{application}/withdraw", empty),
    post(Borrower, "/api/loan-applications/apply", application).keep(APPLICATION),
    post(Officer, "/api/admin/loan-applications/{application}/review", empty),
    post(
        Officer,
        "/api/admin/loan-applications/{application}/reject",
        |_| json!({ "reason_code": "income_too_low", "note": "Too little is left at the end of the month" }),
    ),
    // An application that becomes a loan
    post(Borrower, "/api/loan-applications/apply", application).keep(APPLICATION),
    get(Borrower, "/api/loan-applications"),
    get(Borrower, "/api/loan-applications/stats/summary"),
    get(Borrower, "/api/loan-applications/{application}"),
    post(Borrower, "/api/bank-details", |m| account(m, "50100123456789"))
        .keep(&[("account", "/data/bank_details/id")]),
    post(Borrower, "/api/bank-details", |m| account(m, "50100123456790"))
        .keep(&[("other_account", "/data/bank_details/id")]),
    get(Borrower, "/api/bank-details"),
    post(
        Borrower,
        "/api/bank-details/choose",
        |m| json!({ "application_id": known(m, "application"), "bank_details_id": known(m, "account") }),
    ),
    get(Borrower, "/api/bank-details/{application}"),
    delete(Borrower, "/api/bank-details/{other_account}"),
    post(Borrower, "/api/loan-references", references).case("first time"),
    post(Borrower, "/api/loan-references", references).case("again"),
    get(Borrower, "/api/loan-references?application_id={application}"),
    get(Officer, "/api/admin/loan-applications").case("all that wait"),
    get(Officer, "/api/admin/loan-applications?status=disbursed").case("all that were paid out"),
    post(Officer, "/api/admin/loan-applications/{application}/review", empty),
    get(Officer, "/api/admin/loan-applications/{application}"),
    post(
        Officer,
        "/api/admin/loan-applications/{application}/approve",
        |_| json!({ "approved_amount": 50_000, "interest_rate": 18, "tenure_months": 12 }),
    ),
    get(Borrower, "/api/loan-applications/{application}/offer"),
    get(Borrower, "/api/loan-applications/{application}/kfs").keep(&[("kfs_hash", "/data/kfs_hash")]),
    Line::Wait(120),
    post(Borrower, "/api/loan-applications/{application}/accept/send-otp", empty),
    post(
        Borrower,
        "/api/loan-applications/{application}/accept",
        |m| json!({ "kfs_hash": known(m, "kfs_hash"), "consent": true, "otp": known(m, "code") }),
    ),
    post(
        Finance,
        "/api/admin/loan-applications/{application}/disburse",
        |_| json!({ "bank_reference": "UTR202601050001" }),
    ),
    // Loans
    get(Borrower, "/api/loans"),
    get(Borrower, "/api/loans/pending"),
    get(Borrower, "/api/loans/{loan}"),
    get(Borrower, "/api/loans/{loan}/schedule"),
    get(Borrower, "/api/loans/{loan}/foreclosure-quote"),
    get(Borrower, "/api/loans/{loan}/payment-preview?amount=5000"),
    get(Borrower, "/api/loans/{loan}/statement").case("PDF"),
    get(Borrower, "/api/loans/{loan}/statement?format=csv").case("CSV"),
    get(Borrower, "/api/loans/{ended_loan}/no-dues-certificate"),
    get(Borrower, "/api/dashboard"),
    get(Borrower, "/api/transactions").case("all").keep(&[("transaction", "/data/transactions/0/id")]),
    get(Borrower, "/api/transactions?loan={loan}").case("of one loan"),
    get(Borrower, "/api/transactions/{transaction}"),
    post(Finance, "/api/admin/loans/{late_loan}/repayments", receipt)
        .keep(&[("receipt", "/data/transaction/id")]),
    post(Finance, "/api/admin/repayments/{receipt}/reverse", because),
    post(Admin, "/api/admin/loans/{late_loan}/waive", waiver).case("asked for"),
    post(SecondAdmin, "/api/admin/loans/{late_loan}/waive", waiver).case("confirmed"),
    post(Admin, "/api/admin/loans/{loan}/reschedule", new_schedule).case("asked for"),
    post(SecondAdmin, "/api/admin/loans/{loan}/reschedule", new_schedule).case("confirmed"),
    post(Admin, "/api/admin/loans/{late_loan}/write-off", because).case("asked for"),
    post(SecondAdmin, "/api/admin/loans/{late_loan}/write-off", because).case("confirmed"),
    get(Admin, "/api/admin/statistics"),
    get(Admin, "/api/admin/delinquency"),
    get(Admin, "/api/admin/loans?dpd=current").case("current"),
    get(Admin, "/api/admin/loans?dpd=90%2B").case("90+"),
    get(Admin, "/api/admin/ledger/accounts/bank.INR").case("of the house"),
    get(Admin, "/api/admin/ledger/accounts/loans_receivable.INR.{loan}").case("of one loan"),
    get(Admin, "/api/admin/ledger/trial-balance"),
    // Notices
    get(Borrower, "/api/notifications").keep(&[("notification", "/data/notifications/0/id")]),
    put(Borrower, "/api/notifications/{notification}/read", empty),
    put(Borrower, "/api/notifications/preferences", |_| json!({ "optional": false })),
    // The staff
    get(Admin, "/api/admin/admin-users"),
    post(
        Admin,
        "/api/admin/admin-users",
        |_| json!({ "email": "meera@lender.example", "name": "Meera Iyer", "roles": ["officer"] }),
    )
    .keep(&[("member", "/data/member/id"), ("password", "/data/temporary_password")]),
    post(
        Newcomer,
        "/api/admin/auth/login",
        |m| json!({ "email": "meera@lender.example", "password": known(m, "password") }),
    ),
    post(
        Newcomer,
        "/api/admin/auth/password",
        |m| json!({ "current_password": known(m, "password"), "new_password": PASSWORD }),
    ),
    post(Newcomer, "/api/admin/auth/totp/enrol", |_| json!({ "password": PASSWORD }))
        .keep(&[("totp_secret", "/data/secret")]),
    post(Newcomer, "/api/admin/auth/totp/confirm", |m| json!({ "totp": totp(m) })),
    get(Newcomer, "/api/admin/auth/me"),
    post(Newcomer, "/api/admin/auth/logout", empty),
    put(
        Admin,
        "/api/admin/admin-users/{member}",
        |_| json!({ "name": "Meera Iyer", "roles": ["officer", "admin"] }),
    )
    .if_unchanged(),
    put(
        Admin,
        "/api/admin/admin-users/{member}/status",
        |_| json!({ "status": "disabled", "reason": "On leave for a year" }),
    )
    .if_unchanged(),
    post(Admin, "/api/admin/admin-users/{member}/reset", because).if_unchanged(),
    // What admins keep
    get(Admin, "/api/admin/settings"),
    get(Admin, "/api/admin/settings/foir_pct"),
    put(Admin, "/api/admin/settings/foir_pct", |_| json!({ "value": 55 })).if_unchanged(),
    post(Admin, "/api/admin/loan-products", |_| product("Salary advance")),
    put(Admin, "/api/admin/loan-products/salary", |_| product("Advance on salary")).if_unchanged(),
    get(Admin, "/api/admin/audit-logs").case("of today"),
    get(Admin, "/api/admin/audit-logs?subject={application}").case("about one application"),
    get(Admin, "/api/admin/users").case("all"),
    get(Admin, "/api/admin/users?mobile={mobile}").case("by number"),
    get(Admin, "/api/admin/users/{user}"),
    // Sessions, and the end of them
    get(Borrower, "/api/auth/sessions"),
    post(Borrower, "/api/auth/logout", empty),
    Line::Wait(120),
    post(Borrower, "/api/auth/send-otp", mobile),
    post(Borrower, "/api/auth/verify-otp", mobile_and_code).case("known borrower"),
    get(Borrower, "/api/auth/sessions").keep(&[("session", "/data/sessions/0/id")]),
    delete(Borrower, "/api/auth/sessions/{session}"),
    Line::Wait(120),
    post(Borrower, "/api/auth/send-otp", mobile),
    post(Borrower, "/api/auth/verify-otp", mobile_and_code).case("known borrower"),
    post(Borrower, "/api/auth/logout-all", empty),
    get(Admin, "/api/admin/users/{user}"),
    put(
        Admin,
        "/api/admin/users/{user}/status",
        |_| json!({ "status": "blocked", "reason": "Asked for it themselves" }),
    )
    .if_unchanged(),
];

/// Where a reply names the application.
const APPLICATION: &[(&str, &str)] = &[("application", "/data/application/id")];
const PASSWORD: &str = "correct horse battery";

fn lend<'a>(walk: &'a mut Walk<'_>) -> BoxFuture<'a, Result<(), Fault>> {
    Box::pin(async {
        let user = known(&walk.memory, "user").parse()?;
        let loans = Stock::new(&walk.house.store)?.lend_one_of_each(user).await?;
        walk.memory.extend(["loan", "late_loan", "ended_loan"].into_iter().zip(loans));
        Ok(())
    })
}

fn empty(_: &Memory) -> Value {
    json!({})
}

fn mobile(memory: &Memory) -> Value {
    json!({ "mobile": known(memory, "mobile") })
}

fn mobile_and_code(memory: &Memory) -> Value {
    json!({ "mobile": known(memory, "mobile"), "otp": known(memory, "code") })
}

fn basic_details(_: &Memory) -> Value {
    json!({
        "full_name": "Asha Verma", "date_of_birth": "1994-07-21", "gender": "female", "pan": "ABCDE1234F",
        "email": "asha@example.in",
    })
}

fn additional_details(_: &Memory) -> Value {
    json!({
        "address_line1": "14 Lake Road", "city": "Pune", "state": "Maharashtra", "pincode": "411001",
        "marital_status": "married", "occupation": "salaried",
    })
}

fn employment(_: &Memory) -> Value {
    json!({
        "monthly_income": 60_000, "employment_type": "full_time", "company_name": "Lake Mills",
        "designation": "Weaver", "salary_date": 1,
    })
}

fn finances(_: &Memory) -> Value {
    json!({ "monthly_income": 60_000, "monthly_expenses": 20_000, "existing_emis": 5_000 })
}

fn application(_: &Memory) -> Value {
    json!({ "loan_amount": 50_000, "tenure_months": 12, "loan_purpose": "A new roof" })
}

fn account(memory: &Memory, number: &str) -> Value {
    json!({
        "application_id": known(memory, "application"), "account_number": number, "ifsc_code": "HDFC0001234",
        "account_holder_name": "ASHA VERMA",
    })
}

fn receipt(_: &Memory) -> Value {
    json!({ "amount": 2_000, "received_on": "2026-01-05", "mode": "bank", "reference": "UTR202601050002" })
}

fn because(_: &Memory) -> Value {
    json!({ "reason": "Agreed with the borrower" })
}

fn waiver(_: &Memory) -> Value {
    json!({ "amount": 1, "reason": "Agreed with the borrower" })
}

fn new_schedule(_: &Memory) -> Value {
    json!({
        "first_due_on": "2026-02-10", "instalments": 12, "with_arrears": true, "reason": "Agreed with the borrower",
    })
}

fn product(name: &str) -> Value {
    json!({
        "code": "salary", "name": name, "min_amount": 5_000, "max_amount": 200_000, "min_tenure_months": 3,
        "max_tenure_months": 24, "interest_rate": 16.5, "day_count": "actual365", "processing_fee_pct": 1.5,
        "processing_fee_flat": 99, "gst_pct": 18, "penal_rate": 24, "penal_grace_days": 3, "foreclosure_fee_pct": 0,
        "cooling_off_days": 3,
    })
}

fn references(memory: &Memory) -> Value {
    json!({
        "application_id": known(memory, "application"),
        "references": [
            { "name": "Ravi Verma", "phone": "9812345678", "relation": "spouse" },
            { "name": "Bela Rao", "phone": "9812345679", "relation": "friend" },
        ],
    })
}

/// What the newcomer's authenticator shows.
fn totp(memory: &Memory) -> String {
    let secret = shared::identity::totp::TotpSecret::from_base32(known(memory, "totp_secret"));
    let now = known(memory, "now").parse().ok();
    secret.zip(now).map(|(secret, now)| secret.code_at(now)).unwrap_or_default()
}
