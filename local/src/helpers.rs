//! What people, pages and tests ask the local cloud itself: `/_local/…` and the page at `/`.
use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::{
    error::FieldError,
    function::{Function, Trigger},
};

use crate::{
    cloud::House,
    functions::InvokeError,
    identity::{self, short_queue_name},
    inbox::Entry,
    page,
    requests::Served,
    triggers,
};

type Shared = State<Arc<House>>;

/// The routes.
pub(crate) fn routes() -> Router<Arc<House>> {
    let local = Router::new()
        .route("/functions", get(functions))
        .route("/inbox", get(inbox))
        .route("/clock", get(clock).post(advance))
        .route("/schedules/{function}/run", post(run))
        .route("/requests", get(requests))
        .route("/queues", get(queues))
        .route("/queues/{name}/redrive", post(redrive))
        .fallback(async || refuse(StatusCode::NOT_FOUND, "there is no such helper", &[]));
    Router::new().route("/", get(index)).nest("/_local", local)
}

/// A function, for people and tools.
#[derive(Serialize)]
pub(crate) struct Listed {
    pub name: &'static str,
    pub service: &'static str,
    /// `http`, `queue`, `stream`, `schedule`.
    pub kind: &'static str,
    pub summary: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
}

impl Listed {
    fn of(function: &'static Function) -> Self {
        let route = function.route();
        let (kind, queue, schedule) = match &function.trigger {
            Trigger::Http(_) => ("http", None, None),
            Trigger::Queue(consumer) => ("queue", Some(consumer.queue.name), None),
            Trigger::Stream(_) => ("stream", None, None),
            Trigger::Schedule(schedule) => {
                ("schedule", None, Some(format!("{} {}", schedule.expression, schedule.zone)))
            }
            Trigger::None => ("none", None, None),
        };
        Self {
            name: function.name,
            service: function.wing.name,
            kind,
            summary: function.summary,
            method: route.map(|route| route.method.name()),
            path: route.map(|route| format!("{}{}", function.wing.base_path, route.path)),
            access: route.map(|route| route.access.name),
            queue,
            schedule,
        }
    }
}

async fn index(State(house): Shared) -> Html<String> {
    let listed = house.functions.all().map(Listed::of).collect::<Vec<_>>();
    Html(page::render(&house.wings, &listed))
}

async fn functions(State(house): Shared) -> Json<Vec<Listed>> {
    Json(house.functions.all().map(Listed::of).collect())
}

#[derive(Deserialize)]
struct Addressee {
    to: Option<String>,
}

async fn inbox(State(house): Shared, Query(Addressee { to }): Query<Addressee>) -> Json<Vec<Entry>> {
    let mut entries = house.inbox();
    entries.retain(|entry| to.as_ref().is_none_or(|to| &entry.to == to));
    Json(entries)
}

async fn clock(State(house): Shared) -> Json<Value> {
    Json(json!({ "now": house.cloud.clock().now() }))
}

async fn advance(State(house): Shared, body: Bytes) -> Response {
    match advance_by(&body) {
        Err(errors) => refuse(StatusCode::BAD_REQUEST, "the clock was not moved", &errors),
        Ok(seconds) => {
            house.advance(SignedDuration::from_secs(seconds)).await;
            clock(State(house)).await.into_response()
        }
    }
}

/// A year at a time; schedules on the way are run one by one.
const FARTHEST_S: i64 = 366 * 24 * 3600;

fn advance_by(body: &[u8]) -> Result<i64, Vec<FieldError>> {
    const FIELD: &str = "advance_seconds";
    let error =
        |field: &str, rule, message: String| vec![FieldError { field: field.to_owned(), rule, message }];
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let Value::Object(mut body) = body else {
        return Err(error("", "type", format!("send a JSON object such as {{\"{FIELD}\": 3600}}")));
    };
    let mut errors = Vec::new();
    let seconds = match body.remove(FIELD) {
        None => {
            errors.extend(error(FIELD, "required", "say by how many seconds".to_owned()));
            0
        }
        Some(value) => {
            value.as_i64().filter(|seconds| (1..=FARTHEST_S).contains(seconds)).unwrap_or_else(|| {
                errors.extend(error(
                    FIELD,
                    "range",
                    format!("must be a whole number from 1 to {FARTHEST_S}"),
                ));
                0
            })
        }
    };
    for name in body.keys() {
        errors.extend(error(name, "unknown", "is not known here".to_owned()));
    }
    if errors.is_empty() { Ok(seconds) } else { Err(errors) }
}

async fn run(State(house): Shared, Path(name): Path<String>) -> Response {
    let function = house.functions.all().find(|function| function.name == name);
    let Some(function) = function.filter(|function| matches!(function.trigger, Trigger::Schedule(_))) else {
        return refuse(StatusCode::NOT_FOUND, "there is no schedule of that name", &[]);
    };
    let now = house.cloud.clock().now();
    match triggers::run(&house.functions, function, now).await {
        Ok(reply) => Json(json!({ "function": name, "scheduled_for": now, "reply": reply })).into_response(),
        Err(error @ InvokeError::TimedOut { .. }) => {
            refuse(StatusCode::GATEWAY_TIMEOUT, &error.to_string(), &[])
        }
        Err(error) => refuse(StatusCode::BAD_GATEWAY, &error.to_string(), &[]),
    }
}

async fn requests(State(house): Shared) -> Json<Vec<Served>> {
    Json(house.requests.list())
}

/// The queues of the house; dead-letter queues count with the queue that they belong to.
async fn queues(State(house): Shared) -> Json<Vec<Value>> {
    let depths = house.cloud.queues().depths();
    let queues = depths.iter().filter(|queue| queue.dead_letter_of.is_empty()).map(|queue| {
        json!({
            "name": short_queue_name(&queue.name),
            "depth": queue.visible,
            "delayed": queue.delayed,
            "in_flight": queue.in_flight,
            "dlq_depth": queue.dead_letter_depth,
        })
    });
    Json(queues.collect())
}

async fn redrive(State(house): Shared, Path(name): Path<String>) -> Response {
    let functions: Vec<&'static Function> = house.functions.all().collect();
    let queues = crate::cloud::declared_queues(&functions);
    let Some((queue, _)) = queues.get(name.strip_suffix("-dlq").unwrap_or(&name)) else {
        return refuse(StatusCode::NOT_FOUND, "there is no queue of that name", &[]);
    };
    match house.cloud.queues().redrive(&identity::dead_letter_name(queue)) {
        Ok(moved) => Json(json!({ "moved": moved })).into_response(),
        Err(error) => refuse(StatusCode::CONFLICT, &error.to_string(), &[]),
    }
}

fn refuse(status: StatusCode, message: &str, errors: &[FieldError]) -> Response {
    (status, Json(json!({ "message": message, "errors": errors }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_wrong_about_a_move_of_the_clock_is_listed() {
        let rules = |body: &str| -> Vec<(String, &str)> {
            let errors = advance_by(body.as_bytes()).unwrap_err();
            errors.into_iter().map(|error| (error.field, error.rule)).collect()
        };
        let field = || "advance_seconds".to_owned();
        assert_eq!(rules(""), [(String::new(), "type")]);
        assert_eq!(rules("[]"), [(String::new(), "type")]);
        assert_eq!(rules("{}"), [(field(), "required")]);
        assert_eq!(
            rules(r#"{"advance_seconds": -1, "by": 2}"#),
            [(field(), "range"), ("by".to_owned(), "unknown")]
        );
        assert_eq!(rules(r#"{"advance_seconds": "60"}"#), [(field(), "range")]);
        assert_eq!(rules(r#"{"advance_seconds": 1.5}"#), [(field(), "range")]);
        assert_eq!(advance_by(br#"{"advance_seconds": 60}"#), Ok(60));
    }
}
