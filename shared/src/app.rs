//! What a handler has at hand: the table, the clock, randomness, and exactly those secrets and ports that its function declares.
use std::{
    any::{Any, TypeId},
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
};

use crate::{
    aws::Aws,
    clock::Clock,
    config::Config,
    crypto::SealingKey,
    error::Error,
    function::{Function, Need, Secret},
    random::Random,
    secrets::SecretValue,
    table::{CursorKey, Page, PageRequest, Pattern, Row, Table},
};

/// Seals the cursors of lists.
pub static CURSOR_KEY: Secret = Secret::new("cursor-key", "seals the cursors of lists");

/// Everything one function may use. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    config: Config,
    table: Table,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    secrets: BTreeMap<&'static str, SecretValue>,
    ports: Ports,
}

/// The clients of the declared ports, by type.
#[derive(Default)]
pub struct Ports(HashMap<TypeId, Box<dyn Any + Send + Sync>>);

impl Ports {
    /// Adds a client.
    pub fn insert<T: Send + Sync + 'static>(&mut self, port: T) {
        self.0.insert(TypeId::of::<T>(), Box::new(port));
    }
}

impl App {
    /// Connects what `function` declares: its secrets are fetched in one call, its ports' clients made.
    pub async fn connect(
        function: &Function,
        aws: &Aws,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, Error> {
        let mut ports = Ports::default();
        let mut wanted = Vec::new();
        for need in function.all_needs() {
            match need {
                Need::Secret(secret) => wanted.push(secret),
                Need::Port(port) => (port.connect)(aws, &mut ports),
                Need::Send(queue) => (queue.connect)(aws, &mut ports),
                _ => {}
            }
        }
        let secrets = match wanted.first() {
            Some(first) => (first.fetch)(aws, &wanted).await?,
            None => BTreeMap::new(),
        };
        let table = Table::new(aws.dynamodb(), aws.config.table.clone());
        Ok(Self(Arc::new(Inner { config: aws.config.clone(), table, clock, random, secrets, ports })))
    }

    /// The table.
    pub fn table(&self) -> &Table {
        &self.0.table
    }

    /// The present instant.
    pub fn now(&self) -> jiff::Timestamp {
        self.0.clock.now()
    }

    /// The source of randomness.
    pub fn random(&self) -> &dyn Random {
        &*self.0.random
    }

    /// The settings of the stage.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// A declared secret. An undeclared one is a fault of the declaration, found by the first test that runs the endpoint.
    pub fn secret(&self, secret: &Secret) -> Result<&SecretValue, Error> {
        self.0
            .secrets
            .get(secret.name)
            .ok_or_else(|| Error::internal(format!("secret {} is not declared", secret.name)))
    }

    /// The client of a declared port, likewise.
    pub fn port<T: Send + Sync + 'static>(&self) -> Result<&T, Error> {
        let port = self.0.ports.0.get(&TypeId::of::<T>()).and_then(|port| port.downcast_ref());
        port.ok_or_else(|| Error::internal(format!("port {} is not declared", std::any::type_name::<T>())))
    }

    /// One page of a list; needs [`CURSOR_KEY`].
    pub async fn page<R: Row>(
        &self,
        pattern: &Pattern<R>,
        request: &PageRequest,
        keep: impl Fn(&R) -> bool,
    ) -> Result<Page<R>, Error> {
        let key = CursorKey::new(SealingKey::new(*self.secret(&CURSOR_KEY)?.key()?));
        self.table().page(pattern, request, (&key, self.random()), keep).await
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("config", &self.0.config).finish_non_exhaustive()
    }
}
