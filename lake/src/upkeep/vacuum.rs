//! Files that no kept version names: what a crash left of a flush or a rewrite, half-written ones,
//! and rollups that younger ones replace.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::checkpoint::paths_in;
use super::{Keep, MICROS_PER_HOUR};
use crate::clock::Micros;
use crate::error::Result;
use crate::files;
use crate::schema::Table;
use crate::tables::{Lake, failed};

/// What a vacuum did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct VacuumOutcome {
    /// Entries of the logs that went, with the data files that only they named.
    pub versions_removed: usize,
    /// Files removed that no version names.
    pub files_removed: usize,
    /// Their bytes.
    pub bytes_removed: u64,
}

impl Lake {
    /// Cuts the log of each table behind the oldest version that is kept, and removes the files
    /// that no version names and that are too old to be somebody's work under way.
    ///
    /// # Errors
    /// [`crate::Error::Table`] and [`crate::Error::File`] when log or disk refuse.
    pub async fn vacuum(&self, keep: &Keep) -> Result<VacuumOutcome> {
        let _turn = self.state().turn.lock().await;
        self.vacuum_in_turn(keep).await
    }

    /// As [`Lake::vacuum`], by whoever has the turn.
    pub(super) async fn vacuum_in_turn(&self, keep: &Keep) -> Result<VacuumOutcome> {
        let before = self.clock().now() - i64::from(keep.unnamed_hours) * MICROS_PER_HOUR;
        let mut outcome = VacuumOutcome::default();
        for table in Table::ALL {
            outcome.versions_removed += self.trim(table, keep).await?;
            for (path, bytes) in self.unnamed(table, before).await? {
                let under_way = self.state().known().under_way.clone();
                if !under_way.contains(&path) {
                    files::remove(&path)?;
                    outcome.files_removed += 1;
                    outcome.bytes_removed += bytes;
                }
            }
        }
        let (files_removed, bytes_removed) = self.remove_old_rollups(before)?;
        outcome.files_removed += files_removed;
        outcome.bytes_removed += bytes_removed;
        for (path, bytes, written_at) in files::list(&self.scratch_folder())? {
            if written_at < before {
                files::remove(&path)?;
                outcome.files_removed += 1;
                outcome.bytes_removed += bytes;
            }
        }
        self.state().known().vacuumed_at = Some(self.clock().now());
        Ok(outcome)
    }

    /// Takes note of the files that a prepared flush is about to commit: no vacuum removes them,
    /// however long it takes.
    pub fn note_under_way(&self, files: BTreeSet<PathBuf>) {
        self.state().known().under_way = files;
    }

    /// The files in a table's folder that were written before an instant and that no version names.
    pub(crate) async fn unnamed(
        &self,
        table: Table,
        before: Micros,
    ) -> Result<Vec<(PathBuf, u64)>> {
        // Listed first: what is committed from now on was not there.
        let folder = self.table_folder(table);
        let listed = self
            .off_reactor(table, move || files::list(&folder))
            .await?;
        let mut delta = self.cell(table).lock().await.clone();
        delta.update_state().await.map_err(failed(table, "read"))?;
        let files = self.pin(table, &delta)?.files;
        let mut named: BTreeSet<PathBuf> = files.into_iter().map(|file| file.path).collect();
        let folder = self.table_folder(table);
        self.off_reactor(table, move || {
            let log = folder.join("_delta_log");
            let is_log = |path: &Path| path.starts_with(&log);
            let is_entry = |path: &Path| path.extension().is_some_and(|ending| ending == "json");
            for (entry, ..) in listed.iter().filter(|f| is_log(&f.0) && is_entry(&f.0)) {
                named.extend(paths_in(entry, "add")?.iter().map(|path| folder.join(path)));
                named.extend(
                    paths_in(entry, "remove")?
                        .iter()
                        .map(|path| folder.join(path)),
                );
            }
            let is_half_written = |path: &Path| path.to_string_lossy().contains('#');
            let unnamed = listed.into_iter().filter(|(path, _, written_at)| {
                let is_candidate = !is_log(path) || is_half_written(path);
                is_candidate && *written_at < before && !named.contains(path)
            });
            Ok(unnamed.map(|(path, bytes, _)| (path, bytes)).collect())
        })
        .await
    }
}
