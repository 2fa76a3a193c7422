//! Giving up what the tables hold, and keeping aside what could not be read.

use std::path::{Path, PathBuf};

use tracing::{info, warn};

use super::Wal;
use super::reader::Frame;
use super::segment::{Span, aside_of};
use crate::error::{Error, Result};

/// What a cut came to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CutOutcome {
    /// Segments removed.
    pub removed: u64,
    /// Damaged segments kept under another name.
    pub set_aside: u64,
}

impl Wal {
    /// Takes note that the tables hold everything before `end`, `rows` records more than before.
    pub(crate) fn settle(&self, rows: u64, end: i64) {
        self.shared.state().settle(rows, end);
    }

    /// Takes note that a flush of `rows` records up to `end` is about to be committed.
    pub(crate) fn announce(&self, rows: u64, end: i64) {
        self.shared.state().announce(rows, end);
    }

    /// Removes the segments that lie wholly before `committed`, but for the newest one; damaged
    /// ones are kept under another name.
    ///
    /// # Errors
    /// [`Error::Wal`] when the disk refuses; what is left is removed at the next start.
    pub(crate) fn cut(&self, committed: i64) -> Result<CutOutcome> {
        let done: Vec<Span> = {
            let mut state = self.shared.state();
            let older = state.spans.len().saturating_sub(1);
            let count = state.spans[..older]
                .iter()
                .take_while(|s| s.end <= committed)
                .count();
            state.spans.drain(..count).collect()
        };
        let mut outcome = CutOutcome::default();
        for span in done {
            if span.damaged {
                let aside = aside_of(&span.path);
                lake::disk::rename(&span.path, &aside)
                    .map_err(Error::wal("renaming", &span.path))?;
                warn!(segment = %aside.display(), "set a damaged segment aside");
                outcome.set_aside += 1;
            } else {
                lake::disk::remove(&span.path).map_err(Error::wal("removing", &span.path))?;
                info!(segment = %span.path.display(), "removed a committed segment");
                outcome.removed += 1;
            }
        }
        Ok(outcome)
    }

    /// Keeps the payload of a frame that is whole but cannot be understood beside the segments.
    ///
    /// # Errors
    /// [`Error::Lake`] when the disk refuses.
    pub(crate) fn set_frame_aside(folder: &Path, frame: &Frame) -> Result<PathBuf> {
        let path = folder.join(format!("{:020}.frame.damaged", frame.position));
        lake::files::replace(&path, &frame.payload).map_err(Error::lake("set aside"))?;
        Ok(path)
    }
}
