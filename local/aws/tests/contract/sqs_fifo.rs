//! SQS: FIFO queues — order, blocking groups and deduplication.

use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};

use crate::support::{Local, bodies, receipt, system};

async fn fifo(local: &Local, name: &str, by_content: bool) -> String {
    let by_content = if by_content { "true" } else { "false" };
    let attributes = [
        (QueueAttributeName::FifoQueue, "true"),
        (QueueAttributeName::ContentBasedDeduplication, by_content),
    ];
    local.queue(name, &attributes).await
}

async fn send(local: &Local, url: &str, group: &str, body: &str) -> String {
    let request = local.sqs.send_message().queue_url(url).message_group_id(group).message_body(body);
    request.send().await.unwrap().message_id.unwrap()
}

#[tokio::test]
async fn a_group_waits_while_its_oldest_message_is_out_and_others_go_on() {
    let local = Local::start().await;
    let url = fifo(&local, "f.fifo", true).await;
    for (group, body) in [("A", "A0"), ("A", "A1"), ("A", "A2"), ("B", "B0")] {
        send(&local, &url, group, body).await;
    }
    let one = local.sqs.receive_message().queue_url(&url);
    let one = one.message_system_attribute_names(MessageSystemAttributeName::All).send().await.unwrap();
    let one = &one.messages()[0];
    assert_eq!((one.body(), system(one, MessageSystemAttributeName::MessageGroupId)), (Some("A0"), "A"));
    assert!(!system(one, MessageSystemAttributeName::SequenceNumber).is_empty());
    assert_eq!(bodies(&local.receive(&url).await), ["B0"]);
    local.sqs.delete_message().queue_url(&url).receipt_handle(receipt(one)).send().await.unwrap();
    assert_eq!(bodies(&local.receive(&url).await), ["A1", "A2"]);
}

#[tokio::test]
async fn a_batch_crosses_groups_and_is_delivered_again_in_order() {
    let local = Local::start().await;
    let url = fifo(&local, "h.fifo", true).await;
    for i in 0..6 {
        send(&local, &url, if i % 2 == 0 { "A" } else { "B" }, &i.to_string()).await;
    }
    let expected = ["0", "1", "2", "3", "4", "5"];
    assert_eq!(bodies(&local.receive(&url).await), expected);
    local.advance(31);
    assert_eq!(bodies(&local.receive(&url).await), expected);
}

#[tokio::test]
async fn a_repeated_message_is_accepted_and_dropped_for_five_minutes() {
    let local = Local::start().await;
    let by_content = fifo(&local, "content.fifo", true).await;
    let by_id = fifo(&local, "id.fifo", false).await;
    let first = send(&local, &by_content, "g", "same").await;
    assert_eq!(send(&local, &by_content, "g", "same").await, first);
    for body in ["one", "two"] {
        let request = local.sqs.send_message().queue_url(&by_id).message_group_id("g").message_body(body);
        request.message_deduplication_id("id").send().await.unwrap();
    }
    assert_eq!(bodies(&local.receive(&by_id).await), ["one"]);
    local.advance(299);
    send(&local, &by_content, "g", "same").await;
    assert_eq!(local.receive(&by_content).await.len(), 1);
    local.advance(31);
    send(&local, &by_content, "g", "same").await;
    assert_eq!(local.receive(&by_content).await.len(), 2);
}

#[tokio::test]
async fn a_message_without_group_or_deduplication_id_is_refused() {
    let local = Local::start().await;
    let url = fifo(&local, "strict.fifo", false).await;
    let message = || local.sqs.send_message().queue_url(&url).message_body("x");
    assert!(message().message_deduplication_id("d").send().await.is_err());
    assert!(message().message_group_id("g").send().await.is_err());
    let named =
        local.sqs.create_queue().queue_name("plain").attributes(QueueAttributeName::FifoQueue, "true");
    assert!(named.send().await.is_err(), "the name must end in .fifo");
}

#[tokio::test]
async fn a_poisonous_message_leaves_its_group_for_the_dead_letter_queue() {
    let local = Local::start().await;
    let dead = fifo(&local, "dead.fifo", true).await;
    let target = crate::support::queue_arn("dead.fifo");
    let policy = format!(r#"{{"deadLetterTargetArn":"{target}","maxReceiveCount":1}}"#);
    let attributes = [
        (QueueAttributeName::FifoQueue, "true"),
        (QueueAttributeName::ContentBasedDeduplication, "true"),
        (QueueAttributeName::RedrivePolicy, policy.as_str()),
    ];
    let url = local.queue("main.fifo", &attributes).await;
    send(&local, &url, "A", "poison").await;
    assert_eq!(local.receive_for(&url, Some(0)).await.len(), 1);
    send(&local, &url, "A", "good").await;
    assert_eq!(bodies(&local.receive(&url).await), ["good"]);
    assert_eq!(bodies(&local.receive(&dead).await), ["poison"]);
}
