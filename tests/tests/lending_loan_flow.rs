//! Lending, from the first code to the no-dues certificate, over HTTP: what borrowers, officers and finance do in the life of loans.
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use local::inbox::Channel;
use platform::discrepancy::Discrepancy;
use reqwest::Method;
use serde_json::{Value, json};
use shared::clock::{at_local, india};
use tests::{House, Person, employment, finances, paise, sum};

const MOBILE: &str = "9876543210";

/// The instalment of ₹30,000 over three months at 18 % a year: 30,000 · 0.015 / (1 − 1.015⁻³).
const EMI: f64 = 10_301.49;

/// The amount lent in paise, as the principal of all instalments adds up to.
const LENT: i64 = 3_000_000;

/// A loan and everybody who has to do with it.
struct Story<'a> {
    house: &'a House,
    borrower: Person<'a>,
    officer: Person<'a>,
    finance: Person<'a>,
    loan: String,
    /// The notices so far, by kind.
    told: Vec<&'static str>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loan_lives_from_the_first_code_to_the_certificate() {
    // The job that is left out runs every hour, and has nothing to do with loans.
    let house = House::open_without(&["lending-expire-offers"]).await;
    let mut story = Story::of_an_application(&house).await;
    story.the_money_goes_out().await;
    story.the_first_instalment_is_paid_on_its_day().await;
    story.the_second_is_missed_and_costs_penal_charges().await;
    story.a_back_dated_payment_undoes_them_until_it_bounces().await;
    story.what_is_due_is_paid_as_the_preview_said().await;
    story.the_rest_is_foreclosed_as_quoted().await;
    story.nothing_follows_after_the_end().await;
    story.the_books_and_the_log_are_complete().await;
}

impl<'a> Story<'a> {
    /// Profile, employment, finances, application, bank account, references; review, approval, Key Fact Statement, signature.
    async fn of_an_application(house: &'a House) -> Self {
        let officer = house.staff(&["officer"]).await;
        let finance = house.staff(&["finance"]).await;
        let case = house.applied(MOBILE, 30_000, 3).await;
        let (borrower, application) = (case.borrower, case.application);
        borrower.give_references(&application).await.ok();
        let account = borrower.add_account(&application).await;
        assert_eq!(officer.review(&application).await.data()["status"], "under_review");
        let approved = officer.approve(&application, 30_000, 3).await.data();
        assert_eq!(
            (&approved["status"], &approved["awaits_second_approval"]),
            (&json!("approved"), &json!(false))
        );

        let of_application = format!("/lending/api/loan-applications/{application}");
        let kfs = borrower.get(&format!("{of_application}/kfs")).await.data();
        assert_eq!(kfs["emi_amount"], EMI);
        assert_eq!(kfs["net_disbursed"], 29_292, "two per cent and tax on that are kept back");
        assert_eq!(sum(&kfs["schedule"], "principal"), LENT);
        let apr = kfs["apr"].as_f64().unwrap_or_default();
        assert!(apr > 18.0, "the fee makes the loan dearer than its rate: {apr}");
        borrower.choose_account(&application, &account).await.ok();
        let accepted = borrower.accept(&application).await.data();
        assert_eq!(accepted["application"]["status"], "accepted");
        let told = vec!["application_received", "application_under_review", "application_approved"];
        Self { house, borrower, officer, finance, loan: application, told }
    }

    async fn the_money_goes_out(&mut self) {
        let paid_out = self.finance.disburse(&self.loan, "UTIBN52026010500012345").await.data();
        assert_eq!(paid_out["application_status"], "disbursed");
        paid_out["loan"]["id"].as_str().unwrap_or_default().clone_into(&mut self.loan);
        self.hears(&["loan_disbursed"]).await;

        let schedule = self.schedule().await;
        let lines = &schedule["instalments"];
        assert_eq!(sum(lines, "principal"), LENT, "the principal adds up to the loan");
        let due_on: Vec<&Value> =
            lines.as_array().into_iter().flatten().map(|line| &line["due_on"]).collect();
        assert_eq!(due_on, ["2026-02-05", "2026-03-05", "2026-04-05"]);
        let borrower = self.borrower.get("/lending/api/loan-applications").await.data();
        assert_eq!(borrower["applications"][0]["status"], "disbursed");
    }

    async fn the_first_instalment_is_paid_on_its_day(&mut self) {
        self.goes_to("2026-02-02").await;
        self.hears(&["due_soon"]).await;
        self.goes_to("2026-02-05").await;
        self.hears(&["due_soon", "due_today"]).await;
        assert_eq!(self.schedule().await["instalments"][0]["status"], "due");
        let received = self.finance.receive(&self.loan, &json!(EMI), "2026-02-05", "UTR-FEB").await.data();
        assert_eq!(received["loan"]["due"], 0);
        self.hears(&["payment_received"]).await;
        assert_eq!(self.schedule().await["instalments"][0]["status"], "paid");
        let again = self.finance.receive(&self.loan, &json!(EMI), "2026-02-05", "utr-feb").await;
        again.refused(409, "RECEIPT_EXISTS");
    }

    async fn the_second_is_missed_and_costs_penal_charges(&mut self) {
        self.goes_to("2026-03-12").await;
        self.hears(&["due_soon", "due_soon", "due_today", "overdue", "overdue", "overdue"]).await;
        let loan = self.loan_now().await;
        assert_eq!((&loan["status"], &loan["days_past_due"]), (&json!("overdue"), &json!(7)));
        let late = self.schedule().await["instalments"][1].clone();
        assert_eq!(late["status"], "overdue");
        // 24 % a year of the overdue principal, from the day after the three days of grace.
        let (principal, charges) = (paise(&late["principal"]), paise(&late["charges"]));
        assert!(charges > 0 && charges < principal * 24 * 7 / 36_500 + 1, "{late}");
        assert_eq!(paise(&loan["overdue_amount"]), paise(&json!(EMI)) + charges);
    }

    async fn a_back_dated_payment_undoes_them_until_it_bounces(&mut self) {
        let before = self.loan_now().await;
        let received = self.finance.receive(&self.loan, &json!(EMI), "2026-03-05", "CHEQUE-1").await.data();
        self.hears(&["payment_received"]).await;
        let paid = self.loan_now().await;
        assert_eq!((&paid["status"], &paid["due_amount"]), (&json!("active"), &json!(0)));
        assert_eq!(self.schedule().await["instalments"][1]["charges"], 0);

        let transaction = received["transaction"]["id"].as_str().unwrap_or_default();
        let reversed = self.finance.reverse(transaction).await.data();
        assert_eq!(reversed["transaction"]["status"], "reversed");
        self.hears(&["payment_failed"]).await;
        let after = self.loan_now().await;
        assert_eq!(after["due_amount"], before["due_amount"]);
        assert_eq!(after["days_past_due"], before["days_past_due"]);
        self.finance.reverse(transaction).await.refused(409, "NOT_IN_THAT_STATE");
    }

    async fn what_is_due_is_paid_as_the_preview_said(&mut self) {
        let due = self.loan_now().await["due_amount"].clone();
        let preview = self.borrower.of_loan(&self.loan, &format!("/payment-preview?amount={due}")).await;
        assert_eq!(sum(&preview["lines"], "amount"), paise(&due));
        let received = self.finance.receive(&self.loan, &due, "2026-03-12", "UTR-MAR").await.data();
        assert_eq!(received["allocations"], preview["lines"]);
        assert_eq!(received["loan"]["outstanding_principal"], preview["after"]["outstanding_principal"]);
        self.hears(&["payment_received"]).await;
        let certificate = format!("/lending/api/loans/{}/no-dues-certificate", self.loan);
        self.borrower.get(&certificate).await.refused(409, "NOT_SETTLED");
    }

    async fn the_rest_is_foreclosed_as_quoted(&mut self) {
        self.goes_to("2026-03-20").await;
        let quote = self.borrower.of_loan(&self.loan, "/foreclosure-quote").await;
        let left = self.loan_now().await;
        assert_eq!(quote["principal"], left["outstanding_principal"]);
        // A month's interest is 1.5 %; of it fifteen of the 31 days since the fifth of March, not all of it (case L10).
        let month = paise(&quote["principal"]) * 15;
        assert_eq!(paise(&quote["interest_accrued"]), (month * 15 + 15_500) / 31_000);
        let parts = ["principal", "interest_due", "interest_accrued", "charges", "fee", "fee_tax"];
        let total: i64 = parts.iter().map(|part| paise(&quote[part])).sum();
        assert_eq!(paise(&quote["total"]), total);
        let receipts = format!("/lending/api/admin/loans/{}/repayments", self.loan);
        let receipt = |amount: Value| {
            json!({ "amount": amount, "received_on": "2026-03-20", "mode": "bank", "reference": "UTR-END",
                    "kind": "foreclosure" })
        };
        let too_little = self.finance.post(&receipts, receipt(json!(100))).await;
        too_little.refused(409, "TOO_LITTLE_TO_FORECLOSE");
        let settled = self.finance.post(&receipts, receipt(quote["total"].clone())).await.data();
        assert_eq!((&settled["loan"]["status"], &settled["loan"]["due"]), (&json!("foreclosed"), &json!(0)));
        self.hears(&["foreclosure_receipt", "no_dues"]).await;
        let pending = self.borrower.get("/lending/api/loans/pending").await.data();
        assert_eq!(pending["loans"], json!([]));
    }

    async fn nothing_follows_after_the_end(&mut self) {
        self.goes_to("2026-04-06").await;
        self.hears(&[]).await;
        let certificate = format!("/lending/api/loans/{}/no-dues-certificate", self.loan);
        let certificate = self.borrower.get(&certificate).await;
        assert_eq!((certificate.status, certificate.header("content-type")), (200, "application/pdf"));
        assert!(certificate.bytes.starts_with(b"%PDF-"));

        let statement = format!("/lending/api/loans/{}/statement", self.loan);
        let pdf = self.borrower.get(&statement).await;
        assert!(pdf.is_success() && pdf.bytes.starts_with(b"%PDF-"), "{}", pdf.status);
        let csv = self.borrower.get(&format!("{statement}?format=csv")).await;
        assert!(csv.is_success() && csv.header("content-disposition").contains(".csv"));
        let (text, mut balance) = (csv.text(), 0);
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        let [_, opening, entries @ .., closing] = &*rows else { panic!("{text}") };
        let amount = |text: &str| {
            if text.is_empty() { 0 } else { paise(&text.parse::<f64>().unwrap_or(f64::NAN).into()) }
        };
        assert_eq!(amount(opening[5]), 0);
        for entry in entries {
            balance += amount(entry[3]) - amount(entry[4]);
            assert_eq!(amount(entry[5]), balance, "every line carries its balance: {entry:?}");
        }
        assert_eq!((balance, amount(closing[5])), (0, 0), "nothing is owed at the end: {text}");
        for reference in ["UTR-FEB", "UTR-MAR", "UTR-END"] {
            assert!(text.contains(reference), "{reference} is in the statement: {text}");
        }
        assert!(!text.contains("CHEQUE-1"), "what bounced was no payment: {text}");
    }

    async fn the_books_and_the_log_are_complete(&mut self) {
        let trial = self.finance.get("/lending/api/admin/ledger/trial-balance").await.data();
        assert_eq!(trial["difference"], 0);
        assert!(paise(&trial["debits"]) > 0, "{trial}");
        let account = format!("/lending/api/admin/ledger/accounts/loans_receivable.INR.{}", self.loan);
        assert_eq!(self.finance.get(&account).await.data()["balance"], 0);
        let wrong = self.house.table().list(&Discrepancy::of("LENDING"), 10).await;
        assert!(wrong.is_ok_and(|wrong| wrong.is_empty()), "the nightly proof found nothing");

        let did = async |person: &Person<'_>| {
            let log = format!("/lending/api/admin/audit-logs?actor={}&limit=100", person.name());
            let lines = self.finance.get(&log).await.data()["lines"].clone();
            let mut lines = lines.as_array().cloned().unwrap_or_default();
            lines.retain(|line| line["subject"] != person.name());
            let actions =
                lines.iter().rev().map(|line| line["action"].as_str().unwrap_or_default().to_owned());
            actions.collect::<Vec<_>>()
        };
        assert_eq!(sorted(did(&self.officer).await), ["approve_application", "review_application"]);
        let [received, reversed] = ["record_repayment", "reverse_repayment"];
        let wanted = vec!["disburse_loan", received, received, reversed, received, received];
        assert_eq!(sorted(did(&self.finance).await), sorted(wanted));
    }

    async fn goes_to(&self, day: &str) {
        self.house.go_to(day).await;
        self.borrower.sign_in_again().await;
        self.finance.sign_in_again().await;
    }

    async fn loan_now(&self) -> Value {
        self.borrower.of_loan(&self.loan, "").await["loan"].clone()
    }

    async fn schedule(&self) -> Value {
        let schedule = self.borrower.of_loan(&self.loan, "/schedule").await;
        assert_eq!(paise(&schedule["totals"]["principal"]), LENT);
        schedule
    }

    /// Since the last time exactly these notices came, each once in the app, by SMS and by e-mail.
    async fn hears(&mut self, kinds: &[&'static str]) {
        self.told.extend(kinds);
        let phone = self.house.inbox_of(&format!("+91{MOBILE}")).await;
        let notices = phone.iter().filter(|entry| entry.body.starts_with("Pocket Credit:"));
        let letters = self.house.inbox_of(&format!("asha{MOBILE}@example.in")).await;
        assert!(letters.iter().all(|letter| letter.channel == Channel::Email));
        assert_eq!(sorted(self.borrower.notified().await), sorted(self.told.clone()));
        assert_eq!((notices.count(), letters.len()), (self.told.len(), self.told.len()));
    }
}

/// What was said at the same moment, while the clock stood, has no order.
fn sorted<T: Into<String>>(kinds: Vec<T>) -> Vec<String> {
    let mut kinds: Vec<String> = kinds.into_iter().map(Into::into).collect();
    kinds.sort();
    kinds
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn above_the_limit_two_people_must_want_the_same() {
    let house = House::open().await;
    let (maker, checker) = (house.staff(&["officer"]).await, house.staff(&["admin"]).await);
    let case = house.applied(MOBILE, 300_000, 36).await;
    maker.review(&case.application).await.ok();
    let proposed = maker.approve(&case.application, 250_000, 36).await.data();
    assert_eq!(
        (&proposed["status"], &proposed["awaits_second_approval"]),
        (&json!("under_review"), &json!(true))
    );
    let kfs = format!("/lending/api/loan-applications/{}/kfs", case.application);
    assert!(!case.borrower.get(&kfs).await.is_success(), "there is no offer yet");
    maker.approve(&case.application, 250_000, 36).await.refused(403, "MAKER_IS_CHECKER");
    // Other terms are a proposal of their own, which the first maker may confirm.
    let other = checker.approve(&case.application, 240_000, 36).await.data();
    assert_eq!(other["awaits_second_approval"], true);
    checker.approve(&case.application, 240_000, 36).await.refused(403, "MAKER_IS_CHECKER");
    let approved = maker.approve(&case.application, 240_000, 36).await.data();
    assert_eq!(approved["status"], "approved");
    assert_eq!(case.borrower.get(&kfs).await.data()["loan_amount"], 240_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn up_to_the_limit_one_person_is_enough() {
    let house = House::open().await;
    let officer = house.staff(&["officer"]).await;
    let case = house.applied(MOBILE, 200_000, 36).await;
    officer.review(&case.application).await.ok();
    assert_eq!(officer.approve(&case.application, 200_000, 36).await.data()["status"], "approved");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_refused_hears_why_and_may_apply_again() {
    let house = House::open().await;
    let officer = house.staff(&["officer"]).await;
    let case = house.applied(MOBILE, 50_000, 12).await;
    case.borrower.ask_for(20_000, 6).await.refused(409, "PENDING_APPLICATION_EXISTS");
    officer.review(&case.application).await.ok();
    officer.reject(&case.application, "income_too_low").await.ok();
    let inbox = house.inbox_of(&format!("+91{MOBILE}")).await;
    assert!(inbox.iter().any(|sms| sms.body.contains("your income is too low")), "{inbox:?}");
    assert!(case.borrower.notified().await.contains(&"application_rejected".to_owned()));
    let seen = case.borrower.get(&format!("/lending/api/loan-applications/{}", case.application)).await;
    assert!(!seen.text().contains("Seen by the tests"), "the note is for staff only: {seen}");
    officer.approve(&case.application, 50_000, 12).await.refused(409, "NOT_IN_THAT_STATE");
    let again = case.borrower.ask_for(20_000, 6).await.data();
    assert_eq!(again["application"]["status"], "submitted");
    let summary = case.borrower.get("/lending/api/loan-applications/stats/summary").await.data();
    assert_eq!((&summary["total_applications"], &summary["rejected_count"]), (&json!(2), &json!(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_can_be_taken_back_until_it_is_signed() {
    let house = House::open().await;
    let officer = house.staff(&["officer"]).await;
    let case = house.applied(MOBILE, 50_000, 12).await;
    let withdraw = |application: &str| format!("/lending/api/loan-applications/{application}/withdraw");
    let withdrawn = case.borrower.post(&withdraw(&case.application), json!({})).await.data();
    assert_eq!(withdrawn["application"]["status"], "withdrawn");
    case.borrower.post(&withdraw(&case.application), json!({})).await.refused(409, "NOT_IN_THAT_STATE");
    officer.review(&case.application).await.refused(409, "NOT_IN_THAT_STATE");

    let again = case.borrower.apply(50_000, 12).await;
    officer.review(&again).await.ok();
    officer.approve(&again, 50_000, 12).await.ok();
    case.borrower.accept(&again).await.ok();
    case.borrower.post(&withdraw(&again), json!({})).await.refused(409, "NOT_IN_THAT_STATE");
    case.borrower.ask_for(20_000, 6).await.refused(409, "PENDING_APPLICATION_EXISTS");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_lasts_as_long_as_its_product_says_by_the_clock() {
    let house = House::open().await;
    let (officer, admin) = (house.staff(&["officer"]).await, house.admin().await);
    let usual = house.offered(&officer, "9812345670", 50_000, 12).await;
    assert_eq!(stands_until(&usual.borrower, &usual.application).await, end_of_day(&house, 7));

    let two_days = json!({
        "name": "Personal loan", "min_amount": 5000, "max_amount": 500_000, "min_tenure_months": 3,
        "max_tenure_months": 36, "interest_rate": 18, "day_count": "thirty360", "processing_fee_pct": 2,
        "processing_fee_flat": 0, "gst_pct": 18, "penal_rate": 24, "penal_grace_days": 3, "foreclosure_fee_pct": 0,
        "cooling_off_days": 3, "offer_days": 2,
    });
    let (write, read) = ("/lending/api/admin/loan-products/personal", "/lending/api/loan-products/personal");
    admin.change(write, read, two_days).await.ok();
    let case = house.offered(&officer, MOBILE, 50_000, 12).await;
    let until = stands_until(&case.borrower, &case.application).await;
    assert_eq!(until, end_of_day(&house, 2));
    let of_application = format!("/lending/api/loan-applications/{}", case.application);

    // One second before the end it still stands; a minute later it does not, although no job has run yet.
    house.advance(until.duration_since(house.now()) - SignedDuration::from_secs(1)).await;
    case.borrower.sign_in_again().await;
    case.borrower.get(&format!("{of_application}/kfs")).await.ok();
    house.advance(SignedDuration::from_secs(60)).await;
    let signature = json!({ "kfs_hash": "0".repeat(64), "consent": true, "otp": "000000" });
    let accept = case.borrower.post(&format!("{of_application}/accept"), signature).await;
    accept.refused(409, "OFFER_EXPIRED");
    case.borrower.get(&format!("{of_application}/kfs")).await.refused(409, "OFFER_EXPIRED");
    let again = case.borrower.ask_for(20_000, 6).await.data();
    assert_eq!(again["application"]["status"], "submitted");

    house.advance(SignedDuration::from_hours(2)).await;
    assert_eq!(case.borrower.get(&of_application).await.data()["application"]["status"], "expired");
    let expired = case.borrower.notified().await.into_iter().filter(|kind| kind == "offer_expired").count();
    assert_eq!(expired, 1);
}

/// Until when the offer stands.
async fn stands_until(borrower: &Person<'_>, application: &str) -> Timestamp {
    let offer = borrower.get(&format!("/lending/api/loan-applications/{application}/offer")).await.data();
    let kfs = borrower.get(&format!("/lending/api/loan-applications/{application}/kfs")).await.data();
    assert_eq!(offer["valid_until"], kfs["valid_until"]);
    offer["valid_until"].as_str().unwrap_or_default().parse().unwrap_or_default()
}

/// The end of the day in India that comes so many days after today.
fn end_of_day(house: &House, days: i64) -> Timestamp {
    at_local(house.today().saturating_add((days + 1).days()), 0, 0, &india())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_signs_another_statement_or_with_another_code() {
    let house = House::open().await;
    let officer = house.staff(&["officer"]).await;
    let case = house.offered(&officer, MOBILE, 50_000, 12).await;
    let accept = format!("/lending/api/loan-applications/{}/accept", case.application);
    let right = case.borrower.signature(&case.application).await;
    let with = |field: &str, value: Value| {
        let mut signature = right.clone();
        signature[field] = value;
        signature
    };
    let other = with("kfs_hash", "0".repeat(64).into());
    case.borrower.post(&accept, other).await.refused(409, "KFS_CHANGED");
    case.borrower.post(&accept, with("consent", false.into())).await.refused(400, "VALIDATION_FAILED");
    let wrong = if right["otp"] == "000000" { "000001" } else { "000000" };
    case.borrower.post(&accept, with("otp", wrong.into())).await.refused(400, "INVALID_OTP");
    case.borrower.post(&accept, right.clone()).await.ok();
    case.borrower.post(&accept, right).await.refused(409, "NOT_IN_THAT_STATE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_money_goes_out_early_twice_or_to_somebody_else() {
    let house = House::open().await;
    let (officer, finance) = (house.staff(&["officer"]).await, house.staff(&["finance"]).await);
    let case = house.offered(&officer, MOBILE, 50_000, 12).await;
    finance.disburse(&case.application, "UTR-1").await.refused(409, "NOT_IN_THAT_STATE");
    case.borrower.accept(&case.application).await.ok();
    finance.disburse(&case.application, "UTR-1").await.refused(409, "NO_BANK_ACCOUNT");
    let other = json!({
        "application_id": case.application, "account_number": "50100999999999", "ifsc_code": "HDFC0001234",
        "account_holder_name": "Somebody Else",
    });
    let other = case.borrower.post("/lending/api/bank-details", other).await.data();
    let other = other["bank_details"]["id"].as_str().unwrap_or_default().to_owned();
    case.borrower.choose_account(&case.application, &other).await.refused(409, "NAME_MISMATCH");
    let own = case.borrower.add_account(&case.application).await;
    case.borrower.choose_account(&case.application, &own).await.ok();
    let remove = format!("/lending/api/bank-details/{own}");
    case.borrower.delete(&remove).await.refused(409, "ACCOUNT_IN_USE");
    finance.disburse(&case.application, "UTR-1").await.ok();
    finance.disburse(&case.application, "UTR-2").await.refused(409, "NOT_IN_THAT_STATE");
    case.borrower.choose_account(&case.application, &own).await.refused(409, "DISBURSAL_STARTED");
    let loans = case.borrower.get("/lending/api/loans").await.data();
    assert_eq!(loans["loans"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_request_with_its_key_is_answered_again_and_done_once() {
    let house = House::open().await;
    let (officer, finance) = (house.staff(&["officer"]).await, house.staff(&["finance"]).await);
    let (case, loan) = house.paid_out((&officer, &finance), MOBILE, (50_000, 12)).await;
    let path = format!("/lending/api/admin/loans/{loan}/repayments");
    let key = [("idempotency-key", "receipt-1")];
    let receipt =
        json!({ "amount": 500, "received_on": "2026-01-05", "mode": "cash", "reference": "R-0001" });
    let first = finance.send(Method::POST, &path, Some(receipt.clone()), &key).await;
    let second = finance.send(Method::POST, &path, Some(receipt), &key).await;
    assert_eq!((first.status, second.status), (201, 201), "{first} {second}");
    assert_eq!(first.body["data"]["transaction"], second.body["data"]["transaction"]);
    let other = json!({ "amount": 600, "received_on": "2026-01-05", "mode": "cash", "reference": "R-0002" });
    finance.send(Method::POST, &path, Some(other), &key).await.refused(422, "IDEMPOTENCY_KEY_REUSED");
    let loan = case.borrower.of_loan(&loan, "").await;
    assert_eq!(loan["payments"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_admins_waive_charges_and_reschedule_and_the_old_schedule_is_kept() {
    let house = House::open_without(&["lending-expire-offers", "platform-prove-ledgers"]).await;
    let (officer, finance) = (house.staff(&["officer"]).await, house.staff(&["finance"]).await);
    let (one, other) = (house.staff(&["admin"]).await, house.staff(&["admin"]).await);
    let (case, loan) = house.paid_out((&officer, &finance), MOBILE, (30_000, 3)).await;
    house.go_to("2026-02-15").await;
    for person in [&one, &other, &case.borrower] {
        person.sign_in_again().await;
    }
    let charges = case.borrower.of_loan(&loan, "/schedule").await["instalments"][0]["charges"].clone();
    assert!(paise(&charges) > 0);
    let waive = format!("/lending/api/admin/loans/{loan}/waive");
    let waiver = json!({ "amount": charges, "reason": "The bank was closed" });
    let asked = one.post(&waive, waiver.clone()).await;
    assert_eq!(
        (asked.status, &asked.body["data"]["progress"]),
        (201, &json!("awaiting_confirmation")),
        "{asked}"
    );
    one.post(&waive, waiver.clone()).await.refused(409, "SECOND_PERSON_NEEDED");
    assert_eq!(other.post(&waive, waiver).await.data()["progress"], "done");
    assert_eq!(case.borrower.of_loan(&loan, "/schedule").await["instalments"][0]["charges"], 0);

    let reschedule = format!("/lending/api/admin/loans/{loan}/reschedule");
    let plan = json!({
        "first_due_on": "2026-04-05", "instalments": 4, "with_arrears": true, "reason": "Flood in the district",
    });
    other.post(&reschedule, plan.clone()).await.ok();
    assert_eq!(one.post(&reschedule, plan).await.data()["progress"], "done");
    let schedule = case.borrower.of_loan(&loan, "/schedule").await;
    let lines = schedule["instalments"].as_array().cloned().unwrap_or_default();
    assert_eq!(lines.iter().filter(|line| line["version"] == 2).count(), 4, "{schedule}");
    assert_eq!(paise(&schedule["totals"]["principal"]), LENT, "{schedule}");
    assert_eq!(one.get("/lending/api/admin/ledger/trial-balance").await.data()["difference"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_blocked_loses_every_session_at_once_and_cannot_come_back() {
    let house = House::open().await;
    let officer = house.staff(&["officer"]).await;
    let phone = house.complete_borrower(MOBILE).await;
    house.advance(SignedDuration::from_mins(2)).await;
    let laptop = house.borrower(MOBILE).await;
    let id =
        phone.get("/lending/api/auth/profile").await.data()["id"].as_str().unwrap_or_default().to_owned();
    let user = format!("/lending/api/admin/users/{id}");
    let block = json!({ "status": "blocked", "reason": "The number belongs to somebody else" });
    officer.put(&format!("{user}/status"), block.clone()).await.refused(428, "PRECONDITION_REQUIRED");
    officer.change(&format!("{user}/status"), &user, block).await.ok();
    for device in [&phone, &laptop] {
        device.get("/lending/api/auth/profile").await.refused(401, "NOT_SIGNED_IN");
    }
    house.advance(SignedDuration::from_mins(2)).await;
    let visitor = house.visitor();
    visitor.post("/lending/api/auth/send-otp", json!({ "mobile": MOBILE })).await.ok();
    let otp = house.code_sent_to(&format!("+91{MOBILE}"));
    let verify = json!({ "mobile": MOBILE, "otp": otp });
    visitor.post("/lending/api/auth/verify-otp", verify).await.refused(403, "ACCOUNT_BLOCKED");

    let free = json!({ "status": "active", "reason": "It was a mistake" });
    officer.change(&format!("{user}/status"), &user, free).await.ok();
    house.advance(SignedDuration::from_mins(16)).await;
    let back = house.borrower(MOBILE).await;
    assert_eq!(back.get("/lending/api/auth/profile").await.data()["id"], id.as_str());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn preferences_mute_what_is_optional_and_nothing_else() {
    let house = House::open().await;
    let officer = house.staff(&["officer"]).await;
    let borrower = house.complete_borrower(MOBILE).await;
    borrower.put("/lending/api/notifications/preferences", json!({ "optional": false })).await.ok();
    borrower.post("/lending/api/employment-details", employment(150_000)).await.ok();
    borrower.post("/lending/api/financial-details", finances(150_000)).await.ok();
    let application = borrower.apply(50_000, 12).await;
    officer.review(&application).await.ok();
    officer.approve(&application, 50_000, 12).await.ok();
    let inbox = house.inbox_of(&format!("+91{MOBILE}")).await;
    let sms = |words: &str| inbox.iter().filter(|entry| entry.body.contains(words)).count();
    let counts =
        (sms("we have your loan application"), sms("is under review"), sms("approved. Read the Key Fact"));
    assert_eq!(counts, (1, 0, 1));
    let letters = house.inbox_of(&format!("asha{MOBILE}@example.in")).await;
    assert_eq!(letters.len(), 2);
    let shown = sorted(borrower.notified().await);
    assert_eq!(shown, ["application_approved", "application_received", "application_under_review"]);
}
