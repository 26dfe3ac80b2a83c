//! `bench cold`: release binaries under the Lambda Runtime API, with the AWS endpoint of a local cloud on loopback.
mod choice;
mod process;
mod runtime_api;

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use axum::body::Bytes;
use clap::Args;
use local::LocalCloud;
use serde_json::Value;

use self::{
    choice::{Chosen, chosen, event, kind},
    process::{Memory, Process, Start},
};
use crate::{
    Fault,
    figures::Figures,
    grid::{Grid, ms},
    house::House,
    machine,
    stock::session,
};

/// The budgets of the design: milliseconds, megabytes.
const COLD_MS: f64 = 15.0;
const RESIDENT_MB: f64 = 12.0;
const BINARY_MB: f64 = 6.0;
const OVERHEAD_MS: f64 = 0.3;

/// What is measured, and how often.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Functions by name; without any, the first of each kind that is built
    functions: Vec<String>,
    /// All functions that are built
    #[arg(long, conflicts_with = "functions")]
    all: bool,
    /// Cold starts of each
    #[arg(long, default_value_t = 20)]
    starts: usize,
    /// Warm invocations of each
    #[arg(long, default_value_t = 1_000)]
    warm: usize,
    /// Where the binaries are: `<name>` or `<name>/bootstrap`; without it, target/release and target/lambda
    #[arg(long)]
    binaries: Option<PathBuf>,
}

/// What one function has shown.
struct Measured {
    asked: Figures,
    answered: Figures,
    warm: Figures,
    overhead: Figures,
    dynamodb: Figures,
    at_first: Memory,
    at_last: Memory,
    megabytes: f64,
    statuses: BTreeMap<String, usize>,
}

/// Measures each function and compares it with the budgets.
pub(crate) async fn run(options: &Options) -> Result<(), Fault> {
    println!("{}", machine::description());
    let house = House::real().await?;
    let mut times = Grid::new(&[
        "function",
        "kind",
        ">to first /next",
        ">to first reply",
        ">p90",
        ">warm p50",
        ">p99",
        ">of it DynamoDB",
        ">overhead p50",
        ">p99",
        "replies",
    ]);
    let mut sizes = Grid::new(&[
        "function",
        ">resident after 1",
        ">after all",
        ">peak",
        ">binary",
        "start ≤ 15 ms",
        "memory ≤ 12 MB",
        "binary ≤ 6 MB",
        "overhead ≤ 0.3 ms",
    ]);
    for chosen in chosen(&options.functions, options.all, options.binaries.as_deref())? {
        let name = chosen.function.name;
        match measure(&house, &chosen, options).await {
            Ok(measured) => {
                times.row(measured.times(&chosen));
                sizes.row(measured.sizes(name));
            }
            Err(fault) => println!("{name}: not measured: {fault}"),
        }
    }
    if !times.is_empty() {
        println!("{times}\n{sizes}");
        println!(
            "Milliseconds and megabytes; medians where nothing else is said. {} starts and {} warm invocations each, one after \
             the other. «Overhead» is a warm invocation, from the event given to the reply taken, less the time inside the \
             DynamoDB engine: the HTTP of the SDK and of the Runtime API is part of it.",
            options.starts, options.warm
        );
    }
    house.cloud.stop().await;
    Ok(())
}

async fn measure(house: &House, chosen: &Chosen, options: &Options) -> Result<Measured, Fault> {
    let person = session(&house.store, chosen.function).await?;
    let event = event(chosen.function, &person)?;
    let mut starts: Vec<Start> = Vec::new();
    for _ in 0..options.starts {
        let mut process = start(chosen, &house.cloud).await?;
        starts.push(process.first(&event).await?.0);
    }
    let mut process = start(chosen, &house.cloud).await?;
    process.first(&event).await?;
    let at_first = process.memory();
    let (mut warm, mut overhead, mut dynamodb) = (Vec::new(), Vec::new(), Vec::new());
    let mut statuses = BTreeMap::new();
    for _ in 0..options.warm {
        house.meter.take();
        let (took, reply) = process.again(&event).await?;
        let spent = house.meter.take();
        warm.push(took);
        overhead.push(took.saturating_sub(spent.time));
        dynamodb.push(spent.time);
        *statuses.entry(status(&reply)).or_default() += 1;
    }
    let milliseconds = |durations: Vec<Duration>| Figures::of(durations);
    Ok(Measured {
        asked: milliseconds(starts.iter().map(|start| start.asked).collect()),
        answered: milliseconds(starts.iter().map(|start| start.answered).collect()),
        warm: milliseconds(warm),
        overhead: milliseconds(overhead),
        dynamodb: milliseconds(dynamodb),
        at_first,
        at_last: process.memory(),
        megabytes: megabytes(fs::metadata(&chosen.binary)?.len()),
        statuses,
    })
}

async fn start(chosen: &Chosen, cloud: &LocalCloud) -> Result<Process, Fault> {
    Process::start(&chosen.binary, chosen.function.name, cloud).await
}

/// The HTTP status of a reply; for a batch, whether all of it succeeded; otherwise, that there is a reply.
fn status(reply: &Bytes) -> String {
    let reply: Value = serde_json::from_slice(reply).unwrap_or_default();
    match (reply["statusCode"].as_u64(), reply["batchItemFailures"].as_array()) {
        (Some(status), _) => status.to_string(),
        (None, Some(failed)) if !failed.is_empty() => "items failed".to_owned(),
        _ => "done".to_owned(),
    }
}

fn megabytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) / 1024.0
}

impl Measured {
    fn times(&self, chosen: &Chosen) -> [String; 11] {
        let statuses: Vec<String> =
            self.statuses.iter().map(|(status, count)| format!("{status} × {count}")).collect();
        [
            chosen.function.name.to_owned(),
            kind(chosen.function).to_owned(),
            ms(self.asked.median()),
            ms(self.answered.median()),
            ms(self.answered.percentile(90)),
            ms(self.warm.median()),
            ms(self.warm.percentile(99)),
            ms(self.dynamodb.median()),
            ms(self.overhead.median()),
            ms(self.overhead.percentile(99)),
            statuses.join(", "),
        ]
    }

    fn sizes(&self, name: &str) -> [String; 9] {
        let within = |value: f64, budget: f64| if value <= budget { "yes" } else { "**no**" }.to_owned();
        [
            name.to_owned(),
            format!("{:.1}", self.at_first.resident),
            format!("{:.1}", self.at_last.resident),
            format!("{:.1}", self.at_last.most),
            format!("{:.2}", self.megabytes),
            within(self.answered.median(), COLD_MS),
            within(self.at_last.resident, RESIDENT_MB),
            within(self.megabytes, BINARY_MB),
            within(self.overhead.median(), OVERHEAD_MS),
        ]
    }
}
