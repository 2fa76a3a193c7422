//! Analyses in processes of their own, with their own limit of memory and time: whatever they need,
//! the service that takes events keeps its own.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde::de::DeserializeOwned;
use tokio::process::Command;

use crate::config::env;

/// Longest part of what a child said that is logged.
const SAID_CHARS_MAX: usize = 400;

/// Starts children on a data folder.
#[derive(Debug, Clone)]
pub(crate) struct Children {
    pub(crate) data: PathBuf,
    pub(crate) config: Option<PathBuf>,
    pub(crate) memory_bytes_max: u64,
    pub(crate) time_max: Duration,
}

impl Children {
    /// Runs a command of this program on the data folder and reads its answer in JSON, whatever the
    /// exit code says of it.
    ///
    /// # Errors
    /// When it cannot be started, takes too long, or does not answer.
    ///
    /// # Cancel safety
    /// A child that nobody waits for any more is killed.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        arguments: &[&str],
        operand: Option<&str>,
    ) -> anyhow::Result<T> {
        let program = std::env::current_exe().context("the program does not know where it lies")?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .args(["--format", "json", "--data"])
            .arg(&self.data)
            .env_remove(env::URL)
            .env_remove(env::DATA)
            .env_remove(env::CONFIG)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(config) = &self.config {
            command.arg("--config").arg(config);
        }
        if let Some(operand) = operand {
            // Whatever it is named, it is no flag.
            command.args(["--", operand]);
        }
        let child = command.spawn().context("an analysis cannot be started")?;
        if let Some(pid) = child.id() {
            limit(pid, self.memory_bytes_max)?;
        }
        let ended = tokio::time::timeout(self.time_max, child.wait_with_output()).await;
        let output = ended
            .with_context(|| format!("an analysis took longer than {:?}", self.time_max))?
            .context("an analysis cannot be waited for")?;
        if output.stdout.is_empty() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said: String = said.trim().chars().take(SAID_CHARS_MAX).collect();
            bail!("an analysis ended with {} and said: {said}", output.status);
        }
        serde_json::from_slice(&output.stdout).context("an analysis did not answer in JSON")
    }
}

/// Limits what a process may allocate. Its address space is no measure: much of it is never touched.
fn limit(pid: u32, bytes_max: u64) -> anyhow::Result<()> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let limit = Rlimit {
        current: Some(bytes_max),
        maximum: Some(bytes_max),
    };
    match prlimit(pid, Resource::Data, limit) {
        // It has ended already.
        Err(rustix::io::Errno::SRCH) => Ok(()),
        set => set
            .map(drop)
            .context("the memory of an analysis cannot be limited"),
    }
}
