//! `DynamoDB`: what is refused, and how values are normalised.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::ProvideErrorMetadata as _;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use crate::support::{Item, Local, T, item, item_with, n, s};

/// Asserts that a request is answered with a `ValidationException`.
macro_rules! assert_refused {
    ($what:expr, $request:expr) => {
        match $request.send().await {
            Ok(_) => panic!("{}: accepted", $what),
            Err(error) => {
                let error = error.into_service_error();
                assert_eq!(error.code(), Some("ValidationException"), "{}: {error:?}", $what);
            }
        }
    };
}

fn update(local: &Local, expression: &str) -> UpdateItemFluentBuilder {
    let request = local.db.update_item().table_name(T).key("pk", s("v")).key("sk", s("a"));
    request.update_expression(expression)
}

fn query(local: &Local, condition: &str) -> QueryFluentBuilder {
    let query = local.db.query().table_name(T).key_condition_expression(condition);
    query.expression_attribute_values(":p", s("q"))
}

#[tokio::test]
async fn items_that_dynamodb_would_refuse_are_refused() {
    let local = Local::with_table().await;
    let mut deep = n(1);
    for _ in 0..33 {
        deep = AttributeValue::M(HashMap::from([("a".into(), deep)]));
    }
    let twice = AttributeValue::Ss(vec!["a".into(), "a".into()]);
    let wrong: [(&str, Item); 9] = [
        ("an empty key", item("", "a")),
        ("a missing sort key", HashMap::from([("pk".into(), s("a"))])),
        ("a key of the wrong type", HashMap::from([("pk".into(), n(1)), ("sk".into(), s("a"))])),
        ("39 digits", item_with("v", "n", "n", n("123456789012345678901234567890123456789"))),
        ("a number too large", item_with("v", "n", "n", n("1e127"))),
        ("an empty set", item_with("v", "n", "n", AttributeValue::Ss(vec![]))),
        ("a set with a repeat", item_with("v", "n", "n", twice)),
        ("33 levels", item_with("v", "n", "n", deep)),
        ("no number at all", item_with("v", "n", "n", n("one"))),
    ];
    for (what, item) in wrong {
        assert_refused!(what, local.db.put_item().table_name(T).set_item(Some(item)));
    }
}

#[tokio::test]
async fn expressions_that_dynamodb_would_refuse_are_refused() {
    let local = Local::with_table().await;
    local.put(item_with("v", "a", "str", s("x"))).await;
    let x = |expression: &str| update(&local, expression).expression_attribute_values(":x", n(1));
    assert_refused!("a reserved word", x("SET status = :x"));
    assert_refused!("an unused value", x("SET zz = :x").expression_attribute_values(":y", n(1)));
    assert_refused!("an unused name", x("SET zz = :x").expression_attribute_names("#q", "q"));
    assert_refused!("an undefined value", update(&local, "SET zz = :nope"));
    let key = update(&local, "SET pk = :x").expression_attribute_values(":x", s("1"));
    assert_refused!("a change of the key", key);
    assert_refused!("ADD to a string", x("ADD str :x"));
    assert_refused!("arithmetic on nothing", x("SET missing = missing + :x"));
    let get = local.db.get_item().table_name(T).key("pk", s("v")).key("sk", s("a"));
    assert_refused!("a reserved word in a projection", get.projection_expression("name"));
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a scan is the simplest carrier of a filter")]
async fn queries_and_filters_that_dynamodb_would_refuse_are_refused() {
    let local = Local::with_table().await;
    assert_refused!("no partition key", query(&local, "sk = :p"));
    assert_refused!("an unknown index", query(&local, "pk = :p").index_name("NOPE"));
    assert_refused!("limit 0", query(&local, "pk = :p").limit(0));
    let prefix = query(&local, "g3pk = :p AND begins_with(g3n, :n)").index_name("GSI3");
    assert_refused!("a prefix of a number", prefix.expression_attribute_values(":n", n(1)));
    let scan = |filter: &str, value| {
        local.db.scan().table_name(T).filter_expression(filter).expression_attribute_values(":p", value)
    };
    assert_refused!("a syntax error", scan("a = = :p", s("q")));
    assert_refused!("a prefix that is a number", scan("begins_with(aa, :p)", n(1)));
}

#[tokio::test]
async fn a_missing_table_is_a_typed_error() {
    let local = Local::start().await;
    let missing = local.db.get_item().table_name("Nope").key("pk", s("a")).send().await;
    assert!(missing.unwrap_err().into_service_error().is_resource_not_found_exception());
}

#[tokio::test]
async fn values_come_back_normalised_and_38_digits_are_exact() {
    let local = Local::with_table().await;
    let mut values = item_with("v", "norm", "e", s(""));
    values.insert("n".into(), n("0001.500"));
    values.insert("b".into(), AttributeValue::B(Blob::new(vec![0_u8, 255, 1])));
    values.insert("nul".into(), AttributeValue::Null(true));
    values.insert("no".into(), AttributeValue::Bool(false));
    values.insert("ns".into(), AttributeValue::Ns(vec!["3".into(), "1.0".into()]));
    local.put(values).await;
    let back = local.get("v", "norm").await.unwrap();
    assert_eq!((&back["n"], &back["e"]), (&n("1.5"), &s("")));
    assert_eq!(back["b"], AttributeValue::B(Blob::new(vec![0_u8, 255, 1])));

    local.put(item_with("v", "a", "n", n("12345678901234567890123456789012345678"))).await;
    let added = update(&local, "ADD n :one").expression_attribute_values(":one", n(1));
    let added = added.return_values(ReturnValue::AllNew).send().await.unwrap();
    assert_eq!(added.attributes().unwrap()["n"], n("12345678901234567890123456789012345679"));
}
