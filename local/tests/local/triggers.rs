//! The triggers: what is written reaches the readers of the stream, what is sent the consumers, and the clock the schedules.
use axum::{body::Body, http::Request};
use jiff::SignedDuration;
use local::{LocalCloud, Options, Storage};
use local_aws::NewMessage;
use serde_json::{Value, json};

use crate::toy;

const NOW: &str = "2030-01-01T00:00:00Z";

async fn order(cloud: &LocalCloud, id: &str) {
    let request = Request::post(format!("/toy/orders/{id}")).body(Body::empty()).unwrap();
    assert_eq!(cloud.request(request).await.status(), 200);
}

fn send(cloud: &LocalCloud, body: &str) {
    let message = NewMessage { body: body.to_owned(), ..NewMessage::default() };
    cloud.aws().queues().send("quintet-local-toy-orders", message).unwrap();
}

async fn helper(cloud: &LocalCloud, request: Request<Body>) -> (u16, Value) {
    let response = cloud.request(request).await;
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

async fn queue(cloud: &LocalCloud) -> Value {
    let (_, queues) = helper(cloud, Request::get("/_local/queues").body(Body::empty()).unwrap()).await;
    queues[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_goes_through_the_stream_and_the_queue_to_its_consumer() {
    let cloud = toy::start(NOW).await;
    for id in ["a", "b", "c", "d", "e"] {
        order(&cloud, id).await;
    }
    cloud.settle().await;
    let seen = toy::seen(&cloud);
    let relayed: Vec<&String> = seen.iter().filter(|what| what.starts_with("relay")).collect();
    assert_eq!(relayed, ["relay a", "relay b", "relay c", "relay d", "relay e"]);
    let mut delivered: Vec<&String> = seen.iter().filter(|what| what.starts_with("deliver")).collect();
    delivered.sort();
    assert_eq!(delivered, ["deliver a 1", "deliver b 1", "deliver c 1", "deliver d 1", "deliver e 1"]);
    assert_eq!(queue(&cloud).await["depth"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_also_happens_when_nobody_waits_for_it() {
    let cloud = toy::start(NOW).await;
    order(&cloud, "a").await;
    let mut rounds = 0;
    while !toy::seen(&cloud).contains(&"deliver a 1".to_owned()) {
        let changed = cloud.aws().queues().changed();
        if toy::seen(&cloud).contains(&"deliver a 1".to_owned()) {
            break;
        }
        changed.await;
        rounds += 1;
        assert!(rounds < 10, "{:?}", toy::seen(&cloud));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_ends_in_the_dead_letter_queue_and_holds_nobody_up() {
    let cloud = toy::start(NOW).await;
    for body in ["a", "poison", "b"] {
        send(&cloud, body);
    }
    cloud.settle().await;
    let mut seen = toy::seen(&cloud);
    seen.sort();
    assert_eq!(seen, ["deliver a 1", "deliver b 1", "deliver poison 1"]);
    assert_eq!(queue(&cloud).await["in_flight"], 1);

    // Visible again after six times the timeout of 60 seconds.
    cloud.clock().advance(SignedDuration::from_secs(359));
    cloud.settle().await;
    assert_eq!(toy::seen(&cloud).len(), 3);
    for attempt in 2..=5 {
        cloud.clock().advance(SignedDuration::from_secs(360));
        cloud.settle().await;
        assert_eq!(toy::seen(&cloud).last(), Some(&format!("deliver poison {attempt}")));
    }
    cloud.clock().advance(SignedDuration::from_secs(360));
    cloud.settle().await;
    let after = queue(&cloud).await;
    assert_eq!((&after["in_flight"], &after["dlq_depth"]), (&json!(0), &json!(1)));

    let redrive = || Request::post("/_local/queues/toy-orders/redrive").body(Body::empty()).unwrap();
    assert_eq!(helper(&cloud, redrive()).await, (200, json!({ "moved": 1 })));
    cloud.settle().await;
    let again = toy::seen(&cloud).iter().filter(|what| *what == "deliver poison 1").count();
    assert_eq!(again, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_panics_loses_nothing() {
    let cloud = toy::start(NOW).await;
    send(&cloud, "bomb");
    cloud.settle().await;
    assert_eq!(queue(&cloud).await["in_flight"], 1);
    send(&cloud, "a");
    cloud.settle().await;
    assert_eq!(toy::seen(&cloud), ["deliver bomb 1", "deliver a 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_goes_on_from_the_first_record_that_failed() {
    let cloud = toy::start(NOW).await;
    for id in ["a", "stuck", "b"] {
        order(&cloud, id).await;
    }
    cloud.settle().await;
    let relayed = |cloud: &LocalCloud| -> Vec<String> {
        toy::seen(cloud).into_iter().filter(|what| what.starts_with("relay")).collect()
    };
    // Tried three times at once, then later; nothing behind it was touched.
    assert_eq!(relayed(&cloud), ["relay a", "relay stuck", "relay stuck", "relay stuck"]);
    cloud.clock().advance(SignedDuration::from_secs(61));
    cloud.settle().await;
    assert_eq!(relayed(&cloud)[4..], ["relay stuck", "relay b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jump_of_the_clock_runs_each_due_time_once_in_order() {
    let cloud = toy::start("2030-01-01T00:30:00Z").await;
    cloud.clock().advance(SignedDuration::from_hours(26));
    cloud.settle().await;
    let seen = toy::seen(&cloud);
    let due: Vec<String> = seen.iter().map(|what| what.rsplit_once(" at ").unwrap().0.to_owned()).collect();
    let hour = |day: u8, hour: u8| format!("hourly 2030-01-0{day}T{hour:02}:00:00Z");
    let mut expected: Vec<String> =
        (1..24).map(|at| hour(1, at)).chain((0..=2).map(|at| hour(2, at))).collect();
    expected.insert(3, "morning 2030-01-01T03:30:00Z".to_owned());
    assert_eq!(due, expected);
    cloud.settle().await;
    assert_eq!(toy::seen(&cloud).len(), seen.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn moving_the_clock_stops_at_each_due_time() {
    let cloud = toy::start("2030-01-01T00:30:00Z").await;
    let request = Request::post("/_local/clock").body(Body::from(r#"{"advance_seconds": 7200}"#)).unwrap();
    assert_eq!(helper(&cloud, request).await, (200, json!({ "now": "2030-01-01T02:30:00Z" })));
    assert_eq!(
        toy::seen(&cloud),
        [
            "hourly 2030-01-01T01:00:00Z at 2030-01-01T01:00:00Z",
            "hourly 2030-01-01T02:00:00Z at 2030-01-01T02:00:00Z"
        ]
    );
    let wrong = Request::post("/_local/clock").body(Body::from("{}")).unwrap();
    let (status, body) = helper(&cloud, wrong).await;
    assert_eq!((status, &body["errors"][0]["field"]), (400, &json!("advance_seconds")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_is_called_twice_more_and_then_given_up() {
    let cloud = toy::start("2030-06-01T00:10:00Z").await;
    cloud.advance(SignedDuration::from_mins(45)).await;
    assert_eq!(
        toy::seen(&cloud),
        ["moody at 2030-06-01T00:30:00Z", "moody at 2030-06-01T00:31:00Z", "moody at 2030-06-01T00:33:00Z"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_runs_when_a_person_says_so() {
    let cloud = toy::start("2030-01-01T00:30:00Z").await;
    let run =
        |name: &str| Request::post(format!("/_local/schedules/{name}/run")).body(Body::empty()).unwrap();
    let (status, body) = helper(&cloud, run("toy-morning")).await;
    assert_eq!((status, &body["reply"]), (200, &json!({ "ran": true })));
    assert_eq!(toy::seen(&cloud), ["morning 2030-01-01T00:30:00Z at 2030-01-01T00:30:00Z"]);
    assert_eq!(helper(&cloud, run("toy-echo")).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_of_the_stream_stays_read_over_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let options =
        || Options { storage: Storage::Directory(directory.path().to_owned()), ..toy::options(NOW) };
    let first = LocalCloud::start(options()).await.unwrap();
    order(&first, "a").await;
    first.advance(SignedDuration::from_secs(90)).await;
    assert_eq!(toy::seen(&first), ["relay a", "deliver a 1"]);
    first.stop().await;

    let second = LocalCloud::start(options()).await.unwrap();
    assert_eq!(second.clock().now(), "2030-01-01T00:01:30Z".parse().unwrap());
    order(&second, "b").await;
    second.settle().await;
    assert_eq!(toy::seen(&second), ["relay b", "deliver b 1"]);
    second.stop().await;
}
