//! The clock that the functions read: the one of the local cloud, which can be moved.
use jiff::Timestamp;
use local_aws::VirtualClock;
use shared::clock::Clock;

/// The virtual clock, as `shared` knows clocks.
#[derive(Debug)]
pub(crate) struct HouseClock(pub VirtualClock);

impl Clock for HouseClock {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}
