//! SQS: everything that depends on time — visibility, delay, retention and long polls. The clock is moved.

use std::time::Duration;

use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use jiff::SignedDuration;
use local_aws::{NewMessage, Options, QueueSettings, VirtualClock};
use tokio::time::Instant;

use crate::support::{Local, bodies, receipt, system};

#[tokio::test]
async fn a_received_message_is_invisible_until_its_timeout_has_passed() {
    let local = Local::start().await;
    let url = local.queue("vis", &[(QueueAttributeName::VisibilityTimeout, "20")]).await;
    local.send(&url, "a").await;
    assert_eq!(local.receive(&url).await.len(), 1);
    assert!(local.receive(&url).await.is_empty());
    assert_eq!(local.cloud.queues().depths()[0].in_flight, 1);
    local.advance(19);
    assert!(local.receive(&url).await.is_empty());
    local.advance(1);
    let again = local.receive(&url).await;
    assert_eq!(system(&again[0], MessageSystemAttributeName::ApproximateReceiveCount), "2");
}

#[tokio::test]
async fn the_visibility_of_a_received_message_is_ended_or_extended() {
    let local = Local::start().await;
    let url = local.queue("change", &[]).await;
    local.send(&url, "a").await;
    let change = async |receipt: &str, seconds| {
        let request = local.sqs.change_message_visibility().queue_url(&url).receipt_handle(receipt);
        request.visibility_timeout(seconds).send().await
    };
    let first = local.receive(&url).await;
    change(receipt(&first[0]), 0).await.unwrap();
    let not_in_flight = change(receipt(&first[0]), 5).await.unwrap_err().into_service_error();
    assert!(not_in_flight.is_message_not_inflight());
    let second = local.receive_for(&url, Some(1)).await;
    change(receipt(&second[0]), 100).await.unwrap();
    local.advance(99);
    assert!(local.receive(&url).await.is_empty());
    local.advance(1);
    assert_eq!(local.receive(&url).await.len(), 1);
}

#[tokio::test]
async fn a_message_that_times_out_three_times_is_a_dead_letter() {
    let local = Local::start().await;
    let dead = local.queue("dead", &[]).await;
    let url = local.queue_with_dead_letters("main", "dead", "3").await;
    local.send(&url, "poison").await;
    for _ in 0..3 {
        assert_eq!(local.receive(&url).await.len(), 1);
        local.advance(31);
    }
    assert!(local.receive(&url).await.is_empty());
    assert_eq!(bodies(&local.receive(&dead).await), ["poison"]);
}

#[tokio::test]
async fn a_delayed_message_appears_when_its_time_has_come() {
    let local = Local::start().await;
    let url = local.queue("delay", &[]).await;
    local.sqs.send_message().queue_url(&url).message_body("late").delay_seconds(900).send().await.unwrap();
    let slow = local.queue("slow", &[(QueueAttributeName::DelaySeconds, "10")]).await;
    local.send(&slow, "later").await;
    assert!(local.receive(&url).await.is_empty() && local.receive(&slow).await.is_empty());
    assert_eq!(local.cloud.queues().depths()[0].delayed, 1);
    local.advance(10);
    assert_eq!(bodies(&local.receive(&slow).await), ["later"]);
    local.advance(890);
    assert_eq!(bodies(&local.receive(&url).await), ["late"]);
}

#[tokio::test]
async fn messages_are_dropped_after_their_retention() {
    let local = Local::start().await;
    let url = local.queue("old", &[(QueueAttributeName::MessageRetentionPeriod, "60")]).await;
    local.send(&url, "a").await;
    local.advance(60);
    assert_eq!(local.cloud.queues().depths()[0].visible, 0);
    assert!(local.receive(&url).await.is_empty());
}

/// A long poll in a task of its own.
fn poll(local: &Local, url: &str, seconds: i32) -> tokio::task::JoinHandle<Vec<aws_sdk_sqs::types::Message>> {
    let request = local.sqs.receive_message().queue_url(url).wait_time_seconds(seconds);
    tokio::spawn(async move { request.send().await.unwrap().messages.unwrap_or_default() })
}

#[tokio::test]
async fn a_long_poll_wakes_at_once_when_a_message_is_sent() {
    let local = Local::start().await;
    let url = local.queue("long", &[]).await;
    let started = Instant::now();
    let pollers = [poll(&local, &url, 20), poll(&local, &url, 20), poll(&local, &url, 20)];
    for body in ["0", "1", "2"] {
        local.send(&url, body).await;
    }
    let mut got = Vec::new();
    for poller in pollers {
        got.extend(poller.await.unwrap().into_iter().map(|message| message.body.unwrap()));
    }
    got.sort();
    assert_eq!(got, ["0", "1", "2"], "each message goes to one poller");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_long_poll_wakes_when_the_clock_makes_a_message_visible_or_passes_its_end() {
    let local = Local::start().await;
    let url = local.queue("long", &[]).await;
    local.sqs.send_message().queue_url(&url).message_body("late").delay_seconds(15).send().await.unwrap();
    let started = Instant::now();
    let poller = poll(&local, &url, 20);
    // Whether the poll has begun when the clock moves or begins afterwards, it finds the message.
    local.advance(15);
    assert_eq!(poller.await.unwrap().len(), 1);

    let empty = local.cloud.queues().clone();
    let waiting = tokio::spawn(async move { empty.receive("none-yet", 1, Duration::from_secs(20)).await });
    tokio::task::yield_now().await;
    local.cloud.queues().create("none-yet", QueueSettings::default()).unwrap();
    local.cloud.queues().send("none-yet", NewMessage { body: "x".into(), ..Default::default() }).unwrap();
    assert_eq!(waiting.await.unwrap().len(), 1);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_long_poll_on_an_empty_queue_ends_after_its_seconds() {
    let local = Local::with(Options::memory(VirtualClock::real())).await;
    let wait = (QueueAttributeName::ReceiveMessageWaitTimeSeconds, "1");
    let url = local.queue("empty", &[wait]).await;
    let started = Instant::now();
    let got = local.sqs.receive_message().queue_url(&url).send().await.unwrap();
    assert!(got.messages().is_empty() && started.elapsed() >= Duration::from_millis(950));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_delay_on_the_real_clock_wakes_a_long_poll() {
    let local = Local::with(Options::memory(VirtualClock::real())).await;
    let url = local.queue("delay", &[]).await;
    local.sqs.send_message().queue_url(&url).message_body("d").delay_seconds(1).send().await.unwrap();
    let started = Instant::now();
    assert_eq!(poll(&local, &url, 20).await.unwrap().len(), 1);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn the_clock_only_moves_forward_and_is_shared_by_its_clones() {
    let clock = VirtualClock::fixed(crate::support::noon());
    let copy = clock.clone();
    copy.advance(SignedDuration::from_secs(-5));
    assert_eq!(clock.now(), crate::support::noon());
    copy.advance(SignedDuration::from_hours(24));
    assert_eq!(clock.now().duration_since(crate::support::noon()), SignedDuration::from_hours(24));
}
