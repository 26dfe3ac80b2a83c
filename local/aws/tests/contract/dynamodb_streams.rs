//! `DynamoDB` Streams through the SDK and in-process, and TTL.

use aws_sdk_dynamodb::types::{TimeToLiveSpecification, TimeToLiveStatus};
use aws_sdk_dynamodbstreams::types::{OperationType, Record, ShardIteratorType};
use futures::FutureExt as _;

use crate::support::{Local, T, item, item_with, n, noon, s};

async fn set(local: &Local, value: i32) {
    let update = local.db.update_item().table_name(T).key("pk", s("strm")).key("sk", s("a"));
    update.update_expression("SET v = :v").expression_attribute_values(":v", n(value)).send().await.unwrap();
}

/// Insert, modify, an update that changes nothing, insert, remove.
async fn with_changes() -> Local {
    let local = Local::with_table().await;
    local.put(item_with("strm", "a", "v", n(1))).await;
    set(&local, 2).await;
    set(&local, 2).await;
    local.put(item("strm", "b")).await;
    local.db.delete_item().table_name(T).key("pk", s("strm")).key("sk", s("a")).send().await.unwrap();
    local
}

async fn iterator(local: &Local, kind: ShardIteratorType, after: Option<&str>) -> String {
    let listed = local.streams.list_streams().table_name(T).send().await.unwrap();
    let arn = listed.streams()[0].stream_arn().unwrap().to_owned();
    let described = local.streams.describe_stream().stream_arn(&arn).send().await.unwrap();
    let shard = described.stream_description().unwrap().shards()[0].shard_id().unwrap().to_owned();
    let request =
        local.streams.get_shard_iterator().stream_arn(arn).shard_id(shard).shard_iterator_type(kind);
    request.set_sequence_number(after.map(str::to_owned)).send().await.unwrap().shard_iterator.unwrap()
}

async fn records(local: &Local, iterator: String) -> Vec<Record> {
    local.streams.get_records().shard_iterator(iterator).send().await.unwrap().records.unwrap_or_default()
}

fn number(record: &Record) -> &str {
    record.dynamodb().unwrap().sequence_number().unwrap()
}

#[tokio::test]
async fn the_stream_tells_every_change_with_both_images_and_nothing_of_updates_without_one() {
    let local = with_changes().await;
    let all = records(&local, iterator(&local, ShardIteratorType::TrimHorizon, None).await).await;
    let kinds: Vec<&OperationType> = all.iter().map(|record| record.event_name().unwrap()).collect();
    let expected =
        [OperationType::Insert, OperationType::Modify, OperationType::Insert, OperationType::Remove];
    assert_eq!(kinds, expected.iter().collect::<Vec<_>>());
    assert!(all.windows(2).all(|pair| number(&pair[0]) < number(&pair[1])));
    let images = |i: usize| {
        let change = all[i].dynamodb().unwrap();
        (change.old_image().is_some(), change.new_image().is_some())
    };
    assert_eq!([images(0), images(1), images(3)], [(false, true), (true, true), (true, false)]);
    assert_eq!(all[0].aws_region(), Some("ap-south-1"));
}

#[tokio::test]
async fn an_iterator_starts_after_a_number_or_at_the_end() {
    let local = with_changes().await;
    let all = records(&local, iterator(&local, ShardIteratorType::TrimHorizon, None).await).await;
    let after = iterator(&local, ShardIteratorType::AfterSequenceNumber, Some(number(&all[1]))).await;
    assert_eq!(records(&local, after).await.len(), 2);
    let latest = iterator(&local, ShardIteratorType::Latest, None).await;
    local.put(item("strm", "late")).await;
    assert_eq!(records(&local, latest).await.len(), 1);
}

#[tokio::test]
async fn the_reader_in_process_goes_on_from_a_position_and_wakes_on_writes() {
    let local = with_changes().await;
    let reader = local.cloud.stream();
    let first = reader.read_after(T, None, 2);
    let kinds: Vec<&str> = first.iter().map(|record| record.event_name.as_str()).collect();
    assert_eq!(kinds, ["INSERT", "MODIFY"]);
    assert_eq!(first[1].new_image.as_ref().unwrap()["v"], serde_json::json!({ "N": "2" }));
    assert_eq!(first[1].old_image.as_ref().unwrap()["v"], serde_json::json!({ "N": "1" }));
    assert_eq!(first[0].keys, serde_json::json!({ "pk": { "S": "strm" }, "sk": { "S": "a" } }));
    assert_eq!(first[0].created, noon());
    let rest = reader.read_after(T, Some(first[1].position.clone()), 100);
    assert_eq!(rest.len(), 2);
    let end = rest[1].position.clone();
    assert_eq!(reader.latest(T), Some(end.clone()));

    let mut changed = Box::pin(reader.changed());
    assert!(changed.as_mut().now_or_never().is_none());
    local.put(item("strm", "late")).await;
    changed.await;
    assert_eq!(reader.read_after(T, Some(end), 100).len(), 1);
    assert!(reader.read_after("Nope", None, 100).is_empty());
}

#[tokio::test]
async fn expired_items_go_when_the_clock_was_moved_and_swept() {
    let local = Local::with_table().await;
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name("ttl").build().unwrap();
    local.db.update_time_to_live().table_name(T).time_to_live_specification(ttl).send().await.unwrap();
    let described = local.db.describe_time_to_live().table_name(T).send().await.unwrap();
    let status = described.time_to_live_description().unwrap().time_to_live_status();
    assert_eq!(status, Some(&TimeToLiveStatus::Enabled));

    local.put(item_with("ttl", "a", "ttl", n(noon().as_second() + 3600))).await;
    local.cloud.sweep_ttl();
    assert!(local.get("ttl", "a").await.is_some());
    local.advance(3601);
    assert!(local.get("ttl", "a").await.is_some(), "as in AWS, it is there until it is swept");
    local.cloud.sweep_ttl();
    assert!(local.get("ttl", "a").await.is_none());
    let told = local.cloud.stream().read_after(T, None, 10);
    assert_eq!(told.last().unwrap().event_name, "REMOVE");
}
