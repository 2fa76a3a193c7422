//! Checkpoints, and the log cut behind the oldest version that is kept.
//!
//! A data file goes with the log entry that removed it: no version that is kept names it. It goes
//! first, so that a crash in between leaves the entry that tells of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use deltalake_core::protocol::checkpoints;
use serde_json::Value;
use tracing::info;

use super::{CHECKPOINT_COMMITS, Keep, MICROS_PER_DAY};
use crate::clock::Micros;
use crate::error::{Error, Result};
use crate::files;
use crate::schema::Table;
use crate::tables::{Lake, failed};

/// What went with a part of a log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Entries.
    pub(crate) entries: usize,
    /// Data files that only they named.
    pub(crate) files: usize,
}

/// The entries of a table's log.
#[derive(Debug, Default)]
struct Log {
    entries: BTreeMap<u64, PathBuf>,
    /// Checkpoints; several files where one has parts.
    checkpoints: BTreeMap<u64, Vec<PathBuf>>,
}

impl Lake {
    /// Makes checkpoints where many commits have passed since the last, and cuts the log.
    pub(super) async fn checkpoint_due(&self, keep: &Keep) -> Result<()> {
        for table in Table::ALL {
            let version = self.cell(table).lock().await.version().unwrap_or_default();
            let last = self.last_checkpoint(table);
            if version >= last + CHECKPOINT_COMMITS {
                self.checkpoint(table).await?;
                self.trim(table, keep).await?;
            }
        }
        Ok(())
    }

    fn last_checkpoint(&self, table: Table) -> u64 {
        let known = self.state().known().checkpoints.get(&table).copied();
        known.unwrap_or_else(|| {
            let last = last_checkpoint(&self.table_folder(table));
            self.state().known().checkpoints.insert(table, last);
            last
        })
    }

    /// Makes a checkpoint of a table's log and returns its version.
    ///
    /// # Errors
    /// [`Error::Table`] when the log refuses.
    pub async fn checkpoint(&self, table: Table) -> Result<u64> {
        let mut delta = self.cell(table).lock().await.clone();
        delta.update_state().await.map_err(failed(table, "read"))?;
        let version = delta.version().unwrap_or_default();
        checkpoints::create_checkpoint(&delta, None)
            .await
            .map_err(failed(table, "checkpointed"))?;
        self.state().known().checkpoints.insert(table, version);
        // What is read of the log from now on begins at the checkpoint: entries before it may go.
        let mut delta = self.cell(table).lock().await;
        delta.load().await.map_err(failed(table, "read"))?;
        Ok(version)
    }

    /// Removes the log entries, checkpoints and data files that no kept version needs, and returns
    /// how many entries went.
    ///
    /// # Errors
    /// [`Error::Table`] and [`Error::File`] when log or disk refuse; what is left goes next time.
    pub async fn trim(&self, table: Table, keep: &Keep) -> Result<usize> {
        let now = self.clock().now();
        let since = now - i64::from(keep.version_days) * MICROS_PER_DAY;
        let versions_max = keep.versions_max;
        let cut = self.trim_where(table, move |version, newest, written_at| {
            written_at < since || version + versions_max <= newest
        });
        Ok(cut.await?.entries)
    }

    /// As [`Lake::trim`], of all versions before a checkpoint that `is_past` takes, given its
    /// version, the newest one and when it was written.
    pub(crate) async fn trim_where(
        &self,
        table: Table,
        is_past: impl Fn(u64, u64, Micros) -> bool + Send + 'static,
    ) -> Result<Cut> {
        let mut delta = self.cell(table).lock().await.clone();
        delta.update_state().await.map_err(failed(table, "read"))?;
        let active: BTreeSet<PathBuf> = {
            let files = self.pin(table, &delta)?.files;
            files.into_iter().map(|file| file.path).collect()
        };
        let folder = self.table_folder(table);
        let trimmed = self
            .off_reactor(table, move || {
                let log = Log::read(&folder)?;
                let newest = log.entries.keys().next_back().copied().unwrap_or_default();
                let mut oldest_kept = None;
                for &version in log.checkpoints.keys().rev() {
                    let written_at = log.written_at(version)?;
                    if written_at.is_some_and(|at| is_past(version, newest, at)) {
                        oldest_kept = Some(version);
                        break;
                    }
                }
                match oldest_kept {
                    Some(version) => log.cut(&folder, version, &active),
                    None => Ok(Cut::default()),
                }
            })
            .await?;
        let Cut { entries, files } = trimmed;
        if entries > 0 {
            info!(table = table.name(), entries, files, "cut the table's log");
        }
        Ok(trimmed)
    }
}

impl Log {
    fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("_delta_log");
        let failed = |source| Error::File {
            action: "listing",
            path: path.clone(),
            source,
        };
        let mut log = Self::default();
        for entry in std::fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let Some((version, rest)) = name.to_str().and_then(|name| name.split_once('.')) else {
                continue;
            };
            let Ok(version) = version.parse::<u64>() else {
                continue;
            };
            if rest == "json" {
                log.entries.insert(version, entry.path());
            } else if rest.starts_with("checkpoint") && rest.ends_with("parquet") {
                log.checkpoints
                    .entry(version)
                    .or_default()
                    .push(entry.path());
            }
        }
        Ok(log)
    }

    /// When the entry of a version was written; `None` where it is not there.
    fn written_at(&self, version: u64) -> Result<Option<Micros>> {
        let Some(path) = self.entries.get(&version) else {
            return Ok(None);
        };
        let written_at = std::fs::metadata(path).and_then(|about| about.modified());
        let written_at = written_at.map_err(|source| Error::File {
            action: "reading",
            path: path.clone(),
            source,
        })?;
        Ok(Some(files::micros(written_at)))
    }

    /// Removes what only versions before `version` need, the oldest first.
    fn cut(&self, folder: &Path, version: u64, active: &BTreeSet<PathBuf>) -> Result<Cut> {
        let mut cut = Cut::default();
        for (&entry, path) in self.entries.range(..=version) {
            for removed in removed_by(path)? {
                let file = folder.join(removed);
                if !active.contains(&file) && file.is_file() {
                    files::remove(&file)?;
                    cut.files += 1;
                }
            }
            if entry < version {
                files::remove(path)?;
                cut.entries += 1;
            }
        }
        for path in self
            .checkpoints
            .range(..version)
            .flat_map(|(_, paths)| paths)
        {
            files::remove(path)?;
        }
        Ok(cut)
    }
}

/// The paths of the data files that a log entry removes.
fn removed_by(entry: &Path) -> Result<Vec<String>> {
    paths_in(entry, "remove")
}

/// The paths of the data files of one kind of action in a log entry.
pub(super) fn paths_in(entry: &Path, action: &str) -> Result<Vec<String>> {
    let text = std::fs::read(entry).map_err(|source| Error::File {
        action: "reading",
        path: entry.to_owned(),
        source,
    })?;
    let values = serde_json::Deserializer::from_slice(&text).into_iter::<Value>();
    let mut paths = Vec::new();
    for value in values {
        let value = value.map_err(|source| Error::File {
            action: "reading",
            path: entry.to_owned(),
            source: source.into(),
        })?;
        if let Some(path) = value.get(action).and_then(|a| a.get("path")?.as_str()) {
            paths.push(path.to_owned());
        }
    }
    Ok(paths)
}

/// The version of a table's last checkpoint; 0 where there is none.
fn last_checkpoint(folder: &Path) -> u64 {
    // The hint is a courtesy: without it a checkpoint is made early.
    let text = std::fs::read_to_string(folder.join("_delta_log/_last_checkpoint"));
    let value = text
        .ok()
        .and_then(|text| serde_json::from_str::<Value>(&text).ok());
    value
        .and_then(|value| value.get("version")?.as_u64())
        .unwrap_or_default()
}
