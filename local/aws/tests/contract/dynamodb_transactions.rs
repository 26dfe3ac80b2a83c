//! `DynamoDB`: transactions, their tokens, and what concurrent ones leave behind.

use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Get, Put, ReturnValuesOnConditionCheckFailure, Select, TransactGetItem,
    TransactWriteItem, Update,
};

use crate::support::{Local, T, item_with, n, s};

fn put(pk: &str, sk: &str) -> TransactWriteItem {
    let put = Put::builder().table_name(T).set_item(Some(item_with(pk, sk, "v", n(1)))).build().unwrap();
    TransactWriteItem::builder().put(put).build()
}

fn put_new(pk: &str, sk: &str) -> TransactWriteItem {
    let put = Put::builder().table_name(T).set_item(Some(item_with(pk, sk, "v", n(1))));
    let put = put.condition_expression("attribute_not_exists(pk)").build().unwrap();
    TransactWriteItem::builder().put(put).build()
}

fn add(pk: &str, sk: &str, amount: i32) -> TransactWriteItem {
    let update =
        Update::builder().table_name(T).key("pk", s(pk)).key("sk", s(sk)).update_expression("ADD v :d");
    let update = update.expression_attribute_values(":d", n(amount)).build().unwrap();
    TransactWriteItem::builder().update(update).build()
}

/// Adds to a balance that must not fall below zero.
fn book(pk: &str, sk: &str, amount: i32) -> TransactWriteItem {
    let update = Update::builder().table_name(T).key("pk", s(pk)).key("sk", s(sk));
    let update = update.update_expression("SET bal = bal + :d").condition_expression("bal >= :m");
    let update = update.expression_attribute_values(":d", n(amount));
    let update = update.expression_attribute_values(":m", n((-amount).max(0))).build().unwrap();
    TransactWriteItem::builder().update(update).build()
}

async fn transact(local: &Local, items: Vec<TransactWriteItem>) -> Result<(), TransactWriteItemsError> {
    let done = local.db.transact_write_items().set_transact_items(Some(items)).send().await;
    done.map(|_| ()).map_err(aws_sdk_dynamodb::error::SdkError::into_service_error)
}

#[tokio::test]
async fn a_transaction_has_up_to_a_hundred_actions_of_every_kind() {
    let local = Local::with_table().await;
    let puts = |count: i32| (0..count).map(|i| put("tw", &format!("{i:03}"))).collect::<Vec<_>>();
    transact(&local, puts(100)).await.unwrap();
    assert_eq!(transact(&local, puts(101)).await.unwrap_err().code(), Some("ValidationException"));

    let check = ConditionCheck::builder().table_name(T).key("pk", s("tw")).key("sk", s("000"));
    let check =
        check.condition_expression("v = :one").expression_attribute_values(":one", n(1)).build().unwrap();
    let delete = Delete::builder().table_name(T).key("pk", s("tw")).key("sk", s("002")).build().unwrap();
    let mixed = vec![
        TransactWriteItem::builder().condition_check(check).build(),
        add("tw", "001", 5),
        TransactWriteItem::builder().delete(delete).build(),
        put("tw", "new"),
    ];
    transact(&local, mixed).await.unwrap();
    assert_eq!(local.get("tw", "001").await.unwrap()["v"], n(6));
    assert!(local.get("tw", "002").await.is_none());
}

#[tokio::test]
async fn a_cancelled_transaction_writes_nothing_and_tells_a_reason_per_action() {
    let local = Local::with_table().await;
    local.put(item_with("tw", "001", "v", n(6))).await;
    local.put(item_with("tw", "003", "v", n(1))).await;
    let update = Update::builder().table_name(T).key("pk", s("tw")).key("sk", s("001"));
    let update = update.update_expression("SET v = :five").condition_expression("v = :other");
    let update =
        update.expression_attribute_values(":five", n(5)).expression_attribute_values(":other", n(999));
    let update = update.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let update = TransactWriteItem::builder().update(update.build().unwrap()).build();
    let refused = transact(&local, vec![put("tw", "rollback"), update, put_new("tw", "003")]).await;
    let Err(TransactWriteItemsError::TransactionCanceledException(cancelled)) = refused else {
        panic!("not typed: {refused:?}");
    };
    let reasons = cancelled.cancellation_reasons();
    let codes: Vec<_> = reasons.iter().map(|reason| reason.code().unwrap()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed", "ConditionalCheckFailed"]);
    assert_eq!(reasons[1].item().unwrap()["v"], n(6));
    assert!(local.get("tw", "rollback").await.is_none());
    let twice = transact(&local, vec![put("tw", "d"), put("tw", "d")]).await;
    assert_eq!(twice.unwrap_err().code(), Some("ValidationException"));
}

#[tokio::test]
async fn a_token_is_applied_once_within_ten_minutes() {
    let local = Local::with_table().await;
    let run = |amount: i32| {
        let request = local.db.transact_write_items().client_request_token("tok-1");
        request.transact_items(add("idem", "a", amount)).send()
    };
    for _ in 0..3 {
        run(1).await.unwrap();
    }
    assert_eq!(local.get("idem", "a").await.unwrap()["v"], n(1));
    let other = run(2).await.unwrap_err().into_service_error();
    assert!(other.is_idempotent_parameter_mismatch_exception());
    local.advance(601);
    run(1).await.unwrap();
    assert_eq!(local.get("idem", "a").await.unwrap()["v"], n(2));
}

#[tokio::test]
async fn a_cancelled_transaction_may_be_tried_again_under_its_token() {
    let local = Local::with_table().await;
    local.put(item_with("acct", "A", "bal", n(5))).await;
    let run = || {
        let request = local.db.transact_write_items().client_request_token("tok-2");
        request.transact_items(book("acct", "A", -10)).send()
    };
    assert!(run().await.is_err());
    local.put(item_with("acct", "A", "bal", n(10))).await;
    run().await.unwrap();
    assert_eq!(local.get("acct", "A").await.unwrap()["bal"], n(0));
}

#[tokio::test]
async fn concurrent_retries_of_one_token_are_applied_once() {
    let local = Local::with_table().await;
    let attempts: Vec<_> = (0..10)
        .map(|_| {
            let request = local.db.transact_write_items().client_request_token("tok-3");
            tokio::spawn(request.transact_items(add("idem", "b", 1)).send())
        })
        .collect();
    for attempt in attempts {
        attempt.await.unwrap().unwrap();
    }
    assert_eq!(local.get("idem", "b").await.unwrap()["v"], n(1));
}

#[tokio::test]
async fn fifty_concurrent_debits_never_overdraw() {
    let local = Local::with_table().await;
    local.put(item_with("acct", "A", "bal", n(200))).await;
    let debits: Vec<_> = (0..50)
        .map(|i| {
            let request = local.db.transact_write_items().transact_items(book("acct", "A", -10));
            tokio::spawn(request.transact_items(put_new("ledger", &i.to_string())).send())
        })
        .collect();
    let (mut booked, mut refused) = (0, 0);
    for debit in debits {
        match debit.await.unwrap().map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
            Ok(_) => booked += 1,
            Err(TransactWriteItemsError::TransactionCanceledException(_)) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((booked, refused), (20, 30));
    assert_eq!(local.get("acct", "A").await.unwrap()["bal"], n(0));
    let ledger = local.db.query().table_name(T).key_condition_expression("pk = :p").select(Select::Count);
    assert_eq!(ledger.expression_attribute_values(":p", s("ledger")).send().await.unwrap().count(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_transfers_conserve_the_total() {
    let local = Local::with_table().await;
    for i in 0..8 {
        local.put(item_with("acc", &i.to_string(), "bal", n(100))).await;
    }
    let tellers: Vec<_> = (0..16_u32)
        .map(|teller| {
            let db = local.db.clone();
            tokio::spawn(async move {
                for k in 0..20_u32 {
                    let from = (teller * 7 + k * 3) % 8;
                    let to = (from + 1 + k % 7) % 8;
                    let request = db.transact_write_items();
                    let request = request.transact_items(book("acc", &from.to_string(), -13));
                    // Some are refused for lack of money: that is part of it.
                    drop(request.transact_items(book("acc", &to.to_string(), 13)).send().await);
                }
            })
        })
        .collect();
    for teller in tellers {
        teller.await.unwrap();
    }
    let accounts = local.db.query().table_name(T).key_condition_expression("pk = :p");
    let accounts = accounts.expression_attribute_values(":p", s("acc")).send().await.unwrap();
    let balances: Vec<i64> =
        accounts.items().iter().map(|account| account["bal"].as_n().unwrap().parse().unwrap()).collect();
    assert_eq!(balances.iter().sum::<i64>(), 800, "{balances:?}");
    assert!(balances.iter().all(|balance| *balance >= 0), "{balances:?}");
}

#[tokio::test]
async fn a_transactional_read_keeps_the_order_and_shows_gaps() {
    let local = Local::with_table().await;
    transact(&local, vec![put("tw", "a"), put("tw", "b")]).await.unwrap();
    let get = |sk: &str| {
        let get = Get::builder().table_name(T).key("pk", s("tw")).key("sk", s(sk)).build().unwrap();
        TransactGetItem::builder().get(get).build()
    };
    let read = local.db.transact_get_items().transact_items(get("b")).transact_items(get("missing"));
    let read = read.transact_items(get("a")).send().await.unwrap();
    let found: Vec<Option<_>> =
        read.responses().iter().map(|each| each.item().and_then(|item| item.get("sk")).cloned()).collect();
    assert_eq!(found, [Some(s("b")), None, Some(s("a"))]);
}
