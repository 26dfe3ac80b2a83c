//! The table: one DynamoDB table for all wings, reached only through the handful of operations here.
//!
//! - [`Table::get`], [`Table::get_two`], [`Table::get_all`] load by key; [`Table::list`] follows a named access [`Pattern`].
//!   There is no Scan and no query without a bound.
//! - [`Write`] gathers what must happen together. Every action carries its condition and the refusal that a failed
//!   condition means, so a lost race or a taken name comes back as the public error it is.
//! - [`Adjust`] is the narrow operation for hot numbers: counters, limits, balances.
//!
//! An entity says how it lies in the table by implementing [`Entity`]; see any `entity.rs`-like file of a wing, and
//! `docs/data-model.md` for the chart of all of them.
mod adjust;
mod cursor;
pub mod due;
mod entity;
mod query;
pub mod schema;
mod write;

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    types::KeysAndAttributes,
};

pub use self::{
    adjust::Adjust,
    cursor::CursorKey,
    entity::{Address, Due, Entity, IndexKeys, Item, Key, Stored},
    query::{Limit, Mixed, Page, PageRequest, Pattern, Row, Sought},
    schema::Index,
    write::Write,
};
use crate::error::Error;

/// What DynamoDB or the shape of an item refused. Becomes an [`Error`] at the edge of this room.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TableError {
    /// The table cannot be reached or throttles: nothing is known to have happened, a later try may succeed.
    #[error("the table does not answer: {0}")]
    Unavailable(String),
    /// DynamoDB refused the call as such: our fault.
    #[error("the table refused the call: {0}")]
    Refused(String),
    /// An item does not have the shape of its entity.
    #[error("item of kind {0}: {1}")]
    Shape(&'static str, String),
}

impl From<TableError> for Error {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Unavailable(_) => Error::unavailable(error),
            TableError::Refused(_) | TableError::Shape(..) => Error::internal(error),
        }
    }
}

/// Sorts an SDK error into «not now» and «not so».
pub(crate) fn refused<E, R>(error: SdkError<E, R>) -> TableError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    const PASSING: &[&str] = &[
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "InternalServerError",
        "TransactionConflictException",
        "TransactionInProgressException",
        "ServiceUnavailable",
        "LimitExceededException",
    ];
    match error.as_service_error() {
        Some(service) => {
            let code = service.code().unwrap_or("unknown");
            let text = format!("{code}: {}", service.message().unwrap_or_default());
            if PASSING.contains(&code) { TableError::Unavailable(text) } else { TableError::Refused(text) }
        }
        None => TableError::Unavailable(
            std::error::Error::source(&error)
                .map_or_else(|| "no answer".to_owned(), |source| format!("{source}")),
        ),
    }
}

/// The table of one stage.
#[derive(Clone, Debug)]
pub struct Table {
    client: Client,
    name: String,
}

/// DynamoDB takes at most so many keys in one batch.
const BATCH: usize = 100;
/// How often a batch with unprocessed keys, or a transaction that met another, is tried again before the caller hears 503.
const TRIES: u32 = 6;

impl Table {
    /// The table `name`, reached through `client`.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self { client, name: name.into() }
    }

    /// The `E` at `address`, read consistently. One call, half a read unit per 4 KB doubled for consistency.
    pub async fn get<E: Entity>(&self, address: Address<E>) -> Result<Option<Stored<E>>, Error> {
        let found = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(entity::key_item(&address.key)))
            .consistent_read(true)
            .send()
            .await
            .map_err(refused)?;
        Ok(found.item.map(entity::from_item).transpose()?)
    }

    /// Two things in one call: what a request needs to know who asks and about what.
    pub async fn get_two<A: Entity, B: Entity>(
        &self,
        a: Address<A>,
        b: Address<B>,
    ) -> Result<(Option<Stored<A>>, Option<Stored<B>>), Error> {
        let mut items = self.batch(vec![a.key.clone(), b.key.clone()]).await?;
        let first = items.remove(&a.key).map(entity::from_item).transpose()?;
        let second = items.remove(&b.key).map(entity::from_item).transpose()?;
        Ok((first, second))
    }

    /// Many things of one kind, in the order asked for; what is not there is left out. One call for each hundred.
    pub async fn get_all<E: Entity>(&self, addresses: &[Address<E>]) -> Result<Vec<Stored<E>>, Error> {
        let mut items = self.batch(addresses.iter().map(|a| a.key.clone()).collect()).await?;
        let found = addresses.iter().filter_map(|address| items.remove(&address.key));
        Ok(found.map(entity::from_item).collect::<Result<_, _>>()?)
    }

    /// Things of several kinds by key, in one call for each hundred.
    pub async fn get_mixed(&self, keys: Vec<Key>) -> Result<Vec<Mixed>, Error> {
        Ok(self.batch(keys).await?.into_values().map(Mixed).collect())
    }

    async fn batch(&self, mut keys: Vec<Key>) -> Result<HashMap<Key, Item>, Error> {
        keys.sort();
        keys.dedup();
        let mut items = HashMap::with_capacity(keys.len());
        for chunk in keys.chunks(BATCH) {
            let mut wanted: Vec<Item> = chunk.iter().map(entity::key_item).collect();
            let mut attempt = 0;
            while !wanted.is_empty() {
                if attempt == TRIES {
                    return Err(TableError::Unavailable("keys stay unprocessed".to_owned()).into());
                }
                if attempt > 0 {
                    pause(attempt).await;
                }
                attempt += 1;
                let request = KeysAndAttributes::builder()
                    .set_keys(Some(std::mem::take(&mut wanted)))
                    .consistent_read(true)
                    .build()
                    .map_err(|e| TableError::Refused(e.to_string()))?;
                let reply = self
                    .client
                    .batch_get_item()
                    .request_items(&self.name, request)
                    .send()
                    .await
                    .map_err(refused)?;
                for item in reply.responses.unwrap_or_default().into_values().flatten() {
                    if let Some(key) = entity::key_of(&item) {
                        items.insert(key, item);
                    }
                }
                wanted =
                    reply.unprocessed_keys.unwrap_or_default().into_values().flat_map(|k| k.keys).collect();
            }
        }
        Ok(items)
    }

    /// Answers whether the table can be reached, for the readiness check: one read of a key that holds nothing.
    pub async fn ping(&self, wing_tag: &str) -> Result<(), Error> {
        let key = Key::new(format!("{wing_tag}#PING"), "PING");
        self.client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(entity::key_item(&key)))
            .send()
            .await
            .map_err(refused)?;
        Ok(())
    }
}

/// Repeats `work` while it loses races (`CHANGED_MEANWHILE`), at most `times` times: for writes that read a sequence or a
/// head item first and put the next value under its revision.
pub async fn retry_lost_race<T, F>(times: u32, mut work: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let mut attempt = 0;
    loop {
        match work().await {
            Err(error) if error.code() == crate::codes::CHANGED_MEANWHILE => {
                attempt += 1;
                if attempt >= times {
                    return Err(Error::unavailable("the race was lost too often").retry_after(1));
                }
                pause(attempt).await;
            }
            done => return done,
        }
    }
}

/// Waits a little longer with each attempt, spread so that the losers of one race do not meet again at once. The spread comes
/// from the standard library's hash seed: it must differ between instances, and no test depends on it.
#[expect(clippy::disallowed_methods, reason = "the one place that waits: between tries of the same call")]
async fn pause(attempt: u32) {
    let most = 4_000 << attempt.min(6);
    let spread = RandomState::new().hash_one(attempt) % most;
    tokio::time::sleep(Duration::from_micros(most / 4 + spread)).await;
}
