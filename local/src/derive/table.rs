//! The table as `shared::table::schema` has it, in the words of CloudFormation: the root template must contain exactly this.
use shared::table::{
    Index,
    schema::attr::{EXPIRES_AT, PK, SK},
};

use super::yaml::{Map, Yaml};

/// The properties of the table that follow from the schema, indented as in the root template.
pub fn properties(indent: usize) -> String {
    let names = [PK, SK].into_iter().chain(Index::ALL.into_iter().flat_map(|index| {
        let (pk, sk) = index.attributes();
        [pk, sk]
    }));
    let attributes: Vec<_> =
        names.map(|name| Map::new().set("AttributeName", name).set("AttributeType", "S")).collect();
    let indexes: Vec<_> = Index::ALL.into_iter().map(index).collect();
    Map::new()
        .set("AttributeDefinitions", attributes)
        .set("KeySchema", keys(PK, SK))
        .set("GlobalSecondaryIndexes", indexes)
        .set("StreamSpecification", Map::new().set("StreamViewType", "NEW_AND_OLD_IMAGES"))
        .set("TimeToLiveSpecification", Map::new().set("AttributeName", EXPIRES_AT).set("Enabled", true))
        .block(indent)
}

fn keys(pk: &str, sk: &str) -> Yaml {
    let key = |name: &str, kind: &str| Map::new().set("AttributeName", name).set("KeyType", kind);
    vec![key(pk, "HASH"), key(sk, "RANGE")].into()
}

fn index(index: Index) -> Map {
    let (pk, sk) = index.attributes();
    let projection = if index.keys_only() { "KEYS_ONLY" } else { "ALL" };
    Map::new()
        .set("IndexName", index.name())
        .set("KeySchema", keys(pk, sk))
        .set("Projection", Map::new().set("ProjectionType", projection))
}
