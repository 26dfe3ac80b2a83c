//! What cannot be worked on blocks nobody and is lost nowhere: poisoned messages end in the dead-letter queue and can be redriven, and
//! what follows a write reaches its queue however long SQS was away.
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use jiff::SignedDuration;
use local::{Call, Observer, Refusal, Service};
use reqwest::Method;
use serde_json::Value;
use shared::{
    function::{Function, Queue, Trigger},
    messages::notice::{EMAIL_QUEUE, SMS_QUEUE},
};
use tests::{House, leave_out};

const MOBILE: &str = "9876543210";

/// A service that refuses the calls of one function while it is out.
struct Outage {
    service: Service,
    of: &'static str,
    is_on: AtomicBool,
}

impl Outage {
    async fn house(service: Service, of: &'static str) -> (House, Arc<Self>) {
        let outage = Arc::new(Self { service, of, is_on: AtomicBool::new(false) });
        let house = House::open_with(|options| {
            options.observers.push(Arc::clone(&outage) as _);
            // Runs every hour, and has nothing to do with any of this.
            leave_out(options, &["lending-expire-offers"]);
        });
        let house = house.await;
        (house, outage)
    }

    fn begins(&self) {
        self.is_on.store(true, Ordering::SeqCst);
    }

    fn ends(&self) {
        self.is_on.store(false, Ordering::SeqCst);
    }
}

impl Observer for Outage {
    fn before(&self, call: &Call) -> Option<Refusal> {
        let meant = call.service == self.service && call.access_key.as_deref() == Some(self.of);
        // A code that the SDK does not try again by itself, with pauses of the real clock.
        (meant && self.is_on.load(Ordering::SeqCst)).then(|| Refusal {
            status: 400,
            code: "AccessDenied".to_owned(),
            message: "out, for a test".to_owned(),
        })
    }
}

/// How many invocations of this function failed, in part or as a whole.
fn failures(house: &House, function: &str) -> usize {
    house.cloud.requests().iter().filter(|served| served.function == function && served.status == 500).count()
}

async fn queue(house: &House, queue: &Queue) -> Value {
    let queues = house.helper(Method::GET, "/queues").await.ok();
    let found = queues.as_array().into_iter().flatten().find(|found| found["name"] == queue.name).cloned();
    found.unwrap_or_else(|| panic!("no queue {}", queue.name))
}

async fn send(house: &House, queue: &Queue, body: &str) {
    let aws = house.aws();
    let url = format!("{}{}", aws.config.queue_url_base, queue.name);
    let sent = aws.sqs().send_message().queue_url(url).message_body(body).send().await;
    assert!(sent.is_ok(), "{sent:?}");
}

/// How long a message stays invisible after a delivery: six times the timeout of its consumer.
fn visibility(consumer: &Function) -> SignedDuration {
    SignedDuration::from_secs(i64::from(consumer.timeout_s) * 6)
}

/// Every consumer of the house with its queue.
fn consumers() -> Vec<(&'static Function, &'static Queue)> {
    let functions = local::wings::all().into_iter().flat_map(|(_, functions)| functions.iter().copied());
    let consumer = |function: &'static Function| match &function.trigger {
        Trigger::Queue(consumer) => Some((function, consumer.queue)),
        _ => None,
    };
    functions.filter_map(consumer).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_poisoned_message_ends_in_the_dead_letter_queue_after_its_tries_in_every_queue() {
    // Without jobs, so that time can pass without anything else happening.
    let house =
        House::open_without(&["lending-expire-offers", "lending-mark-due", "lending-send-reminders"]).await;
    let consumers = consumers();
    assert!(consumers.len() >= 5, "the house has consumers");
    for (_, queue) in &consumers {
        send(&house, queue, "not even JSON").await;
        send(&house, queue, "{}").await;
    }
    house.cloud.settle().await;
    let longest = consumers.iter().map(|(function, _)| visibility(function)).max().unwrap_or_default();
    for (function, of) in &consumers {
        let state = queue(&house, of).await;
        assert_eq!((&state["in_flight"], &state["dlq_depth"]), (&2.into(), &0.into()), "{}", function.name);
        assert!(failures(&house, function.name) >= 1, "{}", function.name);
    }
    for _ in 0..consumers.iter().map(|(_, queue)| queue.max_receive).max().unwrap_or_default() {
        house.advance(longest).await;
    }
    for (function, of) in &consumers {
        let state = queue(&house, of).await;
        let empty = (&state["depth"], &state["in_flight"]);
        assert_eq!((empty, &state["dlq_depth"]), ((&0.into(), &0.into()), &2.into()), "{}", function.name);
        let tries = house.cloud.requests().iter().filter(|served| served.function == function.name).count();
        assert!(
            (5..=10).contains(&tries),
            "{}: two messages, five tries each, together or not: {tries}",
            function.name
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_holds_nobody_up() {
    let house = House::open().await;
    for _ in 0..12 {
        send(&house, &EMAIL_QUEUE, "poison").await;
        send(&house, &SMS_QUEUE, "poison").await;
    }
    let borrower = house.complete_borrower(MOBILE).await;
    borrower.apply(50_000, 12).await;
    let letters = house.inbox_of(&format!("asha{MOBILE}@example.in")).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    let phone = house.inbox_of(&format!("+91{MOBILE}")).await;
    assert_eq!(phone.iter().filter(|entry| entry.body.starts_with("Pocket Credit:")).count(), 1);
    assert_eq!(queue(&house, &EMAIL_QUEUE).await["in_flight"], 12);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_sent_waits_in_the_dead_letter_queue_and_leaves_once_when_it_is_redriven() {
    let (house, outage) = Outage::house(Service::Sns, "platform-on-sms").await;
    let borrower = house.complete_borrower(MOBILE).await;
    outage.begins();
    borrower.apply(50_000, 12).await;
    house.cloud.settle().await;
    for _ in 0..SMS_QUEUE.max_receive {
        house.advance(visibility(&platform::consumers::sms::FUNCTION)).await;
    }
    assert_eq!(queue(&house, &SMS_QUEUE).await["dlq_depth"], 1);
    assert_eq!(failures(&house, "platform-on-sms"), 5);
    let notices = async || {
        let phone = house.inbox_of(&format!("+91{MOBILE}")).await;
        phone.iter().filter(|entry| entry.body.starts_with("Pocket Credit:")).count()
    };
    assert_eq!(notices().await, 0);
    let letters = house.inbox_of(&format!("asha{MOBILE}@example.in")).await;
    assert_eq!(letters.len(), 1, "the other channel is not held up");

    outage.ends();
    let redrive = format!("/queues/{}/redrive", SMS_QUEUE.name);
    assert_eq!(house.helper(Method::POST, &redrive).await.ok()["moved"], 1);
    assert_eq!(notices().await, 1);
    let after = queue(&house, &SMS_QUEUE).await;
    assert_eq!((&after["depth"], &after["dlq_depth"]), (&0.into(), &0.into()));
    assert_eq!(house.helper(Method::POST, &redrive).await.ok()["moved"], 0);
    assert_eq!(notices().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_sqs_is_out_nothing_is_refused_and_afterwards_nothing_is_missing() {
    let (house, outage) = Outage::house(Service::Sqs, "platform-relay-outbox").await;
    let mut borrowers = Vec::new();
    for number in 0..4 {
        borrowers.push(house.complete_borrower(&format!("987654321{number}")).await);
    }
    outage.begins();
    for borrower in &borrowers {
        borrower.apply(50_000, 12).await;
        house.advance(SignedDuration::from_secs(20)).await;
    }
    house.advance(SignedDuration::from_mins(10)).await;
    assert!(failures(&house, "platform-relay-outbox") >= 3, "it tried again and again");
    for borrower in &borrowers {
        let letters = house.inbox_of(&format!("asha{}@example.in", borrower.name())).await;
        assert_eq!(letters.len(), 0);
        assert_eq!(borrower.notified().await, ["application_received"], "in the app it shows at once");
    }

    outage.ends();
    house.advance(SignedDuration::from_mins(2)).await;
    for borrower in &borrowers {
        let phone = house.inbox_of(&format!("+91{}", borrower.name())).await;
        let notices = phone.iter().filter(|entry| entry.body.starts_with("Pocket Credit:")).count();
        let letters = house.inbox_of(&format!("asha{}@example.in", borrower.name())).await;
        assert_eq!((notices, letters.len()), (1, 1), "each once for {}", borrower.name());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_cannot_reach_its_queue_is_called_again_and_forgets_nobody() {
    let (house, outage) = Outage::house(Service::Sqs, "lending-send-reminders").await;
    let (officer, finance) = (house.staff(&["officer"]).await, house.staff(&["finance"]).await);
    // Paid out on the fifth; three days before the fifth of the next month, at nine, the first reminder is due.
    let (case, _) = house.paid_out((&officer, &finance), MOBILE, (30_000, 3)).await;
    let nine: jiff::Timestamp = "2026-02-02T03:30:00Z".parse().unwrap_or_default();
    house.advance(nine.duration_since(house.now()) - SignedDuration::from_mins(1)).await;
    let reminded = async || {
        let phone = house.inbox_of(&format!("+91{MOBILE}")).await;
        phone.iter().filter(|entry| entry.body.contains("fall due on")).count()
    };
    outage.begins();
    house.advance(SignedDuration::from_secs(90)).await;
    assert_eq!((failures(&house, "lending-send-reminders"), reminded().await), (1, 0));
    outage.ends();
    house.advance(SignedDuration::from_mins(3)).await;
    assert_eq!(reminded().await, 1);

    // Out for a whole morning: the next day makes up for it, with what is to be said then.
    outage.begins();
    house.advance(SignedDuration::from_hours(48)).await;
    assert_eq!(reminded().await, 1);
    outage.ends();
    house.advance(SignedDuration::from_hours(24)).await;
    case.borrower.sign_in_again().await;
    let told = case.borrower.notified().await;
    let kinds: Vec<&str> = told.iter().map(String::as_str).filter(|kind| kind.starts_with("due")).collect();
    assert_eq!(kinds, ["due_soon", "due_today"]);
}
