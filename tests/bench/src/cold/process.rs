//! A binary under the Runtime API: started, asked, looked at, ended.
use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use axum::body::Bytes;
use local::LocalCloud;

use super::runtime_api::{RuntimeApi, Sign};
use crate::{Fault, machine};

/// A function that does nothing for so long does not come any more.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running function. It is ended when this is dropped.
pub(super) struct Process {
    child: Child,
    api: RuntimeApi,
    started: Instant,
}

/// When a process has come so far, from its start.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    /// Until it asked for its first invocation.
    pub asked: Duration,
    /// Until it had answered it; the event was handed over at once.
    pub answered: Duration,
}

/// Memory of a process, in megabytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Memory {
    /// What is resident now.
    pub resident: f64,
    /// The most that ever was.
    pub most: f64,
}

impl Process {
    /// Starts `binary` as Lambda starts a function, with the settings of the local cloud.
    pub async fn start(binary: &Path, function: &str, cloud: &LocalCloud) -> Result<Self, Fault> {
        let api = RuntimeApi::open().await?;
        let mut command = Command::new(binary);
        command
            .env_clear()
            .envs(cloud.environment())
            .env("AWS_LAMBDA_RUNTIME_API", &api.address)
            .env("AWS_LAMBDA_FUNCTION_NAME", function)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "bench")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
            .env("TZ", ":UTC")
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let started = Instant::now();
        let child = command.spawn().map_err(|error| format!("{}: {error}", binary.display()))?;
        Ok(Self { child, api, started })
    }

    /// The first invocation: the event is given as soon as it is asked for.
    pub async fn first(&mut self, event: &Bytes) -> Result<(Start, Bytes), Fault> {
        let (asked, _, answered, reply) = self.invoke(event).await?;
        let since = |at: Instant| at.duration_since(self.started);
        Ok((Start { asked: since(asked), answered: since(answered) }, reply))
    }

    /// Another invocation: how long it took from the event given to the answer taken.
    pub async fn again(&mut self, event: &Bytes) -> Result<(Duration, Bytes), Fault> {
        let (_, given, answered, reply) = self.invoke(event).await?;
        Ok((answered.duration_since(given), reply))
    }

    async fn invoke(&mut self, event: &Bytes) -> Result<(Instant, Instant, Instant, Bytes), Fault> {
        let Sign::Asks(asked, give) = self.sign().await? else {
            return Err("it answered without being asked".into());
        };
        let given = Instant::now();
        give.send(event.clone()).map_err(|_| "it asked and did not wait for work")?;
        match self.sign().await? {
            Sign::Answers(answered, reply) => Ok((asked, given, answered, reply)),
            Sign::Fails(why) => Err(format!("it failed: {}", String::from_utf8_lossy(&why)).into()),
            Sign::Asks(..) => Err("it asked for more work before it answered".into()),
        }
    }

    async fn sign(&mut self) -> Result<Sign, Fault> {
        match tokio::time::timeout(PATIENCE, self.api.signs.recv()).await {
            Ok(Some(Sign::Fails(why))) => Err(format!("it failed: {}", String::from_utf8_lossy(&why)).into()),
            Ok(Some(sign)) => Ok(sign),
            Ok(None) => Err("its Runtime API has ended".into()),
            Err(_elapsed) => Err(match self.child.try_wait()? {
                Some(status) => format!("it ended with {status}").into(),
                None => format!("it did nothing for {} seconds", PATIENCE.as_secs()).into(),
            }),
        }
    }

    /// Its memory now.
    pub fn memory(&self) -> Memory {
        let file = format!("/proc/{}/status", self.child.id());
        let megabytes = |name| {
            let value = machine::line(&file, name).unwrap_or_default();
            value.trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1024.0
        };
        Memory { resident: megabytes("VmRSS"), most: megabytes("VmHWM") }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // By its own handle, so that no other process can be meant.
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            eprintln!("bench: process {} does not end: {error}", self.child.id());
        }
    }
}
