//! The table's time-to-live: items whose time has passed are deleted now and then, as DynamoDB does it.
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use local_aws::Cloud;

use super::{Work, wait_until};

/// How often. DynamoDB promises no more than «within a few days»; nothing may rely on it.
const EVERY: SignedDuration = SignedDuration::from_mins(15);

pub(super) struct Expiry {
    cloud: Cloud,
    next: Timestamp,
}

impl Expiry {
    pub fn new(cloud: Cloud) -> Self {
        let next = cloud.clock().now();
        Self { cloud, next }
    }
}

impl Work for Expiry {
    fn ready(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            while self.cloud.clock().now() < self.next {
                wait_until(self.cloud.clock(), self.next).await;
            }
        })
    }

    fn work(&mut self) -> BoxFuture<'_, bool> {
        Box::pin(async {
            let now = self.cloud.clock().now();
            if now < self.next {
                return false;
            }
            self.next = now.saturating_add(EVERY).unwrap_or(Timestamp::MAX);
            let cloud = self.cloud.clone();
            if let Err(error) = tokio::task::spawn_blocking(move || cloud.sweep_ttl()).await {
                tracing::error!(%error, "expired items were not deleted");
            }
            true
        })
    }
}
