//! `bench costs`: what every endpoint costs in DynamoDB, with few and with many loans stored.
mod lending;
mod platform;
mod report;
mod step;
mod walk;

use std::{fs, time::Instant};

use clap::Args;
use local::cli::workspace;

use self::{step::Steps, walk::Walked};
use crate::{Fault, house::House, machine, stock::Stock};

/// The walk of each wing: the one place to extend when a wing is added.
const WALKS: &[Steps] = &[lending::STEPS, platform::STEPS];

/// How costs are measured.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// So many loans are stored, in two runs
    #[arg(long, num_args = 2, value_names = ["FEW", "MANY"], default_values_t = [1_000, 100_000])]
    loans: Vec<usize>,
    /// Write docs/costs.md
    #[arg(long)]
    write: bool,
}

/// Walks through all endpoints with few and with many loans stored, and shows both.
pub(crate) async fn run(options: &Options) -> Result<(), Fault> {
    let [few, many] = options.loans[..] else { return Err("--loans takes two numbers".into()) };
    println!("{}", machine::description());
    let runs = [(few, walked(few).await?), (many, walked(many).await?)];
    let report = report::markdown(WALKS, &runs);
    println!("{report}");
    if options.write {
        let path = workspace().join("docs/costs.md");
        fs::write(&path, report)?;
        println!("written to {}", path.display());
    }
    Ok(())
}

/// What all walks said in a house with so many loans.
async fn walked(loans: usize) -> Result<Vec<Walked>, Fault> {
    let house = House::repeatable().await?;
    let started = Instant::now();
    Stock::new(&house.store)?.fill(loans).await?;
    house.cloud.settle().await;
    println!("{loans} loans stored in {:.0} s", started.elapsed().as_secs_f64());
    let mut walked = Vec::new();
    for steps in WALKS {
        walked.push(walk::walk(&house, steps).await?);
    }
    house.cloud.stop().await;
    Ok(walked)
}
