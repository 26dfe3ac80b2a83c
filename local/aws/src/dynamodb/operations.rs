//! Every `DynamoDB` operation: read the request, run the engine's action, write the answer, count the
//! capacity.

use dynoxide::DynoxideError;
use dynoxide::actions;
use dynoxide::types::ConsumedCapacity;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::engine::{Engine, finished};
use super::stream::is_no_change;
use crate::names::Names;

/// What the engine answered.
pub(crate) struct Answer {
    pub body: String,
    pub read_units: f64,
    pub write_units: f64,
    /// Whether the operation may have changed items: the readers of the streams are woken.
    pub wrote: bool,
}

/// The ARNs of the engine carry a region and an account of their own.
const ENGINE_ARN: &str = "arn:aws:dynamodb:dynoxide:000000000000:";

/// Runs an operation without capacity.
macro_rules! run {
    ($engine:expr, $body:expr, $action:ident $(, $extra:expr)?) => {{
        let request = read($body)?;
        let response =
            $engine.with(|storage| finished(actions::$action::execute(storage, request $(, $extra)?)))?;
        write(&response)?
    }};
}

/// Runs an operation on items, which costs capacity: the engine is always asked what it cost, and the figure
/// is taken out of the answer when the caller had not asked.
macro_rules! metered {
    ($engine:expr, $body:expr, $action:ident, $request:ident, $kind:expr) => {{
        let mut request: actions::$action::$request = read($body)?;
        let asked = !matches!(request.return_consumed_capacity.as_deref(), None | Some("NONE"));
        if !asked {
            request.return_consumed_capacity = Some("TOTAL".to_owned());
        }
        let mut response = $engine.with(|storage| finished(actions::$action::execute(storage, request)))?;
        let units = response.consumed_capacity.as_ref().map_or(0.0, Units::units);
        if !asked {
            response.consumed_capacity = None;
        }
        $kind.answer(write(&response)?, units)
    }};
}

/// Executes `operation`; `None` when there is no such operation here. Blocks the thread while the engine
/// works.
pub(crate) fn execute(
    engine: &Engine,
    names: &Names,
    operation: &str,
    body: &[u8],
) -> Result<Option<Answer>, DynoxideError> {
    use Kind::{Read, Write};
    let vectors = engine.vectors();
    let answer = match operation {
        "PutItem" => metered!(engine, body, put_item, PutItemRequest, Write),
        "GetItem" => metered!(engine, body, get_item, GetItemRequest, Read),
        "UpdateItem" => metered!(engine, body, update_item, UpdateItemRequest, Write),
        "DeleteItem" => metered!(engine, body, delete_item, DeleteItemRequest, Write),
        "Query" => metered!(engine, body, query, QueryRequest, Read),
        "Scan" => metered!(engine, body, scan, ScanRequest, Read),
        "BatchGetItem" => metered!(engine, body, batch_get_item, BatchGetItemRequest, Read),
        "BatchWriteItem" => metered!(engine, body, batch_write_item, BatchWriteItemRequest, Write),
        "TransactGetItems" => metered!(engine, body, transact_get_items, TransactGetItemsRequest, Read),
        "TransactWriteItems" => {
            metered!(engine, body, transact_write_items, TransactWriteItemsRequest, Write)
        }
        "ExecuteStatement" => {
            let kind = if selects(body) { Read } else { Write };
            metered!(engine, body, execute_statement, ExecuteStatementRequest, kind)
        }
        // A batch or a transaction of statements only reads or only writes.
        "BatchExecuteStatement" => {
            let kind = if selects(body) { Read } else { Write };
            metered!(engine, body, batch_execute_statement, BatchExecuteStatementRequest, kind)
        }
        "ExecuteTransaction" => {
            let kind = if selects(body) { Read } else { Write };
            metered!(engine, body, execute_transaction, ExecuteTransactionRequest, kind)
        }
        "CreateTable" => Answer::of(ours(&run!(engine, body, create_table), names)),
        "DeleteTable" => Answer::of(ours(&run!(engine, body, delete_table, vectors), names)),
        "DescribeTable" => Answer::of(ours(&run!(engine, body, describe_table, vectors), names)),
        "UpdateTable" => Answer::of(ours(&run!(engine, body, update_table, vectors), names)),
        "ListTables" => Answer::of(run!(engine, body, list_tables)),
        "UpdateTimeToLive" => Answer::of(run!(engine, body, update_time_to_live)),
        "DescribeTimeToLive" => Answer::of(run!(engine, body, describe_time_to_live)),
        "TagResource" => Answer::of(run!(engine, body, tag_resource)),
        "UntagResource" => Answer::of(run!(engine, body, untag_resource)),
        "ListTagsOfResource" => Answer::of(run!(engine, body, list_tags_of_resource)),
        "ListStreams" => {
            let body = theirs(body, names);
            Answer::of(ours(&run!(engine, &body, list_streams), names))
        }
        "DescribeStream" => {
            let body = theirs(body, names);
            Answer::of(ours(&run!(engine, &body, describe_stream), names))
        }
        "GetShardIterator" => {
            let body = theirs(body, names);
            Answer::of(run!(engine, &body, get_shard_iterator))
        }
        "GetRecords" => Answer::of(get_records(engine, names, body)?),
        "DescribeLimits" => Answer::of(limits()),
        "DescribeContinuousBackups" => Answer::of(continuous_backups(engine, body)?),
        "UpdateContinuousBackups" => Answer::of(update_continuous_backups(engine, body)?),
        _ => return Ok(None),
    };
    Ok(Some(answer))
}

/// Records as AWS gives them: with our region, and without those in which nothing changed.
fn get_records(engine: &Engine, names: &Names, body: &[u8]) -> Result<String, DynoxideError> {
    let request = read(body)?;
    let mut response = engine.with(|storage| finished(actions::get_records::execute(storage, request)))?;
    response.records.retain(|record| {
        let change = &record.dynamodb;
        let (old, new) = (change.old_image.as_ref(), change.new_image.as_ref());
        !is_no_change(old.and_then(as_json).as_ref(), new.and_then(as_json).as_ref())
    });
    for record in &mut response.records {
        record.aws_region = names.region.to_string();
    }
    write(&response)
}

/// Compared as JSON, because there the order in which a set was written is all that can differ.
fn as_json(item: &dynoxide::Item) -> Option<serde_json::Value> {
    serde_json::to_value(item).ok()
}

/// The account limits of a fresh AWS account. Nothing here enforces them.
fn limits() -> String {
    json!({
        "AccountMaxReadCapacityUnits": 80_000,
        "AccountMaxWriteCapacityUnits": 80_000,
        "TableMaxReadCapacityUnits": 40_000,
        "TableMaxWriteCapacityUnits": 40_000,
    })
    .to_string()
}

/// Continuous backups are on for every table in AWS; point-in-time recovery is off, because here it truly is.
fn continuous_backups(engine: &Engine, body: &[u8]) -> Result<String, DynoxideError> {
    let request: serde_json::Value = read(body)?;
    let table = request["TableName"].as_str().unwrap_or_default().to_owned();
    if engine.with(|storage| storage.get_table_metadata(&table))?.is_none() {
        return Err(DynoxideError::ResourceNotFoundException(format!("Table not found: {table}")));
    }
    let description = json!({
        "ContinuousBackupsStatus": "ENABLED",
        "PointInTimeRecoveryDescription": { "PointInTimeRecoveryStatus": "DISABLED" },
    });
    Ok(json!({ "ContinuousBackupsDescription": description }).to_string())
}

/// Accepts the setting, so that deployment tools go on, and says what is true: there is no recovery here.
fn update_continuous_backups(engine: &Engine, body: &[u8]) -> Result<String, DynoxideError> {
    tracing::info!("point-in-time recovery is not emulated; the setting is accepted and has no effect");
    continuous_backups(engine, body)
}

#[derive(Clone, Copy)]
enum Kind {
    Read,
    Write,
}

impl Kind {
    fn answer(self, body: String, units: f64) -> Answer {
        match self {
            Self::Read => Answer { body, read_units: units, write_units: 0.0, wrote: false },
            Self::Write => Answer { body, read_units: 0.0, write_units: units, wrote: true },
        }
    }
}

impl Answer {
    fn of(body: String) -> Self {
        Self { body, read_units: 0.0, write_units: 0.0, wrote: false }
    }
}

/// Total capacity units of an answer.
trait Units {
    fn units(&self) -> f64;
}

impl Units for ConsumedCapacity {
    fn units(&self) -> f64 {
        self.capacity_units
    }
}

impl Units for Vec<ConsumedCapacity> {
    fn units(&self) -> f64 {
        self.iter().map(|each| each.capacity_units).sum()
    }
}

/// Whether the (first) `PartiQL` statement of the body reads.
fn selects(body: &[u8]) -> bool {
    let Ok(request) = serde_json::from_slice::<serde_json::Value>(body) else { return false };
    let first = ["/Statement", "/Statements/0/Statement", "/TransactStatements/0/Statement"];
    let statement = first.iter().find_map(|path| request.pointer(path)?.as_str());
    let word = statement.and_then(|statement| statement.split_whitespace().next());
    word.is_some_and(|word| word.eq_ignore_ascii_case("select"))
}

/// Text of a control-plane answer with our region and account in its ARNs.
fn ours(text: &str, names: &Names) -> String {
    text.replace(ENGINE_ARN, &names.arn("dynamodb", ""))
}

/// A request with the engine's region and account in its ARNs.
fn theirs(body: &[u8], names: &Names) -> Vec<u8> {
    String::from_utf8_lossy(body).replace(&names.arn("dynamodb", ""), ENGINE_ARN).into_bytes()
}

fn write(response: &impl Serialize) -> Result<String, DynoxideError> {
    serde_json::to_string(response).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, DynoxideError> {
    serde_json::from_slice(body).map_err(|error| refused(&error.to_string()))
}

/// The engine marks the error class in the text of its deserialisation errors; its own server maps them so
/// too.
fn refused(text: &str) -> DynoxideError {
    let without_position = || text.split(" at line ").next().unwrap_or(text).to_owned();
    if let Some(rest) = text.strip_prefix("SERIALIZATION_AS_READ:") {
        return DynoxideError::SerializationException(rest.to_owned());
    }
    if let Some(rest) = text.strip_prefix("VALIDATION_AS_READ:") {
        return DynoxideError::ValidationException(rest.to_owned());
    }
    let message = without_position();
    if let Some(rest) = message.strip_prefix("SERIALIZATION:") {
        return DynoxideError::SerializationException(rest.to_owned());
    }
    if let Some(rest) = message.strip_prefix("VALIDATION_REQUEST:") {
        return DynoxideError::EnvelopedValidation(rest.to_owned());
    }
    if let Some(rest) = message.strip_prefix("VALIDATION:") {
        return DynoxideError::ValidationException(rest.to_owned());
    }
    if message.contains("empty AttributeValue") {
        let message = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes";
        return DynoxideError::ValidationException(message.to_owned());
    }
    let refusals = ["missing field", "unknown variant", "invalid type: null", "Supplied AttributeValue"];
    if refusals.iter().any(|part| message.contains(part)) {
        return DynoxideError::ValidationException(message);
    }
    DynoxideError::SerializationException(message)
}
