//! What SQS answers when it refuses something.

use crate::protocol::Failure;

/// A refusal of a queue operation, with the code AWS would answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueueError {
    /// The code in the JSON protocol: what SDKs turn into typed errors.
    code: &'static str,
    /// The code of the old query protocol, which AWS still sends in a header.
    query_code: &'static str,
    message: String,
}

impl QueueError {
    /// The error code, for example `QueueDoesNotExist`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    pub(crate) fn new(code: &'static str, query_code: &'static str, message: impl Into<String>) -> Self {
        Self { code, query_code, message: message.into() }
    }

    /// An error whose two codes are the same.
    pub(crate) fn plain(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, code, message)
    }

    pub(crate) fn no_such_queue() -> Self {
        let message = "The specified queue does not exist.";
        Self::new("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", message)
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::plain("InvalidParameterValue", message)
    }

    pub(crate) fn missing(parameter: &str) -> Self {
        let message = format!("The request must contain the parameter {parameter}.");
        Self::plain("MissingParameter", message)
    }

    pub(crate) fn internal(error: &rusqlite::Error) -> Self {
        tracing::error!(%error, "a change to a queue could not be stored");
        Self::plain("InternalFailure", format!("The change could not be stored: {error}"))
    }

    pub(crate) fn status(&self) -> u16 {
        match self.code {
            "InternalFailure" => 500,
            "ResourceNotFoundException" => 404,
            _ => 400,
        }
    }
}

impl From<QueueError> for Failure {
    fn from(error: QueueError) -> Self {
        let status = error.status();
        Self {
            status,
            code: error.code.to_owned(),
            query_code: Some(error.query_code),
            message: error.message,
        }
    }
}
