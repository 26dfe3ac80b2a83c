//! What is true of every function of platform.
use serde_json::{Value, json, value::RawValue};
use shared::wing::{Envelope, Problem, Wing};

/// The wing. It has no clients of its own, only operators.
pub static WING: Wing = Wing {
    name: "platform",
    tag: "PLATFORM",
    base_path: "/platform",
    title: "Platform: what serves all wings",
    envelope: Envelope { success, error },
    credentials: false,
};

/// The data as it is; without data, its message.
fn success(message: &str, data: Option<&RawValue>) -> Result<Vec<u8>, serde_json::Error> {
    match data {
        Some(data) => serde_json::to_vec(data),
        None => serde_json::to_vec(&json!({ "message": message })),
    }
}

/// `{error: {code, message, errors?, details?}, request_id}`.
fn error(problem: &Problem<'_>) -> Value {
    let error = problem.error;
    let mut body = json!({ "code": error.code().name, "message": error.message() });
    if !error.fields().is_empty() {
        body["errors"] = json!(error.fields());
    }
    if !error.data().is_empty() {
        body["details"] = json!(error.data());
    }
    json!({ "error": body, "request_id": problem.request_id })
}
