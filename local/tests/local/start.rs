//! Starting: what is in the way is said in a sentence, and several local clouds live side by side.
use std::sync::Arc;

use axum::{body::Body, http::Request};
use local::{
    Call, LocalCloud, Observer, Options, Refusal, Storage,
    inbox::{Channel, Entry},
};
use serde_json::json;

use crate::toy;

const NOW: &str = "2030-01-01T00:00:00Z";

async fn refusal(options: Options) -> String {
    LocalCloud::start(options).await.err().map(|error| error.to_string()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_named_with_the_option_that_names_another() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let gateway = Options { port, ..toy::options(NOW) };
    assert_eq!(
        refusal(gateway).await,
        format!("port {port} is taken; stop what uses it or choose another with --port")
    );
    let aws = Options { aws_port: port, ..toy::options(NOW) };
    assert!(refusal(aws).await.ends_with("choose another with --aws-port"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_serves_one_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let options =
        || Options { storage: Storage::Directory(directory.path().to_owned()), ..toy::options(NOW) };
    let first = LocalCloud::start(options()).await.unwrap();
    let second = refusal(options()).await;
    assert!(second.contains("is in use by another process"), "{second}");
    first.stop().await;
    LocalCloud::start(options()).await.unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_local_clouds_know_nothing_of_each_other() {
    let (one, other) = (toy::start(NOW).await, toy::start(NOW).await);
    for cloud in [&one, &other] {
        // The same order: in one table the second would be refused.
        let request = Request::post("/toy/orders/same").body(Body::empty()).unwrap();
        assert_eq!(cloud.request(request).await.status(), 200);
    }
    one.settle().await;
    assert_eq!(toy::seen(&one), ["relay same", "deliver same 1"]);
    one.stop().await;
    other.settle().await;
    assert_eq!(toy::seen(&other), ["relay same", "deliver same 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_the_list_show_every_function() {
    let cloud = toy::start(NOW).await;
    let page = cloud.request(Request::get("/").body(Body::empty()).unwrap()).await;
    let page = axum::body::to_bytes(page.into_body(), usize::MAX).await.unwrap();
    let page = String::from_utf8(page.to_vec()).unwrap();
    let list = cloud.request(Request::get("/_local/functions").body(Body::empty()).unwrap()).await;
    let list = axum::body::to_bytes(list.into_body(), usize::MAX).await.unwrap();
    let list: Vec<serde_json::Value> = serde_json::from_slice(&list).unwrap();
    assert_eq!(list.len(), toy::FUNCTIONS.len());
    for function in toy::FUNCTIONS {
        assert!(page.contains(function.name), "{}", function.name);
        assert!(list.iter().any(|listed| listed["name"] == function.name), "{}", function.name);
    }
    assert!(page.contains("POST /toy/echo/{id}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_shows_every_channel_in_order_and_one_persons_messages_on_request() {
    let cloud = toy::start(NOW).await;
    for (channel, to, body) in [
        (Channel::WhatsApp, "+919876543210", "first"),
        (Channel::InApp, "usr_1", "second"),
        (Channel::InApp, "+919876543210", "third"),
    ] {
        let (to, body, at) = (to.to_owned(), body.to_owned(), cloud.clock().now());
        cloud.deliver(Entry { channel, to, subject: None, body, at });
    }
    let bodies: Vec<String> = cloud.inbox().into_iter().map(|entry| entry.body).collect();
    assert_eq!(bodies, ["first", "second", "third"]);
    let request = Request::get("/_local/inbox?to=%2B919876543210").body(Body::empty()).unwrap();
    let response = cloud.request(request).await;
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let entries: Vec<serde_json::Value> = serde_json::from_slice(&bytes).unwrap();
    let shown: Vec<_> = entries.iter().map(|entry| (&entry["channel"], &entry["body"])).collect();
    assert_eq!(shown, [(&json!("whatsapp"), &json!("first")), (&json!("in_app"), &json!("third"))]);
}

/// Refuses every write to the table.
struct ReadOnly;

impl Observer for ReadOnly {
    fn before(&self, call: &Call) -> Option<Refusal> {
        let denied =
            || Refusal { status: 400, code: "AccessDeniedException".to_owned(), message: "no".to_owned() };
        let writes = matches!(&*call.operation, "PutItem" | "TransactWriteItems");
        (writes && call.access_key.as_deref() == Some("toy-order")).then(denied)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observer_knows_each_function_by_its_key_and_may_refuse_its_calls() {
    let options = Options { observers: vec![Arc::new(ReadOnly)], ..toy::options(NOW) };
    let cloud = LocalCloud::start(options).await.unwrap();
    let request = Request::post("/toy/orders/1").body(Body::empty()).unwrap();
    assert_eq!(cloud.request(request).await.status(), 500);
}
