//! The benchmarks of the house: `docs/benchmarks.md` says how to run them and what they said last.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people at a terminal says what it measured"
)]
#![expect(clippy::expect_used, reason = "a benchmark that cannot set its scene stops, loudly")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]

mod cold;
mod costs;
mod figures;
mod gateway;
mod grid;
mod house;
mod machine;
mod meter;
mod person;
mod stock;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What goes wrong, as a sentence for the person who measures.
type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Measures the house.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Cold start, warm latency, memory and size of release binaries under the Lambda Runtime API
    Cold(cold::Options),
    /// Requests per second through the gateway of the local cloud
    Gateway(gateway::Options),
    /// DynamoDB calls and units of every endpoint, with few and with many loans stored
    Costs(costs::Options),
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Cold(options) => cold::run(&options).await,
        Command::Gateway(options) => gateway::run(&options).await,
        Command::Costs(options) => costs::run(&options).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("bench: {fault}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}
