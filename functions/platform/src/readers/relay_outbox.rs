//! New items of the outbox: each goes to the queue it names.
use shared::{
    app::App,
    error::Error,
    function::{Function, Need, Reader, Trigger},
    outbox::{Outgoing, QUEUES},
    runtime::Change,
    table::Entity,
};

use crate::WING;

/// The declaration.
pub static FUNCTION: Function = Function {
    name: "platform-relay-outbox",
    module: module_path!(),
    wing: &WING,
    summary: "Carry what must follow a write to its queue",
    trigger: Trigger::Stream(Reader {
        entities: &[Outgoing::NAME],
        batch: 100,
        handle: |app, change| Box::pin(handle(app, change)),
    }),
    needs: &[Need::Port(&QUEUES)],
    ..Function::WORKER
};

/// A failure stops the batch here, and the stream goes on from this very item. A repeat sends again; every
/// consumer bears that.
async fn handle(app: &App, change: &Change) -> Result<(), Error> {
    match change.new_value::<Outgoing>()? {
        Some(outgoing) => outgoing.send(app).await,
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use shared::{messages::notice::SMS_QUEUE, outbox::Outgoing, table::Write};
    use stand::Stand;

    use super::FUNCTION;
    use crate::{WING, testing};

    /// Puts an item for each text into the outbox.
    async fn write(stand: &Stand, texts: &[&str]) {
        let app = stand.app(&FUNCTION).await;
        for text in texts {
            let outgoing = Outgoing::new(&app, &WING, &SMS_QUEUE, text).unwrap();
            stand.table().write(Write::new().create(&outgoing)).await.unwrap();
        }
    }

    /// What waits in the queue.
    async fn arrived(stand: &Stand) -> Vec<String> {
        let messages = stand.cloud().queues().receive("quintet-test-platform-sms", 100, Duration::ZERO).await;
        messages.into_iter().map(|message| message.body).collect()
    }

    #[tokio::test]
    async fn what_was_written_arrives_in_its_queue_in_order() {
        let stand = Stand::new().await;
        testing::make_queues(&stand).await;
        write(&stand, &["one", "two", "three"]).await;
        let reply = stand.invoke(&FUNCTION, &testing::stream_event(&stand)).await.unwrap();
        assert_eq!(reply["batchItemFailures"], serde_json::json!([]));
        assert_eq!(arrived(&stand).await, ["\"one\"", "\"two\"", "\"three\""]);
    }

    #[tokio::test]
    async fn a_message_names_its_wing_and_its_id() {
        let stand = Stand::new().await;
        testing::make_queues(&stand).await;
        write(&stand, &["one"]).await;
        stand.invoke(&FUNCTION, &testing::stream_event(&stand)).await.unwrap();
        let messages = stand.cloud().queues().receive("quintet-test-platform-sms", 1, Duration::ZERO).await;
        let attributes = format!("{:?}", messages[0].message_attributes);
        assert!(attributes.contains("PLATFORM") && attributes.contains("out_"), "{attributes}");
    }

    #[tokio::test]
    async fn a_record_that_comes_twice_is_sent_twice_and_nothing_is_lost() {
        let stand = Stand::new().await;
        testing::make_queues(&stand).await;
        write(&stand, &["one"]).await;
        let event = testing::stream_event(&stand);
        for _ in 0..2 {
            stand.invoke(&FUNCTION, &event).await.unwrap();
        }
        assert_eq!(arrived(&stand).await, ["\"one\"", "\"one\""]);
    }

    #[tokio::test]
    async fn when_the_queue_does_not_answer_the_stream_comes_again_from_there() {
        let stand = Stand::new().await;
        testing::make_queues(&stand).await;
        write(&stand, &["one", "two"]).await;
        let event = testing::stream_event(&stand);
        stand.break_down("sqs");
        let reply = stand.invoke(&FUNCTION, &event).await.unwrap();
        let first = &event["Records"][0]["dynamodb"]["SequenceNumber"];
        assert_eq!(reply["batchItemFailures"], serde_json::json!([{ "itemIdentifier": first }]));
        stand.mend("sqs");
        stand.invoke(&FUNCTION, &event).await.unwrap();
        assert_eq!(arrived(&stand).await, ["\"one\"", "\"two\""]);
    }

    #[tokio::test]
    async fn other_items_of_the_table_are_left_alone() {
        let stand = Stand::new().await;
        testing::make_queues(&stand).await;
        write(&stand, &["one"]).await;
        let mut event = testing::stream_event(&stand);
        event["Records"][0]["eventName"] = "MODIFY".into();
        stand.invoke(&FUNCTION, &event).await.unwrap();
        assert!(arrived(&stand).await.is_empty());
    }
}
