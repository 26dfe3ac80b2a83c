//! Which functions are measured: their binaries, and the events that they get.
use std::{
    fs,
    path::{Path, PathBuf},
};

use axum::body::Bytes;
use local::{cli::workspace, wings};
use serde_json::{Value, json};
use shared::{
    function::{Function, Method, Trigger},
    http::Credential,
};

use crate::{Fault, person::Person};

/// A function with its binary.
pub(super) struct Chosen {
    /// The function.
    pub function: &'static Function,
    /// Its binary.
    pub binary: PathBuf,
}

/// The functions with these names; all that are built with `all`; otherwise the first of each kind.
pub(super) fn chosen(names: &[String], all: bool, directory: Option<&Path>) -> Result<Vec<Chosen>, Fault> {
    let wings = wings::all();
    let declared: Vec<&'static Function> =
        wings.iter().flat_map(|(_, functions)| functions.iter().copied()).collect();
    if let Some(unknown) = names.iter().find(|name| !declared.iter().any(|function| function.name == **name))
    {
        return Err(format!("no function is called {unknown}").into());
    }
    let built = declared.into_iter().filter_map(|function| {
        let binary = places(function.name, directory).into_iter().find(|path| path.is_file())?;
        Some(Chosen { function, binary })
    });
    let built: Vec<Chosen> = built.collect();
    if built.is_empty() {
        return Err(
            "no release binary of a function is there; docs/benchmarks.md says how to build them".into()
        );
    }
    if !names.is_empty() {
        return Ok(built
            .into_iter()
            .filter(|chosen| names.iter().any(|name| name == chosen.function.name))
            .collect());
    }
    if all { Ok(built) } else { Ok(one_of_each_kind(built)) }
}

/// Where `cargo build --release` and `cargo lambda build` put a binary.
fn places(name: &str, directory: Option<&Path>) -> Vec<PathBuf> {
    if let Some(directory) = directory {
        return vec![directory.join(name), directory.join(name).join("bootstrap")];
    }
    let target = workspace().join("target");
    vec![target.join("release").join(name), target.join("lambda").join(name).join("bootstrap")]
}

fn one_of_each_kind(built: Vec<Chosen>) -> Vec<Chosen> {
    let mut kinds = Vec::new();
    built
        .into_iter()
        .filter(|chosen| {
            let kind = kind(chosen.function);
            let new = !kinds.contains(&kind);
            kinds.push(kind);
            new
        })
        .collect()
}

/// What sort of function it is, for the table.
pub(super) fn kind(function: &Function) -> &'static str {
    match &function.trigger {
        Trigger::Http(route) => match (route.access.credential, route.method) {
            (Credential::Cookie(_), Method::Get) => "read with session",
            (Credential::Cookie(_), _) => "write with session",
            (_, Method::Get) => "public read",
            _ => "public write",
        },
        Trigger::Queue(_) => "queue",
        Trigger::Stream(_) => "stream",
        Trigger::Schedule(_) => "schedule",
        Trigger::None => "none",
    }
}

/// The event of `events/<wing>/<function>.json`, with a session that counts in place of the sample's.
pub(super) fn event(function: &Function, person: &Person) -> Result<Bytes, Fault> {
    let path = workspace().join("events").join(function.wing.name).join(format!("{}.json", function.name));
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut event: Value =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    if function.route().is_some_and(|route| matches!(route.access.credential, Credential::Cookie(_))) {
        event["cookies"] = json!([person.cookie]);
        event["headers"]["x-csrf-token"] = json!(person.csrf);
    }
    Ok(event.to_string().into())
}
