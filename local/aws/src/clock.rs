//! The time of the local cloud: the machine's clock plus an offset that a person or a test can move forward.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// Time of the local cloud: real time plus an offset that only moves forward. Cloning shares the same time.
#[derive(Clone, Debug)]
pub struct VirtualClock {
    base: Base,
    /// How far the clock was moved; the channel wakes whoever waits for a moment in the future.
    offset: Arc<watch::Sender<SignedDuration>>,
}

#[derive(Clone, Copy, Debug)]
enum Base {
    Real,
    Fixed(Timestamp),
}

impl VirtualClock {
    /// Follows the machine's clock, with offset 0.
    pub fn real() -> Self {
        Self::on(Base::Real)
    }

    /// Stands still at `at` until it is advanced: for tests.
    pub fn fixed(at: Timestamp) -> Self {
        Self::on(Base::Fixed(at))
    }

    fn on(base: Base) -> Self {
        Self { base, offset: Arc::new(watch::Sender::new(SignedDuration::ZERO)) }
    }

    /// What time it is in the local cloud.
    pub fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one source of real time in the local cloud")]
        let base = match self.base {
            Base::Real => Timestamp::now(),
            Base::Fixed(at) => at,
        };
        base.saturating_add(*self.offset.borrow()).unwrap_or(Timestamp::MAX)
    }

    /// Moves the clock forward. A negative duration is ignored: time never runs backwards.
    pub fn advance(&self, by: SignedDuration) {
        if by.is_positive() {
            self.offset.send_modify(|offset| *offset = offset.saturating_add(by));
        }
    }

    /// Resolves when somebody advances the clock after this call (not after its first poll, so nothing that
    /// happens between the call and the `await` is missed).
    pub fn changed(&self) -> impl Future<Output = ()> + Send + 'static {
        wait_for_change(&self.offset)
    }

    /// Milliseconds since the Unix epoch, the unit in which queues reckon.
    pub(crate) fn now_ms(&self) -> i64 {
        self.now().as_millisecond()
    }
}

/// `DynamoDB`'s engine reads its time (TTL, stream records) from here as well.
impl dynoxide::storage_backend::Clock for VirtualClock {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.now().as_second()).unwrap_or(0)
    }

    fn now_unix_secs_f64(&self) -> f64 {
        self.now().as_duration().as_secs_f64()
    }
}

/// Resolves when `sender` announces something after this call.
pub(crate) fn wait_for_change<T: Send + Sync + 'static>(
    sender: &Arc<watch::Sender<T>>,
) -> impl Future<Output = ()> + Send + 'static + use<T> {
    let mut receiver = sender.subscribe();
    // Held so that the channel cannot close while somebody waits on it.
    let sender = Arc::clone(sender);
    async move {
        if receiver.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        drop(sender);
    }
}
