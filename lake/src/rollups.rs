//! What is made from the events and kept beside the tables: here it is only removed.
//!
//! A rollup's file is named by what it was made from, so one that no day is named by any more is of
//! no use but to somebody who reads it at this moment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::clock::Micros;
use crate::error::Result;
use crate::files;
use crate::tables::Lake;

/// Holds rollups within the data folder.
const FOLDER: &str = "rollups";

/// Where what is made from the events of a data folder is kept.
#[must_use]
pub(crate) fn rollup_folder(folder: &Path) -> PathBuf {
    folder.join(FOLDER)
}

impl Lake {
    /// Removes all rollups: they are made again from what the tables hold then.
    ///
    /// # Errors
    /// [`crate::Error::File`] when the disk refuses.
    pub(crate) fn remove_rollups(&self) -> Result<usize> {
        let folder = rollup_folder(self.folder());
        let all = files::list(&folder)?;
        for (path, ..) in &all {
            files::remove(path)?;
        }
        if !all.is_empty() {
            files::sync_folders(&folder)?;
        }
        Ok(all.len())
    }

    /// Removes rollups that were replaced by younger ones and written before an instant; returns how
    /// many, and their bytes.
    ///
    /// # Errors
    /// [`crate::Error::File`] when the disk refuses.
    pub(crate) fn remove_old_rollups(&self, before: Micros) -> Result<(usize, u64)> {
        let mut youngest: BTreeMap<PathBuf, Micros> = BTreeMap::new();
        let all = files::list(&rollup_folder(self.folder()))?;
        let folder_of = |path: &Path| path.parent().map(Path::to_owned).unwrap_or_default();
        for (path, _, written_at) in &all {
            let youngest = youngest.entry(folder_of(path)).or_insert(*written_at);
            *youngest = (*written_at).max(*youngest);
        }
        let (mut removed, mut bytes) = (0, 0);
        for (path, size, written_at) in all {
            let is_youngest = youngest.get(&folder_of(&path)) == Some(&written_at);
            if !is_youngest && written_at < before {
                files::remove(&path)?;
                (removed, bytes) = (removed + 1, bytes + size);
            }
        }
        Ok((removed, bytes))
    }
}
