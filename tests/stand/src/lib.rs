//! The test stand: functions of a wing on the embedded DynamoDB engine, through the real SDK over loopback, with the clock and
//! the randomness in the test's hand.
//!
//! ```ignore
//! let stand = Stand::new().await;
//! let answer = stand.call(&send_otp::FUNCTION).json(json!({ "mobile": "9876543210" })).await;
//! assert_eq!(answer.status, 200, "{answer:?}");
//! ```
//! A call goes in as the event that API Gateway would send and comes out as the reply that Lambda would give, so nothing of
//! the edge is left out.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a stand that cannot stand fails the test, loudly"
)]

mod call;
mod cost;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Context;
use local_aws::{Cloud, Options, Sent, VirtualClock};
use serde_json::{Value, json, value::RawValue};
use shared::{
    app::App,
    aws::{self, Aws},
    clock::Clock,
    config::{Config, Credentials, MailCarrier},
    error::Error,
    function::{Function, Need, Trigger},
    messages::sms::Registration,
    random::SeededRandom,
    runtime::Handler,
    secrets,
    table::{Table, schema},
};

pub use call::{Answer, Call};
pub use cost::Cost;

/// When every test begins: a Monday, ten in the morning in India.
pub const BEGIN: &str = "2026-01-05T04:30:00Z";

const TABLE: &str = "quintet-test";
const QUEUES: &str = "quintet-test-";

/// An empty table and everything around it. Each test has its own.
#[derive(Clone)]
pub struct Stand {
    cloud: Cloud,
    aws: Aws,
    clock: VirtualClock,
    random: Arc<SeededRandom>,
    meter: Arc<cost::Meter>,
    handlers: Arc<Mutex<BTreeMap<&'static str, Handler>>>,
}

/// The virtual clock, as the house's.
struct StandClock(VirtualClock);

impl Clock for StandClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

impl Stand {
    /// An empty table at [`BEGIN`].
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// As [`Stand::new`], with other settings of the stage.
    ///
    /// # Panics
    /// Likewise.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let clock = VirtualClock::fixed(BEGIN.parse().expect("a time"));
        let meter = Arc::new(cost::Meter::default());
        let options = Options { observer: Some(meter.clone()), ..Options::memory(clock.clone()) };
        let cloud = Cloud::open(options).expect("the engine opens");
        let address = cloud.start().await.expect("a port is free");
        let endpoint = format!("http://{address}");
        let mut config = Config {
            stage: "test".to_owned(),
            table: TABLE.to_owned(),
            queue_url_base: format!("{endpoint}/000000000000/{QUEUES}"),
            region: "ap-south-1".to_owned(),
            endpoint: Some(endpoint),
            credentials: Credentials {
                access_key: "AKIATESTSTAND".to_owned(),
                secret_key: "of-no-worth".into(),
                session_token: None,
            },
            mail_from: "house@quintet.example".to_owned(),
            mail_carrier: MailCarrier::Ses,
            sms_dlt: Registration::default(),
        };
        change(&mut config);
        let aws = Aws::new(config, aws::http_client());
        schema::create_if_missing(&aws.dynamodb(), TABLE).await.expect("the table is made");
        meter.forget();
        let random = Arc::new(SeededRandom::new(42));
        Self { cloud, aws, clock, random, meter, handlers: Arc::default() }
    }

    /// A call of an HTTP function.
    pub fn call(&self, function: &'static Function) -> Call<'_> {
        Call::new(self, function)
    }

    /// Hands `event` to `function` as Lambda would.
    pub async fn invoke(&self, function: &'static Function, event: &Value) -> Result<Value, String> {
        self.traced(function, event).await.0
    }

    async fn traced(&self, function: &'static Function, event: &Value) -> (Result<Value, String>, String) {
        let handler = self.handler(function).await;
        let raw = RawValue::from_string(event.to_string()).expect("JSON");
        let mut context = Context::default();
        context.request_id = format!("req-{}", function.name);
        let trace = self.meter.next_trace();
        context.xray_trace_id = Some(trace.clone());
        let reply = handler.call(&raw, context).await.map_err(|e| e.to_string());
        (reply.map(|reply| serde_json::from_str(reply.get()).expect("JSON")), trace)
    }

    fn cost_of(&self, trace: &str) -> Cost {
        self.meter.of(trace)
    }

    /// Delivers one message to a consumer. `Err` when the message was reported as failed.
    pub async fn deliver(&self, function: &'static Function, message: &Value) -> Result<(), String> {
        let body = message.as_str().map_or_else(|| message.to_string(), str::to_owned);
        let event = json!({ "Records": [{
            "messageId": "message-1", "body": body, "attributes": { "ApproximateReceiveCount": "1" },
        }] });
        let reply = self.invoke(function, &event).await?;
        match reply["batchItemFailures"].as_array() {
            Some(failures) if failures.is_empty() => Ok(()),
            failures => Err(format!("{failures:?}")),
        }
    }

    /// Runs a schedule for the due time `due`; `true` if it did anything.
    pub async fn run(&self, function: &'static Function, due: Timestamp) -> Result<bool, String> {
        let reply = self.invoke(function, &json!({ "scheduled_for": due })).await?;
        Ok(reply["ran"].as_bool().unwrap_or_default())
    }

    /// What `function` may use, connected: for tests of rooms that are not endpoints, and for arranging.
    pub async fn app(&self, function: &'static Function) -> App {
        for need in function.all_needs() {
            match need {
                Need::Secret(secret) => self.cloud.set_secret(
                    &secrets::full_name("test", secret),
                    // Any 32 bytes, the same for the same secret.
                    &base64_of(shared::crypto::sha256(secret.name.as_bytes())),
                ),
                Need::Send(queue) => self.make_queue(queue.name, queue.max_receive),
                _ => {}
            }
        }
        if let Trigger::Queue(consumer) = &function.trigger {
            self.make_queue(consumer.queue.name, consumer.queue.max_receive);
        }
        let clock = Arc::new(StandClock(self.clock.clone()));
        let app = App::connect(function, &self.aws, clock, self.random.clone()).await;
        app.unwrap_or_else(|error: Error| panic!("{} does not connect: {error:?}", function.name))
    }

    async fn handler(&self, function: &'static Function) -> Handler {
        let known = self.handlers.lock().unwrap_or_else(PoisonError::into_inner).get(function.name).cloned();
        if let Some(handler) = known {
            return handler;
        }
        let handler = Handler::new(function, self.app(function).await);
        self.handlers.lock().unwrap_or_else(PoisonError::into_inner).insert(function.name, handler.clone());
        handler
    }

    fn make_queue(&self, name: &str, max_receive: u32) {
        let settings = local_aws::QueueSettings::default();
        let dead = format!("{QUEUES}{name}-dlq");
        self.cloud.queues().create(&dead, settings.clone()).expect("a dead-letter queue");
        let settings = local_aws::QueueSettings { dead_letter: Some((dead, max_receive)), ..settings };
        self.cloud.queues().create(&format!("{QUEUES}{name}"), settings).expect("a queue");
    }

    /// The table itself, for arranging and for looking at what was stored.
    pub fn table(&self) -> Table {
        Table::new(self.aws.dynamodb(), TABLE)
    }

    /// Every item of the table as text: to show that something rests nowhere, or how often.
    #[expect(clippy::disallowed_methods, reason = "a test looks at everything; a request never does")]
    pub async fn everything_stored(&self) -> String {
        let client = self.aws.dynamodb();
        let pages: Vec<_> = client.scan().table_name(TABLE).into_paginator().items().send().collect().await;
        let lines: Vec<String> =
            pages.into_iter().map(|item| format!("{:?}", item.expect("the table can be read"))).collect();
        lines.join("\n")
    }

    /// Lets every call of the AWS service `service` (`dynamodb`, `sns`, `sqs`, `ses`) fail with 503 until it is mended.
    pub fn break_down(&self, service: &'static str) {
        self.meter.break_down(service);
    }

    /// Lets it work again.
    pub fn mend(&self, service: &'static str) {
        self.meter.mend(service);
    }

    /// The way to AWS, for tests that look behind the table.
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// The local AWS endpoint itself.
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock.
    pub fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    /// Everything sent to `to`, oldest first.
    pub fn sent_to(&self, to: &str) -> Vec<Sent> {
        self.cloud.inbox().into_iter().filter(|message| message.to == to).collect()
    }

    /// The code in the newest SMS to `to`.
    pub fn code_sent_to(&self, to: &str) -> String {
        let sent = self.sent_to(to);
        let body = &sent.last().unwrap_or_else(|| panic!("nothing was sent to {to}")).body;
        let code = body.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6);
        code.unwrap_or_else(|| panic!("no code in «{body}»")).to_owned()
    }
}

fn base64_of(bytes: [u8; 32]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
