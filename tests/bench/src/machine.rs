//! What the figures were measured on: without it they mean nothing.
use std::{fs::read_to_string, process::Command, thread::available_parallelism};

/// The machine, the compiler, the build and how busy the machine is, in a few lines.
pub(crate) fn description() -> String {
    let cpu = line("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let cores = available_parallelism().map_or(0, usize::from);
    let memory = line("/proc/meminfo", "MemTotal").unwrap_or_else(|| "unknown".to_owned());
    let load = read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let build = if cfg!(debug_assertions) { "debug build: times mean nothing" } else { "release build" };
    format!(
        "{cpu}, {cores} cores, memory {memory}, load {load}\n{}, {build}\n",
        rustc.unwrap_or_else(|_| "rustc unknown".to_owned())
    )
}

/// The value behind `name:` in a file of `/proc`.
pub(crate) fn line(file: &str, name: &str) -> Option<String> {
    let text = read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
