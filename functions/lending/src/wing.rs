//! What is true of every function of lending: its base path, its tag in the table, its reply envelope.
use serde::Serialize;
use serde_json::{json, value::RawValue};
use shared::wing::{Envelope, Problem, Wing};

/// The wing.
pub static WING: Wing = Wing {
    name: "lending",
    tag: "LENDING",
    base_path: "/lending",
    title: "Lending: sign-in by phone, profile, loans",
    envelope: Envelope { success, error },
    credentials: true,
};

/// `{status: "success", message, data?}`.
fn success(message: &str, data: Option<&RawValue>) -> Result<Vec<u8>, serde_json::Error> {
    #[derive(Serialize)]
    struct Success<'a> {
        status: &'static str,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<&'a RawValue>,
    }
    serde_json::to_vec(&Success { status: "success", message, data })
}

/// `{status: "error", message, code, errors?, data?, request_id}`; the brief states the first two.
fn error(problem: &Problem<'_>) -> serde_json::Value {
    let error = problem.error;
    let mut body = json!({
        "status": "error",
        "message": error.message(),
        "code": error.code().name,
        "request_id": problem.request_id,
    });
    if !error.fields().is_empty() {
        body["errors"] = json!(error.fields());
    }
    if !error.data().is_empty() {
        body["data"] = json!(error.data());
    }
    body
}
