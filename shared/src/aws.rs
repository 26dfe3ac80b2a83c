//! The way to AWS: one HTTP client, one TLS stack and one set of credentials, from which each SDK client is made.
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{
    Intercept, Region, RuntimeComponents, SharedHttpClient,
    interceptors::BeforeTransmitInterceptorContextMut, timeout::TimeoutConfig,
};
use aws_smithy_http_client::{Builder, tls};
use secrecy::ExposeSecret as _;

use std::{fmt, time::Duration};

use crate::config::Config;

tokio::task_local! {
    /// The trace of the invocation that runs in this task.
    static TRACE: String;
}

/// Runs `work` as part of the trace `trace`: every AWS call it makes carries it.
pub async fn traced<F: Future>(trace: String, work: F) -> F::Output {
    TRACE.scope(trace, work).await
}

/// The makings of SDK clients. Clients are cheap to make; the connections behind them are shared.
#[derive(Clone)]
pub struct Aws {
    http: SharedHttpClient,
    credentials: Credentials,
    region: Region,
    endpoint: Option<String>,
    /// The settings of the stage.
    pub config: Config,
}

/// Connections to AWS, with ring as the only cryptography in the binary (see `docs/decisions`).
pub fn http_client() -> SharedHttpClient {
    Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https()
}

/// Applies what is the same for every service's client.
macro_rules! client {
    ($aws:expr, $sdk:ident) => {{
        let aws = $aws;
        let mut config = $sdk::Config::builder()
            .behavior_version($sdk::config::BehaviorVersion::latest())
            .http_client(aws.http.clone())
            .credentials_provider(aws.credentials.clone())
            .region(aws.region.clone())
            .timeout_config(timeouts())
            .retry_config($sdk::config::retry::RetryConfig::standard().with_max_attempts(3))
            .interceptor(Traced);
        config.set_endpoint_url(aws.endpoint.clone());
        $sdk::Client::from_conf(config.build())
    }};
}

impl Aws {
    /// From the settings, over these connections.
    pub fn new(config: Config, http: SharedHttpClient) -> Self {
        let keys = &config.credentials;
        let credentials = Credentials::new(
            keys.access_key.clone(),
            keys.secret_key.expose_secret(),
            keys.session_token.as_ref().map(|token| token.expose_secret().to_owned()),
            None,
            "environment",
        );
        let region = Region::new(config.region.clone());
        Self { http, credentials, region, endpoint: config.endpoint.clone(), config }
    }

    /// A DynamoDB client.
    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        client!(self, aws_sdk_dynamodb)
    }

    /// An SQS client.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        client!(self, aws_sdk_sqs)
    }

    /// An SNS client.
    pub fn sns(&self) -> aws_sdk_sns::Client {
        client!(self, aws_sdk_sns)
    }

    /// An SES client.
    pub fn ses(&self) -> aws_sdk_sesv2::Client {
        client!(self, aws_sdk_sesv2)
    }

    /// A Secrets Manager client.
    pub fn secrets(&self) -> aws_sdk_secretsmanager::Client {
        client!(self, aws_sdk_secretsmanager)
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aws").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Short, because a caller waits behind every call: better a 503 with a retry hint than a spinning page.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build()
}

/// Puts the trace of the invocation on every call, as Lambda's own SDK integration does.
#[derive(Debug)]
struct Traced;

impl Intercept for Traced {
    fn name(&self) -> &'static str {
        "Traced"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut aws_sdk_dynamodb::config::ConfigBag,
    ) -> Result<(), aws_sdk_dynamodb::error::BoxError> {
        if let Ok(trace) = TRACE.try_with(Clone::clone) {
            context.request_mut().headers_mut().insert("x-amzn-trace-id", trace);
        }
        Ok(())
    }
}
