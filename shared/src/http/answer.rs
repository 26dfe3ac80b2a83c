//! One request through one endpoint, top to bottom.
use std::panic::AssertUnwindSafe;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::DefaultBodyLimit,
    http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header},
};
use futures::FutureExt as _;
use tower::ServiceExt as _;

use super::{
    Caller, Credential, Source,
    idempotency::{self, Entry},
    rate,
    reply::{Refused, Success},
};
use crate::{
    app::App,
    codes,
    error::Error,
    function::{Function, Route},
    wing::{Problem, Wing},
};

/// The id of the request, for logs and support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

/// Answers `request`: size, credentials, intent, rate, idempotency, handler, envelope, headers — in this order, for every
/// endpoint alike. Never fails: whatever goes wrong becomes a reply in the envelope of the wing.
pub async fn answer(
    function: &'static Function,
    app: &App,
    request: Request<Body>,
    request_id: String,
    source: Source,
) -> Response<Body> {
    let wing = function.wing;
    let Some(route) = function.route() else {
        return render_error(wing, app, &Error::internal("not an HTTP function"), &request_id);
    };
    let outcome =
        AssertUnwindSafe(admit(function, route, app, request, &request_id, source)).catch_unwind().await;
    let response = match outcome {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => render_error(wing, app, &error, &request_id),
        Err(_panic) => render_error(wing, app, &Error::internal("the handler panicked"), &request_id),
    };
    tracing::info!(function = function.name, status = response.status().as_u16(), request_id, "answered");
    finish(response, &request_id)
}

async fn admit(
    function: &'static Function,
    route: &'static Route,
    app: &App,
    request: Request<Body>,
    request_id: &str,
    source: Source,
) -> Result<Response<Body>, Error> {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, route.max_body).await.map_err(|_| codes::BODY_TOO_LARGE)?;
    parts.uri = below_base(&parts.uri, function.wing);
    parts.extensions.insert(source);
    parts.extensions.insert(RequestId(request_id.to_owned()));

    let caller = match route.access.authenticate {
        Some(authenticate) => Some(authenticate(app, &mut parts, route.access.roles).await?),
        None => None,
    };
    if let Some(caller) = &caller {
        prove_intent(route, &parts.headers, caller)?;
        parts.extensions.insert(caller.clone());
    }
    if let Some(limit) = route.rate {
        let who = caller.as_ref().map_or_else(|| source.prefix(), |caller| caller.id.clone());
        rate::count(app, function, limit, &who).await?;
    }
    let key = if route.idempotent { idempotency::key_of(&parts.headers)? } else { None };
    let ticket = match &key {
        Some(key) => {
            let who = caller.as_ref().map_or_else(|| source.prefix(), |caller| caller.id.clone());
            match idempotency::enter(app, function, &who, key, &body).await? {
                Entry::Replay(response) => return Ok(response),
                Entry::First(ticket) => Some(ticket),
            }
        }
        None => None,
    };
    let request = Request::from_parts(parts, Body::from(body));
    let response = run(route, app.clone(), request).await;
    let response = render(function.wing, app, response, request_id)?;
    match ticket {
        Some(ticket) => ticket.leave(app, response).await,
        None => Ok(response),
    }
}

/// A cookie travels by itself, so an unsafe request must also show that the page which sent it is ours: the session's token,
/// which other origins cannot read, or the `Origin` of this very host, which browsers do not let scripts forge.
fn prove_intent(route: &Route, headers: &HeaderMap, caller: &Caller) -> Result<(), Error> {
    let (Credential::Cookie(_), true) = (route.access.credential, route.method.is_unsafe()) else {
        return Ok(());
    };
    let sent = headers.get("x-csrf-token").map(HeaderValue::as_bytes);
    if let (Some(sent), Some(token)) = (sent, &caller.csrf)
        && crate::crypto::same(sent, token.as_bytes())
    {
        return Ok(());
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match (text(header::ORIGIN).and_then(|origin| origin.split_once("://")), text(header::HOST)) {
        (Some((_, origin)), Some(host)) if origin.eq_ignore_ascii_case(host) => Ok(()),
        _ => Err(codes::CSRF_REQUIRED.into()),
    }
}

/// On AWS a custom domain mounts every wing under its base path and leaves that in the path; the API's own URL does not.
fn below_base(uri: &axum::http::Uri, wing: &Wing) -> axum::http::Uri {
    let full = uri.path_and_query().map_or("/", |path| path.as_str());
    let below =
        full.strip_prefix(wing.base_path).filter(|rest| rest.starts_with('/') || rest.starts_with('?'));
    below.and_then(|rest| rest.parse().ok()).unwrap_or_else(|| uri.clone())
}

async fn run(route: &'static Route, app: App, request: Request<Body>) -> Response<Body> {
    let router =
        Router::new().route(route.path, (route.handler)()).fallback(async || Error::new(codes::UNKNOWN_PATH));
    let router = router.method_not_allowed_fallback(async || Error::new(codes::METHOD_NOT_ALLOWED));
    // The declared limit was applied when the body was read; axum's own of 2 MB must not undercut it.
    let router = router.layer(DefaultBodyLimit::disable());
    match router.with_state(app).oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Puts what the handler said into the envelope of the wing.
fn render(
    wing: &Wing,
    app: &App,
    mut response: Response<Body>,
    request_id: &str,
) -> Result<Response<Body>, Error> {
    if let Some(Refused(error)) = response.extensions_mut().remove::<Refused>() {
        return Ok(render_error(wing, app, &error, request_id));
    }
    let Some(Success { message, data }) = response.extensions_mut().remove::<Success>() else {
        return Ok(response);
    };
    let bytes = (wing.envelope.success)(message, data.as_deref()).map_err(Error::internal)?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // axum counted the body that the reply had before it got its envelope.
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(bytes);
    Ok(response)
}

/// Renders the public half of `error`; its cause goes to the log, once, here.
pub(crate) fn render_error(wing: &Wing, app: &App, error: &Error, request_id: &str) -> Response<Body> {
    let code = error.code();
    let status = StatusCode::from_u16(code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let cause = error.cause_chain().unwrap_or_default();
    if status.is_server_error() {
        tracing::error!(code = code.name, cause, request_id, "failed");
    } else {
        tracing::info!(code = code.name, cause, request_id, "refused");
    }
    let problem = Problem { error, request_id, at: app.now() };
    let body = (wing.envelope.error)(&problem).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(seconds) = error.retry_after_seconds() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Headers that every reply carries (OWASP Secure Headers). Personal data is everywhere, so nothing is ever stored by caches.
fn finish(mut response: Response<Body>, request_id: &str) -> Response<Body> {
    let headers = response.headers_mut();
    for (name, value) in [
        ("strict-transport-security", "max-age=63072000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("referrer-policy", "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::try_from(request_id) {
        headers.insert("x-request-id", id);
    }
    response
}
