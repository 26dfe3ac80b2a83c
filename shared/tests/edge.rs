//! The HTTP edge, seen through a wing of its own: what every endpoint does the same way.
use std::sync::atomic::{AtomicU32, Ordering};

use axum::{extract::State, routing::post};
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};
use shared::{
    app::App,
    deserr::Deserr,
    error::Error,
    function::{Function, Method, Rate, Route, Trigger},
    http::{Body, Docs, FieldErrors, Reply},
    wing::{Envelope, Problem, Wing},
};
use stand::{Answer, Stand};

static WING: Wing = Wing {
    name: "sample",
    tag: "SAMPLE",
    base_path: "/sample",
    title: "A wing for tests",
    envelope: Envelope { success, error },
    credentials: false,
};

fn success(message: &str, data: Option<&RawValue>) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&json!({ "message": message, "data": data }))
}

fn error(problem: &Problem<'_>) -> Value {
    json!({ "code": problem.error.code().name, "message": problem.error.message(), "errors": problem.error.fields() })
}

#[derive(Deserr, utoipa::ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
struct Request {
    number: u8,
    #[deserr(default)]
    panic: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
struct Response {
    run: u32,
    number: u8,
}

static RUNS: AtomicU32 = AtomicU32::new(0);

/// Counts its runs, so that a replay shows.
async fn handle(State(_): State<App>, Body(request): Body<Request>) -> Result<Reply<Response>, Error> {
    assert!(!request.panic, "asked to");
    if request.number == 0 {
        return Err(Error::invalid_field("number", "range", "must be above 0"));
    }
    if request.number == 99 {
        return Err(Error::unavailable("a dependency that tells too much: host db-7.internal"));
    }
    Ok(Reply::created("Done", Response { run: RUNS.fetch_add(1, Ordering::Relaxed), number: request.number }))
}

static THING: Function = Function {
    name: "sample-make-thing",
    module: module_path!(),
    wing: &WING,
    summary: "Make a thing",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/things",
        idempotent: true,
        max_body: 200,
        handler: || post(handle),
        docs: Docs::reply::<Response>().body::<Request>().created(),
        ..Route::DEFAULT
    }),
    needs: &[],
    ..Function::ENDPOINT
};

static LIMITED: Function = Function {
    name: "sample-make-limited",
    module: module_path!(),
    wing: &WING,
    summary: "Make a thing, twice a minute",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/limited",
        rate: Some(Rate { calls: 2, seconds: 60 }),
        handler: || post(handle),
        docs: Docs::NONE,
        ..Route::DEFAULT
    }),
    needs: &[],
    ..Function::ENDPOINT
};

async fn make(stand: &Stand, key: &str, body: Value) -> Answer {
    stand.call(&THING).header("idempotency-key", key).json(body).await
}

#[tokio::test]
async fn every_reply_carries_the_security_headers_and_its_request_id() {
    let stand = Stand::new().await;
    for answer in
        [stand.call(&THING).json(json!({ "number": 1 })).await, stand.call(&THING).json(json!({})).await]
    {
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert!(answer.headers["strict-transport-security"].starts_with("max-age="));
        assert_eq!(answer.headers["x-request-id"], "test-request");
    }
}

#[tokio::test]
async fn bad_input_is_refused_in_the_envelope_and_never_a_500() {
    let stand = Stand::new().await;
    let huge = format!("{{\"number\": 1, \"x\": \"{}\"}}", "x".repeat(300));
    let cases = [
        ("application/json", "{\"number\": ", 400, "MALFORMED_BODY"),
        ("application/json", "", 400, "MALFORMED_BODY"),
        ("application/json", "[]", 400, "VALIDATION_FAILED"),
        ("application/json", "null", 400, "VALIDATION_FAILED"),
        ("application/json", "{\"number\": 300}", 400, "VALIDATION_FAILED"),
        ("application/json", "{\"number\": -1}", 400, "VALIDATION_FAILED"),
        ("application/json", "{\"number\": 1.5}", 400, "VALIDATION_FAILED"),
        ("text/plain", "{\"number\": 1}", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("application/json", &huge, 413, "BODY_TOO_LARGE"),
    ];
    for (kind, body, status, code) in cases {
        let answer = stand.call(&THING).header("content-type", kind).body(body).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{kind} {body:.40}");
    }
}

#[tokio::test]
async fn a_panic_and_a_failing_dependency_tell_nothing_of_the_inside() {
    let stand = Stand::new().await;
    let panic = stand.call(&THING).json(json!({ "number": 1, "panic": true })).await;
    assert_eq!((panic.status, panic.code()), (500, "INTERNAL"));
    let down = stand.call(&THING).json(json!({ "number": 99 })).await;
    assert_eq!((down.status, down.code()), (503, "UNAVAILABLE"));
    assert_eq!(down.headers["retry-after"], "5");
    assert!(!format!("{:?}{:?}", panic.body, down.body).contains("db-7"));
}

#[tokio::test]
async fn when_the_table_is_down_the_answer_is_503_with_a_hint_when_to_retry() {
    let stand = Stand::new().await;
    stand.break_down("dynamodb");
    let answer = make(&stand, "key", json!({ "number": 1 })).await;
    assert_eq!((answer.status, answer.code()), (503, "UNAVAILABLE"));
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn the_same_key_is_answered_again_and_not_run_again() {
    let stand = Stand::new().await;
    let first = make(&stand, "key", json!({ "number": 1 })).await;
    assert_eq!(first.status, 201, "{first:?}");
    let second = make(&stand, "key", json!({ "number": 1 })).await;
    assert_eq!((second.status, &second.body), (201, &first.body));
    assert_eq!(second.headers["idempotent-replayed"], "true");
    let other_body = make(&stand, "key", json!({ "number": 2 })).await;
    assert_eq!((other_body.status, other_body.code()), (422, "IDEMPOTENCY_KEY_REUSED"));
    let elsewhere = stand
        .call(&THING)
        .header("idempotency-key", "key")
        .json(json!({ "number": 2 }))
        .from_ip("198.51.100.9")
        .await;
    assert_eq!(elsewhere.status, 201, "another caller's key is another key");
}

#[tokio::test]
async fn a_key_is_remembered_for_a_day() {
    let stand = Stand::new().await;
    let first = make(&stand, "key", json!({ "number": 1 })).await;
    stand.advance(SignedDuration::from_secs(24 * 3600 - 1));
    assert_eq!(make(&stand, "key", json!({ "number": 1 })).await.body, first.body);
    stand.advance(SignedDuration::from_secs(1));
    assert_ne!(make(&stand, "key", json!({ "number": 1 })).await.body, first.body);
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let stand = Stand::new().await;
    assert_eq!(make(&stand, "key", json!({ "number": 0 })).await.status, 400);
    assert_eq!(make(&stand, "key", json!({ "number": 99 })).await.status, 503);
    assert_eq!(make(&stand, "key", json!({ "number": 3 })).await.status, 201);
}

#[tokio::test]
async fn of_many_parallel_requests_with_one_key_one_runs() {
    let stand = Stand::new().await;
    let answers =
        futures::future::join_all((0..20).map(|_| make(&stand, "key", json!({ "number": 7 })))).await;
    let ran: std::collections::BTreeSet<String> =
        answers.iter().filter(|a| a.status == 201).map(|a| a.body["data"]["run"].to_string()).collect();
    assert_eq!(ran.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|a| a.status == 201 || a.code() == "IDEMPOTENCY_IN_PROGRESS"), "{answers:?}");
}

#[tokio::test]
async fn a_strange_key_is_refused() {
    let stand = Stand::new().await;
    for key in ["", "with space", &"x".repeat(256)] {
        assert_eq!(make(&stand, key, json!({ "number": 1 })).await.status, 400, "{key:.20}");
    }
}

#[tokio::test]
async fn a_limited_endpoint_says_when_to_come_back() {
    let stand = Stand::new().await;
    let call = async || stand.call(&LIMITED).json(json!({ "number": 1 })).await;
    assert_eq!((call().await.status, call().await.status), (201, 201));
    let third = call().await;
    assert_eq!((third.status, third.code()), (429, "TOO_MANY_REQUESTS"));
    let wait: i64 = third.headers["retry-after"].parse().unwrap();
    assert!((1..=60).contains(&wait));
    stand.advance(SignedDuration::from_secs(wait));
    assert_eq!(call().await.status, 201);
}
