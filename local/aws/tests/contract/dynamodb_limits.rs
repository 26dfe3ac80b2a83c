//! `DynamoDB`: sizes of items, pages, batches and transactions.

use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::types::{KeysAndAttributes, Put, TransactWriteItem};

use crate::support::{Item, Local, T, item, item_with, s};

#[tokio::test]
async fn an_item_may_have_400_kb_and_not_a_byte_more() {
    let local = Local::with_table().await;
    // Names and values count: pk=sz, sk=a, d=<rest>.
    let rest = 409_600 - "pksz".len() - "ska".len() - "d".len();
    local.put(item_with("sz", "a", "d", s("x".repeat(rest)))).await;
    let larger = item_with("sz", "a", "d", s("x".repeat(rest + 1)));
    let refused = local.db.put_item().table_name(T).set_item(Some(larger)).send().await;
    assert_eq!(refused.unwrap_err().into_service_error().code(), Some("ValidationException"));
    let growing = local.db.update_item().table_name(T).key("pk", s("sz")).key("sk", s("a"));
    let growing =
        growing.update_expression("SET e = :x").expression_attribute_values(":x", s("y".repeat(100)));
    assert!(growing.send().await.is_err());
    for (pk, sk) in [("p".repeat(2049), "a".to_owned()), ("p".to_owned(), "a".repeat(1025))] {
        let refused = local.db.put_item().table_name(T).set_item(Some(item(&pk, &sk))).send().await;
        assert!(refused.is_err(), "keys have limits of their own");
    }
}

#[tokio::test]
async fn a_page_ends_after_one_megabyte_before_filtering() {
    let local = Local::with_table().await;
    for i in 0..30 {
        local.put(item_with("pg", &format!("{i:02}"), "d", s("x".repeat(100_000)))).await;
    }
    let query = || {
        let query = local.db.query().table_name(T).key_condition_expression("pk = :p");
        query.expression_attribute_values(":p", s("pg"))
    };
    let (mut pages, mut start): (Vec<i32>, Option<Item>) = (Vec::new(), None);
    loop {
        let page = query().set_exclusive_start_key(start).send().await.unwrap();
        pages.push(page.count());
        start = page.last_evaluated_key;
        if start.is_none() {
            break;
        }
    }
    assert!(pages.len() >= 3 && pages.iter().sum::<i32>() == 30, "{pages:?}");
    let filtered = query().filter_expression("attribute_exists(nope)").send().await.unwrap();
    assert!(filtered.count() == 0 && filtered.last_evaluated_key().is_some());
}

#[tokio::test]
async fn a_batch_get_stops_at_sixteen_megabytes_and_says_what_is_left() {
    let local = Local::with_table().await;
    let keys: Vec<Item> = (0..50).map(|i| item("b", &format!("{i:02}"))).collect();
    for key in &keys {
        let mut large = key.clone();
        large.insert("d".into(), s("x".repeat(390_000)));
        local.put(large).await;
    }
    let keys = KeysAndAttributes::builder().set_keys(Some(keys)).build().unwrap();
    let got = local.db.batch_get_item().request_items(T, keys).send().await.unwrap();
    let read = got.responses().unwrap()[T].len();
    let left = got.unprocessed_keys().unwrap()[T].keys().len();
    assert!(read + left == 50 && left > 0, "{read} read, {left} left");
}

#[tokio::test]
async fn a_transaction_of_more_than_four_megabytes_is_refused() {
    let local = Local::with_table().await;
    let put = |i: i32| {
        let item = item_with("t", &i.to_string(), "d", s("x".repeat(300_000)));
        let put = Put::builder().table_name(T).set_item(Some(item)).build().unwrap();
        TransactWriteItem::builder().put(put).build()
    };
    let refused =
        local.db.transact_write_items().set_transact_items(Some((0..20).map(put).collect())).send().await;
    assert_eq!(refused.unwrap_err().into_service_error().code(), Some("ValidationException"));
}
