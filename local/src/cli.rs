//! The command line: what may be said, and what is said back. Nothing here prints; `main` does.
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use clap::{Args, Parser, Subcommand};

use crate::{LocalCloud, Options, Storage, demo::Demo};

/// The local cloud: serves every function of the house on this machine.
#[derive(Debug, Parser)]
#[command(name = "quintet", args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// How it serves.
    #[command(flatten)]
    pub serve: Serve,
    /// Something else than serving.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// How the local cloud serves.
#[derive(Debug, Args)]
pub struct Serve {
    /// Port of the services and of the page with everything
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Port of the AWS endpoint
    #[arg(long, default_value_t = 4566)]
    pub aws_port: u16,
    /// Keep everything in memory and forget it at the end
    #[arg(long, conflicts_with = "data_dir")]
    pub memory: bool,
    /// Where the data is kept
    #[arg(long, default_value = ".local")]
    pub data_dir: PathBuf,
    /// Fill it with believable data
    #[arg(long)]
    pub demo: bool,
}

/// What else there is to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write what follows from the declarations: mains, templates, OpenAPI documents, lists
    Derive {
        /// Only compare; fails when something is stale
        #[arg(long)]
        check: bool,
    },
    /// Draft an endpoint in the form of the house
    New {
        /// Its wing, such as lending
        wing: String,
        /// What it does, as <verb>-<noun>: close-loan
        name: String,
        /// Its path below the wing's base path [default: /api/<noun>]
        #[arg(long)]
        path: Option<String>,
    },
    /// Make lending's first admin in the stage that the environment names, and print their temporary password
    FirstAdmin {
        /// Their e-mail address
        email: String,
        /// Their name
        name: String,
    },
}

impl Serve {
    /// The options for [`LocalCloud::start`].
    pub fn options(&self) -> Options {
        let storage = if self.memory { Storage::Memory } else { Storage::Directory(self.data_dir.clone()) };
        Options { port: self.port, aws_port: self.aws_port, storage, ..Options::memory() }
    }
}

/// The workspace that this program was built from.
pub fn workspace() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// What a person is told once everything is served.
pub fn greeting(cloud: &LocalCloud) -> String {
    let base = cloud.base_url().replace("127.0.0.1", "localhost");
    let mut text = format!("Quintet serves at {base}/\n\n");
    for (wing, functions) in cloud.wings() {
        let (name, path, count) = (wing.name, wing.base_path, functions.len());
        line(&mut text, format_args!("  {name:<12} {base}{path:<16} {count} functions"));
    }
    line(&mut text, format_args!("  {:<12} {}", "AWS", cloud.aws_url()));
    text.push_str("\nFor cargo lambda watch and the AWS CLI:\n\n");
    for (name, value) in cloud.environment() {
        line(&mut text, format_args!("  export {name}='{value}'"));
    }
    text.push_str("\nCtrl-C stops it.");
    text
}

/// What a person is told about the data of `--demo`.
pub fn who_is_who(demo: &Demo) -> String {
    let mut text = String::from("Demo:\n\n");
    for sign_in in &demo.sign_ins {
        line(&mut text, format_args!("  {} ({}, {})", sign_in.name, sign_in.wing, sign_in.as_what));
        line(&mut text, format_args!("    cookie: {}", sign_in.cookie));
        line(&mut text, format_args!("    x-csrf-token: {}", sign_in.csrf));
    }
    for refused in &demo.refused {
        line(&mut text, format_args!("  not done: {refused}"));
    }
    text
}

fn line(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _infallible = writeln!(text, "{what}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_durable_by_default() {
        Cli::command().debug_assert();
        let plain = Cli::parse_from(["quintet"]);
        assert_eq!(plain.serve.options().storage, Storage::Directory(".local".into()));
        assert_eq!((plain.serve.port, plain.serve.aws_port), (8080, 4566));
        assert_eq!(Cli::parse_from(["quintet", "--memory"]).serve.options().storage, Storage::Memory);
        assert!(Cli::try_parse_from(["quintet", "--memory", "--data-dir", "x"]).is_err());
        assert!(matches!(
            Cli::parse_from(["quintet", "derive", "--check"]).command,
            Some(Command::Derive { check: true })
        ));
    }
}
