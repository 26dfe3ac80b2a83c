//! The functions of the house: each connected at its first use, called with the events of AWS, ended at its timeout.
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::SignedDuration;
use lambda_runtime::Context;
use local_aws::VirtualClock;
use serde_json::value::RawValue;
use shared::{
    app::App,
    aws::Aws,
    function::{Function, Trigger},
    random::{self, Random},
    runtime::Handler,
};
use tokio::{sync::OnceCell, time::Instant};

use crate::{
    clock::HouseClock,
    identity::{self, ACCOUNT, REGION},
    reply,
    requests::Requests,
};

/// Why a function could not be called, or what came of calling it.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// There is none of that name.
    #[error("there is no function {0}")]
    Unknown(String),
    /// It did not get as far as its handler.
    #[error("the function {function} cannot start: {cause}")]
    Start {
        /// Its name.
        function: &'static str,
        /// The code and the cause.
        cause: String,
    },
    /// The invocation failed as a whole.
    #[error("the function {function} failed: {cause}")]
    Failed {
        /// Its name.
        function: &'static str,
        /// What it said.
        cause: String,
    },
    /// It was ended.
    #[error("the function {function} did not end within {seconds} seconds")]
    TimedOut {
        /// Its name.
        function: &'static str,
        /// Its timeout.
        seconds: u32,
    },
}

/// All functions, by name.
pub(crate) struct Functions {
    slots: BTreeMap<&'static str, Slot>,
    connect: Box<Connect>,
    clock: VirtualClock,
    random: Arc<dyn Random>,
    requests: Arc<Requests>,
}

/// AWS, as the holder of an access key meets it; all of them over the same connections.
pub(crate) type Connect = dyn Fn(&str) -> Aws + Send + Sync;

/// The way to the endpoint at `aws_url`.
pub(crate) fn connect_to(aws_url: String) -> Box<Connect> {
    let http = shared::aws::http_client();
    Box::new(move |access_key| Aws::new(identity::config(access_key, &aws_url), http.clone()))
}

struct Slot {
    function: &'static Function,
    handler: OnceCell<Handler>,
}

impl Functions {
    pub fn new(
        functions: impl IntoIterator<Item = &'static Function>,
        connect: Box<Connect>,
        clock: VirtualClock,
        random: Arc<dyn Random>,
        requests: Arc<Requests>,
    ) -> Self {
        let slot = |function: &'static Function| (function.name, Slot { function, handler: OnceCell::new() });
        let slots = functions.into_iter().map(slot).collect();
        Self { slots, connect, clock, random, requests }
    }

    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = &'static Function> {
        self.slots.values().map(|slot| slot.function)
    }

    /// The function `name`, connected.
    pub async fn handler(&self, name: &str) -> Result<Handler, InvokeError> {
        let slot = self.slots.get(name).ok_or_else(|| InvokeError::Unknown(name.to_owned()))?;
        let function = slot.function;
        let connected = slot.handler.get_or_try_init(|| async {
            let aws = (self.connect)(identity::access_key(function.name));
            let clock = Arc::new(HouseClock(self.clock.clone()));
            let app = App::connect(function, &aws, clock, Arc::clone(&self.random)).await;
            let app = app.map_err(|error| InvokeError::Start {
                function: function.name,
                cause: format!("{error:?}"),
            })?;
            Ok(Handler::new(function, app))
        });
        connected.await.cloned()
    }

    /// A trace that no other invocation has, as X-Ray writes them.
    pub fn new_trace(&self) -> String {
        let epoch = self.clock.now().as_second();
        let id = hex::encode(random::bytes::<12>(&random::SystemRandom));
        let parent = hex::encode(random::bytes::<8>(&random::SystemRandom));
        format!("Root=1-{epoch:08x}-{id};Parent={parent};Sampled=1")
    }

    /// Calls the function `name` and waits for what comes of it, at most for its timeout.
    pub async fn invoke(&self, name: &str, event: Box<RawValue>) -> Result<Box<RawValue>, InvokeError> {
        self.invoke_traced(name, event, self.new_trace()).await
    }

    /// As [`Functions::invoke`], as part of a trace.
    ///
    /// The invocation runs in a task of its own: it goes on when nobody waits any more, as on AWS, and a panic ends nothing
    /// but itself.
    pub async fn invoke_traced(
        &self,
        name: &str,
        event: Box<RawValue>,
        trace: String,
    ) -> Result<Box<RawValue>, InvokeError> {
        let handler = self.handler(name).await?;
        let function = handler.function();
        let at = self.clock.now();
        let context = self.context(function, &trace);
        let requests = Arc::clone(&self.requests);
        let task = tokio::spawn(async move {
            requests.begin(&trace);
            let started = Instant::now();
            let limit = Duration::from_secs(u64::from(function.timeout_s));
            let call = tokio::spawn(async move { handler.call(&event, context).await });
            let stop = call.abort_handle();
            let outcome = match tokio::time::timeout(limit, call).await {
                Ok(Ok(Ok(reply))) => Ok(reply),
                Ok(Ok(Err(failure))) => {
                    Err(InvokeError::Failed { function: function.name, cause: failure.to_string() })
                }
                Ok(Err(ended)) => {
                    Err(InvokeError::Failed { function: function.name, cause: ended.to_string() })
                }
                Err(_elapsed) => {
                    stop.abort();
                    Err(InvokeError::TimedOut { function: function.name, seconds: function.timeout_s })
                }
            };
            if let Err(error) = &outcome {
                tracing::error!(function = function.name, %error, "invocation failed");
            }
            let milliseconds = (started.elapsed().as_secs_f64() * 10_000.0).round() / 10.0;
            requests.finish(
                &trace,
                function.name,
                status(function, outcome.as_deref().ok()),
                milliseconds,
                at,
            );
            outcome
        });
        let ended = |error: tokio::task::JoinError| InvokeError::Failed {
            function: function.name,
            cause: error.to_string(),
        };
        task.await.map_err(ended)?
    }

    fn context(&self, function: &Function, trace: &str) -> Context {
        let deadline =
            self.clock.now().saturating_add(SignedDuration::from_secs(i64::from(function.timeout_s)));
        let mut context = Context::default();
        context.request_id = request_id();
        context.deadline = deadline.map_or(0, |at| u64::try_from(at.as_millisecond()).unwrap_or_default());
        context.invoked_function_arn =
            format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}", function.name);
        context.xray_trace_id = Some(trace.to_owned());
        context
    }
}

/// What the log of requests shows.
fn status(function: &Function, reply: Option<&RawValue>) -> u16 {
    let failed = reply.is_none_or(|reply| match function.trigger {
        Trigger::Http(_) | Trigger::None | Trigger::Schedule(_) => false,
        Trigger::Queue(_) | Trigger::Stream(_) => {
            reply::failed_items(reply).is_none_or(|items| !items.is_empty())
        }
    });
    match reply {
        Some(reply) if matches!(function.trigger, Trigger::Http(_)) => reply::status(reply).unwrap_or(500),
        _ if failed => 500,
        _ => 200,
    }
}

/// A random id in the shape of a UUID.
pub(crate) fn request_id() -> String {
    let hex = hex::encode(random::bytes::<16>(&random::SystemRandom));
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
