//! The committer's part of an erasure: what was taken goes from the WAL into the tables, and what
//! no version names goes from the disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lake::Searcher;
use tracing::{info, warn};

use super::{Committer, off_reactor};
use crate::error::{Error, Result};

impl Committer {
    /// Brings everything that was taken before into the tables and removes the WAL behind it.
    ///
    /// # Errors
    /// When WAL or tables refuse.
    pub(crate) async fn clear(&mut self) -> Result<()> {
        self.wal.rotate().await?;
        self.flush().await?;
        let (wal, committed) = (Arc::clone(&self.wal), self.committed);
        off_reactor(move || wal.cut(committed)).await?;
        Ok(())
    }

    /// Forgets older versions of the tables, between two flushes.
    ///
    /// # Errors
    /// When WAL or tables refuse.
    pub(crate) async fn forget(&mut self) -> Result<usize> {
        // A prepared flush names files that no version does.
        self.finish().await?;
        self.lake.forget().await.map_err(Error::lake("cleaned"))
    }
}

/// Overwrites ids in the parts of the WAL that were set aside since they cannot be read, and returns
/// the files that held one. The other bytes stay for whoever looks into the damage.
///
/// # Errors
/// When the disk refuses.
pub(crate) fn blank_set_aside(folder: &Path, searcher: &Searcher) -> Result<Vec<PathBuf>> {
    let mut blanked = Vec::new();
    for path in set_aside(folder)? {
        let bytes = std::fs::read(&path).map_err(Error::wal("reading", &path))?;
        if let Some(blank) = searcher.blanked(&bytes) {
            lake::files::replace(&path, &blank).map_err(Error::lake("blanked"))?;
            info!(file = %path.display(), "blanked a person's ids in a part of the WAL set aside");
            blanked.push(path);
        }
    }
    Ok(blanked)
}

/// The files beside the WAL's segments.
fn set_aside(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::wal("listing", folder))? {
        let path = entry.map_err(Error::wal("listing", folder))?.path();
        let name = path.to_string_lossy();
        if name.ends_with(".damaged") {
            paths.push(path);
        } else if name.contains('#') {
            // A file that a crash left half-written.
            warn!(file = %path.display(), "removed a half-written file beside the WAL");
            lake::files::remove(&path).map_err(Error::lake("removed"))?;
        }
    }
    Ok(paths)
}
