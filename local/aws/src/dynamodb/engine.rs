//! The embedded `DynamoDB` engine (dynoxide on `SQLite`): opened, repaired and guarded by one lock.
//!
//! We drive the engine's actions on its `Storage` rather than its `Database` facade, for two reasons found by
//! measurement: only `Storage` lets a database *file* run on the virtual clock, and the facade scans its
//! whole cache of `ClientRequestToken`s on every transaction (ours is in `tokens`).

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use dynoxide::DynoxideError;
use dynoxide::actions::vector_lifecycle::VectorIndexLifecycle;
use dynoxide::storage::Storage;
use futures::FutureExt;

use crate::clock::VirtualClock;

/// How many stream records are kept, over all tables; AWS keeps a day's worth.
const STREAM_RECORDS_KEPT: u32 = 20_000;

/// The engine and the lock that serialises it.
pub(crate) struct Engine {
    storage: Mutex<Storage>,
    /// Only the four table actions ask for it; it times the creation of vector indexes.
    vectors: VectorIndexLifecycle,
}

impl Engine {
    /// Opens the database file, or one in memory, on the given clock.
    pub fn open(file: Option<&Path>, clock: VirtualClock) -> Result<Self, DynoxideError> {
        let storage = match file {
            Some(file) => Storage::new(&file.to_string_lossy())?,
            None => Storage::memory()?,
        };
        let storage = storage.with_clock(Arc::new(clock));
        storage.conn().execute_batch(&preparation())?;
        Ok(Self { storage: Mutex::new(storage), vectors: VectorIndexLifecycle::new() })
    }

    /// Runs `work` with the engine to itself. Blocks the thread: call it from a blocking task.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&Storage) -> Result<T, DynoxideError>,
    ) -> Result<T, DynoxideError> {
        let storage = self.storage.lock().unwrap_or_else(|poisoned| self.recover(poisoned));
        work(&storage)
    }

    /// The handle the table actions ask for.
    pub fn vectors(&self) -> &VectorIndexLifecycle {
        &self.vectors
    }

    /// After a panic inside the engine: the half-done transaction is rolled back and the engine goes on.
    fn recover<G: std::ops::Deref<Target = Storage>>(&self, poisoned: PoisonError<G>) -> G {
        let storage = poisoned.into_inner();
        if let Err(error) = storage.rollback() {
            tracing::debug!(%error, "no transaction was open when the engine panicked");
        }
        self.storage.clear_poison();
        storage
    }
}

/// SQL run at every opening.
///
/// - The engine looks up the highest sequence number at every write to a streamed table and never trims:
///   without this index and this trigger, 20 000 records slow writes down tenfold. (Private tables of the
///   engine, hence its version is pinned; the tests of this module guard it.)
/// - `synchronous=NORMAL`: an acknowledged write survives the death of this process. Only a power cut may
///   lose the last moments, which is a fair price for a development machine.
fn preparation() -> String {
    format!(
        "PRAGMA synchronous = NORMAL;
         CREATE INDEX IF NOT EXISTS app_stream_sequence
             ON _stream_records(table_name, CAST(sequence_number AS INTEGER));
         CREATE TRIGGER IF NOT EXISTS app_stream_trim AFTER INSERT ON _stream_records WHEN NEW.id % 256 = 0
         BEGIN
             DELETE FROM _stream_records WHERE id <= NEW.id - {STREAM_RECORDS_KEPT};
         END;"
    )
}

/// The result of one of the engine's futures. They never wait for anything (the engine promises so), hence
/// one poll is enough.
pub(crate) fn finished<T>(
    action: impl Future<Output = Result<T, DynoxideError>>,
) -> Result<T, DynoxideError> {
    action
        .now_or_never()
        .unwrap_or_else(|| Err(DynoxideError::InternalServerError("the engine suspended".to_owned())))
}
