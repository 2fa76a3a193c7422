//! What upkeep knows without a look at the tables, so that a look is cheap when nothing is due.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::plan::SMALL_BYTES;
use crate::clock::Micros;
use crate::commit::DataFile;
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::snapshot::PinnedFile;

/// A day of a table, or a table without days.
pub(crate) type Part = (Table, Option<i32>);

/// Of one opened lake.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// Held by the one upkeep, erasure or vacuum that runs.
    pub(crate) turn: tokio::sync::Mutex<()>,
    halted: Arc<AtomicBool>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Small files of each part of the tables that were counted.
    pub(crate) crowds: BTreeMap<Part, usize>,
    /// The tables that were counted.
    pub(crate) counted: BTreeSet<Table>,
    /// The version of each table's last checkpoint.
    pub(crate) checkpoints: BTreeMap<Table, u64>,
    /// When the rarer things were last looked after.
    pub(crate) looked_at: Option<Micros>,
    /// When files that no version names were last looked for.
    pub(crate) vacuumed_at: Option<Micros>,
    /// Files that a prepared flush is about to commit.
    pub(crate) under_way: BTreeSet<PathBuf>,
}

impl State {
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note that files became part of a table. Whoever calls holds the table.
    pub(crate) fn note_added(&self, table: Table, files: &[DataFile]) {
        let mut known = self.known();
        if known.counted.contains(&table) {
            for file in files.iter().filter(|file| file.bytes() < SMALL_BYTES) {
                *known.crowds.entry((table, file.day())).or_default() += 1;
            }
        }
    }

    /// Takes note that files left a table. Whoever calls holds the table.
    pub(crate) fn note_removed(&self, table: Table, files: &[PinnedFile]) {
        let mut known = self.known();
        for file in files.iter().filter(|file| file.bytes < SMALL_BYTES) {
            if let Some(crowd) = known.crowds.get_mut(&(table, file.day)) {
                *crowd = crowd.saturating_sub(1);
            }
        }
    }

    pub(crate) fn halted(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.halted)
    }

    /// [`Error::Stopped`] once upkeep is to end.
    pub(crate) fn go_on(&self) -> Result<()> {
        go_on(&self.halted)
    }

    pub(crate) fn halt(&self) {
        self.halted.store(true, Ordering::Release);
    }
}

/// [`Error::Stopped`] once `halted`.
pub(crate) fn go_on(halted: &AtomicBool) -> Result<()> {
    if halted.load(Ordering::Acquire) {
        return Err(Error::Stopped);
    }
    Ok(())
}
