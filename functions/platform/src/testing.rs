//! Ways for tests to get to where they begin.
use serde_json::{Value, json};
use shared::{
    app::App,
    id::Id,
    identity::Vault,
    messages::notice::{EmailNotice, SmsNotice},
};
use stand::Stand;

use crate::consumers;

/// The queues that notices leave by.
pub async fn make_queues(stand: &Stand) {
    for consumer in [&consumers::sms::FUNCTION, &consumers::email::FUNCTION] {
        stand.app(consumer).await;
    }
}

/// Everything written so far, as Lambda's stream event.
pub fn stream_event(stand: &Stand) -> Value {
    let records = stand.cloud().stream().read_after("quintet-test", None, 1000);
    let records: Vec<Value> = records
        .into_iter()
        .map(|record| {
            let images = json!({ "NewImage": record.new_image, "SequenceNumber": record.position });
            json!({ "eventName": record.event_name, "dynamodb": images })
        })
        .collect();
    json!({ "Records": records })
}

/// A notice for this ten-digit number, as it waits in the queue.
pub fn sms_notice(app: &App, number: &str) -> Value {
    let phone = Vault::of(app).unwrap().seal("usr_1", "phone", number).unwrap();
    let notice = SmsNotice {
        notice: Id::new(app.now(), app.random()),
        owner: "usr_1".to_owned(),
        phone,
        template: "lending-loan_disbursed".to_owned(),
        text: "Your loan is paid out.".to_owned(),
    };
    json!(notice)
}

/// A notice for this address, as it waits in the queue.
pub fn email_notice(app: &App, to: &str) -> EmailNotice {
    EmailNotice {
        notice: Id::new(app.now(), app.random()),
        to: to.to_owned(),
        subject: "Your loan".to_owned(),
        text: "It is paid out.".to_owned(),
        secret: None,
    }
}

/// A batch of these bodies, as Lambda's queue event; the messages are called `0`, `1`, ….
pub fn queue_event(bodies: &[&str]) -> Value {
    let records = bodies.iter().enumerate().map(|(id, body)| {
        json!({ "messageId": id.to_string(), "body": body, "attributes": { "ApproximateReceiveCount": "1" } })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}
