//! `DynamoDB`: the capacity an operation consumes, told to callers who ask and to the observer always.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::{
    ConsumedCapacity, Get, Put, PutRequest, ReturnConsumedCapacity, TransactGetItem, TransactWriteItem,
    WriteRequest,
};
use local_aws::{Call, Observer, Options, Outcome, VirtualClock};

use crate::support::{Item, Local, T, item, item_with, n, noon, s};

const TOTAL: ReturnConsumedCapacity = ReturnConsumedCapacity::Total;
const INDEXES: ReturnConsumedCapacity = ReturnConsumedCapacity::Indexes;

#[track_caller]
fn assert_units(consumed: Option<&ConsumedCapacity>, units: f64) {
    let told = consumed.and_then(ConsumedCapacity::capacity_units).unwrap();
    assert!((told - units).abs() < 1e-6, "{told} units instead of {units}");
}

#[track_caller]
fn assert_index(consumed: Option<&ConsumedCapacity>, index: &str, units: f64) {
    let indexes = consumed.and_then(ConsumedCapacity::global_secondary_indexes).unwrap();
    let told = indexes[index].capacity_units().unwrap();
    assert!((told - units).abs() < 1e-6, "{told} units instead of {units} in {index}");
}

fn large(pk: &str, sk: &str, bytes: usize) -> Item {
    item_with(pk, sk, "d", s("x".repeat(bytes)))
}

#[tokio::test]
async fn writes_are_rounded_up_per_kilobyte_and_charged_in_every_index() {
    let local = Local::with_table().await;
    let put = |item: Item, how| {
        local.db.put_item().table_name(T).set_item(Some(item)).return_consumed_capacity(how)
    };
    let plain = put(large("cap", "a", 1500), TOTAL).send().await.unwrap();
    assert_units(plain.consumed_capacity(), 2.0);

    let mut indexed = large("cap", "g", 1500);
    indexed.extend([("g1pk".into(), s("C")), ("g1sk".into(), s("1")), ("g2pk".into(), s("C"))]);
    let indexed = put(indexed, INDEXES).send().await.unwrap();
    assert_units(indexed.consumed_capacity(), 5.0);
    assert_index(indexed.consumed_capacity(), "GSI1", 2.0);
    assert_index(indexed.consumed_capacity(), "GSI2", 1.0);
    let table = indexed.consumed_capacity().unwrap().table().unwrap().capacity_units().unwrap();
    assert!((table - 2.0).abs() < 1e-6);

    let moved = local.db.update_item().table_name(T).key("pk", s("cap")).key("sk", s("g"));
    let moved = moved.update_expression("SET g1sk = :x").expression_attribute_values(":x", s("2"));
    let moved = moved.return_consumed_capacity(INDEXES).send().await.unwrap();
    assert_index(moved.consumed_capacity(), "GSI1", 4.0);

    local.put(large("cap", "b", 5000)).await;
    let shrunk = put(large("cap", "b", 4), TOTAL).send().await.unwrap();
    assert_units(shrunk.consumed_capacity(), 5.0);
    let deleted = local.db.delete_item().table_name(T).key("pk", s("cap")).key("sk", s("a"));
    let deleted = deleted.return_consumed_capacity(TOTAL).send().await.unwrap();
    assert_units(deleted.consumed_capacity(), 2.0);

    let write = |i: i32| {
        let put = PutRequest::builder().set_item(Some(item("bw", &i.to_string()))).build().unwrap();
        WriteRequest::builder().put_request(put).build()
    };
    let batch = local.db.batch_write_item().request_items(T, (0..10).map(write).collect());
    let batch = batch.return_consumed_capacity(TOTAL).send().await.unwrap();
    assert_units(batch.consumed_capacity().first(), 10.0);
    let put = |sk: &str| {
        let put = Put::builder().table_name(T).set_item(Some(item("tw", sk))).build().unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let pair = local.db.transact_write_items().transact_items(put("1")).transact_items(put("2"));
    assert_units(pair.return_consumed_capacity(TOTAL).send().await.unwrap().consumed_capacity().first(), 4.0);
}

#[tokio::test]
async fn reads_are_rounded_up_per_four_kilobytes_and_halved_when_eventual() {
    let local = Local::with_table().await;
    local.put(large("cap", "b", 5000)).await;
    let get = |sk: &str, consistent| {
        let get = local.db.get_item().table_name(T).key("pk", s("cap")).key("sk", s(sk));
        get.consistent_read(consistent).return_consumed_capacity(TOTAL).send()
    };
    assert_units(get("b", false).await.unwrap().consumed_capacity(), 1.0);
    assert_units(get("b", true).await.unwrap().consumed_capacity(), 2.0);
    assert_units(get("none", false).await.unwrap().consumed_capacity(), 0.5);
    let transactional = Get::builder().table_name(T).key("pk", s("cap")).key("sk", s("b")).build().unwrap();
    let transactional = TransactGetItem::builder().get(transactional).build();
    let transactional = local.db.transact_get_items().transact_items(transactional);
    let transactional = transactional.return_consumed_capacity(TOTAL).send().await.unwrap();
    assert_units(transactional.consumed_capacity().first(), 4.0);

    for i in 0..10 {
        let mut item = large("q", &i.to_string(), 1500);
        if i == 0 {
            item.extend([("g1pk".into(), s("C")), ("g1sk".into(), s("1"))]);
        }
        local.put(item).await;
    }
    let query = || {
        let query = local.db.query().table_name(T).key_condition_expression("pk = :p");
        query.expression_attribute_values(":p", s("q")).return_consumed_capacity(TOTAL)
    };
    assert_units(query().send().await.unwrap().consumed_capacity(), 2.0);
    let filtered = query().filter_expression("attribute_exists(nope)").consistent_read(true).send().await;
    assert_units(filtered.unwrap().consumed_capacity(), 4.0);
    let index = local.db.query().table_name(T).index_name("GSI1").key_condition_expression("g1pk = :p");
    let index = index.expression_attribute_values(":p", s("C")).return_consumed_capacity(INDEXES);
    assert_index(index.send().await.unwrap().consumed_capacity(), "GSI1", 0.5);
}

#[derive(Default)]
struct Meter {
    seen: Mutex<Vec<(Call, Outcome)>>,
}

impl Observer for Meter {
    fn after(&self, call: &Call, outcome: &Outcome) {
        self.seen.lock().unwrap().push((call.clone(), outcome.clone()));
    }
}

#[tokio::test]
async fn the_observer_learns_the_units_although_the_caller_did_not_ask() {
    let meter = Arc::new(Meter::default());
    let mut options = Options::memory(VirtualClock::fixed(noon()));
    options.observer = Some(meter.clone());
    let local = Local::with(options).await;
    local.create_table(T).await;
    let put = local.db.put_item().table_name(T).set_item(Some(large("cap", "a", 1500))).send().await.unwrap();
    assert!(put.consumed_capacity().is_none());
    local.get("cap", "a").await.unwrap();
    let query = local.db.query().table_name(T).index_name("GSI1").key_condition_expression("g1pk = :p");
    query.expression_attribute_values(":p", n(1)).send().await.unwrap_err();

    let seen = meter.seen.lock().unwrap();
    let found = |operation: &str| seen.iter().find(|(call, _)| call.operation == operation).unwrap();
    let (call, outcome) = found("PutItem");
    assert_eq!(call.resources, ["arn:aws:dynamodb:ap-south-1:000000000000:table/Main"]);
    assert_eq!((call.access_key.as_deref(), outcome.status), (Some("AKIDLOCAL"), 200));
    assert!((outcome.write_units - 2.0).abs() < 1e-6 && outcome.read_units == 0.0);
    let (_, outcome) = found("GetItem");
    assert!((outcome.read_units - 1.0).abs() < 1e-6, "{outcome:?}");
    let (call, outcome) = found("Query");
    assert_eq!(call.resources, ["arn:aws:dynamodb:ap-south-1:000000000000:table/Main/index/GSI1"]);
    assert_eq!((outcome.status, outcome.error.as_deref()), (400, Some("ValidationException")));
}
