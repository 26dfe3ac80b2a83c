//! The AWS endpoint of the local cloud: one HTTP port that unmodified AWS SDKs and the AWS CLI talk to.
//!
//! It serves `DynamoDB` with its streams, SQS, SNS, SES v2, Secrets Manager and the one STS call that tools
//! need. Everything runs in this process, in memory or in a directory, on a clock that can be moved forward;
//! SMS, push notifications and mails land in an [inbox](Cloud::inbox) instead of leaving the machine.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use local_aws::{Cloud, Options, VirtualClock};
//!
//! let cloud = Cloud::open(Options::memory(VirtualClock::real()))?;
//! let address = cloud.start().await?; // AWS_ENDPOINT_URL=http://<address>
//! # Ok(()) }
//! ```

mod clock;
mod dynamodb;
mod inbox;
mod names;
mod observer;
mod protocol;
mod secrets;
mod server;
mod ses;
mod sns;
mod sqs;
mod store;
mod sts;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dynoxide::DynoxideError;
use rusqlite::ErrorCode;

pub use clock::VirtualClock;
pub use dynamodb::{StreamReader, StreamRecord};
pub use inbox::{Channel, Sent};
pub use observer::{Call, Observer, Outcome, Refusal, Service};
pub use sqs::{Accepted, Attribute, Message, NewMessage, QueueDepth, QueueError, QueueSettings, Queues};

use dynamodb::Tables;
use inbox::Inbox;
use names::Names;
use protocol::Reply;
use secrets::Secrets;
use server::Incoming;
use sns::Topics;
use store::Store;

/// Where the cloud keeps its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In memory: gone when the [`Cloud`] is dropped.
    Memory,
    /// In `SQLite` files inside this directory, which is created if missing. What was acknowledged survives
    /// the death of the process.
    Directory(PathBuf),
}

/// How a cloud is opened.
pub struct Options {
    /// Where the data is kept.
    pub storage: Storage,
    /// The time of everything in it.
    pub clock: VirtualClock,
    /// The region in all ARNs.
    pub region: String,
    /// The account number in all ARNs.
    pub account: String,
    /// The secrets that Secrets Manager has, by name. They are not written to disk.
    pub secrets: BTreeMap<String, String>,
    /// Sees every call.
    pub observer: Option<Arc<dyn Observer>>,
}

impl Options {
    /// A cloud in memory, in `ap-south-1`, account `000000000000`, without secrets and observer.
    pub fn memory(clock: VirtualClock) -> Self {
        Self {
            storage: Storage::Memory,
            clock,
            region: "ap-south-1".to_owned(),
            account: "000000000000".to_owned(),
            secrets: BTreeMap::new(),
            observer: None,
        }
    }
}

/// Why a cloud could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The directory cannot be created, or its lock file cannot be written.
    #[error("the directory {} cannot be used: {source}", directory.display())]
    Directory {
        /// The directory.
        directory: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Another process has the directory open.
    #[error("the data in {} is in use by another process; stop that one first", directory.display())]
    InUse {
        /// The directory.
        directory: PathBuf,
    },
    /// A data file is not a database, or is damaged.
    #[error("the data file {} is damaged or not a data file; move it away to start afresh", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
    },
    /// A data file is fine but cannot be opened.
    #[error("the data file {} cannot be opened: {reason}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the engine said.
        reason: String,
    },
    /// The engine in memory could not be made.
    #[error("the engine cannot start: {0}")]
    Engine(String),
}

/// The local cloud. Cheap to clone; all clones are the same cloud.
#[derive(Clone)]
pub struct Cloud {
    inner: Arc<Inner>,
}

struct Inner {
    tables: Tables,
    queues: Queues,
    topics: Topics,
    secrets: Secrets,
    inbox: Inbox,
    clock: VirtualClock,
    names: Names,
    observer: Option<Arc<dyn Observer>>,
    /// Held for as long as the data is in use: a second process is told so instead of corrupting it.
    _lock: Option<std::fs::File>,
}

impl Cloud {
    /// Opens the cloud: reads what a directory holds, or starts empty.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let Options { storage, clock, region, account, secrets, observer } = options;
        let names = Names::new(&region, &account);
        let (tables_file, state_file, lock) = match storage {
            Storage::Memory => (None, None, None),
            Storage::Directory(directory) => {
                let lock = lock(&directory)?;
                (Some(directory.join("tables.db")), Some(directory.join("messages.db")), Some(lock))
            }
        };
        for file in [&tables_file, &state_file].into_iter().flatten() {
            check(file)?;
        }
        let tables = Tables::open(tables_file.as_deref(), clock.clone(), names.clone())
            .map_err(|error| engine_error(tables_file.as_deref(), &error))?;

        let state_error = |error: rusqlite::Error| sqlite_error(state_file.as_deref(), &error);
        let store = match &state_file {
            Some(file) => Store::open(file).map_err(state_error)?,
            None => Store::none(),
        };
        let store = Arc::new(store);
        let inbox = Inbox::open(Arc::clone(&store)).map_err(state_error)?;
        let queues = Queues::open(Arc::clone(&store), clock.clone(), names.clone()).map_err(state_error)?;
        let topics = Topics::open(store, queues.clone(), inbox.clone(), clock.clone(), names.clone())
            .map_err(state_error)?;

        let vault = Secrets::new(clock.clone(), names.clone());
        for (name, value) in &secrets {
            vault.set(name, value);
        }
        let inner =
            Inner { tables, queues, topics, secrets: vault, inbox, clock, names, observer, _lock: lock };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Serves HTTP on `listener` until `stop` resolves; requests in flight are finished first.
    pub async fn serve(
        &self,
        listener: tokio::net::TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        server::serve(self.clone(), listener, stop).await
    }

    /// Serves on a free port of the loopback interface, for as long as the current runtime lives, and returns
    /// the address: for tests.
    pub async fn start(&self) -> std::io::Result<SocketAddr> {
        let (listener, address) = server::bind().await?;
        let cloud = self.clone();
        tokio::spawn(async move {
            if let Err(error) = cloud.serve(listener, std::future::pending()).await {
                tracing::error!(%error, "the local AWS endpoint stopped");
            }
        });
        Ok(address)
    }

    /// The clock everything in this cloud goes by.
    pub fn clock(&self) -> &VirtualClock {
        &self.inner.clock
    }

    /// Everything that left for a person, oldest first.
    pub fn inbox(&self) -> Vec<Sent> {
        self.inner.inbox.all()
    }

    /// Gives a secret a new current value; the one before becomes `AWSPREVIOUS`.
    pub fn set_secret(&self, name: &str, value: &str) {
        self.inner.secrets.set(name, value);
    }

    /// The queues, without HTTP: for the event-source poller and the console.
    pub fn queues(&self) -> &Queues {
        &self.inner.queues
    }

    /// The streams of the tables, without HTTP: for the event-source poller.
    pub fn stream(&self) -> &StreamReader {
        self.inner.tables.stream()
    }

    /// Deletes the items whose TTL attribute has passed on the virtual clock. Nothing expires without this
    /// call; whoever owns the cloud makes it now and then. Blocks the thread while the engine works.
    pub fn sweep_ttl(&self) {
        self.inner.tables.sweep();
    }

    pub(crate) fn observer(&self) -> Option<&dyn Observer> {
        self.inner.observer.as_deref()
    }

    /// The ARNs a request is about.
    pub(crate) fn resources(&self, service: Service, operation: &str, body: &[u8]) -> Vec<String> {
        match service {
            Service::DynamoDb => self.inner.tables.resources(body),
            Service::Sqs => self.inner.queues.resources(body),
            Service::Sns => self.inner.topics.resources(operation, body),
            Service::SecretsManager => self.inner.secrets.resources(body),
            Service::Ses => {
                let identity = |address| self.inner.names.arn("ses", &format!("identity/{address}"));
                ses::sender(body).map(identity).into_iter().collect()
            }
            Service::Sts => Vec::new(),
        }
    }

    /// Hands a request to its service.
    pub(crate) async fn dispatch(&self, service: Service, incoming: Incoming) -> Reply {
        let inner = &self.inner;
        let Incoming { host, operation, access_key, body, request_id: id, closing } = incoming;
        match service {
            Service::DynamoDb => inner.tables.answer(&operation, body, &id).await,
            Service::Sqs => inner.queues.answer(&operation, &body, &host, &id, closing).await,
            Service::Sns => inner.topics.answer(&operation, &body, &id),
            Service::Ses => ses::answer(&operation, &body, &inner.clock, &inner.inbox, &id),
            Service::SecretsManager => inner.secrets.answer(&operation, &body, &id),
            Service::Sts => sts::answer(&operation, &access_key.unwrap_or_default(), &inner.names, &id),
        }
    }
}

/// Takes the directory for this process, creating it if it is missing.
fn lock(directory: &Path) -> Result<std::fs::File, OpenError> {
    let unusable = |source| OpenError::Directory { directory: directory.to_owned(), source };
    std::fs::create_dir_all(directory).map_err(unusable)?;
    let file = std::fs::File::create(directory.join("lock")).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::InUse { directory: directory.to_owned() }),
        Err(std::fs::TryLockError::Error(source)) => Err(unusable(source)),
    }
}

/// Looks whether an existing file is a database at all: the engines say so less clearly.
fn check(file: &Path) -> Result<(), OpenError> {
    if !file.exists() {
        return Ok(());
    }
    let read = |connection: rusqlite::Connection| {
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, i64>(0))
    };
    let looked = rusqlite::Connection::open(file).and_then(read);
    looked.map(|_| ()).map_err(|error| sqlite_error(Some(file), &error))
}

fn engine_error(file: Option<&Path>, error: &DynoxideError) -> OpenError {
    match (file, error) {
        (Some(_), DynoxideError::SqliteError(error)) => sqlite_error(file, error),
        (Some(file), other) => OpenError::Unreadable { file: file.to_owned(), reason: other.to_string() },
        (None, other) => OpenError::Engine(other.to_string()),
    }
}

fn sqlite_error(file: Option<&Path>, error: &rusqlite::Error) -> OpenError {
    let Some(file) = file.map(Path::to_owned) else { return OpenError::Engine(error.to_string()) };
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => OpenError::Damaged { file },
        _ => OpenError::Unreadable { file, reason: error.to_string() },
    }
}
