//! `cargo run`: the local cloud for a person at a terminal.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people at a terminal says what it does"
)]

use std::process::ExitCode;

use clap::Parser as _;
use local::{
    LocalCloud,
    cli::{self, Cli, Command, Serve},
    demo, derive, operator,
    scaffold::{self, Draft},
};
use tokio::signal;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let Cli { serve, command } = Cli::parse();
    let outcome = match command {
        Some(Command::Derive { check }) => derive(check),
        Some(Command::New { wing, name, path }) => {
            draft(&Draft { wing: &wing, name: &name, path: path.as_deref() })
        }
        Some(Command::FirstAdmin { email, name }) => first_admin(&email, &name),
        None => run(&serve),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("quintet: {error}");
        ExitCode::FAILURE
    })
}

fn derive(check: bool) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let report = derive::run(cli::workspace(), check)?;
    print!("{report}");
    Ok(if check && !report.is_fresh() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn draft(draft: &Draft<'_>) -> Result<ExitCode, Box<dyn std::error::Error>> {
    print!("{}", scaffold::endpoint(cli::workspace(), draft)?);
    Ok(ExitCode::SUCCESS)
}

#[tokio::main]
async fn first_admin(email: &str, name: &str) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let password = operator::first_admin(email, name).await?;
    println!("{email} signs in with this password, once, within three days:\n\n  {password}\n");
    println!("They then choose their own and enrol an authenticator.");
    Ok(ExitCode::SUCCESS)
}

#[tokio::main]
async fn run(serve: &Serve) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let cloud = LocalCloud::start(serve.options()).await?;
    println!("{}", cli::greeting(&cloud));
    if serve.demo {
        println!("\n{}", cli::who_is_who(&demo::fill(&cloud).await));
    }
    stop_asked_for().await?;
    cloud.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Resolves when the person or the system wants the program to end.
async fn stop_asked_for() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    signal::ctrl_c().await
}
