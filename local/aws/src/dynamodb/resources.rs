//! Which tables, indexes and streams a `DynamoDB` request is about, as ARNs.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::names::Names;

/// The members that name something, wherever `DynamoDB` puts them. Everything else is skipped unread.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    table_name: Option<String>,
    index_name: Option<String>,
    resource_arn: Option<String>,
    stream_arn: Option<String>,
    shard_iterator: Option<String>,
    #[expect(clippy::zero_sized_map_values, reason = "only the keys matter, the values are skipped unread")]
    request_items: Option<BTreeMap<String, IgnoredAny>>,
    transact_items: Option<Vec<BTreeMap<String, Option<Target>>>>,
    statement: Option<String>,
    statements: Option<Vec<Statement>>,
    transact_statements: Option<Vec<Statement>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    table_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    statement: Option<String>,
}

/// The ARNs named in the body, without repeats. A body that cannot be read names nothing: the engine refuses
/// it.
pub(crate) fn named_in(body: &[u8], cloud: &Names) -> Vec<String> {
    let Ok(named) = serde_json::from_slice::<Named>(body) else { return Vec::new() };
    let mut arns: Vec<String> = Vec::new();
    if let Some(table) = &named.table_name {
        arns.push(match &named.index_name {
            Some(index) => format!("{}/index/{index}", cloud.table(table)),
            None => cloud.table(table),
        });
    }
    arns.extend(named.resource_arn);
    arns.extend(named.stream_arn);
    arns.extend(named.shard_iterator.and_then(|iterator| stream_of_iterator(&iterator, cloud)));
    arns.extend(named.request_items.unwrap_or_default().keys().map(|table| cloud.table(table)));
    let targets = named.transact_items.unwrap_or_default();
    arns.extend(
        targets
            .into_iter()
            .flat_map(BTreeMap::into_values)
            .flatten()
            .filter_map(|target| target.table_name)
            .map(|table| cloud.table(&table)),
    );
    let statements = named.statements.into_iter().chain(named.transact_statements).flatten();
    let statements = statements.filter_map(|each| each.statement).chain(named.statement);
    arns.extend(statements.filter_map(|statement| Some(cloud.table(table_of_statement(&statement)?))));
    arns.sort_unstable();
    arns.dedup();
    arns
}

/// The engine's shard iterators are readable: base64 of a JSON object that names the table. The label of the
/// stream is not in it, hence the `*`.
fn stream_of_iterator(iterator: &str, cloud: &Names) -> Option<String> {
    use dynoxide::actions::get_shard_iterator::decode_shard_iterator;
    let (table, _, _) = decode_shard_iterator(iterator)?;
    Some(format!("{}/stream/*", cloud.table(&table)))
}

/// The table of a `PartiQL` statement: the word after `FROM`, `INTO` or `UPDATE`.
fn table_of_statement(statement: &str) -> Option<&str> {
    let mut words = statement.split_whitespace();
    words.find(|word| ["from", "into", "update"].iter().any(|key| word.eq_ignore_ascii_case(key)))?;
    words.next()?.trim_start_matches('"').split(['"', '.']).next()
}
