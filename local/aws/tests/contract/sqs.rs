//! SQS: standard queues — sending, receiving, attributes, batches, limits and dead letters.

use aws_sdk_sqs::error::ProvideErrorMetadata as _;
use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName,
    SendMessageBatchRequestEntry,
};
use local_aws::QueueSettings;

use crate::support::{Local, bodies, queue_arn, receipt, system};

fn text(value: &str) -> MessageAttributeValue {
    MessageAttributeValue::builder().data_type("String").string_value(value).build().unwrap()
}

fn entry(id: i32) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry::builder()
        .id(format!("i{id}"))
        .message_body(format!("b{id}"))
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_message_is_received_with_its_attributes_and_deleted() {
    let local = Local::start().await;
    let url = local.queue("basic", &[]).await;
    let bytes = MessageAttributeValue::builder().data_type("Binary").binary_value(Blob::new(vec![0_u8, 255]));
    let sent =
        local.sqs.send_message().queue_url(&url).message_body("hello").message_attributes("k", text("v"));
    let sent = sent.message_attributes("bin", bytes.build().unwrap()).send().await.unwrap();
    // The SDK verifies none of the digests, hence a known one is compared.
    assert_eq!(sent.md5_of_message_body(), Some("5d41402abc4b2a76b9719d911017c592"));

    let got = local.receive(&url).await;
    assert_eq!(bodies(&got), ["hello"]);
    let attributes = got[0].message_attributes().unwrap();
    assert_eq!(attributes["k"].string_value(), Some("v"));
    assert_eq!(attributes["bin"].binary_value().unwrap().as_ref(), [0, 255]);
    assert_eq!(got[0].md5_of_message_attributes(), sent.md5_of_message_attributes());
    assert_eq!(system(&got[0], MessageSystemAttributeName::ApproximateReceiveCount), "1");
    let sent_at = local.cloud.clock().now().as_millisecond().to_string();
    assert_eq!(system(&got[0], MessageSystemAttributeName::SentTimestamp), sent_at);

    local.sqs.delete_message().queue_url(&url).receipt_handle(receipt(&got[0])).send().await.unwrap();
    let told = local.sqs.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::All);
    let told = told.send().await.unwrap().attributes.unwrap();
    assert_eq!(told[&QueueAttributeName::ApproximateNumberOfMessages], "0");
    assert_eq!(told[&QueueAttributeName::ApproximateNumberOfMessagesNotVisible], "0");
    assert_eq!(told[&QueueAttributeName::QueueArn], queue_arn("basic"));
}

#[tokio::test]
async fn the_md5_of_attributes_is_the_one_aws_documents() {
    let local = Local::start().await;
    let url = local.queue("md5", &[]).await;
    let sent = local.sqs.send_message().queue_url(&url).message_body("x").message_attributes("a", text("b"));
    let sent = sent.send().await.unwrap();
    // MD5 of: len("a") "a" len("String") "String" 1 len("b") "b", lengths as four bytes, computed elsewhere.
    assert_eq!(sent.md5_of_message_attributes(), Some("bef8bf215374a0a228d67533b1a488be"));
}

#[tokio::test]
async fn a_queue_is_found_by_its_name_and_listed_by_its_prefix() {
    let local = Local::start().await;
    let url = local.queue("found", &[]).await;
    local.queue("other", &[]).await;
    assert_eq!(
        local.sqs.get_queue_url().queue_name("found").send().await.unwrap().queue_url(),
        Some(url.as_str())
    );
    let listed = local.sqs.list_queues().queue_name_prefix("fo").send().await.unwrap();
    assert_eq!(listed.queue_urls(), std::slice::from_ref(&url));
    local.sqs.tag_queue().queue_url(&url).tags("a", "b").send().await.unwrap();
    assert_eq!(local.sqs.list_queue_tags().queue_url(&url).send().await.unwrap().tags().unwrap()["a"], "b");
    local.sqs.delete_queue().queue_url(&url).send().await.unwrap();
    let gone = local.sqs.get_queue_url().queue_name("found").send().await.unwrap_err().into_service_error();
    assert!(gone.is_queue_does_not_exist());
    let gone = local.sqs.send_message().queue_url(&url).message_body("x").send().await.unwrap_err();
    assert!(gone.into_service_error().is_queue_does_not_exist());
}

#[tokio::test]
async fn creating_a_queue_again_succeeds_only_when_it_is_the_same() {
    let local = Local::start().await;
    let url = local.queue("same", &[]).await;
    assert_eq!(local.queue("same", &[(QueueAttributeName::VisibilityTimeout, "30")]).await, url);
    let other =
        local.sqs.create_queue().queue_name("same").attributes(QueueAttributeName::VisibilityTimeout, "9");
    assert!(other.send().await.unwrap_err().into_service_error().is_queue_name_exists());
    let unknown = local.sqs.create_queue().queue_name("bad").attributes("Nonsense".into(), "1").send().await;
    assert!(unknown.unwrap_err().into_service_error().is_invalid_attribute_name());
    let name = local.sqs.create_queue().queue_name("no spaces").send().await;
    assert!(name.is_err());
}

#[tokio::test]
async fn a_receipt_counts_only_until_the_next_receive() {
    let local = Local::start().await;
    let url = local.queue("stale", &[]).await;
    local.send(&url, "a").await;
    let first = local.receive_for(&url, Some(0)).await;
    let second = local.receive(&url).await;
    assert_ne!(receipt(&first[0]), receipt(&second[0]));
    let delete = |receipt: &str| local.sqs.delete_message().queue_url(&url).receipt_handle(receipt).send();
    delete(receipt(&first[0])).await.unwrap();
    assert_eq!(local.cloud.queues().depths()[0].in_flight, 1, "an old receipt deletes nothing");
    delete(receipt(&second[0])).await.unwrap();
    delete(receipt(&second[0])).await.unwrap();
    assert_eq!(local.cloud.queues().depths()[0].in_flight, 0);
    assert!(delete("garbage").await.unwrap_err().into_service_error().is_receipt_handle_is_invalid());
}

#[tokio::test]
async fn messages_outside_the_limits_are_refused() {
    let local = Local::start().await;
    let url = local.queue("limits", &[]).await;
    let send = |body: &str| local.sqs.send_message().queue_url(&url).message_body(body);
    assert!(send("a").delay_seconds(901).send().await.is_err());
    assert!(send("").send().await.is_err());
    assert!(send(&"x".repeat(1_048_577)).send().await.is_err());
    send(&"x".repeat(1_048_576)).send().await.unwrap();
    let control = send("bell \u{7}").send().await.unwrap_err().into_service_error();
    assert!(control.is_invalid_message_contents());
    for max in [0, 11] {
        let refused = local.sqs.receive_message().queue_url(&url).max_number_of_messages(max).send().await;
        assert_eq!(refused.unwrap_err().into_service_error().code(), Some("InvalidParameterValue"));
    }
}

#[tokio::test]
async fn a_batch_has_one_to_ten_entries_with_distinct_ids() {
    let local = Local::start().await;
    let url = local.queue("batch", &[]).await;
    let send = |entries: Vec<SendMessageBatchRequestEntry>| {
        local.sqs.send_message_batch().queue_url(&url).set_entries(Some(entries)).send()
    };
    assert_eq!(send((0..10).map(entry).collect()).await.unwrap().successful().len(), 10);
    let eleven = send((0..11).map(entry).collect()).await.unwrap_err().into_service_error();
    assert!(eleven.is_too_many_entries_in_batch_request());
    let twice = send(vec![entry(1), entry(1)]).await.unwrap_err().into_service_error();
    assert!(twice.is_batch_entry_ids_not_distinct());
    assert!(send(vec![]).await.unwrap_err().into_service_error().is_empty_batch_request());

    let got = local.receive(&url).await;
    assert_eq!(got.len(), 10);
    let entry = |(i, message)| {
        let entry = DeleteMessageBatchRequestEntry::builder().id(format!("{i}"));
        entry.receipt_handle(receipt(message)).build().unwrap()
    };
    let mut entries: Vec<_> = got.iter().enumerate().map(entry).collect();
    let broken = DeleteMessageBatchRequestEntry::builder().id("9").receipt_handle("garbage").build().unwrap();
    entries[9] = broken;
    let deleted =
        local.sqs.delete_message_batch().queue_url(&url).set_entries(Some(entries)).send().await.unwrap();
    assert_eq!((deleted.successful().len(), deleted.failed().len()), (9, 1));
    assert_eq!(deleted.failed()[0].code(), "ReceiptHandleIsInvalid");

    local.send(&url, "x").await;
    local.sqs.purge_queue().queue_url(&url).send().await.unwrap();
    assert!(local.receive(&url).await.is_empty());
}

#[tokio::test]
async fn a_message_received_too_often_goes_to_the_dead_letter_queue_and_can_be_moved_back() {
    // The count is a string in some tools and a number in others.
    for count in ["\"2\"", "2"] {
        let local = Local::start().await;
        let dead = local.queue("dead", &[]).await;
        let url = local.queue_with_dead_letters("main", "dead", count).await;
        local
            .sqs
            .send_message()
            .queue_url(&url)
            .message_body("poison")
            .message_attributes("k", text("v"))
            .send()
            .await
            .unwrap();
        for _ in 0..2 {
            assert_eq!(local.receive_for(&url, Some(0)).await.len(), 1);
        }
        assert!(local.receive(&url).await.is_empty());
        let got = local.receive_for(&dead, Some(0)).await;
        assert_eq!(bodies(&got), ["poison"]);
        assert!(got[0].message_attributes().unwrap().contains_key("k"));
        let source = system(&got[0], MessageSystemAttributeName::DeadLetterQueueSourceArn);
        assert_eq!(source, queue_arn("main"));
        let depths = local.cloud.queues().depths();
        assert_eq!(depths[0].dead_letter_of, ["main"]);
        assert_eq!(depths[1].dead_letter_depth, Some(1));

        let sources = local.sqs.list_dead_letter_source_queues().queue_url(&dead).send().await.unwrap();
        assert_eq!(sources.queue_urls(), std::slice::from_ref(&url));
        local.sqs.start_message_move_task().source_arn(queue_arn("dead")).send().await.unwrap();
        let back = local.receive(&url).await;
        assert_eq!(system(&back[0], MessageSystemAttributeName::ApproximateReceiveCount), "1");
    }
}

#[tokio::test]
async fn a_dead_letter_queue_must_exist_and_be_of_the_same_kind() {
    let local = Local::start().await;
    local.queue("dead.fifo", &[(QueueAttributeName::FifoQueue, "true")]).await;
    for target in ["missing", "dead.fifo"] {
        let policy = format!(r#"{{"deadLetterTargetArn":"{}","maxReceiveCount":3}}"#, queue_arn(target));
        let create = local.sqs.create_queue().queue_name("main");
        assert!(create.attributes(QueueAttributeName::RedrivePolicy, policy).send().await.is_err());
    }
}

#[tokio::test]
async fn queues_are_created_changed_and_redriven_in_process() {
    let local = Local::start().await;
    let queues = local.cloud.queues();
    queues.create("dead", QueueSettings::default()).unwrap();
    let settings = QueueSettings { dead_letter: Some(("dead".to_owned(), 1)), ..QueueSettings::default() };
    queues.create("main", settings.clone()).unwrap();
    queues.create("main", settings).unwrap();
    queues.send("main", local_aws::NewMessage { body: "x".into(), ..Default::default() }).unwrap();
    let got = queues.receive("main", 1, std::time::Duration::ZERO).await;
    queues.change_visibility("main", &got[0].receipt_handle, std::time::Duration::ZERO).unwrap();
    assert!(queues.receive("main", 1, std::time::Duration::ZERO).await.is_empty());
    assert_eq!(queues.peek("dead", 10)[0].body, "x");
    assert_eq!(queues.redrive("dead").unwrap(), 1);
    let got = queues.receive("main", 1, std::time::Duration::ZERO).await;
    assert_eq!(got[0].body, "x");
    queues.delete("main", &got[0].receipt_handle).unwrap();
    assert_eq!(queues.delete("nope", "1.x").unwrap_err().code(), "QueueDoesNotExist");
    queues.create("main", QueueSettings::default()).unwrap();
    assert_eq!(queues.depths()[1].dead_letter_depth, None, "the settings are replaced");
}
