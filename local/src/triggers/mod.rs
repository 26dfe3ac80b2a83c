//! What calls the functions that no request calls: queues, the table's stream, schedules — and the table's time-to-live.
//!
//! Each is a [`Work`] in a task of its own, woken by what it waits for, so that none can block another. Whoever wants to see
//! all of it done ([`Triggers::settle`]) asks the tasks to stand aside and does their work itself until nothing is left.
mod expiry;
mod queues;
mod schedules;
mod stream;

use std::sync::Arc;

use futures::future::{BoxFuture, join_all};
use jiff::{SignedDuration, Timestamp};
use local_aws::{Cloud, VirtualClock};
use shared::function::{Function, Trigger};
use tokio::{
    sync::{Mutex, watch},
    task::JoinSet,
};

pub(crate) use self::schedules::run;
use self::{expiry::Expiry, queues::QueueWork, schedules::Schedules, stream::StreamWork};
use crate::{
    cron::CronError,
    functions::Functions,
    home::{Home, HomeError},
};

/// Something that has work from time to time.
trait Work: Send {
    /// Resolves when there may be work. May be dropped at any time without losing any.
    fn ready(&mut self) -> BoxFuture<'_, ()>;

    /// Does what there is to do now, a batch at most. `false` when there was nothing.
    fn work(&mut self) -> BoxFuture<'_, bool>;
}

/// A schedule that cannot be read, or a file of the local cloud.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TriggerError {
    #[error("the function {function}: {source}")]
    Schedule { function: &'static str, source: CronError },
    #[error(transparent)]
    Home(#[from] HomeError),
}

/// All triggers.
pub(crate) struct Triggers {
    /// All but the schedules.
    others: Vec<Arc<Mutex<dyn Work>>>,
    schedules: Arc<Mutex<Schedules>>,
    clock: VirtualClock,
    /// Held by the one who settles.
    settling: Mutex<()>,
    /// Whether the tasks shall stand aside.
    aside: watch::Sender<bool>,
}

/// A function that always makes work for itself would be waited for without end.
const MOST_ROUNDS: usize = 20_000;

impl Triggers {
    pub fn new(cloud: &Cloud, functions: &Arc<Functions>, home: &Home) -> Result<Self, TriggerError> {
        let clock = cloud.clock().clone();
        let positions = Arc::new(stream::Positions::open(home.clone())?);
        let mut schedules = Schedules::new(clock.clone(), Arc::clone(functions));
        let mut others: Vec<Arc<Mutex<dyn Work>>> = vec![Arc::new(Mutex::new(Expiry::new(cloud.clone())))];
        for function in functions.all() {
            match &function.trigger {
                Trigger::Queue(consumer) => {
                    let queues = cloud.queues().clone();
                    let work = QueueWork::new(function, consumer, queues, Arc::clone(functions));
                    others.push(Arc::new(Mutex::new(work)));
                }
                Trigger::Stream(reader) => {
                    let positions = Arc::clone(&positions);
                    let work = StreamWork::new(function, reader, cloud, Arc::clone(functions), positions);
                    others.push(Arc::new(Mutex::new(work)));
                }
                Trigger::Schedule(schedule) => schedules
                    .add(function, schedule)
                    .map_err(|source| TriggerError::Schedule { function: function.name, source })?,
                Trigger::Http(_) | Trigger::None => {}
            }
        }
        let schedules = Arc::new(Mutex::new(schedules));
        Ok(Self { others, schedules, clock, settling: Mutex::default(), aside: watch::Sender::new(false) })
    }

    /// Starts a task for each, until `stop` turns true.
    pub fn start(&self, tasks: &mut JoinSet<()>, stop: &watch::Receiver<bool>) {
        let schedules: Arc<Mutex<dyn Work>> = Arc::clone(&self.schedules) as _;
        for work in self.others.iter().cloned().chain([schedules]) {
            tasks.spawn(drive(work, self.aside.subscribe(), stop.clone()));
        }
    }

    /// Resolves when the stream is read to its end, no queue has a visible message, and no schedule is due.
    pub async fn settle(&self) {
        let _alone = self.settling.lock().await;
        let _aside = self.stand_aside().await;
        self.drain().await;
    }

    /// Moves the clock by `by`, stopping at each due time of a schedule, so that each job finds the clock where EventBridge
    /// would have called it, and all that follows from it is done before the next.
    pub async fn advance(&self, by: SignedDuration) {
        let _alone = self.settling.lock().await;
        let _aside = self.stand_aside().await;
        let target = self.clock.now().saturating_add(by).unwrap_or(Timestamp::MAX);
        self.drain().await;
        loop {
            let next = self.schedules.lock().await.next_due().filter(|due| *due <= target);
            self.clock.advance(next.unwrap_or(target).duration_since(self.clock.now()));
            self.drain().await;
            if next.is_none() {
                return;
            }
        }
    }

    /// Asks the tasks to stand aside and waits for what they have in hand: its consequences are to be seen, too.
    async fn stand_aside(&self) -> Aside<'_> {
        let aside = Aside::new(&self.aside);
        for work in &self.others {
            drop(work.lock().await);
        }
        drop(self.schedules.lock().await);
        aside
    }

    /// One schedule after the other, with all that follows from it in between.
    async fn drain(&self) {
        loop {
            self.drain_others().await;
            if !self.schedules.lock().await.work().await {
                return;
            }
        }
    }

    async fn drain_others(&self) {
        for _ in 0..MOST_ROUNDS {
            let worked = join_all(self.others.iter().map(async |work| work.lock().await.work().await)).await;
            if !worked.contains(&true) {
                return;
            }
        }
        tracing::warn!("the functions keep making work for themselves; not waiting any longer");
    }
}

/// Keeps the tasks aside for as long as it lives.
struct Aside<'a>(&'a watch::Sender<bool>);

impl<'a> Aside<'a> {
    fn new(aside: &'a watch::Sender<bool>) -> Self {
        aside.send_replace(true);
        Self(aside)
    }
}

impl Drop for Aside<'_> {
    fn drop(&mut self) {
        self.0.send_replace(false);
    }
}

/// Does the work whenever there is some, except while it shall stand aside. The work stays locked from the moment it is found
/// until it is done, so whoever locks it knows that nothing is under way.
async fn drive(
    work: Arc<Mutex<dyn Work>>,
    mut aside: watch::Receiver<bool>,
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            _ = aside.wait_for(|aside| !*aside) => {}
        }
        let mut work = work.lock().await;
        let ready = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            _ = aside.wait_for(|aside| *aside) => false,
            () = work.ready() => true,
        };
        if ready {
            work.work().await;
        }
    }
}

/// Whether `reply` names failures among `batch`; a name that is not in the batch means all of it, as on AWS.
fn failures<'a>(reply: Option<Vec<String>>, batch: impl Iterator<Item = &'a str>) -> Failures {
    let known: Vec<&str> = batch.collect();
    match reply {
        Some(items) if items.iter().all(|item| known.contains(&item.as_str())) => Failures::Some(items),
        _ => Failures::All,
    }
}

/// What of a batch failed.
enum Failures {
    All,
    Some(Vec<String>),
}

impl Failures {
    fn contains(&self, item: &str) -> bool {
        match self {
            Failures::All => true,
            Failures::Some(items) => items.iter().any(|failed| failed == item),
        }
    }
}

/// Calls a batch function and tells what failed.
async fn call_batch<'a>(
    functions: &Functions,
    function: &'static Function,
    event: &serde_json::Value,
    batch: impl Iterator<Item = &'a str>,
) -> Failures {
    let Ok(event) = serde_json::value::to_raw_value(event) else { return Failures::All };
    let reply = functions.invoke(function.name, event).await.ok();
    failures(reply.and_then(|reply| crate::reply::failed_items(&reply)), batch)
}

/// Resolves when the clock reaches `at`, or is moved; when it does not run by itself, only the latter.
async fn wait_until(clock: &VirtualClock, at: Timestamp) {
    let moved = clock.changed();
    let pause = at.duration_since(clock.now());
    let Ok(pause) = std::time::Duration::try_from(pause) else { return };
    #[expect(clippy::disallowed_methods, reason = "the machine's clock runs by itself and announces nothing")]
    let passed = tokio::time::sleep(pause.max(std::time::Duration::from_millis(1)));
    tokio::select! {
        () = moved => {}
        () = passed => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_failures_failed_unless_a_name_is_unknown_or_there_is_no_reply() {
        let failed = |reply: Option<&[&str]>| -> Vec<&str> {
            let reply = reply.map(|items| items.iter().map(ToString::to_string).collect());
            let failures = failures(reply, ["a", "b"].into_iter());
            ["a", "b"].into_iter().filter(|item| failures.contains(item)).collect()
        };
        assert_eq!(failed(Some(&[])), [""; 0]);
        assert_eq!(failed(Some(&["b"])), ["b"]);
        for all in [None, Some(&[""][..]), Some(&["b", "c"][..])] {
            assert_eq!(failed(all), ["a", "b"], "{all:?}");
        }
    }
}
