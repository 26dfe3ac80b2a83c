//! A throw-away wing with one function of each kind, to try the local cloud on.
use std::sync::{Mutex, PoisonError};

use axum::{
    extract::{Request, State},
    routing::post,
};
use local::{LocalCloud, Options};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use shared::{
    app::App,
    error::Error,
    function::{Consumer, Function, Method, Need, Queue, Reader, Route, Schedule, Secret, Trigger},
    http::{Path, Reply},
    runtime::{Change, Delivery},
    table::{Entity, Key, Write},
    wing::{Envelope, Problem, Wing},
};

pub static WING: Wing = Wing {
    name: "toy",
    tag: "TOY",
    base_path: "/toy",
    title: "A throw-away wing",
    envelope: Envelope { success, error },
    credentials: true,
};

fn success(message: &str, data: Option<&RawValue>) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&json!({ "message": message, "data": data }))
}

fn error(problem: &Problem<'_>) -> Value {
    json!({ "oops": problem.error.code().name, "request": problem.request_id, "at": problem.at })
}

pub const FUNCTIONS: &[&Function] =
    &[&ECHO, &MINE, &ORDER, &BROKEN, &SLOW, &RELAY, &ON_ORDER, &HOURLY, &MORNING, &MOODY];

static ORDERS: Queue = Queue::standard("toy-orders");
static KEY: Secret = Secret::new("toy-key", "opens the toy box");

/// What happened in which cloud, told apart by the endpoint that its functions call.
static SEEN: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

fn note(app: &App, what: String) {
    let endpoint = app.config().endpoint.clone().unwrap_or_default();
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).push((endpoint, what));
}

/// What happened in `cloud`, in order.
pub fn seen(cloud: &LocalCloud) -> Vec<String> {
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    seen.iter().filter(|(endpoint, _)| endpoint == cloud.aws_url()).map(|(_, what)| what.clone()).collect()
}

pub fn options(now: &str) -> Options {
    Options { wings: vec![(&WING, FUNCTIONS)], ..Options::at(now.parse().unwrap()) }
}

pub async fn start(now: &str) -> LocalCloud {
    LocalCloud::start(options(now)).await.unwrap()
}

static ECHO: Function = Function {
    name: "toy-echo",
    wing: &WING,
    summary: "Says what it heard.",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/echo/{id}",
        max_body: 20 << 20,
        handler: || post(echo),
        ..Route::DEFAULT
    }),
    needs: &[Need::Secret(&KEY)],
    ..Function::ENDPOINT
};

async fn echo(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Reply<Value>, Error> {
    app.secret(&KEY)?.key()?;
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.map_err(Error::internal)?;
    let header =
        |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let heard = json!({
        "id": id,
        "cookie": header("cookie"),
        "accept": header("accept"),
        "source": header("x-forwarded-for"),
        "body": String::from_utf8_lossy(&body),
        "length": body.len(),
    });
    Ok(Reply::created("Heard", heard).cookie("a=1; Secure".to_owned()).cookie("b=2".to_owned()))
}

static MINE: Function = Function {
    name: "toy-echo-mine",
    wing: &WING,
    summary: "A literal beside a parameter.",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/echo/mine",
        handler: || post(async || Reply::done("Mine")),
        ..Route::DEFAULT
    }),
    needs: &[],
    ..Function::ENDPOINT
};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Order {
    id: String,
}

impl Entity for Order {
    const NAME: &'static str = "toy_order";

    fn key(&self) -> Key {
        Key::new(format!("TOY#ORDER#{}", self.id), "ORDER")
    }
}

static ORDER: Function = Function {
    name: "toy-order",
    wing: &WING,
    summary: "Keeps an order.",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/orders/{id}",
        handler: || post(order),
        ..Route::DEFAULT
    }),
    needs: &[Need::Put],
    ..Function::ENDPOINT
};

async fn order(State(app): State<App>, Path(id): Path<String>) -> Result<Reply, Error> {
    app.table().write(Write::new().create(&Order { id })).await?;
    Ok(Reply::done("Kept"))
}

static BROKEN: Function = Function {
    name: "toy-break",
    wing: &WING,
    summary: "Panics.",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/break",
        handler: || post(async || -> Result<Reply, Error> { panic!("on purpose") }),
        ..Route::DEFAULT
    }),
    needs: &[],
    ..Function::ENDPOINT
};

static SLOW: Function = Function {
    name: "toy-wait",
    wing: &WING,
    summary: "Never ends.",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/wait",
        handler: || post(async || -> Result<Reply, Error> { std::future::pending().await }),
        ..Route::DEFAULT
    }),
    needs: &[],
    timeout_s: 1,
    ..Function::ENDPOINT
};

static RELAY: Function = Function {
    name: "toy-relay",
    wing: &WING,
    summary: "Sends new orders to their queue.",
    trigger: Trigger::Stream(Reader {
        entities: &["toy_order"],
        batch: 3,
        handle: |app, change| Box::pin(relay(app, change)),
    }),
    needs: &[Need::Send(&ORDERS)],
    ..Function::WORKER
};

async fn relay(app: &App, change: &Change) -> Result<(), Error> {
    let Some(order) = change.new_value::<Order>()? else { return Ok(()) };
    note(app, format!("relay {}", order.id));
    if order.id == "stuck" && app.now().as_second() % 3600 == 0 {
        return Err(Error::internal("stuck until the clock moves"));
    }
    let sqs = app.port::<aws_sdk_sqs::Client>()?;
    let url = format!("{}{}", app.config().queue_url_base, ORDERS.name);
    sqs.send_message().queue_url(url).message_body(&order.id).send().await.map_err(Error::unavailable)?;
    Ok(())
}

static ON_ORDER: Function = Function {
    name: "toy-on-order",
    wing: &WING,
    summary: "Takes orders from the queue; chokes on poison.",
    trigger: Trigger::Queue(Consumer {
        queue: &ORDERS,
        batch: 10,
        handle: |app, delivery| Box::pin(async move { on_order(app, delivery) }),
    }),
    needs: &[],
    ..Function::WORKER
};

fn on_order(app: &App, delivery: Delivery<'_>) -> Result<(), Error> {
    note(app, format!("deliver {} {}", delivery.body, delivery.attempt));
    match delivery.body {
        "poison" => Err(Error::internal("poison")),
        "bomb" => panic!("on purpose"),
        _ => Ok(()),
    }
}

static HOURLY: Function = Function {
    name: "toy-hourly",
    wing: &WING,
    summary: "Every hour.",
    trigger: Trigger::Schedule(Schedule {
        expression: "rate(1 hour)",
        zone: "UTC",
        handle: |app, run| {
            note(app, format!("hourly {} at {}", run.due, app.now()));
            Box::pin(async { Ok(()) })
        },
    }),
    needs: &[Need::Get, Need::Put],
    ..Function::WORKER
};

static MORNING: Function = Function {
    name: "toy-morning",
    wing: &WING,
    summary: "Every morning in India.",
    trigger: Trigger::Schedule(Schedule {
        expression: "cron(0 9 * * ? *)",
        zone: "Asia/Kolkata",
        handle: |app, run| {
            note(app, format!("morning {} at {}", run.due, app.now()));
            Box::pin(async { Ok(()) })
        },
    }),
    needs: &[Need::Get, Need::Put],
    ..Function::WORKER
};

static MOODY: Function = Function {
    name: "toy-moody",
    wing: &WING,
    summary: "Once, and never well.",
    trigger: Trigger::Schedule(Schedule {
        expression: "at(2030-06-01T00:30:00)",
        zone: "UTC",
        handle: |app, run| {
            note(app, format!("moody at {}", app.now()));
            Box::pin(async move { Err(Error::internal(format!("{} is a bad time", run.due))) })
        },
    }),
    needs: &[Need::Get, Need::Put],
    ..Function::WORKER
};
