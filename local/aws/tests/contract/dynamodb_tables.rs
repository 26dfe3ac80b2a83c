//! `DynamoDB`: tables, their indexes, settings and ARNs.

use aws_sdk_dynamodb::types::{
    BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate, IndexStatus, KeyType,
    PointInTimeRecoverySpecification, ProjectionType, PutRequest, ScalarAttributeType, Tag, WriteRequest,
};

use crate::support::{Local, T, attribute, item, key, projection, s};

#[tokio::test]
async fn a_table_has_its_indexes_and_the_region_and_account_of_the_cloud_in_every_arn() {
    let local = Local::with_table().await;
    let described = local.db.describe_table().table_name(T).send().await.unwrap().table.unwrap();
    assert_eq!(described.global_secondary_indexes().len(), 3);
    let arn = "arn:aws:dynamodb:ap-south-1:000000000000:table/Main";
    assert_eq!(described.table_arn(), Some(arn));
    for index in described.global_secondary_indexes() {
        assert!(index.index_arn().unwrap().starts_with(&format!("{arn}/index/GSI")));
    }
    let stream = described.latest_stream_arn().unwrap();
    assert!(stream.starts_with(&format!("{arn}/stream/")), "{stream}");
    let listed = local.streams.list_streams().table_name(T).send().await.unwrap();
    assert_eq!(listed.streams()[0].stream_arn(), Some(stream));
    let described = local.streams.describe_stream().stream_arn(stream).send().await.unwrap();
    assert_eq!(described.stream_description().unwrap().stream_arn(), Some(stream));
}

#[tokio::test]
async fn creating_a_table_twice_is_refused_with_a_typed_error() {
    let local = Local::with_table().await;
    let again = local
        .db
        .create_table()
        .table_name(T)
        .key_schema(key("pk", KeyType::Hash))
        .attribute_definitions(attribute("pk", ScalarAttributeType::S))
        .billing_mode(BillingMode::PayPerRequest);
    assert!(again.send().await.unwrap_err().into_service_error().is_resource_in_use_exception());
}

#[tokio::test]
async fn an_index_added_later_is_filled_from_the_items_and_protection_forbids_deletion() {
    let local = Local::with_table().await;
    for chunk in (0..50).collect::<Vec<_>>().chunks(25) {
        let put = |i: &i32| {
            let put = PutRequest::builder().set_item(Some(item(&format!("p{i}"), "a"))).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        };
        local.db.batch_write_item().request_items(T, chunk.iter().map(put).collect()).send().await.unwrap();
    }
    let create = CreateGlobalSecondaryIndexAction::builder()
        .index_name("BySk")
        .key_schema(key("sk", KeyType::Hash))
        .projection(projection(ProjectionType::All))
        .build()
        .unwrap();
    let update = GlobalSecondaryIndexUpdate::builder().create(create).build();
    let request = local.db.update_table().table_name(T).global_secondary_index_updates(update);
    let request = request.attribute_definitions(attribute("sk", ScalarAttributeType::S));
    request.send().await.unwrap();
    let described = local.db.describe_table().table_name(T).send().await.unwrap().table.unwrap();
    assert!(
        described.global_secondary_indexes().iter().all(|i| i.index_status() == Some(&IndexStatus::Active))
    );
    let query = local.db.query().table_name(T).index_name("BySk").key_condition_expression("sk = :a");
    assert_eq!(query.expression_attribute_values(":a", s("a")).send().await.unwrap().count(), 50);

    local.db.update_table().table_name(T).deletion_protection_enabled(true).send().await.unwrap();
    assert!(local.db.delete_table().table_name(T).send().await.is_err());
    local.db.update_table().table_name(T).deletion_protection_enabled(false).send().await.unwrap();
    local.db.delete_table().table_name(T).send().await.unwrap();
    assert!(local.db.list_tables().send().await.unwrap().table_names().is_empty());
}

#[tokio::test]
async fn deployment_tools_get_answers_about_limits_backups_and_tags() {
    let local = Local::with_table().await;
    assert!(local.db.describe_limits().send().await.unwrap().table_max_read_capacity_units().is_some());
    local.db.describe_continuous_backups().table_name(T).send().await.unwrap();
    let on =
        PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build().unwrap();
    let update = local.db.update_continuous_backups().table_name(T).point_in_time_recovery_specification(on);
    update.send().await.unwrap();
    let missing = local.db.describe_continuous_backups().table_name("Nope").send().await;
    assert!(missing.is_err());

    let arn = "arn:aws:dynamodb:ap-south-1:000000000000:table/Main";
    let tag = Tag::builder().key("team").value("ledger").build().unwrap();
    local.db.tag_resource().resource_arn(arn).tags(tag).send().await.unwrap();
    let tags = local.db.list_tags_of_resource().resource_arn(arn).send().await.unwrap();
    assert_eq!(tags.tags()[0].value(), "ledger");
    let statement = format!("SELECT * FROM \"{T}\" WHERE pk = 'u1'");
    local.db.execute_statement().statement(statement).send().await.unwrap();
}
