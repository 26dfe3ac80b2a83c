//! What the local cloud remembers besides the tables: a small durable store of JSON documents.
//!
//! Queues, topics and the inbox live in memory and write every change through to here before it is
//! acknowledged; at the next start they read everything back. In memory mode nothing is written.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Documents by collection and key; `None` inside when nothing is kept.
pub(crate) struct Store {
    connection: Option<Mutex<Connection>>,
}

/// One change to a document.
pub(crate) enum Change {
    Put {
        collection: &'static str,
        key: String,
        document: String,
    },
    Delete {
        collection: &'static str,
        key: String,
    },
    /// Deletes the documents whose key starts with `prefix`.
    DeleteAll {
        collection: &'static str,
        prefix: String,
    },
}

impl Change {
    /// Stores `document` under `key`.
    pub fn put(collection: &'static str, key: impl Into<String>, document: &impl Serialize) -> Self {
        // Our documents are plain structs with string keys: their serialisation cannot fail.
        let document = serde_json::to_string(document).unwrap_or_default();
        Self::Put { collection, key: key.into(), document }
    }

    /// Deletes the document under `key`.
    pub fn delete(collection: &'static str, key: impl Into<String>) -> Self {
        Self::Delete { collection, key: key.into() }
    }
}

impl Store {
    /// A store that keeps nothing.
    pub fn none() -> Self {
        Self { connection: None }
    }

    /// Opens (or creates) the store in `file`.
    ///
    /// `synchronous=NORMAL`: what is acknowledged survives the death of this process; only a power cut may
    /// lose the last moments.
    pub fn open(file: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(file)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.execute_batch(
            "PRAGMA synchronous = NORMAL;
             CREATE TABLE IF NOT EXISTS documents (
                 collection TEXT NOT NULL,
                 key TEXT NOT NULL,
                 document TEXT NOT NULL,
                 PRIMARY KEY (collection, key)
             ) WITHOUT ROWID;",
        )?;
        Ok(Self { connection: Some(Mutex::new(connection)) })
    }

    /// Writes the changes, all or none.
    pub fn write(&self, changes: &[Change]) -> rusqlite::Result<()> {
        let Some(connection) = &self.connection else { return Ok(()) };
        if changes.is_empty() {
            return Ok(());
        }
        let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction()?;
        for change in changes {
            match change {
                Change::Put { collection, key, document } => transaction
                    .prepare_cached("INSERT OR REPLACE INTO documents VALUES (?1, ?2, ?3)")?
                    .execute(params![collection, key, document])?,
                Change::Delete { collection, key } => transaction
                    .prepare_cached("DELETE FROM documents WHERE collection = ?1 AND key = ?2")?
                    .execute(params![collection, key])?,
                Change::DeleteAll { collection, prefix } => transaction
                    .prepare_cached(
                        "DELETE FROM documents WHERE collection = ?1 AND substr(key, 1, length(?2)) = ?2",
                    )?
                    .execute(params![collection, prefix])?,
            };
        }
        transaction.commit()
    }

    /// Every document of a collection with its key, in the order of the keys. One that an older version wrote
    /// differently is left out, with a warning.
    pub fn load<T: DeserializeOwned>(&self, collection: &str) -> rusqlite::Result<Vec<(String, T)>> {
        let Some(connection) = &self.connection else { return Ok(Vec::new()) };
        let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut statement =
            connection.prepare("SELECT key, document FROM documents WHERE collection = ?1 ORDER BY key")?;
        let rows = statement.query_map([collection], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut documents = Vec::new();
        for row in rows {
            let (key, document): (String, String) = row?;
            match serde_json::from_str(&document) {
                Ok(document) => documents.push((key, document)),
                Err(error) => tracing::warn!(collection, key, %error, "a stored document cannot be read"),
            }
        }
        Ok(documents)
    }
}
