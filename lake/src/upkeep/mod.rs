//! Upkeep: many small files become few sorted ones, the log stays short, what nobody needs goes.
//!
//! None of it changes what the tables say. A compaction drops late copies of an event; how many rows
//! left a table so, by erasure or by age is kept in the table itself, as the version of an
//! application transaction of the commit that took them out (see [`Gone`]), so that what is stored
//! can always be compared with the ledger.
//!
//! The conflict checks of Delta ignore removals that change no data, so two compactions of the same
//! files could both win. Every rewrite therefore commits through [`Lake::replace_files`]: on the
//! version in which it saw all its inputs active, without retries, and otherwise it looks again.
//!
//! A crash between any two steps leaves files that no version names: written, not committed. They
//! are removed by [`Lake::vacuum`] once they are old enough not to be somebody's work under way.

mod checkpoint;
mod compact;
mod copies;
mod merge;
mod order;
mod output;
mod plan;
mod replace;
mod retention;
mod runs;
mod state;
mod sums;
#[cfg(test)]
mod tests;
mod vacuum;

use serde::{Deserialize, Serialize};

pub use compact::CompactOutcome;
pub(crate) use copies::copies;
pub(crate) use order::texts;
pub(crate) use output::{Output, Place};
pub use plan::SMALL_FILES_MAX;
pub use replace::Gone;
pub(crate) use replace::{Change, gone_of};
pub(crate) use runs::Kept;
pub(crate) use state::State;
pub use vacuum::VacuumOutcome;

use crate::background::give_way;
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::tables::Lake;

const MICROS_PER_DAY: i64 = 86_400_000_000;
const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// How long what is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Keep {
    /// Days for which older versions of the tables can be read.
    pub version_days: u32,
    /// Versions of a table that can be read at most, whatever their age: each is a file.
    pub versions_max: u64,
    /// Hours after which a file that no version names is nobody's work under way.
    pub unnamed_hours: u32,
    /// Days for which events stay, by their own day; for ever where absent.
    pub events_days: Option<u32>,
    /// Days for which feedback stays, by its own day; for ever where absent.
    pub feedback_days: Option<u32>,
    /// Days for which refused events stay.
    pub quarantine_days: Option<u32>,
    /// Bytes of refused events; beyond them the oldest go.
    #[serde(with = "crate::unit::bytes")]
    pub quarantine_bytes_max: u64,
}

impl Default for Keep {
    fn default() -> Self {
        Self {
            version_days: 7,
            versions_max: 50_000,
            unnamed_hours: 24,
            events_days: None,
            feedback_days: None,
            quarantine_days: Some(90),
            quarantine_bytes_max: 1 << 30,
        }
    }
}

/// Commits between two checkpoints of a table's log.
const CHECKPOINT_COMMITS: u64 = 64;

impl Lake {
    /// Does what is due, piece by piece; returns at once when nothing is. `between` is called after
    /// each piece.
    ///
    /// # Errors
    /// [`Error::Stopped`] after [`Lake::halt_upkeep`]; else as reading and writing. What was not
    /// done is done by the next call.
    pub async fn upkeep(&self, keep: &Keep, between: impl Fn()) -> Result<()> {
        let _turn = self.state().turn.lock().await;
        self.state().go_on()?;
        self.compact_small(&between).await?;
        self.state().go_on()?;
        self.checkpoint_due(keep).await?;
        let now = self.clock().now();
        let looked_at = self.state().known().looked_at;
        if looked_at.is_some_and(|at| (0..MICROS_PER_HOUR).contains(&(now - at))) {
            return Ok(());
        }
        self.compact_closed_days(&between).await?;
        self.expire(keep).await?;
        let vacuumed_at = self.state().known().vacuumed_at;
        if vacuumed_at.is_none_or(|at| now - at >= MICROS_PER_DAY) {
            self.vacuum_in_turn(keep).await?;
        }
        let mut known = self.state().known();
        known.looked_at = Some(now);
        // Other nodes commit too: counted anew from time to time.
        known.counted.clear();
        Ok(())
    }

    /// The most small files that a day, or a table without days, has; 0 before the first upkeep.
    #[must_use]
    pub fn crowd(&self) -> usize {
        let known = self.state().known();
        known.crowds.values().copied().max().unwrap_or_default()
    }

    /// Runs what blocks or computes for long on a thread made for it.
    pub(crate) async fn off_reactor<T: Send + 'static>(
        &self,
        table: Table,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        give_way("upkeep", work)
            .await
            .map_err(|source| Error::File {
                action: "upkeep of",
                path: self.table_folder(table),
                source,
            })?
    }

    /// Lets the upkeep that runs end soon, and none begin: the process is about to stop.
    pub fn halt_upkeep(&self) {
        self.state().halt();
    }
}
