//! `DynamoDB` and `DynamoDB` Streams, on the embedded engine.

mod engine;
mod operations;
mod resources;
mod stream;
mod tokens;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use dynoxide::DynoxideError;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::clock::VirtualClock;
use crate::names::Names;
use crate::observer::Service;
use crate::protocol::{Failure, Reply};
use engine::Engine;
use tokens::{Applied, Tokens};

pub use stream::{StreamReader, StreamRecord};

/// How many calls may be inside the engine at a time. One lock serialises them anyway; the second reads its
/// request meanwhile. More would only park threads.
const CALLS_AT_ONCE: usize = 3;

/// The tables: the engine behind its HTTP operations. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Tables {
    engine: Arc<Engine>,
    stream: StreamReader,
    tokens: Arc<Tokens>,
    turns: Arc<Semaphore>,
    clock: VirtualClock,
    names: Names,
}

impl Tables {
    /// Opens the tables in `file`, or in memory.
    pub fn open(file: Option<&Path>, clock: VirtualClock, names: Names) -> Result<Self, DynoxideError> {
        let engine = Arc::new(Engine::open(file, clock.clone())?);
        let stream = StreamReader::new(Arc::clone(&engine));
        let turns = Arc::new(Semaphore::new(CALLS_AT_ONCE));
        Ok(Self { engine, stream, tokens: Arc::default(), turns, clock, names })
    }

    pub fn stream(&self) -> &StreamReader {
        &self.stream
    }

    /// The ARNs a request names.
    pub fn resources(&self, body: &[u8]) -> Vec<String> {
        resources::named_in(body, &self.names)
    }

    /// Deletes what has expired. The engine runs on the virtual clock also with a file, so that is all there
    /// is to it; the deletions appear in the streams with the identity of the `DynamoDB` service.
    pub fn sweep(&self) {
        let swept = self.engine.with(|storage| engine::finished(dynoxide::ttl::sweep_expired_items(storage)));
        match swept {
            Ok(0) => {}
            Ok(items) => {
                tracing::debug!(items, "items expired");
                self.stream.announce();
            }
            Err(error) => tracing::error!(%error, "expired items could not be deleted"),
        }
    }

    /// Answers one operation.
    pub async fn answer(&self, operation: &str, body: Bytes, request_id: &str) -> Reply {
        if matches!(operation, "TransactWriteItems" | "ExecuteTransaction")
            && let Some((token, digest)) = token_of(&body)
        {
            return self.answer_once(operation, body, token, digest, request_id).await;
        }
        self.execute(operation.to_owned(), body).await
    }

    /// A transaction with a token is executed at most once, also when the caller gives up waiting: hence in a
    /// task of its own, which nobody's disconnecting stops half-way.
    async fn answer_once(
        &self,
        operation: &str,
        body: Bytes,
        token: String,
        digest: [u8; 32],
        request_id: &str,
    ) -> Reply {
        let slot = self.tokens.slot(&format!("{operation}/{token}"), self.clock.now());
        let (this, operation) = (self.clone(), operation.to_owned());
        let task = tokio::spawn(async move {
            let mut applied = slot.lock().await;
            match &*applied {
                Some(first) if first.digest == digest => {
                    // Nothing is written again, so nothing is counted again.
                    return Ok(Reply { read_units: 0.0, write_units: 0.0, ..first.reply.clone() });
                }
                Some(_) => return Err(token_reused()),
                None => {}
            }
            let reply = this.execute(operation, body).await;
            // Only success is remembered: a cancelled transaction may be tried again under the same token.
            if reply.error.is_none() {
                *applied = Some(Applied { digest, reply: reply.clone() });
            }
            Ok(reply)
        });
        match task.await {
            Ok(Ok(reply)) => reply,
            Ok(Err(failure)) => Reply::failure(Service::DynamoDb, &failure, request_id),
            Err(error) => Reply::failure(Service::DynamoDb, &Failure::internal(&error), request_id),
        }
    }

    /// Runs the operation on a thread where it may block.
    async fn execute(&self, operation: String, body: Bytes) -> Reply {
        let Ok(turn) = Arc::clone(&self.turns).acquire_owned().await else {
            return failed("", DynoxideError::InternalServerError("the engine is closed".to_owned()));
        };
        let this = self.clone();
        let work = tokio::task::spawn_blocking(move || {
            let reply = match operations::execute(&this.engine, &this.names, &operation, &body) {
                Ok(None) => unknown(&operation),
                Ok(Some(answer)) => {
                    if answer.wrote {
                        this.stream.announce();
                    }
                    Reply {
                        read_units: answer.read_units,
                        write_units: answer.write_units,
                        ..Reply::json(Service::DynamoDb, answer.body)
                    }
                }
                Err(error) => failed(&operation, error),
            };
            drop(turn);
            reply
        });
        work.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the DynamoDB engine panicked");
            failed("", DynoxideError::InternalServerError("the engine panicked".to_owned()))
        })
    }
}

/// The engine's error, which knows its own shape on the wire.
fn failed(operation: &str, error: DynoxideError) -> Reply {
    let error = match (operation, error) {
        ("PutItem" | "UpdateItem" | "DeleteItem", DynoxideError::EnvelopedValidation(message)) => {
            DynoxideError::ValidationException(format!("1 validation error detected: {message}"))
        }
        (_, DynoxideError::EnvelopedValidation(message)) => DynoxideError::ValidationException(message),
        ("ExecuteStatement", DynoxideError::ConditionalCheckFailedException(message, Some(item))) => {
            DynoxideError::StatementConditionalCheckFailed(message, item)
        }
        (_, error) => error,
    };
    let status = error.status_code();
    if status >= 500 {
        tracing::error!(operation, %error, "the DynamoDB engine failed");
    }
    let code = error.error_type().rsplit('#').next().map(str::to_owned);
    Reply { status, error: code, ..Reply::json(Service::DynamoDb, error.to_json()) }
}

/// An operation of AWS that is not served here, or no operation at all.
fn unknown(operation: &str) -> Reply {
    tracing::warn!(operation, "this DynamoDB operation is not served by the local cloud");
    let body = r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#;
    let error = Some("UnknownOperationException".to_owned());
    Reply { status: 400, error, ..Reply::json(Service::DynamoDb, body) }
}

fn token_reused() -> Failure {
    Failure::new(
        400,
        "IdempotentParameterMismatchException",
        "The client request token was already used with different parameters",
    )
}

/// The token of a transaction and the digest of its items. `None` without a token, and for one that the
/// engine will refuse.
fn token_of(body: &[u8]) -> Option<(String, [u8; 32])> {
    let request: Value = serde_json::from_slice(body).ok()?;
    let token = request["ClientRequestToken"].as_str()?;
    let items = request.get("TransactItems").or_else(|| request.get("TransactStatements"))?;
    (1..=36).contains(&token.len()).then(|| (token.to_owned(), tokens::digest(items)))
}

#[cfg(test)]
mod tests {
    //! Guards against the two scaling defects of the engine, which our index, trigger and token cache cure.

    use std::time::Duration;

    use bytes::Bytes;
    use tokio::time::Instant;

    use super::Tables;
    use crate::clock::VirtualClock;
    use crate::names::Names;

    async fn run(tables: &Tables, operation: &str, body: String) {
        let reply = tables.answer(operation, Bytes::from(body), "test").await;
        assert_eq!(reply.status, 200, "{:?}", reply.body);
    }

    async fn with_stream() -> Tables {
        let names = Names::new("ap-south-1", "000000000000");
        let tables = Tables::open(None, VirtualClock::real(), names).unwrap();
        let table = r#"{"TableName":"Main","BillingMode":"PAY_PER_REQUEST",
            "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],
            "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],
            "StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}}"#;
        run(&tables, "CreateTable", table.to_owned()).await;
        tables
    }

    /// The shortest of the times: what is left when the machine was busy with something else.
    fn best(times: &[Duration]) -> Duration {
        times.iter().copied().min().unwrap_or_default()
    }

    #[tokio::test]
    async fn twenty_thousand_stream_records_do_not_slow_writes_down() {
        let tables = with_stream().await;
        let mut times = Vec::new();
        for round in 0..40 {
            let started = Instant::now();
            for batch in 0..22 {
                let put = |i: i32| {
                    format!(
                        r#"{{"PutRequest":{{"Item":{{"pk":{{"S":"{batch}-{i}"}},"v":{{"N":"{round}"}}}}}}}}"#
                    )
                };
                let puts: Vec<String> = (0..25).map(put).collect();
                let body = format!(r#"{{"RequestItems":{{"Main":[{}]}}}}"#, puts.join(","));
                run(&tables, "BatchWriteItem", body).await;
            }
            times.push(started.elapsed());
        }
        // 22 000 records were written. Without the index the last rounds take more than ten times as long.
        let (early, late) = (best(&times[..8]), best(&times[32..]));
        assert!(late < early * 3, "{early:?} became {late:?}");
        let kept = tables.stream().read_after("Main", None, usize::MAX);
        assert!(kept.len() <= 20_256, "{} records are kept", kept.len());
    }

    #[tokio::test]
    async fn remembered_tokens_do_not_slow_transactions_down() {
        let tables = with_stream().await;
        let mut times = Vec::new();
        for round in 0..20 {
            let started = Instant::now();
            for i in 0..150 {
                let item = format!(r#"{{"Put":{{"TableName":"Main","Item":{{"pk":{{"S":"{i}"}}}}}}}}"#);
                let body = format!(r#"{{"ClientRequestToken":"{round}-{i}","TransactItems":[{item}]}}"#);
                run(&tables, "TransactWriteItems", body).await;
            }
            times.push(started.elapsed());
        }
        let (early, late) = (best(&times[..4]), best(&times[16..]));
        assert!(late < early * 3, "{early:?} became {late:?}");
    }
}
