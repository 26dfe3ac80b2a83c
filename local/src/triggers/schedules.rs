//! The clock → scheduled functions: every due time once, in order, again after a failure.
use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use local_aws::VirtualClock;
use serde_json::value::{RawValue, to_raw_value};
use shared::function::{Function, Schedule};

use super::{Work, wait_until};
use crate::{
    cron::{CronError, Expression},
    functions::{Functions, InvokeError},
};

/// EventBridge calls asynchronously, and Lambda tries such a call twice more, after one minute and after two.
const RETRIES: [SignedDuration; 2] = [SignedDuration::from_mins(1), SignedDuration::from_mins(2)];

/// All schedules.
pub(crate) struct Schedules {
    clock: VirtualClock,
    functions: Arc<Functions>,
    jobs: Vec<Job>,
    retries: Vec<Retry>,
}

struct Job {
    function: &'static Function,
    expression: Expression,
    next: Option<Timestamp>,
}

struct Retry {
    function: &'static Function,
    scheduled_for: Timestamp,
    at: Timestamp,
    failures: usize,
}

impl Schedules {
    pub fn new(clock: VirtualClock, functions: Arc<Functions>) -> Self {
        Self { clock, functions, jobs: Vec::new(), retries: Vec::new() }
    }

    /// Adds a schedule; what was due before now is not made up for.
    pub fn add(&mut self, function: &'static Function, schedule: &Schedule) -> Result<(), CronError> {
        let expression = Expression::parse(schedule.expression, schedule.zone)?;
        let next = expression.next_after(self.clock.now());
        self.jobs.push(Job { function, expression, next });
        Ok(())
    }

    /// When the next call is due. May lie in the past.
    pub fn next_due(&self) -> Option<Timestamp> {
        let jobs = self.jobs.iter().filter_map(|job| job.next);
        jobs.chain(self.retries.iter().map(|retry| retry.at)).min()
    }

    /// The call that is next in order of time, if it is due by `now`; taken off the list.
    fn take(&mut self, now: Timestamp) -> Option<Retry> {
        let due = self.next_due().filter(|due| *due <= now)?;
        if let Some(index) = self.retries.iter().position(|retry| retry.at == due) {
            return Some(self.retries.swap_remove(index));
        }
        let job = self.jobs.iter_mut().find(|job| job.next == Some(due))?;
        job.next = job.expression.next_after(due);
        Some(Retry { function: job.function, scheduled_for: due, at: due, failures: 0 })
    }
}

impl Work for Schedules {
    fn ready(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            loop {
                match self.next_due() {
                    None => std::future::pending().await,
                    Some(due) if due <= self.clock.now() => return,
                    Some(due) => wait_until(&self.clock, due).await,
                }
            }
        })
    }

    fn work(&mut self) -> BoxFuture<'_, bool> {
        Box::pin(async {
            let Some(call) = self.take(self.clock.now()) else { return false };
            let Err(error) = run(&self.functions, call.function, call.scheduled_for).await else {
                return true;
            };
            let now = self.clock.now();
            if let Some(at) = RETRIES.get(call.failures).and_then(|pause| now.checked_add(*pause).ok()) {
                self.retries.push(Retry { at, failures: call.failures + 1, ..call });
            } else {
                tracing::error!(function = call.function.name, %error, "given up");
            }
            true
        })
    }
}

/// Calls `function` for the due time `scheduled_for`.
pub(crate) async fn run(
    functions: &Functions,
    function: &'static Function,
    scheduled_for: Timestamp,
) -> Result<Box<RawValue>, InvokeError> {
    let event = serde_json::json!({ "scheduled_for": scheduled_for });
    let event = to_raw_value(&event)
        .map_err(|error| InvokeError::Failed { function: function.name, cause: error.to_string() })?;
    functions.invoke(function.name, event).await
}
