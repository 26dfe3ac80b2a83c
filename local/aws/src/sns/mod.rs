//! SNS stub.
use std::sync::Arc;
use crate::clock::VirtualClock;
use crate::inbox::Inbox;
use crate::names::Names;
use crate::observer::Service;
use crate::protocol::{Failure, Reply};
use crate::sqs::Queues;
use crate::store::Store;
pub(crate) struct Topics;
impl Topics {
    pub fn open(_: Arc<Store>, _: Queues, _: Inbox, _: VirtualClock, _: Names) -> rusqlite::Result<Self> { Ok(Self) }
    pub fn resources(&self, _: &str, _: &[u8]) -> Vec<String> { Vec::new() }
    pub fn answer(&self, _: &str, _: &[u8], id: &str) -> Reply { Reply::failure(Service::Sns, &Failure::new(400, "InvalidAction", "soon"), id) }
}
