//! Ways for tests to get to where they begin, always through the endpoints.
use serde_json::{Value, json};
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
