//! What stands between Lambda and a handler: one entry for every function, whatever calls it.
//!
//! [`serve`] is the whole main of a function and deliberately not generic: it is compiled once, in this crate, and a binary is
//! little more than a link. The local cloud calls [`Handler::call`] with the very events that AWS would send.
mod http;
mod queue;
mod schedule;
mod stream;

use std::{process::ExitCode, sync::Arc};

use lambda_runtime::{Context, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tracing_subscriber::fmt::format::FmtSpan;

pub use self::{
    queue::Delivery,
    schedule::{Lease, Run},
    stream::Change,
};
use crate::{
    app::App,
    aws::{self, Aws},
    clock::SystemClock,
    config::Config,
    error::Error,
    function::{Function, Trigger},
    random::SystemRandom,
};

/// What Lambda is told when an invocation fails as a whole.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A function, connected and ready.
#[derive(Debug, Clone)]
pub struct Handler {
    function: &'static Function,
    app: App,
}

impl Handler {
    /// `function` with what it may use.
    pub fn new(function: &'static Function, app: App) -> Self {
        Self { function, app }
    }

    /// The function.
    pub fn function(&self) -> &'static Function {
        self.function
    }

    /// Handles one invocation: takes the event as AWS sends it, gives the reply as AWS expects it.
    pub async fn call(&self, event: &RawValue, context: Context) -> Result<Box<RawValue>, Failure> {
        let trace = context.xray_trace_id.clone().unwrap_or_else(|| context.request_id.clone());
        // Boxed: the future holds a whole request and must not travel by value through Lambda's layers.
        Box::pin(aws::traced(trace, async {
            match &self.function.trigger {
                Trigger::Http(_) => http::handle(self.function, &self.app, event, context).await,
                Trigger::Queue(consumer) => queue::handle(self.function, consumer, &self.app, event).await,
                Trigger::Stream(reader) => stream::handle(self.function, reader, &self.app, event).await,
                Trigger::Schedule(schedule) => {
                    schedule::handle(self.function, schedule, &self.app, event).await
                }
                Trigger::None => Err("the function declares no trigger".into()),
            }
        }))
        .await
    }
}

/// The main of a Lambda function: connects what it declares, then serves for the life of the instance.
pub fn serve(function: &'static Function) -> ExitCode {
    // One level for all: filters by module need a regular-expression engine, which weighs more than the handler.
    tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::INFO)
        .with_span_events(FmtSpan::NONE)
        .without_time()
        .init();
    // One request at a time is all that Lambda sends, so one thread is all that it takes.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(function, &error.to_string()),
    };
    runtime.block_on(async {
        let config = match Config::from_env() {
            Ok(config) => config,
            Err(error) => return fail(function, &error.to_string()),
        };
        let aws = Aws::new(config, aws::http_client());
        let app = match App::connect(function, &aws, Arc::new(SystemClock), Arc::new(SystemRandom)).await {
            Ok(app) => app,
            Err(error) => return fail(function, &format!("{error:?}")),
        };
        let handler = Handler::new(function, app);
        let served = lambda_runtime::run(service_fn(|event: LambdaEvent<Box<RawValue>>| {
            let handler = handler.clone();
            async move { handler.call(&event.payload, event.context).await }
        }))
        .await;
        served.map_or_else(|error| fail(function, &error.to_string()), |()| ExitCode::SUCCESS)
    })
}

fn fail(function: &Function, cause: &str) -> ExitCode {
    tracing::error!(function = function.name, cause, "cannot start");
    ExitCode::FAILURE
}

/// For the log of a failed message or job: the code and the cause, never what it was about.
fn log_failure(function: &Function, what: &str, id: &str, error: &Error) {
    let cause = error.cause_chain().unwrap_or_default();
    tracing::error!(function = function.name, what, id, code = error.code().name, cause, "failed");
}
