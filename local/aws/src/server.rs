//! The HTTP side: one port for all services, told apart by the service name in the request's signature.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::serve::ListenerExt as _;
use axum::{Router, body};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Uri, header};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::Cloud;
use crate::names::new_id;
use crate::observer::{Call, Outcome, Service};
use crate::protocol::{Failure, Reply};

/// The largest request read: a `DynamoDB` batch of 25 items of 400 KB with its JSON around it.
const MAX_BODY: usize = 20 << 20;

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// One request, read and attributed to a service.
pub(crate) struct Incoming {
    pub host: String,
    pub operation: String,
    pub access_key: Option<String>,
    pub body: Bytes,
    pub request_id: String,
    /// Becomes true when the server is asked to stop: long polls end then instead of delaying it.
    pub closing: watch::Receiver<bool>,
}

#[derive(Clone)]
struct Serving {
    cloud: Cloud,
    closing: watch::Receiver<bool>,
}

/// Serves until `stop` resolves; requests in flight are finished.
pub(crate) async fn serve(
    cloud: Cloud,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (close, closing) = watch::channel(false);
    let router = Router::new().fallback(entry).with_state(Serving { cloud, closing });
    let stop = async move {
        stop.await;
        close.send_replace(true);
    };
    // Answers are small and sent in two writes: waiting to fill a packet would only delay them.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection stays without TCP_NODELAY");
        }
    });
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

/// Binds a free port of the loopback interface.
pub(crate) async fn bind() -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

async fn entry(State(serving): State<Serving>, request: Request) -> Response {
    let request_id = new_id();
    answer(serving, request, &request_id).await.into_response(&request_id)
}

async fn answer(serving: Serving, request: Request, request_id: &str) -> Reply {
    let Serving { cloud, closing } = serving;
    let (head, body) = request.into_parts();
    let signature = Signature::of(&head.headers);
    let target = text(&head.headers, &TARGET);
    let service = signature.service.or_else(|| target.and_then(Service::from_target));
    // Without a signature and a target only a query-protocol client remains; SNS speaks for those.
    let shape = service.unwrap_or(Service::Sns);
    let fail = |failure: &Failure| Reply::failure(shape, failure, request_id);

    let body = match read(body).await {
        Ok(body) => body,
        Err(failure) => return fail(&failure),
    };
    if signature.access_key.is_none() {
        return fail(&unsigned(shape));
    }
    let Some(service) = service else {
        let message = format!("The local cloud does not serve {}", signature.scope.unwrap_or("this service"));
        return fail(&Failure::new(400, "UnknownService", message));
    };
    let operation = match target {
        Some(target) => target.rsplit('.').next().unwrap_or_default().to_owned(),
        None => operation_without_target(service, &head.method, &head.uri, &body),
    };
    let call = Call {
        service,
        operation: operation.clone(),
        access_key: signature.access_key.map(str::to_owned),
        trace: text(&head.headers, &TRACE).map(str::to_owned),
        resources: cloud.resources(service, &operation, &body),
    };
    let incoming = Incoming {
        host: text(&head.headers, &header::HOST).unwrap_or("127.0.0.1").to_owned(),
        operation,
        access_key: call.access_key.clone(),
        body,
        request_id: request_id.to_owned(),
        closing,
    };
    observed(&cloud, &call, incoming).await
}

/// Executes the call between the two looks of the observer.
async fn observed(cloud: &Cloud, call: &Call, incoming: Incoming) -> Reply {
    let started = Instant::now();
    let request_id = incoming.request_id.clone();
    let refusal = cloud.observer().and_then(|observer| observer.before(call));
    let reply = match refusal {
        Some(refusal) => Reply::failure(call.service, &refusal.into(), &request_id),
        None => cloud.dispatch(call.service, incoming).await,
    };
    let outcome = Outcome {
        status: reply.status,
        read_units: reply.read_units,
        write_units: reply.write_units,
        error: reply.error.clone(),
        elapsed: started.elapsed(),
    };
    let (service, operation) = (call.service.name(), call.operation.as_str());
    let Outcome { status, error, elapsed, .. } = &outcome;
    tracing::debug!(service, operation, status, error, ?elapsed);
    if let Some(observer) = cloud.observer() {
        observer.after(call, &outcome);
    }
    reply
}

/// What the header `Authorization: AWS4-HMAC-SHA256 Credential=<key>/<date>/<region>/<service>/aws4_request,
/// ...` tells. The signature itself is not verified: any secret will do.
struct Signature<'a> {
    access_key: Option<&'a str>,
    scope: Option<&'a str>,
    service: Option<Service>,
}

impl<'a> Signature<'a> {
    fn of(headers: &'a HeaderMap) -> Self {
        let credential = text(headers, &header::AUTHORIZATION)
            .and_then(|value| value.split("Credential=").nth(1))
            .and_then(|rest| rest.split([',', ' ']).next());
        let mut parts = credential.into_iter().flat_map(|credential| credential.split('/'));
        let access_key = parts.next().filter(|key| !key.is_empty());
        let scope = parts.nth(2);
        Self { access_key, scope, service: scope.and_then(Service::from_scope) }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

async fn read(body: Body) -> Result<Bytes, Failure> {
    body::to_bytes(body, MAX_BODY).await.map_err(|error| {
        Failure::new(413, "RequestEntityTooLarge", format!("The request cannot be read: {error}"))
    })
}

fn unsigned(service: Service) -> Failure {
    let code = match service {
        Service::Sns | Service::Sts => "MissingAuthenticationToken",
        _ => "MissingAuthenticationTokenException",
    };
    Failure::new(403, code, "Request is missing Authentication Token")
}

/// The query protocol names its operation in the form field `Action`, REST in method and path.
fn operation_without_target(service: Service, method: &http::Method, uri: &Uri, body: &[u8]) -> String {
    if service == Service::Ses {
        return crate::ses::operation(method, uri.path()).to_owned();
    }
    let query = uri.query().unwrap_or_default().as_bytes();
    form_urlencoded::parse(body)
        .chain(form_urlencoded::parse(query))
        .find(|(name, _)| name == "Action")
        .map(|(_, action)| action.into_owned())
        .unwrap_or_default()
}
