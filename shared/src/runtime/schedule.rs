//! Jobs by the clock: each due time is done once, however often EventBridge calls.
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::{Failure, log_failure};
use crate::{
    app::App,
    error::Error,
    function::{Function, Schedule},
    table::{Address, Entity, Key, Write},
};

/// One run of a job.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// The time it was due. May lie well before the clock, when a run was late or missed.
    pub due: Timestamp,
}

#[derive(Deserialize)]
struct Event {
    /// `<aws.scheduler.scheduled-time>`, written into the target's input by the template.
    scheduled_for: Timestamp,
}

/// The right to do one due time of one job. Taken when absent or when its holder must have died; kept as the done-marker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Lease {
    /// The function.
    pub job: String,
    wing: String,
    due: Timestamp,
    held_until: Timestamp,
    done: bool,
}

impl Lease {
    fn at(wing: &str, job: &str, due: Timestamp) -> Address<Self> {
        Address::new(format!("{wing}#JOB#{job}"), crate::clock::sortable(due))
    }
}

impl Entity for Lease {
    const NAME: &'static str = "lease";

    fn key(&self) -> Key {
        Lease::at(&self.wing, &self.job, self.due).key
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.due.checked_add(SignedDuration::from_hours(24 * 30)).ok()
    }
}

pub(super) async fn handle(
    function: &'static Function,
    schedule: &Schedule,
    app: &App,
    event: &RawValue,
) -> Result<Box<RawValue>, Failure> {
    let event: Event = serde_json::from_str(event.get())?;
    match run_once(function, schedule, app, Run { due: event.scheduled_for }).await {
        Ok(ran) => Ok(to_raw_value(&serde_json::json!({ "ran": ran }))?),
        Err(error) => {
            log_failure(function, "run", &event.scheduled_for.to_string(), &error);
            // An error tells EventBridge to call again; the lease lets the next try in once this one cannot be running.
            Err(format!("{error:?}").into())
        }
    }
}

/// Runs the job unless that due time is done or being done. `false` when there was nothing to do.
async fn run_once(function: &Function, schedule: &Schedule, app: &App, run: Run) -> Result<bool, Error> {
    let now = app.now();
    let held_until = now.checked_add(SignedDuration::from_secs(i64::from(function.timeout_s))).unwrap_or(now);
    let (wing, job) = (function.wing.tag.to_owned(), function.name.to_owned());
    let address = Lease::at(&wing, &job, run.due);
    let take = match app.table().get(address.clone()).await? {
        None => Write::new().create(&Lease { job, wing, due: run.due, held_until, done: false }),
        Some(lease) if lease.done || lease.held_until > now => return Ok(false),
        Some(mut lease) => {
            lease.held_until = held_until;
            Write::new().replace(&lease)
        }
    };
    match app.table().write(take).await {
        Err(error) if error.code() == crate::codes::CHANGED_MEANWHILE => return Ok(false),
        taken => taken?,
    }
    let done = (schedule.handle)(app, run).await;
    if let Some(mut lease) = app.table().get(address).await? {
        match &done {
            Ok(()) => lease.done = true,
            // Let go, so that the next call need not wait for the lease to run out.
            Err(_) => lease.held_until = now,
        }
        app.table().write(Write::new().replace(&lease)).await?;
    }
    done.map(|()| true)
}
