//! From the WAL to the tables: one task that flushes every few seconds, after so many rows or
//! bytes, or when asked.
//!
//! A flush reads batch frames from the WAL (not from memory, so that waiting costs disk and not
//! memory, and a start after a crash does nothing else), decides on every record, writes the data
//! files, appends the prepare frame, commits table by table and cuts the WAL. What is decided in a
//! durable prepare frame is never decided again: an interrupted flush is taken up where it stood,
//! by the running task as by the next start.
//!
//! Invariant: the index gains what a flush decided only once its prepare frame is durable.

mod clear;
#[cfg(test)]
mod crash;
mod decide;
mod encoder;
mod flush;
#[cfg(test)]
mod held;
mod prepare;
mod redo;
mod step;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod unsynced;
mod upkeep;

use std::path::PathBuf;
use std::sync::Arc;

use lake::Lake;
use lake::background::give_way;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tracing::error;

use crate::condition::Signs;
use crate::dedup::{Claims, View};
use crate::error::{Error, Result};
use crate::settings::Settings;
use crate::wal::Wal;
pub(crate) use clear::blank_set_aside;
use prepare::Prepare;
pub(crate) use step::Cutoff;
pub(crate) use upkeep::Upkeep;

/// What the committer is asked for.
#[derive(Debug)]
pub(crate) enum Request {
    /// Flush everything that is durable now and answer.
    Flush(oneshot::Sender<Result<()>>),
    /// The same, and remove the WAL behind it.
    Clear(oneshot::Sender<Result<()>>),
    /// Forget older versions of the tables; answers how many files went.
    Forget(oneshot::Sender<Result<usize>>),
    /// Flush, then end.
    Shutdown(oneshot::Sender<Result<()>>),
}

/// The owner of the way from WAL to tables.
#[derive(Debug)]
pub(crate) struct Committer {
    /// The tables.
    pub lake: Arc<Lake>,
    /// The write-ahead log.
    pub wal: Arc<Wal>,
    /// The WAL's folder.
    pub wal_folder: PathBuf,
    /// The index.
    pub view: Arc<View>,
    /// How records become claims.
    pub claims: Claims,
    /// The ingest node.
    pub node: String,
    /// The limits.
    pub settings: Settings,
    /// Where flushes are counted.
    pub signs: Arc<Signs>,
    /// The tables hold everything before this position.
    pub committed: i64,
    /// A decided flush that is not committed to every table yet.
    pub prepared: Option<Prepare>,
    /// What goes on beside the flushes.
    pub upkeep: Upkeep,
    /// Where a test stops it.
    pub cutoff: Cutoff,
}

impl Committer {
    /// Serves until asked to end, or until nobody is left to ask.
    pub(crate) async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let period = self.settings.flush_interval;
        let mut ticks = interval_at(Instant::now() + period, period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let wal = Arc::clone(&self.wal);
        // After a failure only the ticks try again, not each batch that comes in.
        let mut failing = false;
        loop {
            let outcome = tokio::select! {
                request = requests.recv() => match request {
                    None => return,
                    Some(Request::Flush(answer)) => {
                        let outcome = self.flush().await;
                        failing = outcome.is_err();
                        drop(answer.send(outcome));
                        continue;
                    }
                    Some(Request::Clear(answer)) => {
                        drop(answer.send(self.clear().await));
                        continue;
                    }
                    Some(Request::Forget(answer)) => {
                        drop(answer.send(self.forget().await));
                        continue;
                    }
                    Some(Request::Shutdown(answer)) => {
                        self.upkeep.stop().await;
                        drop(answer.send(self.flush().await));
                        return;
                    }
                },
                _ = ticks.tick() => self.flush().await,
                () = wal.grown(), if !failing => {
                    if !self.is_due() {
                        continue;
                    }
                    self.flush().await
                }
            };
            failing = outcome.is_err();
            if let Err(failure) = outcome {
                let cause = std::error::Error::source(&failure).map(ToString::to_string);
                error!(cause, "flush failed, will try again: {failure}");
            }
        }
    }

    fn is_due(&self) -> bool {
        let bytes = u64::try_from(self.wal.durable_end() - self.committed).unwrap_or_default();
        self.wal.pending_rows() >= self.settings.flush_rows_max
            || bytes >= self.settings.flush_bytes_max
    }
}

/// Runs what blocks or computes for long on a thread made for it.
pub(crate) async fn off_reactor<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Error::TaskEnded)?
}

/// Runs what computes for long behind those that answer requests: under load the WAL grows and is
/// brought into the tables when there is time.
async fn behind_answers<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    give_way("committer", work)
        .await
        .map_err(|_| Error::TaskEnded)?
}
