//! The HTTP APIs of the wings: a request in, the event to its function, the reply out.
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, State},
    http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use shared::{
    codes,
    error::Error,
    function::Function,
    random::{self, SystemRandom},
    wing::{Problem, Wing},
};

use crate::{cloud::House, cors::CorsPolicy, event::Arrival, reply, routes::Destination};

/// The largest request that API Gateway takes.
const LARGEST: usize = 10 * 1024 * 1024;
/// As long as API Gateway waits for a function.
const PATIENCE: Duration = Duration::from_secs(29);

/// Only here, so that one machine can play several clients: the address that the function is told.
const PLAYED_SOURCE: &str = "x-local-source-ip";

/// Answers a request to any path that is not the local cloud's own.
pub(crate) async fn answer(State(house): State<Arc<House>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let request_id = request_id();
    let mut response = match house.routes.wing(parts.uri.path()) {
        None => message(StatusCode::NOT_FOUND, "Not Found"),
        Some(wing) => below(&house, wing, &parts, body, &request_id).await,
    };
    if let Ok(id) = HeaderValue::try_from(request_id) {
        response.headers_mut().insert("apigw-requestid", id);
    }
    response
}

async fn below(
    house: &House,
    wing: &'static Wing,
    parts: &Parts,
    body: Body,
    request_id: &str,
) -> Response<Body> {
    let cors = CorsPolicy::of(wing);
    if parts.method == Method::OPTIONS {
        return preflight(&cors, &parts.headers);
    }
    let refuse = |error: Error| refusal(wing, &error, request_id, house);
    let mut response = match house.routes.find(parts.method.as_str(), parts.uri.path()) {
        Destination::UnknownPath => refuse(codes::UNKNOWN_PATH.into()),
        Destination::WrongMethod(methods) => {
            let mut response = refuse(codes::METHOD_NOT_ALLOWED.into());
            if let Ok(allow) = HeaderValue::try_from(methods.join(", ")) {
                response.headers_mut().insert(header::ALLOW, allow);
            }
            response
        }
        Destination::Function { function, route_key, parameters } => match read(body).await {
            Err(Unreadable::TooLarge) => refuse(codes::BODY_TOO_LARGE.into()),
            Err(Unreadable::Broken) => message(StatusCode::BAD_REQUEST, "Bad Request"),
            Ok(body) => {
                let trace = house.functions.new_trace();
                let arrival = Arrival {
                    wing,
                    parts,
                    body: &body,
                    source: source(parts),
                    request_id,
                    trace: &trace,
                    route_key: &route_key,
                    parameters: &parameters,
                    at: house.cloud.clock().now(),
                };
                call(house, function, &arrival).await
            }
        },
    };
    cors.apply(&parts.headers, response.headers_mut());
    response
}

/// Calls the function; what goes wrong around it is answered in API Gateway's words.
async fn call(house: &House, function: &'static Function, arrival: &Arrival<'_>) -> Response<Body> {
    let failed = || message(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
    let Ok(event) = arrival.event() else { return failed() };
    let invocation = house.functions.invoke_traced(function.name, event, arrival.trace.to_owned());
    match tokio::time::timeout(PATIENCE, invocation).await {
        Err(_elapsed) => message(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        Ok(Err(error)) => {
            tracing::error!(function = function.name, %error, "no reply");
            failed()
        }
        Ok(Ok(reply)) => reply::response(&reply).unwrap_or_else(|| {
            tracing::error!(function = function.name, "the reply is none that API Gateway would take");
            failed()
        }),
    }
}

enum Unreadable {
    TooLarge,
    Broken,
}

async fn read(body: Body) -> Result<Bytes, Unreadable> {
    to_bytes(body, LARGEST).await.map_err(|error| {
        let mut cause: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = cause {
            if error.is::<http_body_util::LengthLimitError>() {
                return Unreadable::TooLarge;
            }
            cause = error.source();
        }
        Unreadable::Broken
    })
}

fn preflight(cors: &CorsPolicy, request: &HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    *response.headers_mut() = cors.preflight(request);
    response
}

/// A refusal before any function, in the envelope of the wing.
fn refusal(wing: &Wing, error: &Error, request_id: &str, house: &House) -> Response<Body> {
    let problem = Problem { error, request_id, at: house.cloud.clock().now() };
    let status = StatusCode::from_u16(error.code().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json(status, (wing.envelope.error)(&problem).to_string())
}

/// A refusal in the words of API Gateway itself.
pub(crate) fn message(status: StatusCode, text: &str) -> Response<Body> {
    json(status, serde_json::json!({ "message": text }).to_string())
}

pub(crate) fn json(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn source(parts: &Parts) -> IpAddr {
    let played = parts.headers.get(PLAYED_SOURCE).and_then(|value| value.to_str().ok()?.parse().ok());
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    played.or(peer).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// In the shape of API Gateway's: sixteen characters.
fn request_id() -> String {
    STANDARD.encode(random::bytes::<11>(&SystemRandom))
}
