//! The ARNs of the local cloud: one region, one account.

use std::sync::Arc;

/// Builds ARNs in the region and account the cloud was opened with. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub region: Arc<str>,
    pub account: Arc<str>,
}

impl Names {
    pub fn new(region: &str, account: &str) -> Self {
        Self { region: region.into(), account: account.into() }
    }

    /// `arn:aws:<service>:<region>:<account>:<resource>`.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{resource}", self.region, self.account)
    }

    /// The ARN of a table; a request may name the table by its ARN already.
    pub fn table(&self, table: &str) -> String {
        if table.starts_with("arn:") {
            table.to_owned()
        } else {
            self.arn("dynamodb", &format!("table/{table}"))
        }
    }

    /// The ARN of a queue.
    pub fn queue(&self, queue: &str) -> String {
        self.arn("sqs", queue)
    }
}

/// The last part of an ARN or of a queue URL: the name itself.
pub(crate) fn last_part(arn_or_url: &str) -> &str {
    arn_or_url.rsplit([':', '/']).next().unwrap_or(arn_or_url)
}

/// A new random id, for messages and requests, in the shape of a UUID as AWS gives them.
pub(crate) fn new_id() -> String {
    let hex = hex::encode(ulid::Ulid::generate().to_bytes());
    // The first 48 bits of a ULID are the time, the rest is random: unique, and sortable in the log.
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
