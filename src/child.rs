//! Analyses in processes of their own, with their own limit of memory and time: whatever they need,
//! the service that takes events keeps its own.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde::de::DeserializeOwned;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use crate::config::{Config, env};
use crate::words::Words;

/// Longest part of what a child said that is logged.
const SAID_CHARS_MAX: usize = 400;
/// Largest answer of a child that is held.
const STDOUT_BYTES_MAX: u64 = 32 << 20;
/// Most of what it says beside that is held.
const STDERR_BYTES_MAX: u64 = 64 << 10;

/// Starts children on a data folder.
#[derive(Debug, Clone)]
pub(crate) struct Children {
    data: PathBuf,
    config: Option<PathBuf>,
    memory_bytes_max: u64,
    time_max: Duration,
}

/// What a child left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    /// What it ended with; `None` when it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    /// The first of what it said beside.
    pub(crate) stderr: String,
}

impl Children {
    /// Children on a data folder, within the limits of the schedule.
    pub(crate) fn of(config: &Config, data: PathBuf) -> Self {
        Self {
            data,
            config: config.file.clone(),
            memory_bytes_max: config.schedule.memory_max,
            time_max: config.schedule.time_max,
        }
    }

    /// Runs a command of this program on the data folder and reads its answer in JSON, whatever the
    /// exit code says of it.
    ///
    /// # Errors
    /// When it cannot be started, takes too long, or does not answer.
    ///
    /// # Cancel safety
    /// A child that nobody waits for any more is killed.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, mut words: Words) -> anyhow::Result<T> {
        words.options.push("--format=json".to_owned());
        self.answer(words).await
    }

    /// Runs a command that answers in JSON by itself.
    ///
    /// # Errors
    /// As [`Children::ask`].
    ///
    /// # Cancel safety
    /// A child that nobody waits for any more is killed.
    pub(crate) async fn answer<T: DeserializeOwned>(&self, words: Words) -> anyhow::Result<T> {
        let ended = self.run(words).await?;
        if ended.stdout.is_empty() {
            let said: String = ended.stderr.trim().chars().take(SAID_CHARS_MAX).collect();
            let code = ended
                .code
                .map_or("a signal".to_owned(), |code| code.to_string());
            bail!("an analysis ended with {code} and said: {said}");
        }
        serde_json::from_slice(&ended.stdout).context("an analysis did not answer in JSON")
    }

    /// Runs a command of this program on the data folder.
    ///
    /// # Errors
    /// When it cannot be started, takes too long, or says more than is held.
    ///
    /// # Cancel safety
    /// A child that nobody waits for any more is killed.
    pub(crate) async fn run(&self, words: Words) -> anyhow::Result<Ended> {
        let program = std::env::current_exe().context("the program does not know where it lies")?;
        let mut command = Command::new(program);
        command
            .args(&words.path)
            .args(&words.options)
            .arg("--data")
            .arg(&self.data)
            .env_remove(env::URL)
            .env_remove(env::DATA)
            .env_remove(env::CONFIG)
            .env_remove(env::ZONE)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(config) = &self.config {
            command.arg("--config").arg(config);
        }
        if !words.operands.is_empty() {
            // Whatever they are named, they are no flags.
            command.arg("--").args(&words.operands);
        }
        let child = command.spawn().context("an analysis cannot be started")?;
        if let Some(pid) = child.id() {
            limit(pid, self.memory_bytes_max)?;
        }
        let ended = tokio::time::timeout(self.time_max, read(child)).await;
        ended.with_context(|| format!("an analysis took longer than {:?}", self.time_max))?
    }
}

/// Waits for a child, and holds no more of its words than there is room for.
async fn read(mut child: Child) -> anyhow::Result<Ended> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (stdout, mut stderr) = stdout.zip(stderr).context("an analysis has no voice")?;
    let (mut said, mut talk) = (Vec::new(), Vec::new());
    let mut first = stdout.take(STDOUT_BYTES_MAX + 1);
    let listened = async {
        let mut beginning = (&mut stderr).take(STDERR_BYTES_MAX);
        beginning.read_to_end(&mut talk).await?;
        tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await
    };
    let all = async {
        first.read_to_end(&mut said).await?;
        let is_whole = u64::try_from(said.len()).is_ok_and(|bytes| bytes <= STDOUT_BYTES_MAX);
        anyhow::ensure!(
            is_whole,
            "the answer is larger than {} MiB: ask for less",
            STDOUT_BYTES_MAX >> 20
        );
        Ok(said)
    };
    let (stdout, _) = tokio::try_join!(all, async { listened.await.map_err(Into::into) })?;
    let status = child.wait().await;
    let status = status.context("an analysis cannot be waited for")?;
    Ok(Ended {
        code: status.code(),
        stdout,
        stderr: String::from_utf8_lossy(&talk).into_owned(),
    })
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
