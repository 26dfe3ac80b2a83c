//! The time that the AWS endpoint spends on calls, so that it can be told from the rest.
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use local::{Call, Observer, Outcome, Service};

/// Adds up what DynamoDB took, from the call read to its answer ready.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<Spent>);

/// What DynamoDB took.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Spent {
    /// In so many calls …
    pub calls: usize,
    /// … so long.
    pub time: Duration,
}

impl Meter {
    /// What was spent since this was last asked.
    pub fn take(&self) -> Spent {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Meter {
    fn after(&self, call: &Call, outcome: &Outcome) {
        if call.service == Service::DynamoDb {
            let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            spent.calls += 1;
            spent.time += outcome.elapsed;
        }
    }
}
