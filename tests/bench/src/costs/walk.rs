//! Walks through the lines of a wing and notes what each call cost.
use std::collections::BTreeMap;

use jiff::SignedDuration;
use lending::staff;
use local::requests::Served;
use shared::{clock::sortable, function::Function};

use super::step::{Call, Line, Memory, Steps, Who, filled, known};
use crate::{
    Fault,
    house::House,
    person::{Answer, Letter, Person},
    stock::staff::signed_in,
};

/// The mobile number of the borrower of the walk.
const MOBILE: &str = "9876543210";

/// A walk under way.
pub(super) struct Walk<'a> {
    /// Where.
    pub house: &'a House,
    /// What is known so far.
    pub memory: Memory,
    people: BTreeMap<Who, Person>,
    walked: Walked,
}

/// What a walk has found.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// What each call cost that succeeded, by function and case; the dearest where a case came more than once.
    pub costs: BTreeMap<(&'static str, &'static str), Cost>,
    /// What the other functions cost that ran because of it: the dearest invocation.
    pub behind: BTreeMap<&'static str, Cost>,
    /// Lines that came to nothing, and why.
    pub failed: Vec<String>,
}

/// What one invocation cost.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub(super) struct Cost {
    /// Calls to DynamoDB.
    pub calls: u32,
    /// Read units.
    pub read: f64,
    /// Write units.
    pub write: f64,
}

impl From<&Served> for Cost {
    fn from(served: &Served) -> Self {
        Self { calls: served.dynamodb_calls, read: served.read_units, write: served.write_units }
    }
}

impl Cost {
    fn dearer(self, other: Self) -> Self {
        if (other.calls, other.read + other.write) > (self.calls, self.read + self.write) {
            other
        } else {
            self
        }
    }
}

/// Walks through `steps`.
pub(super) async fn walk(house: &House, steps: &Steps) -> Result<Walked, Fault> {
    let memory = Memory::from([("mobile", MOBILE.to_owned())]);
    let wing = steps.wing.name;
    let people = BTreeMap::from([
        (Who::Officer, signed_in(&house.store, &format!("officer-of-{wing}"), staff::OFFICER).await?),
        (Who::Admin, signed_in(&house.store, &format!("admin-of-{wing}"), staff::ADMIN).await?),
        (Who::SecondAdmin, signed_in(&house.store, &format!("second-admin-of-{wing}"), staff::ADMIN).await?),
        (Who::Finance, signed_in(&house.store, &format!("finance-of-{wing}"), staff::FINANCE).await?),
    ]);
    let mut walk = Walk { house, memory, people, walked: Walked::default() };
    for line in steps.lines {
        match line {
            Line::Call(call) => walk.call(steps, call).await,
            Line::Wait(seconds) => house.cloud.advance(SignedDuration::from_secs(*seconds)).await,
            Line::Arrange(what, how) => {
                if let Err(fault) = how(&mut walk).await {
                    walk.walked.failed.push(format!("{what}: {fault}"));
                }
            }
        }
    }
    Ok(walk.walked)
}

impl Walk<'_> {
    async fn call(&mut self, steps: &Steps, call: &Call) {
        let name = format!("{} {}", call.method.name(), call.path);
        self.memory.insert("now", sortable(self.house.cloud.clock().now()));
        let path = match filled(call.path, &self.memory) {
            Ok(path) => format!("{}{path}", steps.wing.base_path),
            Err(unknown) => return self.walked.failed.push(format!("{name}: no {{{unknown}}} is known")),
        };
        let body = call.body.map(|body| body(&self.memory));
        let before = self.house.cloud.requests();
        let person = self.people.entry(call.who).or_default();
        let if_match = self.memory.get("etag").map(String::as_str).filter(|_| call.if_unchanged);
        let letter = Letter { method: call.method, path: &path, body: body.as_ref(), if_match };
        let answer = person.send(&self.house.cloud, letter).await;
        self.house.cloud.settle().await;
        self.note(steps, call, &name, &before, &answer);
        self.remember(call, &answer);
    }

    fn note(&mut self, steps: &Steps, call: &Call, name: &str, before: &[Served], answer: &Answer) {
        let after = self.house.cloud.requests();
        let new = newer(before, &after);
        let is_endpoint = |served: &&Served| is_http(steps.functions, served.function);
        for served in new.iter().filter(|served| !is_endpoint(served)) {
            let cost = self.walked.behind.entry(served.function).or_default();
            *cost = cost.dearer(served.into());
        }
        match new.iter().find(is_endpoint) {
            Some(served) if answer.is_success() => {
                let cost = self.walked.costs.entry((served.function, call.case)).or_default();
                *cost = cost.dearer(served.into());
            }
            _ => self.walked.failed.push(format!("{name}: {}", answer.refusal())),
        }
    }

    fn remember(&mut self, call: &Call, answer: &Answer) {
        for (name, pointer) in call.keep {
            if let Some(text) = answer.body.pointer(pointer).and_then(|value| value.as_str()) {
                self.memory.insert(*name, text.to_owned());
            }
        }
        if let Some(etag) = &answer.etag {
            self.memory.insert("etag", etag.clone());
        }
        let to_borrower = format!("+91{}", known(&self.memory, "mobile"));
        let inbox = self.house.cloud.inbox();
        let word = |fits: fn(&str) -> bool, to: Option<&str>| {
            let messages = inbox.iter().rev().filter(|entry| to.is_none_or(|to| entry.to == to));
            let mut words =
                messages.flat_map(|entry| entry.body.split(|c: char| !(c.is_alphanumeric() || c == '_')));
            words.find(|word| fits(word)).map(str::to_owned)
        };
        let code =
            word(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit()), Some(&to_borrower));
        let email_token = word(|word| word.starts_with("eml_"), None);
        let found = [("code", code), ("email_token", email_token)];
        self.memory.extend(found.into_iter().filter_map(|(name, text)| Some((name, text?))));
    }
}

fn is_http(functions: &[&'static Function], name: &str) -> bool {
    functions.iter().any(|function| function.name == name && function.route().is_some())
}

/// What stands in `after` and did not stand in `before`, of a log that keeps only so many lines.
fn newer<'a>(before: &[Served], after: &'a [Served]) -> &'a [Served] {
    let same = (0..=before.len()).find(|&gone| after.starts_with(&before[gone..])).unwrap_or(before.len());
    &after[before.len() - same..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(numbers: std::ops::Range<u32>) -> Vec<Served> {
        let served = |number| Served {
            function: "f",
            status: 200,
            milliseconds: 1.0,
            dynamodb_calls: number,
            read_units: 0.0,
            write_units: 0.0,
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        numbers.map(served).collect()
    }

    #[test]
    fn only_what_is_new_in_the_log_counts() {
        assert_eq!(newer(&log(0..3), &log(0..5)), log(3..5));
        assert_eq!(newer(&log(0..5), &log(2..7)), log(5..7));
        assert_eq!(newer(&log(0..3), &log(0..3)), []);
        assert_eq!(newer(&[], &log(0..1)), log(0..1));
    }
}
