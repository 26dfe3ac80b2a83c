//! Lending, from the first code to the first application, over HTTP.
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;
use tests::House;

#[tokio::test]
async fn a_person_signs_in_completes_a_profile_and_signs_out() {
    let house = House::open().await;
    let person = house.complete_borrower("9876543210").await;
    let status = person.get("/lending/api/user/profile/status").await.ok();
    assert_eq!(status["data"]["can_apply"], true);
    let profile = person.get("/lending/api/auth/profile").await.ok();
    assert_eq!(profile["data"]["pan"], "XXXXXX210F");
    person.post("/lending/api/auth/logout", json!({})).await.ok();
    person.get("/lending/api/auth/profile").await.refused(401, "NOT_SIGNED_IN");
}

#[tokio::test]
async fn a_session_does_not_outlive_its_day() {
    let house = House::open().await;
    let person = house.borrower("9876543210").await;
    house.advance(SignedDuration::from_hours(24)).await;
    assert_eq!(person.get("/lending/api/auth/profile").await.status, 401);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_in_the_envelope() {
    let house = House::open().await;
    let visitor = house.visitor();
    let unknown = visitor.get("/lending/api/nowhere").await.refused(404, "UNKNOWN_PATH");
    assert_eq!(unknown["status"], "error");
    visitor
        .send(Method::DELETE, "/lending/api/auth/send-otp", None, &[])
        .await
        .refused(405, "METHOD_NOT_ALLOWED");
    let malformed = visitor
        .send(Method::POST, "/lending/api/auth/send-otp", None, &[("content-type", "application/json")])
        .await;
    malformed.refused(400, "MALFORMED_BODY");
}
