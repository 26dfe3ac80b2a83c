//! Ways for tests to get to where they begin, always through the endpoints.
use jiff::SignedDuration;
use serde_json::{Value, json};
use shared::{
    function::{Function, Need},
    identity::{
        password::Password,
        session::Token,
        staff::{NewMember, StaffId, StaffMember},
        totp::{TotpCode, TotpSecret},
        vault::{FIELD_KEY, LOOKUP_KEY},
    },
    messages::{
        EmailAddress,
        notice::{self, EMAIL_QUEUE, EmailNotice, Notice},
    },
    table::Write,
};
use stand::Stand;

use crate::{
    borrower::User,
    endpoints::{
        auth::{send_otp, verify_otp},
        profile::{update_additional, update_basic},
    },
    notices::{DUE_SOON, recipient},
};

/// Signs `mobile` (ten digits) in and hands back the cookie.
pub async fn signed_in(stand: &Stand, mobile: &str) -> String {
    let answer = stand.call(&send_otp::FUNCTION).json(json!({ "mobile": mobile })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let otp = stand.code_sent_to(&format!("+91{mobile}"));
    let answer = stand.call(&verify_otp::FUNCTION).json(json!({ "mobile": mobile, "otp": otp })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.cookie("__Host-sid").unwrap()
}

/// As [`signed_in`], on a device that calls itself `device`.
pub async fn signed_in_on(stand: &Stand, mobile: &str, device: &str) -> String {
    stand.call(&send_otp::FUNCTION).json(json!({ "mobile": mobile })).await;
    let otp = stand.code_sent_to(&format!("+91{mobile}"));
    let body = json!({ "mobile": mobile, "otp": otp });
    let answer = stand.call(&verify_otp::FUNCTION).header("user-agent", device).json(body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.cookie("__Host-sid").unwrap()
}

/// The letters on their way to mailboxes, oldest first.
pub fn letters(stand: &Stand) -> Vec<EmailNotice> {
    let records = stand.cloud().stream().read_after("quintet-test", None, 10_000);
    let written = records.into_iter().filter_map(|record| record.new_image);
    let letters = written.filter(|item| item["queue"]["S"] == EMAIL_QUEUE.name);
    letters.map(|item| serde_json::from_str(item["body"]["S"].as_str().unwrap()).unwrap()).collect()
}

/// Tells whoever `cookie` is something in the app `times` times; the ids of the notices, oldest first.
pub async fn told(stand: &Stand, cookie: &str, times: usize) -> Vec<String> {
    let app = stand.app(&verify_otp::FUNCTION).await;
    let id = user_of(stand, cookie).await;
    let mut user = stand.table().get(User::at(id)).await.unwrap().unwrap();
    user.wants_optional_notices = false;
    for _ in 0..times {
        let values = [("number", "PC-202601-000001"), ("amount", "500.00"), ("due_on", "2026-01-12")];
        let write = notice::tell(Write::new(), &app, &crate::WING, &recipient(&user), &DUE_SOON, &values);
        app.table().write(write.unwrap()).await.unwrap();
        stand.advance(SignedDuration::from_secs(1));
    }
    let mut notices = stand.table().list(&Notice::of(&User::partition(id)), 100).await.unwrap();
    notices.reverse();
    notices.into_iter().map(|notice| notice.id.to_string()).collect()
}

/// Valid basic details, with a PAN of its own for each mobile number.
pub fn basic_details(mobile: &str) -> Value {
    json!({
        "full_name": "Asha Verma", "date_of_birth": "1994-07-21", "gender": "female",
        "pan": format!("ABCDE{}F", &mobile[6..]), "email": format!("asha{mobile}@example.in"),
    })
}

/// Valid additional details.
pub fn additional_details() -> Value {
    json!({
        "address_line1": "14 Lake Road", "city": "Pune", "state": "Maharashtra", "pincode": "411001",
        "marital_status": "married", "occupation": "salaried",
    })
}

/// A borrower at step 3.
pub async fn basic_done(stand: &Stand, mobile: &str) -> String {
    let cookie = signed_in(stand, mobile).await;
    let answer = stand.call(&update_basic::FUNCTION).cookie(&cookie).json(basic_details(mobile)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    cookie
}

/// A borrower at step 4, who may apply.
pub async fn profile_done(stand: &Stand, mobile: &str) -> String {
    let cookie = basic_done(stand, mobile).await;
    let answer = stand.call(&update_additional::FUNCTION).cookie(&cookie).json(additional_details()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    cookie
}

/// Valid employment details.
pub fn employment_details() -> Value {
    json!({
        "monthly_income": 60_000.5, "employment_type": "full_time", "company_name": "Lake Mills",
        "designation": "Weaver", "salary_date": 1,
    })
}

/// Valid financial details.
pub fn financial_details() -> Value {
    json!({ "monthly_income": 60_000, "monthly_expenses": 20_000, "existing_emis": 5_000 })
}

/// What arranging staff may touch.
static ARRANGE_STAFF: Function = Function {
    name: "lending-arrange-staff",
    module: module_path!(),
    wing: &crate::WING,
    needs: &[Need::Put, Need::Update, Need::Secret(&LOOKUP_KEY), Need::Secret(&FIELD_KEY)],
    ..Function::WORKER
};

/// A member of staff who is set up and signed in.
pub struct SignedInStaff {
    pub id: StaffId,
    pub email: String,
    pub cookie: String,
    pub totp: TotpSecret,
}

/// The password of everybody whom [`staff_member`] makes.
pub const STAFF_PASSWORD: &str = "correct horse battery";

/// A member of staff with these roles who is set up, in a session that begins now. Written straight into the table: the way
/// through the endpoints is a dozen calls, and its own tests go it.
pub async fn staff_member(stand: &Stand, roles: &[&str]) -> SignedInStaff {
    let app = stand.app(&ARRANGE_STAFF).await;
    let some: [u8; 4] = shared::random::bytes(app.random());
    let email = EmailAddress::parse(&format!("staff-{}@lender.example", u32::from_le_bytes(some))).unwrap();
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    let new = NewMember { email: &email, name: "Ravi Rao".to_owned(), roles };
    let (mut member, _) = StaffMember::new(&app, &crate::WING, new).unwrap();
    let password: Password = shared::http::Parsed::parsed(STAFF_PASSWORD).unwrap();
    member.choose_password(&app, &password).unwrap();
    let totp = member.enrol(&app).unwrap();
    // The code of the step before: that of the present one is left for the test.
    let code = totp.code_at(app.now() - SignedDuration::from_secs(30));
    let code: TotpCode = shared::http::Parsed::parsed(&code).unwrap();
    member.confirm(&app, &code).unwrap().unwrap();
    let partition = StaffMember::partition(&crate::WING, member.id);
    let network = "203.0.113.0/24".to_owned();
    let (token, session) = Token::issue(member.id, partition, app.now(), app.random(), "stand", network);
    let write = Write::new().create(&member).create(&member.email_taken()).create(&session);
    app.table().write(crate::staff::count_admins(None, &member, write)).await.unwrap();
    let cookie = token.cookie(crate::access::STAFF_COOKIE);
    let cookie = cookie.split(';').next().unwrap().to_owned();
    SignedInStaff { id: member.id, email: email.to_string(), cookie, totp }
}

/// The cookie of a new member of staff with these roles: `&["officer"]`, `&["admin"]`, `&["finance"]`.
pub async fn staff_signed_in(stand: &Stand, roles: &[&str]) -> String {
    staff_member(stand, roles).await.cookie
}

/// Who `cookie` is.
pub async fn user_of(stand: &Stand, cookie: &str) -> crate::borrower::UserId {
    let profile = stand.call(&crate::endpoints::auth::get_profile::FUNCTION).cookie(cookie).await;
    profile.body["data"]["id"].as_str().unwrap().parse().unwrap()
}

/// The application of [`applied`], as an id.
pub async fn application_of(stand: &Stand, cookie: &str) -> crate::application::ApplicationId {
    applied(stand, cookie).await.parse().unwrap()
}

/// A valid bank account for `application`.
pub fn bank_details(application: crate::application::ApplicationId) -> Value {
    json!({
        "application_id": application, "account_number": "50100123456789", "ifsc_code": "HDFC0001234",
        "account_holder_name": "ASHA VERMA",
    })
}

/// The id of an account given for `application`.
pub async fn account_of(
    stand: &Stand,
    cookie: &str,
    application: crate::application::ApplicationId,
) -> String {
    let add = &crate::endpoints::bank_details::add::FUNCTION;
    let answer = stand.call(add).cookie(cookie).json(bank_details(application)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body["data"]["bank_details"]["id"].as_str().unwrap().to_owned()
}

/// Applies for ₹50,000 over 12 months and hands back the id of the application.
pub async fn applied(stand: &Stand, cookie: &str) -> String {
    let body = json!({ "loan_amount": 50_000, "tenure_months": 12, "loan_purpose": "A new roof" });
    let answer = stand.call(&crate::endpoints::applications::apply::FUNCTION).cookie(cookie).json(body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body["data"]["application"]["id"].as_str().unwrap().to_owned()
}

/// The application `id` as it is stored, found as staff find it.
pub async fn stored_application(
    stand: &Stand,
    id: &str,
) -> shared::table::Stored<crate::application::LoanApplication> {
    let pattern = crate::application::LoanApplication::by_id(id.parse().unwrap());
    stand.table().list(&pattern, 1).await.unwrap().remove(0)
}

/// Whose the application `id` is.
pub async fn whose(stand: &Stand, id: &str) -> (crate::borrower::UserId, crate::application::ApplicationId) {
    let application = stored_application(stand, id).await;
    (application.user, application.id)
}

/// Approves the application `id` as it was asked for, by the rules alone: for tests of what comes after.
pub async fn approved(stand: &Stand, id: &str) {
    use crate::{
        application::{Approval, Offer, grievance_contact},
        loan::state::ApplicationEvent,
        product,
    };
    let now = stand.now();
    let mut application = stored_application(stand, id).await;
    let moved = application.transition(ApplicationEvent::StartReview, "stf_1", None, now).unwrap();
    stand.table().write(moved.record(shared::table::Write::new(), &application)).await.unwrap();

    let mut application = stored_application(stand, id).await;
    let product = product::built_in().terms;
    let approval = Approval {
        amount: application.loan_amount,
        annual_rate_pct: product.annual_rate_pct,
        tenure_months: application.tenure_months,
        fees: product.fees(application.loan_amount),
        product,
        approved_by: "stf_1".to_owned(),
        approved_at: now,
        checked_by: None,
    };
    let today = shared::clock::day_in(now, &shared::clock::india());
    let statement = approval.statement(&application.number, grievance_contact(), today).unwrap();
    let moved = application.approve(approval, Offer::of(statement).unwrap(), None, now).unwrap();
    stand.table().write(moved.record(shared::table::Write::new(), &application)).await.unwrap();
}

/// Accepts the offer of the application `id`, as the borrower with this number.
pub async fn accepted(stand: &Stand, mobile: &str, cookie: &str, id: &str) {
    use crate::endpoints::applications::{accept, get_kfs, send_accept_otp};
    let kfs = stand.call(&get_kfs::FUNCTION).cookie(cookie).path("id", id).await;
    let sent = stand.call(&send_accept_otp::FUNCTION).cookie(cookie).path("id", id).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let otp = stand.code_sent_to(&format!("+91{mobile}"));
    let body = json!({ "kfs_hash": kfs.body["data"]["kfs_hash"], "consent": true, "otp": otp });
    let answer = stand.call(&accept::FUNCTION).cookie(cookie).path("id", id).json(body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The temporary password of a first admin, as an operator's command makes them.
pub async fn first_admin(stand: &Stand, email: &str) -> String {
    let app = stand.app(&crate::staff::FIRST_ADMIN).await;
    let email = EmailAddress::parse(email).unwrap();
    let (_, password) = crate::staff::first_admin(&app, &email, "Asha Rao").await.unwrap();
    password.reveal().to_owned()
}

/// A loan of [`paid_out`].
pub struct PaidOut {
    pub finance: String,
    pub user: crate::borrower::UserId,
    pub loan: crate::loan_account::LoanId,
}

/// A borrower whose application is accepted and whose account is chosen: their cookie and the application.
pub async fn ready_to_pay_out(stand: &Stand, mobile: &str) -> (String, String) {
    let cookie = profile_done(stand, mobile).await;
    let id = applied(stand, &cookie).await;
    let account = account_of(stand, &cookie, id.parse().unwrap()).await;
    let body = json!({ "application_id": id, "bank_details_id": account });
    let answer =
        stand.call(&crate::endpoints::bank_details::choose::FUNCTION).cookie(&cookie).json(body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    approved(stand, &id).await;
    accepted(stand, mobile, &cookie, &id).await;
    (cookie, id)
}

/// A loan of ₹50,000 over 12 months at 18 %, paid out now (on 2026-01-05, so due on the 5th of each month).
pub async fn paid_out(stand: &Stand, mobile: &str) -> PaidOut {
    let (_, application) = ready_to_pay_out(stand, mobile).await;
    let finance = staff_signed_in(stand, &["finance"]).await;
    let body = json!({ "bank_reference": format!("UTR{mobile}") });
    let disburse = &crate::endpoints::servicing::disburse::FUNCTION;
    let answer = stand.call(disburse).cookie(&finance).path("id", &application).json(body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let loan = answer.body["data"]["loan"]["id"].as_str().unwrap().parse().unwrap();
    let user = whose(stand, &application).await.0;
    PaidOut { finance, user, loan }
}

/// The loan and its account as they are stored.
pub async fn book_of(stand: &Stand, paid_out: &PaidOut) -> crate::loan_account::Book {
    crate::loan_account::Book::load(&stand.table(), paid_out.user, paid_out.loan).await.unwrap()
}

/// Shows that the ledger says of this loan what its state asks for today, that every balance is the sum of its entries, and
/// that all balances together are zero.
pub async fn assert_books_right(stand: &Stand, loan: &PaidOut) {
    use shared::{
        clock::{day_in, india},
        ledger,
    };
    let book = book_of(stand, loan).await;
    let today = day_in(stand.now(), &india());
    let state = book.account.account.state_on(today);
    let position = crate::loan_account::Position::of(&book.loan, &book.account, &state);
    assert_eq!(book.account.posted, position, "everything that follows from the state is posted");
    for (account, amount) in position.owned(loan.loan) {
        assert_eq!(ledger::balance(&stand.table(), &account).await.unwrap(), amount.minor(), "{account}");
    }
    let differences =
        ledger::prove_day(&stand.table(), &crate::WING, ledger::Unit::Inr, today, stand.now()).await.unwrap();
    assert!(differences.is_empty(), "{differences:?}");
}

/// Goes to ten in the morning (India) of `day`.
pub fn go_to(stand: &Stand, day: &str) {
    let there = shared::clock::at_local(day.parse().unwrap(), 10, 0, &shared::clock::india());
    stand.advance(there.duration_since(stand.now()));
}

/// Records ₹`amount` received on `on` by bank transfer.
pub async fn receive(
    stand: &Stand,
    finance: &str,
    loan: &PaidOut,
    amount: Value,
    on: &str,
    reference: &str,
) -> stand::Answer {
    let body = json!({ "amount": amount, "received_on": on, "mode": "bank", "reference": reference });
    let record = &crate::endpoints::servicing::record_repayment::FUNCTION;
    stand.call(record).cookie(finance).path("id", loan.loan).json(body).await
}

/// Delivers everything that waits in the queue of `consumer`; how many messages that were.
pub async fn work_off(stand: &Stand, consumer: &'static Function) -> usize {
    let shared::function::Trigger::Queue(declared) = &consumer.trigger else { panic!("no consumer") };
    let queue = format!("quintet-test-{}", declared.queue.name);
    let mut done = 0;
    loop {
        let messages = stand.cloud().queues().receive(&queue, 10, std::time::Duration::ZERO).await;
        if messages.is_empty() {
            return done;
        }
        for message in messages {
            stand.deliver(consumer, &Value::from(message.body)).await.unwrap();
            stand.cloud().queues().delete(&queue, &message.receipt_handle).unwrap();
            done += 1;
        }
    }
}

/// Goes to `hour:minute` in India on `day` and runs `job` with its `consumer`, as the clock would; how many messages it made.
pub async fn run_job(
    stand: &Stand,
    (job, consumer): (&'static Function, &'static Function),
    day: jiff::civil::Date,
    (hour, minute): (i8, i8),
) -> usize {
    let due = shared::clock::at_local(day, hour, minute, &shared::clock::india());
    stand.advance(due.duration_since(stand.now()));
    stand.run(job, due).await.unwrap();
    work_off(stand, consumer).await
}
