//! The hook that sees every call: permissions, faults and the request log of the local cloud plug in here.

use std::time::Duration;

/// Sees every call before it is executed and after it was answered; may refuse it.
pub trait Observer: Send + Sync {
    /// Called before the call is executed. A refusal is sent to the caller instead of executing anything.
    fn before(&self, call: &Call) -> Option<Refusal> {
        let _ = call;
        None
    }

    /// Called when the answer is ready, also for refused calls.
    fn after(&self, call: &Call, outcome: &Outcome) {
        let _ = (call, outcome);
    }
}

/// The service a call is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// `DynamoDB` and `DynamoDB` Streams: they share an endpoint and the IAM prefix `dynamodb`.
    DynamoDb,
    /// Simple Queue Service.
    Sqs,
    /// Simple Notification Service.
    Sns,
    /// Simple Email Service, API version 2.
    Ses,
    /// Secrets Manager.
    SecretsManager,
    /// Security Token Service.
    Sts,
}

impl Service {
    /// The name AWS gives the service in signatures and in IAM actions (`dynamodb`, `sqs`, ...).
    pub fn name(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodb",
            Self::Sqs => "sqs",
            Self::Sns => "sns",
            Self::Ses => "ses",
            Self::SecretsManager => "secretsmanager",
            Self::Sts => "sts",
        }
    }

    /// The service of a signature's credential scope.
    pub(crate) fn from_scope(name: &str) -> Option<Self> {
        [Self::DynamoDb, Self::Sqs, Self::Sns, Self::Ses, Self::SecretsManager, Self::Sts]
            .into_iter()
            .find(|service| service.name() == name)
    }

    /// The service of an `X-Amz-Target` header such as `DynamoDB_20120810.PutItem`.
    pub(crate) fn from_target(target: &str) -> Option<Self> {
        match target.split(['_', '.']).next() {
            Some("DynamoDB" | "DynamoDBStreams") => Some(Self::DynamoDb),
            Some("AmazonSQS") => Some(Self::Sqs),
            Some("secretsmanager") => Some(Self::SecretsManager),
            _ => None,
        }
    }
}

/// One call, as far as permissions, faults and logs need to know it.
#[derive(Clone, Debug)]
pub struct Call {
    /// The service called.
    pub service: Service,
    /// The operation, named as AWS names it: `PutItem`, `SendMessageBatch`, ...
    pub operation: String,
    /// The access key id in the signature. The signature itself is not verified.
    pub access_key: Option<String>,
    /// The header `X-Amzn-Trace-Id`.
    pub trace: Option<String>,
    /// ARNs of the tables, indexes (`table/T/index/I`), streams, queues, topics, endpoints and secrets named
    /// in the request, without repeats. Empty when the call is about nothing in particular (`ListTables`, an
    /// SMS).
    pub resources: Vec<String>,
}

/// What came of a call.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// HTTP status.
    pub status: u16,
    /// `DynamoDB` read capacity units consumed.
    pub read_units: f64,
    /// `DynamoDB` write capacity units consumed. A failed condition is counted as 0, as the engine does not
    /// say.
    pub write_units: f64,
    /// The error code answered, when the call failed.
    pub error: Option<String>,
    /// Wall time from the request read to the answer ready.
    pub elapsed: Duration,
}

/// An answer given in place of executing the call, rendered in the called service's own protocol.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// HTTP status: 400 for most, 500 or 503 for server faults.
    pub status: u16,
    /// The error code: `AccessDeniedException`, `ThrottlingException`, ...
    pub code: String,
    /// The sentence for people.
    pub message: String,
}
