//! The Lambda Runtime API, as far as a function needs it: gives out invocations, takes replies, tells the bench about both.
use std::{io, time::Instant};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{Response, StatusCode},
    routing::{get, post},
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

/// What a function has done.
pub(super) enum Sign {
    /// It asks for work; whatever is given here, it gets.
    Asks(Instant, oneshot::Sender<Bytes>),
    /// It has answered.
    Answers(Instant, Bytes),
    /// It says that it failed.
    Fails(Bytes),
}

/// One Runtime API, for one process.
pub(super) struct RuntimeApi {
    /// `host:port`.
    pub address: String,
    /// What the function does, as it does it.
    pub signs: mpsc::UnboundedReceiver<Sign>,
    server: JoinHandle<io::Result<()>>,
}

type Signs = State<mpsc::UnboundedSender<Sign>>;

impl RuntimeApi {
    /// A new one on a free port of the loopback interface.
    pub async fn open() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (sender, signs) = mpsc::unbounded_channel();
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(error))
            .with_state(sender);
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, signs, server })
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn next(State(signs): Signs) -> Response<Body> {
    let (give, given) = oneshot::channel();
    // Nobody listens any more when the bench is done with this process.
    let asked = signs.send(Sign::Asks(Instant::now(), give));
    let event = if asked.is_ok() { given.await.ok() } else { None };
    let Some(event) = event else {
        let mut gone = Response::new(Body::empty());
        *gone.status_mut() = StatusCode::GONE;
        return gone;
    };
    Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        .header("lambda-runtime-deadline-ms", "4102444800000")
        .header(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:ap-south-1:000000000000:function:bench",
        )
        .header(
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1",
        )
        .body(Body::from(event))
        .expect("a response")
}

async fn response(State(signs): Signs, body: Bytes) -> StatusCode {
    sign(&signs, Sign::Answers(Instant::now(), body))
}

async fn error(State(signs): Signs, body: Bytes) -> StatusCode {
    sign(&signs, Sign::Fails(body))
}

fn sign(signs: &mpsc::UnboundedSender<Sign>, sign: Sign) -> StatusCode {
    if signs.send(sign).is_ok() { StatusCode::ACCEPTED } else { StatusCode::GONE }
}
