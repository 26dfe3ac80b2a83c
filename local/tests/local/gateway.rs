//! The gateway: requests reach their function as API Gateway would send them, and everything else is refused in good form.
use axum::{
    body::Body,
    http::{Request, Response},
};
use local::LocalCloud;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::toy;

const NOW: &str = "2030-01-01T00:00:00Z";

async fn body(response: Response<Body>) -> Value {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

async fn post(cloud: &LocalCloud, path: &str) -> Response<Body> {
    cloud.request(Request::post(path).body(Body::empty()).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_over_the_wire_reaches_its_function_and_the_reply_comes_back() {
    let cloud = toy::start(NOW).await;
    let address = cloud.base_url().replace("http://", "");
    let mut connection = tokio::net::TcpStream::connect(&address).await.unwrap();
    let request = format!(
        "POST /toy/echo/a%20b?x=1 HTTP/1.1\r\nhost: {address}\r\ncookie: one=1; two=2\r\naccept: a\r\naccept: b\r\n\
         content-type: application/json\r\ncontent-length: 4\r\nconnection: close\r\n\r\n\"hi\""
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    connection.read_to_string(&mut reply).await.unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 201 Created\r\n"), "{head}");
    assert!(head.contains("set-cookie: a=1; Secure\r\nset-cookie: b=2\r\n"), "{head}");
    assert!(head.contains("strict-transport-security:") && head.contains("apigw-requestid:"), "{head}");
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        body["data"],
        json!({
            "id": "a b", "cookie": "one=1; two=2", "accept": "a,b", "source": "127.0.0.1", "body": "\"hi\"", "length": 4
        })
    );
    cloud.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn literals_win_and_wrong_methods_and_paths_are_refused_in_the_envelope_of_the_wing() {
    let cloud = toy::start(NOW).await;
    assert_eq!(body(post(&cloud, "/toy/echo/mine").await).await["message"], "Mine");

    let wrong_method = cloud.request(Request::get("/toy/echo/mine").body(Body::empty()).unwrap()).await;
    assert_eq!(wrong_method.status(), 405);
    assert_eq!(wrong_method.headers()["allow"], "POST");
    assert_eq!(body(wrong_method).await["oops"], "METHOD_NOT_ALLOWED");

    let unknown = post(&cloud, "/toy/nothing").await;
    assert_eq!(unknown.status(), 404);
    assert_eq!(body(unknown).await["oops"], "UNKNOWN_PATH");

    let nowhere = post(&cloud, "/nowhere").await;
    assert_eq!(nowhere.status(), 404);
    assert_eq!(body(nowhere).await, json!({ "message": "Not Found" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_megabytes_are_taken_and_no_more() {
    let cloud = toy::start(NOW).await;
    let send = async |size: usize| {
        let request = Request::post("/toy/echo/1").header("content-type", "application/octet-stream");
        cloud.request(request.body(Body::from(vec![b'a'; size])).unwrap()).await
    };
    let largest = send(10 << 20).await;
    assert_eq!(largest.status(), 201);
    assert_eq!(body(largest).await["data"]["length"], 10 << 20);
    let larger = send((10 << 20) + 1).await;
    assert_eq!(larger.status(), 413);
    assert_eq!(body(larger).await["oops"], "BODY_TOO_LARGE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_is_answered_by_the_gateway_and_other_origins_get_nothing() {
    let cloud = toy::start(NOW).await;
    let preflight = async |origin: &str| {
        let request = Request::options("/toy/echo/1")
            .header("origin", origin)
            .header("access-control-request-method", "POST");
        cloud.request(request.body(Body::empty()).unwrap()).await
    };
    let ours = preflight("http://localhost:5173").await;
    assert_eq!(ours.status(), 204);
    assert_eq!(ours.headers()["access-control-allow-origin"], "http://localhost:5173");
    assert_eq!(ours.headers()["access-control-allow-credentials"], "true");
    assert_eq!(ours.headers()["access-control-allow-methods"], "GET,POST,PUT,DELETE,OPTIONS");
    let allowed = ours.headers()["access-control-allow-headers"].to_str().unwrap().to_owned();
    for name in ["idempotency-key", "x-csrf-token", "if-match", "content-type"] {
        assert!(allowed.split(',').any(|header| header == name), "{allowed}");
    }
    assert!(!preflight("https://evil.example").await.headers().contains_key("access-control-allow-origin"));

    let call = Request::post("/toy/echo/mine").header("origin", "http://localhost:5173");
    let called = cloud.request(call.body(Body::empty()).unwrap()).await;
    assert_eq!(called.headers()["access-control-allow-origin"], "http://localhost:5173");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_breaks_or_never_ends_is_answered_for() {
    let cloud = toy::start(NOW).await;
    let broken = post(&cloud, "/toy/break").await;
    assert_eq!(broken.status(), 500);
    assert_eq!(body(broken).await["oops"], "INTERNAL");

    let waiting = post(&cloud, "/toy/wait").await;
    assert_eq!(waiting.status(), 500);
    assert_eq!(body(waiting).await, json!({ "message": "Internal Server Error" }));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_is_logged_with_its_own_cost() {
    let cloud = toy::start(NOW).await;
    let orders = (0..5).map(|n| format!("/toy/orders/{n}")).collect::<Vec<_>>();
    let posts = orders.iter().map(|path| post(&cloud, path));
    for response in futures::future::join_all(posts).await {
        assert_eq!(response.status(), 200);
    }
    post(&cloud, "/toy/echo/mine").await;
    let served = cloud.requests();
    let of =
        |name: &str| served.iter().filter(|request| request.function == name).cloned().collect::<Vec<_>>();
    assert_eq!(of("toy-order").len(), 5);
    for request in of("toy-order") {
        assert_eq!((request.status, request.dynamodb_calls), (200, 1), "{request:?}");
        assert!(request.write_units >= 1.0 && request.read_units == 0.0, "{request:?}");
        assert_eq!(request.at, NOW.parse().unwrap());
    }
    assert_eq!(of("toy-echo-mine")[0].dynamodb_calls, 0);
}
