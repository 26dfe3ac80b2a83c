//! A wing of no service, with one function of every kind: what the derivation is tried on.
use axum::routing::{get, post};
use serde::Serialize;
use serde_json::{json, value::RawValue};
use shared::{
    app::{App, Ports},
    aws::Aws,
    error::Code,
    function::{
        Consumer, Function, Grant, Method, Need, Port, Queue, Rate, Reader, Route, Schedule, Secret, Trigger,
    },
    http::{Access, Credential, Docs},
    table::Index,
    wing::{Envelope, Problem, Wing},
};
use utoipa::ToSchema;

use super::House;

pub static WING: Wing = Wing {
    name: "trial",
    tag: "TRIAL",
    base_path: "/trial",
    title: "Trial: one function of every kind",
    envelope: Envelope { success, error },
    credentials: true,
};

fn success(message: &str, data: Option<&RawValue>) -> Result<Vec<u8>, serde_json::Error> {
    #[derive(Serialize)]
    struct Reply<'a> {
        status: &'static str,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<&'a RawValue>,
    }
    serde_json::to_vec(&Reply { status: "success", message, data })
}

fn error(problem: &Problem<'_>) -> serde_json::Value {
    json!({
        "status": "error",
        "code": problem.error.code().name,
        "message": problem.error.message(),
        "fields": problem.error.fields(),
    })
}

const MEMBER: Access = Access {
    name: "member",
    roles: &["owner"],
    credential: Credential::Cookie("__Host-sid"),
    needs: &[Need::Get, Need::Secret(&PEPPER)],
    authenticate: Some(|_, _, _| Box::pin(async { Err(shared::codes::NOT_SIGNED_IN.into()) })),
};

static PEPPER: Secret = Secret::new("pepper", "hashes codes");
static PAID: Queue = Queue::standard("trial-paid");
static SMS: Port =
    Port { name: "sms", grants: &[Grant { action: "sns:Publish", resource: "*" }], connect: no_client };

fn no_client(_: &Aws, _: &mut Ports) {}

/// What is paid.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its shape matters")]
struct Request {
    amount_paise: i64,
    note: Option<String>,
    to: Payee,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only its shape matters")]
struct Payee {
    name: String,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only its shape matters")]
struct Receipt {
    id: String,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only its shape matters")]
struct Filter {
    limit: Option<u32>,
    state: String,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only its shape matters")]
struct Listed {
    receipts: Vec<Receipt>,
}

pub static HEALTH: Function = Function {
    name: "trial-get-health",
    module: "trial::endpoints::health",
    wing: &WING,
    summary: "Says that the service runs.",
    trigger: Trigger::Http(Route { path: "/health", handler: || get(async || ()), ..Route::DEFAULT }),
    ..Function::ENDPOINT
};

pub static LIST: Function = Function {
    name: "trial-list-payments",
    module: "trial::endpoints::payment::list",
    wing: &WING,
    summary: "Lists the payments of an account.",
    trigger: Trigger::Http(Route {
        path: "/api/accounts/{id}/payments",
        access: MEMBER,
        handler: || get(async || ()),
        docs: Docs::reply::<Listed>().query::<Filter>(),
        ..Route::DEFAULT
    }),
    needs: &[Need::Query],
    ..Function::ENDPOINT
};

pub static PAY: Function = Function {
    name: "trial-make-payment",
    module: "trial::endpoints::payment::make",
    wing: &WING,
    summary: "Pays somebody.",
    trigger: Trigger::Http(Route {
        method: Method::Post,
        path: "/api/payments",
        access: MEMBER,
        idempotent: true,
        rate: Some(Rate { calls: 5, seconds: 60 }),
        handler: || post(async || ()),
        docs: Docs::reply::<Receipt>().body::<Request>().created(),
        ..Route::DEFAULT
    }),
    needs: &[
        Need::Put,
        Need::QueryIndex(Index::Due),
        Need::QueryIndex(Index::Gsi1),
        Need::Send(&PAID),
        Need::Port(&SMS),
    ],
    memory_mb: 512,
    ..Function::ENDPOINT
};

pub static ON_PAID: Function = Function {
    name: "trial-on-paid",
    module: "trial::consumers::paid",
    wing: &WING,
    summary: "Books what was paid.",
    trigger: Trigger::Queue(Consumer { queue: &PAID, batch: 10, handle: |_, _| Box::pin(async { Ok(()) }) }),
    needs: &[Need::BatchGet, Need::Check],
    ..Function::WORKER
};

pub static ON_OUTBOX: Function = Function {
    name: "trial-on-outbox",
    module: "trial::readers::outbox",
    wing: &WING,
    summary: "Sends on what was written.",
    trigger: Trigger::Stream(Reader {
        entities: &["outbox"],
        batch: 25,
        handle: |_: &App, _| Box::pin(async { Ok(()) }),
    }),
    needs: &[Need::Send(&PAID)],
    ..Function::WORKER
};

pub static SWEEP: Function = Function {
    name: "trial-run-sweep",
    module: "trial::schedules::sweep",
    wing: &WING,
    summary: "Ends what has expired.",
    trigger: Trigger::Schedule(Schedule {
        expression: "cron(15 0 * * ? *)",
        zone: "Asia/Kolkata",
        handle: |_, _| Box::pin(async { Ok(()) }),
    }),
    ..Function::WORKER
};

const FUNCTIONS: &[&Function] = &[&HEALTH, &LIST, &PAY, &ON_PAID, &ON_OUTBOX, &SWEEP];
const CODES: &[Code] =
    &[Code { name: "TOO_POOR", status: 409, message: "There is not enough in the account" }];

pub fn house() -> House {
    House { wings: vec![(&WING, FUNCTIONS)], codes: vec![("trial", CODES)] }
}
