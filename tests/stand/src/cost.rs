//! What stands between a function and AWS in a test: it counts what a call cost, and lets services fail on demand. Cost: DynamoDB calls and units, told apart by the trace that each invocation carries.
use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use local_aws::{Call, Observer, Outcome, Refusal, Service};

/// The DynamoDB cost of one invocation.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// Calls.
    pub calls: u32,
    /// Read units.
    pub read_units: f64,
    /// Write units.
    pub write_units: f64,
}

#[derive(Default)]
pub(crate) struct Meter {
    costs: Mutex<HashMap<String, Cost>>,
    traces: AtomicU64,
    broken: Mutex<BTreeSet<&'static str>>,
}

impl Meter {
    pub fn next_trace(&self) -> String {
        format!("trace-{}", self.traces.fetch_add(1, Ordering::Relaxed))
    }

    pub fn of(&self, trace: &str) -> Cost {
        self.costs.lock().unwrap_or_else(PoisonError::into_inner).get(trace).copied().unwrap_or_default()
    }

    pub fn break_down(&self, service: &'static str) {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).insert(service);
    }

    pub fn mend(&self, service: &'static str) {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).remove(service);
    }

    pub fn forget(&self) {
        self.costs.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Observer for Meter {
    fn before(&self, call: &Call) -> Option<Refusal> {
        let broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner).contains(call.service.name());
        broken.then(|| Refusal {
            status: 503,
            code: "ServiceUnavailable".to_owned(),
            message: "broken down for a test".to_owned(),
        })
    }

    fn after(&self, call: &Call, outcome: &Outcome) {
        let (Service::DynamoDb, Some(trace)) = (call.service, &call.trace) else { return };
        let mut costs = self.costs.lock().unwrap_or_else(PoisonError::into_inner);
        let cost = costs.entry(trace.clone()).or_default();
        cost.calls += 1;
        cost.read_units += outcome.read_units;
        cost.write_units += outcome.write_units;
    }
}
