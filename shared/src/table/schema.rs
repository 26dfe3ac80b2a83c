//! The one table: its attributes and indexes. `template.yaml` declares the same, and a test compares the two.
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType, TimeToLiveSpecification,
};

use super::{TableError, refused};
use crate::error::Error;

/// Attribute names that the table keeps for itself.
pub mod attr {
    /// Partition key.
    pub const PK: &str = "pk";
    /// Sort key.
    pub const SK: &str = "sk";
    /// Kind of item.
    pub const ENTITY: &str = "entity";
    /// Count of replacements; every replacing write is conditional on it.
    pub const REVISION: &str = "revision";
    /// Partition key of the first overloaded index.
    pub const GSI1PK: &str = "gsi1pk";
    /// Sort key of the first overloaded index.
    pub const GSI1SK: &str = "gsi1sk";
    /// Partition key of the second overloaded index.
    pub const GSI2PK: &str = "gsi2pk";
    /// Sort key of the second overloaded index.
    pub const GSI2SK: &str = "gsi2sk";
    /// Partition key of the due index: kind and shard.
    pub const DUE_PK: &str = "due_pk";
    /// Sort key of the due index: the sortable instant.
    pub const DUE_AT: &str = "due_at";
    /// Seconds since 1970, for DynamoDB's time-to-live.
    pub const EXPIRES_AT: &str = "expires_at";
    /// No entity may have a field of these names.
    pub const RESERVED: &[&str] =
        &[PK, SK, ENTITY, REVISION, GSI1PK, GSI1SK, GSI2PK, GSI2SK, DUE_PK, DUE_AT, EXPIRES_AT];
}

/// A secondary index of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Index {
    /// First overloaded index.
    Gsi1,
    /// Second overloaded index.
    Gsi2,
    /// What falls due, by kind, shard and instant.
    Due,
}

impl Index {
    /// All of them.
    pub const ALL: [Index; 3] = [Index::Gsi1, Index::Gsi2, Index::Due];

    /// Its name in DynamoDB.
    pub const fn name(self) -> &'static str {
        match self {
            Index::Gsi1 => "gsi1",
            Index::Gsi2 => "gsi2",
            Index::Due => "due",
        }
    }

    /// Its partition and sort attributes.
    pub const fn attributes(self) -> (&'static str, &'static str) {
        match self {
            Index::Gsi1 => (attr::GSI1PK, attr::GSI1SK),
            Index::Gsi2 => (attr::GSI2PK, attr::GSI2SK),
            Index::Due => (attr::DUE_PK, attr::DUE_AT),
        }
    }

    /// The due index carries keys only: a sweep hands out addresses, the consumer loads what is still due.
    pub const fn keys_only(self) -> bool {
        matches!(self, Index::Due)
    }
}

fn schema(pk: &str, sk: &str) -> Vec<KeySchemaElement> {
    [(pk, KeyType::Hash), (sk, KeyType::Range)]
        .into_iter()
        .filter_map(|(name, kind)| {
            KeySchemaElement::builder().attribute_name(name).key_type(kind).build().ok()
        })
        .collect()
}

/// Creates the table where it is missing: for the local cloud and the tests. On AWS the template does it.
pub async fn create_if_missing(client: &aws_sdk_dynamodb::Client, name: &str) -> Result<(), Error> {
    let mut request = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(schema(attr::PK, attr::SK)))
        .stream_specification(
            StreamSpecification::builder()
                .stream_enabled(true)
                .stream_view_type(StreamViewType::NewAndOldImages)
                .build()
                .map_err(|e| TableError::Shape("table", e.to_string()))?,
        );
    let names = [attr::PK, attr::SK].into_iter().chain(Index::ALL.into_iter().flat_map(|index| {
        let (pk, sk) = index.attributes();
        [pk, sk]
    }));
    for name in names {
        request = request.attribute_definitions(
            AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .map_err(|e| TableError::Shape("table", e.to_string()))?,
        );
    }
    for index in Index::ALL {
        let (pk, sk) = index.attributes();
        let projection = if index.keys_only() { ProjectionType::KeysOnly } else { ProjectionType::All };
        request = request.global_secondary_indexes(
            GlobalSecondaryIndex::builder()
                .index_name(index.name())
                .set_key_schema(Some(schema(pk, sk)))
                .projection(Projection::builder().projection_type(projection).build())
                .build()
                .map_err(|e| TableError::Shape("table", e.to_string()))?,
        );
    }
    match request.send().await {
        Ok(_) => {}
        Err(e) if e.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => {
            return Ok(());
        }
        Err(e) => return Err(refused(e).into()),
    }
    let ttl = TimeToLiveSpecification::builder()
        .attribute_name(attr::EXPIRES_AT)
        .enabled(true)
        .build()
        .map_err(|e| TableError::Shape("table", e.to_string()))?;
    client
        .update_time_to_live()
        .table_name(name)
        .time_to_live_specification(ttl)
        .send()
        .await
        .map_err(refused)?;
    Ok(())
}
