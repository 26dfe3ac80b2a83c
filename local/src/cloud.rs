//! The local cloud as a whole: what is started, in which order, and how it ends.
use std::{collections::BTreeMap, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{Request, Response},
};
use jiff::{SignedDuration, Timestamp};
use local_aws::{Call, Cloud, Observer, OpenError, Outcome, QueueSettings, Refusal, Storage, VirtualClock};
use serde_json::value::RawValue;
use shared::{
    function::{Consumer, Function, Need, Queue, Secret, Trigger},
    random::{Random, SystemRandom},
    runtime::Handler,
    secrets::full_name,
    table::schema,
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use tower::ServiceExt as _;

use crate::{
    functions::{Functions, InvokeError, connect_to},
    gateway, helpers,
    home::{Home, HomeError},
    identity::{self, ACCOUNT, REGION, STAGE, TABLE},
    inbox::{Entry, Inbox},
    requests::{Requests, Served},
    routes::Routes,
    triggers::{TriggerError, Triggers},
    wings::{self, Mounted},
};

/// How a local cloud is started.
pub struct Options {
    /// The port of the gateway; 0 for any that is free.
    pub port: u16,
    /// The port of the AWS endpoint; 0 for any that is free.
    pub aws_port: u16,
    /// Where everything is kept.
    pub storage: Storage,
    /// The time of everything.
    pub clock: VirtualClock,
    /// The randomness of the functions, and of secrets that are made.
    pub random: Arc<dyn Random>,
    /// Values of secrets by short name; the others are random.
    pub secrets: BTreeMap<String, String>,
    /// The wings that are served.
    pub wings: Vec<Mounted>,
    /// Who else sees, and may refuse, each call to AWS.
    pub observers: Vec<Arc<dyn Observer>>,
}

impl Options {
    /// All wings in memory, on free ports, by the machine's clock.
    pub fn memory() -> Self {
        Self {
            port: 0,
            aws_port: 0,
            storage: Storage::Memory,
            clock: VirtualClock::real(),
            random: Arc::new(SystemRandom),
            secrets: BTreeMap::new(),
            wings: wings::all(),
            observers: Vec::new(),
        }
    }

    /// As [`Options::memory`], with a clock that stands at `now` until it is moved.
    pub fn at(now: Timestamp) -> Self {
        Self { clock: VirtualClock::fixed(now), ..Self::memory() }
    }
}

/// Why a local cloud cannot start. Each is a sentence for the person who started it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Somebody else listens there.
    #[error("port {port} is taken; stop what uses it or choose another with {option}")]
    PortTaken {
        /// The port.
        port: u16,
        /// The option of the command line that names another.
        option: &'static str,
    },
    /// The port cannot be had for another reason.
    #[error("cannot listen on port {port}: {source}")]
    Listen {
        /// The port.
        port: u16,
        /// What the operating system said.
        source: io::Error,
    },
    /// The data cannot be opened: it is in use, damaged, or not ours.
    #[error(transparent)]
    Storage(#[from] OpenError),
    /// A file of the local cloud itself cannot be used.
    #[error("{0}")]
    File(String),
    /// A declaration is wrong.
    #[error("{0}")]
    Declaration(String),
}

impl From<HomeError> for StartError {
    fn from(error: HomeError) -> Self {
        Self::File(error.to_string())
    }
}

impl From<TriggerError> for StartError {
    fn from(error: TriggerError) -> Self {
        match error {
            TriggerError::Home(error) => error.into(),
            schedule @ TriggerError::Schedule { .. } => {
                let cause = std::error::Error::source(&schedule).map(ToString::to_string).unwrap_or_default();
                Self::Declaration(format!("{schedule}: {cause}"))
            }
        }
    }
}

/// What the gateway, the helpers and the console share.
pub(crate) struct House {
    pub cloud: Cloud,
    pub functions: Arc<Functions>,
    pub routes: Routes,
    pub triggers: Triggers,
    pub requests: Arc<Requests>,
    pub inbox: Inbox,
    pub wings: Vec<Mounted>,
    home: Home,
}

impl House {
    /// Moves the clock; jobs on the way are run, and all that follows is done when this returns.
    pub async fn advance(&self, by: SignedDuration) {
        self.triggers.advance(by).await;
        let kept = self
            .home
            .clock_ahead()
            .and_then(|ahead| self.home.keep_clock_ahead(ahead.saturating_add(by.as_secs())));
        if let Err(error) = kept {
            tracing::error!(%error, "after a restart the clock will not be ahead any more");
        }
    }

    /// What reached people, oldest first.
    pub fn inbox(&self) -> Vec<Entry> {
        self.inbox.with(self.cloud.inbox())
    }
}

/// A running local cloud. Ends when it is dropped; [`LocalCloud::stop`] lets what is under way finish first.
pub struct LocalCloud {
    house: Arc<House>,
    router: Router,
    gateway: SocketAddr,
    aws_url: String,
    stop: watch::Sender<bool>,
    stop_aws: watch::Sender<bool>,
    tasks: JoinSet<()>,
    aws: JoinSet<()>,
}

/// Requests and jobs under way may take so long when the cloud is stopped.
const FAREWELL: Duration = Duration::from_secs(5);

impl LocalCloud {
    /// Starts everything. When this returns, requests are answered.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options { port, aws_port, storage, clock, random, secrets, wings, mut observers } = options;
        let listener = listen(port, "--port").await?;
        let aws_listener = listen(aws_port, "--aws-port").await?;
        let address = |listener: &TcpListener| {
            listener.local_addr().map_err(|source| StartError::Listen { port, source })
        };
        let (gateway, aws_address) = (address(&listener)?, address(&aws_listener)?);
        let aws_url = format!("http://{aws_address}");

        let requests = Arc::new(Requests::default());
        observers.push(Arc::clone(&requests) as _);
        let home = Home::new(match &storage {
            Storage::Memory => None,
            Storage::Directory(directory) => Some(directory),
        });
        let cloud = Cloud::open(local_aws::Options {
            storage,
            clock: clock.clone(),
            region: REGION.to_owned(),
            account: ACCOUNT.to_owned(),
            secrets: BTreeMap::new(),
            observer: Some(Arc::new(Observers(observers))),
        })?;
        // Only now: until the data is ours, another process may be writing these files.
        clock.advance(SignedDuration::from_secs(home.clock_ahead()?));

        let functions: Vec<&'static Function> =
            wings.iter().flat_map(|(_, functions)| functions.iter().copied()).collect();
        create_queues(&cloud, &functions)?;
        let given =
            secrets.into_iter().map(|(name, value)| (format!("quintet/{STAGE}/{name}"), value)).collect();
        for (name, value) in home.secrets(declared_secrets(&functions), &given, &*random)? {
            cloud.set_secret(&name, &value);
        }
        let (stop, stopped) = watch::channel(false);
        let (stop_aws, aws_stopped) = watch::channel(false);
        let mut aws = JoinSet::new();
        aws.spawn(serve_aws(cloud.clone(), aws_listener, aws_stopped));
        let connect = connect_to(aws_url.clone());
        schema::create_if_missing(&connect(identity::PERSON).dynamodb(), TABLE)
            .await
            .map_err(|error| StartError::Declaration(format!("the table cannot be created: {error:?}")))?;

        let functions = Functions::new(functions, connect, clock, random, Arc::clone(&requests));
        let functions = Arc::new(functions);
        let triggers = Triggers::new(&cloud, &functions, &home)?;
        let house = Arc::new(House {
            cloud,
            functions,
            routes: Routes::new(&wings),
            triggers,
            requests,
            inbox: Inbox::default(),
            wings,
            home,
        });
        let mut tasks = JoinSet::new();
        house.triggers.start(&mut tasks, &stopped);
        let router = helpers::routes().fallback(gateway::answer).with_state(Arc::clone(&house));
        tasks.spawn(serve_gateway(router.clone(), listener, stopped));
        Ok(Self { house, router, gateway, aws_url, stop, stop_aws, tasks, aws })
    }

    /// Where the wings are served: `http://127.0.0.1:8080`; each below its base path.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.gateway)
    }

    /// Where AWS is.
    pub fn aws_url(&self) -> &str {
        &self.aws_url
    }

    /// The time of everything.
    pub fn clock(&self) -> &VirtualClock {
        self.house.cloud.clock()
    }

    /// The AWS endpoint, from inside.
    pub fn aws(&self) -> &Cloud {
        &self.house.cloud
    }

    /// The settings under which a function or a tool of another process works with this cloud.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        identity::environment(&self.aws_url)
    }

    /// The wings that are served.
    pub fn wings(&self) -> &[Mounted] {
        &self.house.wings
    }

    /// What reached people, oldest first.
    pub fn inbox(&self) -> Vec<Entry> {
        self.house.inbox()
    }

    /// Adds to the inbox what reached a person by a way that AWS knows nothing of.
    pub fn deliver(&self, entry: Entry) {
        self.house.inbox.append(entry);
    }

    /// The last invocations with their cost, oldest first.
    pub fn requests(&self) -> Vec<Served> {
        self.house.requests.list()
    }

    /// The function `name`, connected.
    pub async fn handler(&self, name: &str) -> Result<Handler, InvokeError> {
        self.house.functions.handler(name).await
    }

    /// Calls the function `name` with an event, as AWS would.
    pub async fn invoke(&self, name: &str, event: &RawValue) -> Result<Box<RawValue>, InvokeError> {
        self.house.functions.invoke(name, event.to_owned()).await
    }

    /// Answers a request as the gateway does, without a connection in between.
    pub async fn request(&self, request: Request<Body>) -> Response<Body> {
        match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// Resolves when everything that follows from what was done so far has happened: the stream is read, no queue has a
    /// visible message, every schedule that is due has run. For tests, in place of waiting.
    pub async fn settle(&self) {
        self.house.triggers.settle().await;
    }

    /// Moves the clock and settles. Unlike `clock().advance(…)` followed by [`LocalCloud::settle`] it stops at each due time
    /// of a schedule, so that the job finds the clock where it would have been.
    pub async fn advance(&self, by: SignedDuration) {
        self.house.advance(by).await;
    }

    /// Stops: no new requests, then no new work, then no AWS. Gives what is under way five seconds to finish.
    pub async fn stop(mut self) {
        for (stop, tasks) in [(&self.stop, &mut self.tasks), (&self.stop_aws, &mut self.aws)] {
            stop.send_replace(true);
            let finished = async { while tasks.join_next().await.is_some() {} };
            if tokio::time::timeout(FAREWELL, finished).await.is_err() {
                tasks.shutdown().await;
            }
        }
    }
}

async fn listen(port: u16, option: &'static str) -> Result<TcpListener, StartError> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::PortTaken { port, option },
        _ => StartError::Listen { port, source },
    })
}

async fn serve_gateway(router: Router, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stopped = async move {
        let _stopped = stop.wait_for(|stop| *stop).await;
    };
    if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stopped).await {
        tracing::error!(%error, "the gateway stopped");
    }
}

async fn serve_aws(cloud: Cloud, listener: TcpListener, mut stop: watch::Receiver<bool>) {
    let stopped = async move {
        let _stopped = stop.wait_for(|stop| *stop).await;
    };
    if let Err(error) = cloud.serve(listener, stopped).await {
        tracing::error!(%error, "the AWS endpoint stopped");
    }
}

/// Creates every queue that is consumed or sent to, each with its dead-letter queue.
fn create_queues(cloud: &Cloud, functions: &[&'static Function]) -> Result<(), StartError> {
    for (queue, consumer) in declared_queues(functions).into_values() {
        let fortnight = Duration::from_hours(14 * 24);
        let dead_letters = QueueSettings { retention: fortnight, ..QueueSettings::default() };
        // Six times the timeout, as AWS advises, so that a batch is not delivered again while it is worked on.
        let visibility = consumer.map_or(QueueSettings::default().visibility, |function| {
            Duration::from_secs(u64::from(function.timeout_s) * 6).min(Duration::from_hours(12))
        });
        let settings = QueueSettings {
            visibility,
            dead_letter: Some((identity::dead_letter_name(queue), queue.max_receive)),
            ..QueueSettings::default()
        };
        cloud
            .queues()
            .create(&identity::dead_letter_name(queue), dead_letters)
            .and_then(|()| cloud.queues().create(&identity::queue_name(queue), settings))
            .map_err(|error| {
                StartError::Declaration(format!("the queue {} cannot be created: {error}", queue.name))
            })?;
    }
    Ok(())
}

/// Every queue by name, with the function that consumes it.
pub(crate) fn declared_queues(
    functions: &[&'static Function],
) -> BTreeMap<&'static str, (&'static Queue, Option<&'static Function>)> {
    let mut queues: BTreeMap<&str, (&Queue, Option<&Function>)> = BTreeMap::new();
    for function in functions {
        for need in function.needs {
            if let Need::Send(queue) = need {
                queues.entry(queue.name).or_insert((queue, None));
            }
        }
        if let Trigger::Queue(Consumer { queue, .. }) = &function.trigger {
            queues.insert(queue.name, (queue, Some(function)));
        }
    }
    queues
}

fn declared_secrets(functions: &[&'static Function]) -> Vec<String> {
    let needs = functions.iter().flat_map(|function| function.needs);
    let secrets = needs.filter_map(|need| match need {
        Need::Secret(secret) => Some(full_name(STAGE, secret as &Secret)),
        _ => None,
    });
    secrets.collect()
}

/// Several observers as one: the first refusal counts, and all see the outcome.
struct Observers(Vec<Arc<dyn Observer>>);

impl Observer for Observers {
    fn before(&self, call: &Call) -> Option<Refusal> {
        self.0.iter().find_map(|observer| observer.before(call))
    }

    fn after(&self, call: &Call, outcome: &Outcome) {
        for observer in &self.0 {
            observer.after(call, outcome);
        }
    }
}
