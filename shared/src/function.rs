//! A function as data. Each endpoint, consumer, stream reader and schedule declares one [`Function`] next to its handler, and
//! from that one value come its main, the local cloud's routing, its part of the template with a least-privilege policy, its
//! OpenAPI description and its row in the access test. What is not declared here, a function cannot do.
use std::collections::BTreeMap;

use axum::routing::MethodRouter;
use futures::future::BoxFuture;

use crate::{
    app::{App, Ports},
    aws::Aws,
    error::Error,
    http::{Access, Docs},
    runtime::{Change, Delivery, Run},
    secrets::{self, SecretValue},
    table::Index,
    wing::Wing,
};

/// One AWS Lambda function.
#[derive(Debug)]
pub struct Function {
    /// `<wing>-<verb>-<noun>`, `<wing>-on-<event>` for consumers: the binary, the Lambda function and the file of its event.
    pub name: &'static str,
    /// Where its declaration stands: always `module_path!()`. The declaration itself is `pub static FUNCTION`.
    pub module: &'static str,
    /// The wing it belongs to.
    pub wing: &'static Wing,
    /// What it does, in one sentence that a customer would understand.
    pub summary: &'static str,
    /// What calls it.
    pub trigger: Trigger,
    /// All that its handler may touch. With what the edge does for it ([`Function::all_needs`]) this becomes its policy.
    pub needs: &'static [Need],
    /// Memory, in megabytes. Lambda gives processor time in proportion.
    pub memory_mb: u32,
    /// Seconds after which Lambda ends it.
    pub timeout_s: u32,
}

impl Function {
    /// The usual size of an endpoint, for `..Function::ENDPOINT`: API Gateway waits 29 seconds, so the function gives up
    /// earlier.
    pub const ENDPOINT: Function = Function {
        name: "",
        module: "",
        wing: &Wing::NONE,
        summary: "",
        trigger: Trigger::None,
        needs: &[],
        memory_mb: 256,
        timeout_s: 15,
    };

    /// The usual size of a consumer, stream reader or schedule.
    pub const WORKER: Function = Function { timeout_s: 60, ..Function::ENDPOINT };

    /// The HTTP route, if it has one.
    pub fn route(&self) -> Option<&Route> {
        match &self.trigger {
            Trigger::Http(route) => Some(route),
            _ => None,
        }
    }

    /// What it declares and what the edge does on its behalf: finding out who calls, keeping idempotency keys, counting calls,
    /// taking the lease of a job. This is the policy it runs under.
    pub fn all_needs(&self) -> Vec<Need> {
        let mut needs = self.needs.to_vec();
        match &self.trigger {
            Trigger::Http(route) => {
                needs.extend(route.access.needs);
                if route.idempotent {
                    needs.extend([Need::Get, Need::Put, Need::Delete]);
                }
                if route.rate.is_some() {
                    needs.push(Need::Update);
                }
            }
            Trigger::Schedule(_) => needs.extend([Need::Get, Need::Put]),
            Trigger::None | Trigger::Queue(_) | Trigger::Stream(_) => {}
        }
        needs
    }
}

/// What calls a function.
#[derive(Debug)]
pub enum Trigger {
    /// Only the base of `..Function::ENDPOINT`; the drift test refuses it.
    None,
    /// A request through API Gateway.
    Http(Route),
    /// Messages of a queue.
    Queue(Consumer),
    /// New items in the table.
    Stream(Reader),
    /// The clock.
    Schedule(Schedule),
}

/// The HTTP methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, or does.
    Post,
    /// Replaces.
    Put,
    /// Takes away.
    Delete,
}

impl Method {
    /// As on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }

    /// May change something, so a cookie alone does not carry it.
    pub const fn is_unsafe(self) -> bool {
        !matches!(self, Method::Get)
    }
}

/// An HTTP route.
#[derive(Debug)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path of the brief, below the base path of the wing, with `{parameters}`.
    pub path: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Whether an `Idempotency-Key` is honoured: every POST that makes money, a loan, an order or a message to a person.
    pub idempotent: bool,
    /// The largest body, in bytes.
    pub max_body: usize,
    /// How often one caller (or one address, where nobody is signed in) may call it.
    pub rate: Option<Rate>,
    /// The handler, as an axum method router: `|| post(handle)`.
    pub handler: fn() -> MethodRouter<App>,
    /// The shapes of request and reply.
    pub docs: Docs,
}

impl Route {
    /// The usual route, for `..Route::DEFAULT`.
    pub const DEFAULT: Route = Route {
        method: Method::Get,
        path: "",
        access: Access::PUBLIC,
        idempotent: false,
        max_body: 64 * 1024,
        rate: None,
        handler: MethodRouter::new,
        docs: Docs::NONE,
    };
}

/// A bound on how often a caller may do something, counted in fixed windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// So many calls …
    pub calls: u32,
    /// … in so many seconds.
    pub seconds: u32,
}

/// A queue with its dead-letter queue.
#[derive(Debug)]
pub struct Queue {
    /// `<wing>-<event>`; on AWS the stage stands before it.
    pub name: &'static str,
    /// So many deliveries, then the message goes to `<name>-dlq`.
    pub max_receive: u32,
    /// Makes the client: only a function that sends links it.
    pub(crate) connect: fn(&Aws, &mut Ports),
}

impl Queue {
    /// A standard queue whose messages are tried five times.
    pub const fn standard(name: &'static str) -> Self {
        Self { name, max_receive: 5, connect: |aws, ports| ports.insert(aws.sqs()) }
    }
}

/// A consumer of a queue.
#[derive(Debug)]
pub struct Consumer {
    /// The queue.
    pub queue: &'static Queue,
    /// Messages at most in one invocation; each succeeds or fails alone.
    pub batch: u16,
    /// Called once for each message, and again after a failure. Must be harmless when repeated.
    pub handle: for<'a> fn(&'a App, Delivery<'a>) -> BoxFuture<'a, Result<(), Error>>,
}

/// A reader of the table's stream.
#[derive(Debug)]
pub struct Reader {
    /// The kinds of new items that wake it.
    pub entities: &'static [&'static str],
    /// Changes at most in one invocation.
    pub batch: u16,
    /// Called with one new item after the other, in order. Must be harmless when repeated.
    pub handle: for<'a> fn(&'a App, &'a Change) -> BoxFuture<'a, Result<(), Error>>,
}

/// A job by the clock.
#[derive(Debug)]
pub struct Schedule {
    /// As EventBridge Scheduler writes it: `cron(15 0 * * ? *)` or `rate(5 minutes)`.
    pub expression: &'static str,
    /// The zone in which a cron expression is read.
    pub zone: &'static str,
    /// Called once for each due time, sometimes twice, sometimes late.
    pub handle: for<'a> fn(&'a App, Run) -> BoxFuture<'a, Result<(), Error>>,
}

/// One thing a function may touch.
#[derive(Debug, Clone, Copy)]
pub enum Need {
    /// Read items by key.
    Get,
    /// Read several items by key.
    BatchGet,
    /// List a partition.
    Query,
    /// List a partition of an index.
    QueryIndex(Index),
    /// Put items.
    Put,
    /// Adjust numbers.
    Update,
    /// Take items away.
    Delete,
    /// Check an item in a transaction without writing it.
    Check,
    /// Send to a queue.
    Send(&'static Queue),
    /// Read a secret at start.
    Secret(&'static Secret),
    /// Use a port to the outside.
    Port(&'static Port),
}

/// A secret of a stage, `quintet/<stage>/<name>` in Secrets Manager.
#[derive(Debug, Clone, Copy)]
pub struct Secret {
    /// The last part of its name.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Fetches it: only a function with secrets links the client.
    pub(crate) fetch: Fetch,
}

pub(crate) type Fetch = for<'a> fn(
    &'a Aws,
    &'a [&'static Secret],
) -> BoxFuture<'a, Result<BTreeMap<&'static str, SecretValue>, Error>>;

impl Secret {
    /// The secret `name`, and what it is for.
    pub const fn new(name: &'static str, purpose: &'static str) -> Self {
        Self { name, purpose, fetch: |aws, wanted| Box::pin(secrets::fetch(aws, wanted)) }
    }
}

/// A way to the outside world. A function links only the clients of the ports that it declares.
#[derive(Debug)]
pub struct Port {
    /// Its name in the templates.
    pub name: &'static str,
    /// The IAM actions, on which resources.
    pub grants: &'static [Grant],
    /// Makes the client.
    pub connect: fn(&Aws, &mut Ports),
}

/// An allowed action.
#[derive(Debug, Clone, Copy)]
pub struct Grant {
    /// `sns:Publish`.
    pub action: &'static str,
    /// The resource, as a CloudFormation `!Sub` string.
    pub resource: &'static str,
}
