//! `DynamoDB`: queries on the table and its indexes, pages, and parallel scans.

use std::collections::HashSet;

use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, Select, WriteRequest};

use crate::support::{Item, Local, T, item, item_with, n, s};

/// A hundred orders of one customer; every tenth is in the sparse index, all are in the numeric one.
async fn with_orders() -> Local {
    let local = Local::with_table().await;
    for chunk in (0..100).collect::<Vec<i32>>().chunks(25) {
        let write = |i: &i32| {
            let mut order = item_with("q", &format!("ORDER#{i:03}"), "num", n(i));
            order.insert("status".into(), s(if i % 2 == 0 { "OPEN" } else { "DONE" }));
            if i % 10 == 0 {
                order.insert("g1pk".into(), s("SP"));
                order.insert("g1sk".into(), s(format!("{:03}", 999 - i)));
            }
            order.insert("g3pk".into(), s("N"));
            order.insert("g3n".into(), n(f64::from(*i) - 50.5));
            WriteRequest::builder()
                .put_request(PutRequest::builder().set_item(Some(order)).build().unwrap())
                .build()
        };
        local.db.batch_write_item().request_items(T, chunk.iter().map(write).collect()).send().await.unwrap();
    }
    local
}

fn orders(local: &Local, condition: &str) -> QueryFluentBuilder {
    let query = local.db.query().table_name(T).key_condition_expression(condition);
    query.expression_attribute_values(":p", s("q"))
}

fn sparse(local: &Local) -> QueryFluentBuilder {
    let query = local.db.query().table_name(T).index_name("GSI1").key_condition_expression("g1pk = :p");
    query.expression_attribute_values(":p", s("SP"))
}

#[tokio::test]
async fn sort_keys_are_matched_by_prefix_and_range() {
    let local = with_orders().await;
    let prefix = orders(&local, "pk = :p AND begins_with(sk, :b)");
    let found = prefix.expression_attribute_values(":b", s("ORDER#01")).send().await.unwrap();
    assert_eq!(found.count(), 10);
    let range = orders(&local, "pk = :p AND sk BETWEEN :a AND :b");
    let range = range.expression_attribute_values(":a", s("ORDER#005"));
    assert_eq!(range.expression_attribute_values(":b", s("ORDER#009")).send().await.unwrap().count(), 5);
}

#[tokio::test]
async fn a_filter_works_after_reading_and_the_limit_before_it() {
    let local = with_orders().await;
    let filtered = || orders(&local, "pk = :p").expression_attribute_names("#s", "status");
    let query = filtered().filter_expression("#s = :o AND num > :n");
    let query = query.expression_attribute_values(":o", s("OPEN")).expression_attribute_values(":n", n(89));
    let found = query.send().await.unwrap();
    assert_eq!((found.count(), found.scanned_count()), (5, 100));
    let query =
        filtered().filter_expression("#s = :o").expression_attribute_values(":o", s("DONE")).limit(10);
    let found = query.send().await.unwrap();
    assert_eq!((found.count(), found.scanned_count()), (5, 10));
    assert!(found.last_evaluated_key().is_some());
}

#[tokio::test]
async fn pages_backwards_show_every_item_once_in_order() {
    let local = with_orders().await;
    let (mut seen, mut start): (Vec<String>, Option<Item>) = (Vec::new(), None);
    loop {
        let page =
            orders(&local, "pk = :p").limit(7).scan_index_forward(false).set_exclusive_start_key(start);
        let page = page.send().await.unwrap();
        seen.extend(page.items().iter().map(|item| item["sk"].as_s().unwrap().clone()));
        start = page.last_evaluated_key;
        if start.is_none() {
            break;
        }
    }
    let expected: Vec<String> = (0..100).rev().map(|i| format!("ORDER#{i:03}")).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_sparse_index_holds_only_items_with_its_keys_and_pages_with_all_four_keys() {
    let local = with_orders().await;
    let all = sparse(&local).send().await.unwrap();
    assert_eq!((all.count(), &all.items()[0]["sk"]), (10, &s("ORDER#090")));
    let first = sparse(&local).limit(3).send().await.unwrap();
    let last = first.last_evaluated_key().unwrap();
    assert_eq!(last.len(), 4);
    let rest = sparse(&local).set_exclusive_start_key(Some(last.clone())).send().await.unwrap();
    assert_eq!(rest.count(), 7);

    let remove = local.db.update_item().table_name(T).key("pk", s("q")).key("sk", s("ORDER#010"));
    remove.update_expression("REMOVE g1pk").send().await.unwrap();
    assert_eq!(sparse(&local).send().await.unwrap().count(), 9);
}

#[tokio::test]
async fn index_keys_of_the_wrong_type_or_empty_are_refused() {
    let local = Local::with_table().await;
    for wrong in [n(5), s("")] {
        let mut item = item_with("x", "x", "g1pk", wrong);
        item.insert("g1sk".into(), s("q"));
        let refused = local.db.put_item().table_name(T).set_item(Some(item)).send().await;
        assert_eq!(refused.unwrap_err().into_service_error().code(), Some("ValidationException"));
    }
}

#[tokio::test]
async fn a_numeric_index_sorts_by_value_and_shows_only_what_it_includes() {
    let local = with_orders().await;
    let query =
        local.db.query().table_name(T).index_name("GSI3").key_condition_expression("g3pk = :p AND g3n < :z");
    let query = query.expression_attribute_values(":p", s("N")).expression_attribute_values(":z", n(-48));
    let found = query.send().await.unwrap();
    assert_eq!((found.count(), &found.items()[0]["g3n"]), (3, &n("-50.5")));
    assert!(found.items()[0].contains_key("status") && !found.items()[0].contains_key("num"));
}

#[tokio::test]
async fn counts_and_projections_return_only_what_was_asked() {
    let local = with_orders().await;
    let count = orders(&local, "pk = :p").select(Select::Count).send().await.unwrap();
    assert!(count.count() == 100 && count.items().is_empty());
    let two =
        orders(&local, "pk = :p").projection_expression("sk, #s").expression_attribute_names("#s", "status");
    assert_eq!(two.limit(1).send().await.unwrap().items()[0].len(), 2);
}

#[tokio::test]
async fn consistent_reads_of_an_index_and_filters_on_the_key_are_refused() {
    let local = with_orders().await;
    let consistent = sparse(&local).consistent_read(true).send().await;
    assert_eq!(consistent.unwrap_err().into_service_error().code(), Some("ValidationException"));
    let on_key = orders(&local, "pk = :p").filter_expression("sk = :p").send().await;
    assert_eq!(on_key.unwrap_err().into_service_error().code(), Some("ValidationException"));
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the contract of Scan itself is what is tested")]
async fn the_segments_of_a_parallel_scan_hold_every_item_once() {
    let local = Local::with_table().await;
    for i in 0..60 {
        local.put(item(&format!("p{i}"), "a")).await;
    }
    let mut seen: Vec<AttributeValue> = Vec::new();
    for segment in 0..4 {
        let mut start = None;
        loop {
            let scan = local.db.scan().table_name(T).segment(segment).total_segments(4).limit(9);
            let page = scan.set_exclusive_start_key(start).send().await.unwrap();
            seen.extend(page.items().iter().map(|item| item["pk"].clone()));
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
    }
    let distinct: HashSet<&String> = seen.iter().map(|pk| pk.as_s().unwrap()).collect();
    assert_eq!((seen.len(), distinct.len()), (60, 60));
}
