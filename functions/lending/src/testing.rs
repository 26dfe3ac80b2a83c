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
    messages::EmailAddress,
    table::Write,
};
use stand::Stand;

use crate::endpoints::{
    auth::{send_otp, verify_otp},
    profile::{update_additional, update_basic},
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
