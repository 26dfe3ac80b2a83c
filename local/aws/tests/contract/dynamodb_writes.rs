//! `DynamoDB`: conditional writes, update expressions, condition functions and batches.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, KeysAndAttributes, PutRequest, ReturnValue, ReturnValuesOnConditionCheckFailure,
    WriteRequest,
};

use crate::support::{Item, Local, T, item, item_with, n, s};

fn update(local: &Local, expression: &str) -> UpdateItemFluentBuilder {
    let request = local.db.update_item().table_name(T).key("pk", s("u")).key("sk", s("a"));
    request.update_expression(expression)
}

fn list(values: &[AttributeValue]) -> AttributeValue {
    AttributeValue::L(values.to_vec())
}

#[tokio::test]
async fn a_failed_condition_of_a_put_is_typed_and_carries_the_item() {
    let local = Local::with_table().await;
    local.put(item_with("c", "a", "v", n(1))).await;
    let again = local.db.put_item().table_name(T).set_item(Some(item_with("c", "a", "v", n(2))));
    let again = again.condition_expression("attribute_not_exists(pk)");
    let again = again.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let PutItemError::ConditionalCheckFailedException(failed) =
        again.send().await.unwrap_err().into_service_error()
    else {
        panic!("not typed");
    };
    assert_eq!(failed.item().unwrap()["v"], n(1));
}

#[tokio::test]
async fn an_update_sets_adds_appends_and_tells_the_whole_new_item() {
    let local = Local::with_table().await;
    let nested = HashMap::from([("k".to_owned(), n(1)), ("arr".to_owned(), list(&[n(1), n(2), n(3)]))]);
    let expression = "SET a = if_not_exists(a, :ten) + :one, l = list_append(if_not_exists(l, :none), :x), \
                      m = :m \
                      ADD cnt :one, tags :tags";
    let created = update(&local, expression)
        .expression_attribute_values(":ten", n(10))
        .expression_attribute_values(":one", n(1))
        .expression_attribute_values(":none", list(&[]))
        .expression_attribute_values(":x", list(&[s("x")]))
        .expression_attribute_values(":m", AttributeValue::M(nested))
        .expression_attribute_values(":tags", AttributeValue::Ss(vec!["t1".into(), "t2".into()]))
        .return_values(ReturnValue::AllNew)
        .send()
        .await
        .unwrap();
    let all_new = created.attributes().unwrap();
    assert_eq!((&all_new["a"], &all_new["cnt"], &all_new["pk"]), (&n(11), &n(1), &s("u")));

    let expression = "SET a = if_not_exists(a, :ten) + :one, l = list_append(l, :y), m.k = m.k + :one, \
                      m.arr[1] = :one \
                      REMOVE m.arr[0] ADD cnt :one DELETE tags :gone";
    let changed = update(&local, expression)
        .expression_attribute_values(":ten", n(10))
        .expression_attribute_values(":one", n(1))
        .expression_attribute_values(":y", list(&[s("y")]))
        .expression_attribute_values(":gone", AttributeValue::Ss(vec!["t1".into()]))
        .return_values(ReturnValue::UpdatedNew)
        .send()
        .await
        .unwrap();
    let updated_new = changed.attributes().unwrap();
    assert_eq!((&updated_new["a"], &updated_new["cnt"]), (&n(12), &n(2)));
    assert!(!updated_new.contains_key("pk"));
    assert_eq!(updated_new["l"], list(&[s("x"), s("y")]));
    assert_eq!(updated_new["tags"], AttributeValue::Ss(vec!["t2".into()]));
    let m = local.get("u", "a").await.unwrap()["m"].clone();
    assert_eq!(
        m,
        AttributeValue::M(HashMap::from([("k".into(), n(2)), ("arr".into(), list(&[n(1), n(3)]))]))
    );
}

#[tokio::test]
async fn an_update_tells_what_it_replaced_when_asked() {
    let local = Local::with_table().await;
    let mut before = item_with("u", "a", "a", n(12));
    before.insert("l".into(), list(&[s("x")]));
    before.insert("cnt".into(), n(2));
    local.put(before).await;
    let removed = update(&local, "REMOVE a, l").return_values(ReturnValue::UpdatedOld).send().await.unwrap();
    let updated_old = removed.attributes().unwrap();
    assert_eq!((updated_old.len(), &updated_old["a"]), (2, &n(12)));
    let set = update(&local, "SET z = :z").expression_attribute_values(":z", n(1));
    let all_old = set.return_values(ReturnValue::AllOld).send().await.unwrap().attributes.unwrap();
    assert!(all_old.contains_key("cnt") && !all_old.contains_key("z"));

    let refused = update(&local, "SET z = :z").condition_expression("cnt > :z");
    let refused = refused.expression_attribute_values(":z", n(100));
    let refused =
        refused.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let UpdateItemError::ConditionalCheckFailedException(failed) =
        refused.send().await.unwrap_err().into_service_error()
    else {
        panic!("not typed");
    };
    assert_eq!(failed.item().unwrap()["cnt"], n(2));
}

#[tokio::test]
async fn updates_of_missing_parents_and_overlapping_paths_are_refused() {
    let local = Local::with_table().await;
    local.put(item("u", "a")).await;
    for expression in ["SET nope.k = :z", "SET z = :z REMOVE z"] {
        let refused = update(&local, expression).expression_attribute_values(":z", n(1)).send().await;
        let error = refused.unwrap_err().into_service_error();
        assert_eq!(error.code(), Some("ValidationException"), "{expression}");
    }
}

#[tokio::test]
async fn every_condition_function_and_operator_is_understood() {
    let local = Local::with_table().await;
    let mut subject = item_with("u", "a", "n", n(5));
    subject.insert("l".into(), list(&[s("x"), s("y")]));
    subject.insert("ss".into(), AttributeValue::Ss(vec!["p".into()]));
    subject.insert("m".into(), AttributeValue::M(HashMap::from([("k-1".into(), s("v"))])));
    subject.insert("str".into(), s("hello"));
    local.put(subject).await;
    let conditions: [(&str, Vec<(&str, AttributeValue)>); 7] = [
        ("attribute_type(l, :type)", vec![(":type", s("L"))]),
        (
            "contains(l, :y) AND contains(ss, :p) AND contains(str, :ell)",
            vec![(":y", s("y")), (":p", s("p")), (":ell", s("ell"))],
        ),
        ("size(l) = :two AND size(str) = :five", vec![(":two", n(2)), (":five", n(5))]),
        ("n IN (:a, :b) AND NOT (n < :a OR attribute_exists(nope))", vec![(":a", n(5)), (":b", n(6))]),
        ("n BETWEEN :a AND :b", vec![(":a", n("4.9")), (":b", n(6))]),
        ("l[1] = :y", vec![(":y", s("y"))]),
        ("n <> :v", vec![(":v", s("5"))]),
    ];
    for (condition, values) in conditions {
        let mut request = update(&local, "SET touched = :t").condition_expression(condition);
        for (name, value) in values {
            request = request.expression_attribute_values(name, value);
        }
        let done = request.expression_attribute_values(":t", n(1)).send().await;
        assert!(done.is_ok(), "{condition}: {done:?}");
    }
    let odd_name = update(&local, "SET touched = :t").condition_expression("m.#k = :v");
    let odd_name = odd_name.expression_attribute_names("#k", "k-1").expression_attribute_values(":v", s("v"));
    odd_name.expression_attribute_values(":t", n(1)).send().await.unwrap();
}

#[tokio::test]
async fn of_fifty_concurrent_conditional_updates_exactly_as_many_succeed_as_there_is_stock() {
    let local = Local::with_table().await;
    local.put(item_with("u", "a", "q", n(7))).await;
    let attempts: Vec<_> = (0..50)
        .map(|_| {
            let take = update(&local, "SET q = q - :one").condition_expression("q > :zero");
            let take =
                take.expression_attribute_values(":one", n(1)).expression_attribute_values(":zero", n(0));
            tokio::spawn(take.send())
        })
        .collect();
    let mut succeeded = 0;
    for attempt in attempts {
        succeeded += i32::from(attempt.await.unwrap().is_ok());
    }
    assert_eq!(succeeded, 7);
    assert_eq!(local.get("u", "a").await.unwrap()["q"], n(0));
}

#[tokio::test]
async fn batches_have_their_limits() {
    let local = Local::with_table().await;
    let put = |i: usize| {
        let put = PutRequest::builder().set_item(Some(item("b", &format!("{i:03}")))).build().unwrap();
        WriteRequest::builder().put_request(put).build()
    };
    for start in [0, 25, 50, 75] {
        let writes = (start..start + 25).map(put).collect();
        let done = local.db.batch_write_item().request_items(T, writes).send().await.unwrap();
        assert!(done.unprocessed_items().is_none_or(HashMap::is_empty));
    }
    let keys = |count: usize| -> KeysAndAttributes {
        let keys: Vec<Item> = (0..count).map(|i| item("b", &format!("{i:03}"))).collect();
        KeysAndAttributes::builder().set_keys(Some(keys)).build().unwrap()
    };
    let got = local.db.batch_get_item().request_items(T, keys(100)).send().await.unwrap();
    assert_eq!(got.responses().unwrap()[T].len(), 100);
    let too_many = local.db.batch_get_item().request_items(T, keys(101)).send().await;
    assert_eq!(too_many.unwrap_err().into_service_error().code(), Some("ValidationException"));
    for writes in [(0..26).map(put).collect(), vec![put(1), put(1)]] {
        let refused = local.db.batch_write_item().request_items(T, writes).send().await;
        assert_eq!(refused.unwrap_err().into_service_error().code(), Some("ValidationException"));
    }
    let missing = local.db.batch_write_item().request_items("Nope", vec![put(1)]).send().await;
    assert!(missing.unwrap_err().into_service_error().is_resource_not_found_exception());
}
