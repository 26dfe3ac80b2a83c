//! The last invocations, each with what it cost in the table.
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use local_aws::{Call, Observer, Outcome, Service};
use serde::Serialize;

/// How many are remembered.
const KEPT: usize = 500;

/// One invocation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Served {
    /// The function.
    pub function: &'static str,
    /// The HTTP status; for other functions 200 when everything succeeded, else 500.
    pub status: u16,
    /// How long it took, in real time.
    pub milliseconds: f64,
    /// Its calls to DynamoDB.
    pub dynamodb_calls: u32,
    /// The read units that they consumed.
    pub read_units: f64,
    /// The write units that they consumed.
    pub write_units: f64,
    /// When it began, on the virtual clock.
    pub at: Timestamp,
}

/// What one running invocation has cost so far.
#[derive(Debug, Default, Clone, Copy)]
struct Cost {
    calls: u32,
    read_units: f64,
    write_units: f64,
}

/// The log of invocations. Told apart by the trace that every AWS call of an invocation carries.
#[derive(Debug, Default)]
pub(crate) struct Requests(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    running: HashMap<String, Cost>,
    served: VecDeque<Served>,
}

impl Requests {
    /// From now on, calls with this trace are counted.
    pub fn begin(&self, trace: &str) {
        self.lock().running.insert(trace.to_owned(), Cost::default());
    }

    /// The invocation with this trace has ended.
    pub fn finish(&self, trace: &str, function: &'static str, status: u16, milliseconds: f64, at: Timestamp) {
        let mut inner = self.lock();
        let cost = inner.running.remove(trace).unwrap_or_default();
        if inner.served.len() == KEPT {
            inner.served.pop_front();
        }
        let Cost { calls: dynamodb_calls, read_units, write_units } = cost;
        inner.served.push_back(Served {
            function,
            status,
            milliseconds,
            dynamodb_calls,
            read_units,
            write_units,
            at,
        });
    }

    /// What is remembered, oldest first.
    pub fn list(&self) -> Vec<Served> {
        self.lock().served.iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Requests {
    fn after(&self, call: &Call, outcome: &Outcome) {
        let Some(trace) = call.trace.as_deref().filter(|_| call.service == Service::DynamoDb) else { return };
        if let Some(cost) = self.lock().running.get_mut(trace) {
            cost.calls += 1;
            cost.read_units += outcome.read_units;
            cost.write_units += outcome.write_units;
        }
    }
}
