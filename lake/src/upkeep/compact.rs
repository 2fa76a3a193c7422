//! Compaction: small files of a day become larger ones, a closed day becomes sorted as a whole.

use std::collections::{BTreeMap, BTreeSet};

use tokio::runtime::Handle;
use tracing::{debug, info};

use super::copies::copies;
use super::merge::Merge;
use super::output::{Output, Place};
use super::plan::{
    FAN_IN_MAX, SMALL_BYTES, SMALL_FILES_DUE, TARGET_BYTES, is_one_whole, is_whole_due,
    small_group, whole_name,
};
use super::replace::Change;
use super::runs::{Scratch, runs};
use super::state::{Part, go_on};
use super::sums;
use crate::batch::utc_day;
use crate::commit::DataFile;
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::snapshot::PinnedFile;
use crate::tables::{Lake, failed};

/// What a compaction did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CompactOutcome {
    /// Files taken out.
    pub files_removed: usize,
    /// Files put in.
    pub files_added: usize,
    /// Late copies of events dropped.
    pub copies_dropped: u64,
}

/// How much of a day a merge takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Some,
    Whole,
}

impl Lake {
    /// Merges all files of each day that has at least `files_min`, and of each table without days.
    ///
    /// # Errors
    /// [`Error::Conflict`] when another writer changed the inputs meanwhile: nothing was changed.
    /// Else as reading and writing.
    pub async fn compact(&self, table: Table, files_min: usize) -> Result<CompactOutcome> {
        let _turn = self.state().turn.lock().await;
        let mut outcome = CompactOutcome::default();
        for ((_, day), files) in self.parts(table).await? {
            let nodes: BTreeSet<_> = files.iter().map(|file| &file.node).collect();
            let is_done =
                is_one_whole(&files) || table == Table::Ledger && files.len() <= nodes.len();
            if files.len() < files_min.max(2) || is_done {
                continue;
            }
            for group in files.chunks(FAN_IN_MAX) {
                let extent = if group.len() == files.len() {
                    Extent::Whole
                } else {
                    Extent::Some
                };
                outcome.add(self.merge(table, day, group, extent).await?);
            }
        }
        Ok(outcome)
    }

    /// Merges small files wherever there are many, the most crowded day first.
    pub(super) async fn compact_small(&self, between: &impl Fn()) -> Result<()> {
        self.count_crowds().await?;
        let mut done: BTreeSet<Part> = BTreeSet::new();
        while let Some((table, day)) = self.most_crowded(&done) {
            let mut parts = self.parts(table).await?;
            let files = parts.remove(&(table, day)).unwrap_or_default();
            let group = next_group(table, &files);
            if group.is_empty() {
                done.insert((table, day));
                continue;
            }
            match self.merge(table, day, &group, Extent::Some).await {
                // Another node was faster.
                Err(Error::Conflict { .. }) => {
                    self.state().known().counted.remove(&table);
                    self.count_crowds().await?;
                }
                merged => drop(merged?),
            }
            between();
        }
        Ok(())
    }

    /// Merges closed days as a whole.
    pub(super) async fn compact_closed_days(&self, between: &impl Fn()) -> Result<()> {
        let now = self.clock().now();
        for table in Table::ALL.into_iter().filter(|t| t.is_partitioned()) {
            for ((_, day), files) in self.parts(table).await? {
                let Some(closed) = day else { continue };
                if !is_whole_due(&files, closed, utc_day(now), now) {
                    continue;
                }
                match self.merge(table, day, &files, Extent::Whole).await {
                    Err(Error::Conflict { .. }) => {}
                    merged => drop(merged?),
                }
                between();
                // The day that fills up meanwhile goes first.
                self.compact_small(between).await?;
            }
        }
        Ok(())
    }

    /// The files of a table by day.
    pub(crate) async fn parts(&self, table: Table) -> Result<BTreeMap<Part, Vec<PinnedFile>>> {
        let mut delta = self.cell(table).lock().await.clone();
        delta.update_state().await.map_err(failed(table, "read"))?;
        let mut parts: BTreeMap<Part, Vec<PinnedFile>> = BTreeMap::new();
        for file in self.pin(table, &delta)?.files {
            parts.entry((table, file.day)).or_default().push(file);
        }
        Ok(parts)
    }

    /// Counts the small files of the tables that were not counted yet.
    async fn count_crowds(&self) -> Result<()> {
        for table in Table::ALL {
            if self.state().known().counted.contains(&table) {
                continue;
            }
            // Held while it is counted: no commit is missed or counted twice.
            let mut delta = self.cell(table).lock().await;
            delta.update_state().await.map_err(failed(table, "read"))?;
            let files = self.pin(table, &delta)?.files;
            let mut known = self.state().known();
            known.crowds.retain(|(counted, _), _| *counted != table);
            for file in files.iter().filter(|file| file.bytes < SMALL_BYTES) {
                *known.crowds.entry((table, file.day)).or_default() += 1;
            }
            known.counted.insert(table);
        }
        Ok(())
    }

    fn most_crowded(&self, done: &BTreeSet<Part>) -> Option<Part> {
        let known = self.state().known();
        let crowds = known.crowds.iter();
        let due = crowds.filter(|(part, count)| **count >= SMALL_FILES_DUE && !done.contains(part));
        due.max_by_key(|(_, count)| **count).map(|(part, _)| *part)
    }

    pub(crate) async fn place(&self, table: Table, day: Option<i32>, is_sorted: bool) -> Place {
        Place {
            table,
            day,
            store: self.cell(table).lock().await.log_store().object_store(None),
            now_ms: self.clock().now().div_euclid(1000),
            is_sorted,
            runtime: Handle::current(),
        }
    }

    async fn merge(
        &self,
        table: Table,
        day: Option<i32>,
        group: &[PinnedFile],
        extent: Extent,
    ) -> Result<CompactOutcome> {
        let place = self.place(table, day, table != Table::Ledger).await;
        let mut scratch = Scratch::new(self.scratch_folder());
        let (inputs, halted) = (group.to_vec(), self.state().halted());
        let (added, copies_dropped) = self
            .off_reactor(table, move || {
                if table == Table::Ledger {
                    return Ok((sums::write(&inputs, &place)?, 0));
                }
                let dropped = copies(table, &inputs, &halted)?;
                let mut merge = Merge::new(
                    table,
                    runs(table, &inputs, &dropped, &mut scratch, &halted)?,
                )?;
                let mut output = Output::new(place, TARGET_BYTES, namer(extent));
                while let Some(batch) = merge.next()? {
                    go_on(&halted)?;
                    output.push(&batch)?;
                }
                let dropped: usize = dropped.iter().map(Vec::len).sum();
                Ok((output.finish()?, dropped as u64))
            })
            .await?;
        let change = Change::compaction(copies_dropped);
        self.replace_or_discard(table, group, &added, change)
            .await?;
        let (removed, added) = (group.len(), added.len());
        let bytes: u64 = group.iter().map(|file| file.bytes).sum();
        debug!(table = table.name(), removed, added, bytes, "merged files");
        if copies_dropped > 0 {
            info!(
                table = table.name(),
                copies_dropped, "dropped late copies of events"
            );
        }
        Ok(CompactOutcome {
            files_removed: removed,
            files_added: added,
            copies_dropped,
        })
    }

    /// Where scratch files lie.
    pub(crate) fn scratch_folder(&self) -> std::path::PathBuf {
        self.folder().join("scratch")
    }

    /// Commits a rewrite; if it lost against another one, its files are removed.
    pub(crate) async fn replace_or_discard(
        &self,
        table: Table,
        removed: &[PinnedFile],
        added: &[DataFile],
        change: Change,
    ) -> Result<()> {
        let replaced = self.replace_files(table, removed, added, change).await;
        if let Err(Error::Conflict { .. }) = replaced {
            for file in added {
                crate::files::remove(&self.table_folder(table).join(file.path()))?;
            }
        }
        replaced
    }
}

impl CompactOutcome {
    fn add(&mut self, other: Self) {
        self.files_removed += other.files_removed;
        self.files_added += other.files_added;
        self.copies_dropped += other.copies_dropped;
    }
}

fn namer(extent: Extent) -> impl FnMut(usize) -> String {
    let id = uuid::Uuid::new_v4().simple().to_string();
    move |number| match extent {
        Extent::Whole => whole_name(&id, number),
        Extent::Some => format!("part-{}", uuid::Uuid::new_v4()),
    }
}

/// The next files of a part to merge. The ledger's stay apart by node: their statistics say which
/// nodes have written.
fn next_group(table: Table, files: &[PinnedFile]) -> Vec<PinnedFile> {
    let pick = |files: &[PinnedFile], due| {
        let sizes: Vec<u64> = files.iter().map(|file| file.bytes).collect();
        let group = small_group(&sizes, due);
        group
            .iter()
            .map(|&at| files[at].clone())
            .collect::<Vec<_>>()
    };
    if table != Table::Ledger {
        return pick(files, SMALL_FILES_DUE);
    }
    let mut nodes: BTreeMap<&Option<String>, Vec<PinnedFile>> = BTreeMap::new();
    for file in files {
        nodes.entry(&file.node).or_default().push(file.clone());
    }
    let due = SMALL_FILES_DUE / nodes.len().max(1);
    let most = nodes.into_values().max_by_key(Vec::len);
    most.map_or_else(Vec::new, |files| pick(&files, due))
}
