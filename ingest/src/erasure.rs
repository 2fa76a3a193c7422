//! A person leaves the whole data folder: tables with their old versions, WAL, quarantine, what was
//! set aside; and a search of everything proves it.
//!
//! What was taken before the request is erased. Events of the same person that arrive later are new.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use lake::{EraseOutcome, Searcher, Trace};
use serde::Serialize;

use crate::batch::{Batch, Record};
use crate::committer::{Request, blank_set_aside, off_reactor};
use crate::engine::Ingest;
use crate::error::{Error, Result};
use crate::wal::{FrameKind, each_frame};

/// Ids shorter than this turn up by chance in bytes that are no text.
const BINARY_ID_BYTES_MIN: usize = 8;

/// What an erasure did, and what it left.
#[derive(Debug, Clone, Serialize)]
pub struct Erasure {
    /// Ids by which the person was known: the one that was named and those tied to it.
    pub ids: usize,
    /// What became of the tables.
    #[serde(flatten)]
    pub tables: EraseOutcome,
    /// Data files removed: those that older versions named, and those that no version did.
    pub files_removed: usize,
    /// Parts of the WAL, set aside as unreadable, in which ids were overwritten.
    pub set_aside_blanked: usize,
    /// Where an id is still found; nowhere, unless it arrived again meanwhile.
    pub traces: Vec<Trace>,
}

impl Ingest {
    /// Erases a person of an app, or of all apps, and searches everything for what is left.
    ///
    /// # Errors
    /// When WAL, tables or disk refuse: what was done stays done; erase again.
    pub async fn erase(&self, app: Option<&str>, user: &str) -> Result<Erasure> {
        self.ask(Request::Clear).await?;
        let lake = self.lake();
        let (mut ids, mut tables) = (BTreeSet::new(), EraseOutcome::default());
        for user in self.privacy().stored_forms(app, user) {
            let tied = lake.person_ids(app, &user).await;
            let tied = tied.map_err(Error::lake("searched"))?;
            let erased = lake.erase(app, &user, &tied).await;
            tables.add(erased.map_err(Error::lake("cleaned"))?);
            ids.extend(tied);
        }
        let files_removed = self.ask(Request::Forget).await?;
        self.signs().erasures.fetch_add(1, Ordering::AcqRel);
        let folder = lake.folder().to_owned();
        let (app, known) = (app.map(str::to_owned), ids.len());
        let (blanked, traces) = off_reactor(move || {
            let searcher = Searcher::new(app.as_deref(), ids.iter().map(String::as_str));
            let blanked = blank_set_aside(&folder.join("wal"), &searcher)?;
            Ok((blanked, search(&folder, app.as_deref(), &ids)?))
        })
        .await?;
        Ok(Erasure {
            ids: known,
            tables,
            files_removed,
            set_aside_blanked: blanked.len(),
            traces,
        })
    }
}

/// Where a data folder holds one of the ids of a person: in the rows of one app or of all. Decodes
/// everything: call it off the reactor.
///
/// # Errors
/// When something cannot be read.
pub fn search(folder: &Path, app: Option<&str>, ids: &BTreeSet<String>) -> Result<Vec<Trace>> {
    let searcher = Searcher::new(app, ids.iter().map(String::as_str));
    let mut traces = searcher.tables(folder).map_err(Error::lake("searched"))?;
    let long = ids.iter().map(String::as_str);
    let long = long.filter(|id| id.len() >= BINARY_ID_BYTES_MIN);
    let in_binary = Searcher::new(app, long);
    for path in files_beside_tables(folder)? {
        let part = if path.extension().is_some_and(|ending| ending == "wal") {
            frames_mention(&path, app, &searcher)?.then_some("frames")
        } else {
            match std::fs::read(&path) {
                Ok(bytes) if std::str::from_utf8(&bytes).is_ok() => searcher.is_in(&bytes),
                Ok(bytes) => in_binary.is_anywhere_in(&bytes),
                // A segment that was cut, or a run of the index that was merged, meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
                Err(error) => return Err(Error::wal("searching", &path)(error)),
            }
            .then_some("bytes")
        };
        if let Some(part) = part {
            traces.push(Trace {
                file: path,
                part: part.to_owned(),
            });
        }
    }
    Ok(traces)
}

fn frames_mention(path: &Path, app: Option<&str>, searcher: &Searcher) -> Result<bool> {
    let mut found = false;
    each_frame(path, |frame| {
        found = found
            || match frame.kind {
                FrameKind::Prepare => searcher.is_in(&frame.payload),
                FrameKind::Batch => match Batch::of_payload(&frame.payload) {
                    Ok(batch) if app.is_some_and(|app| batch.app.as_str() != app) => false,
                    Ok(batch) => batch_mentions(&batch, searcher),
                    Err(_) => searcher.is_anywhere_in(&frame.payload),
                },
            };
    })?;
    Ok(found)
}

fn batch_mentions(batch: &Batch<'_>, searcher: &Searcher) -> bool {
    batch.records.iter().any(|record| {
        if let Record::Refused(refused) = record {
            return searcher.is_in(&refused.raw_bytes());
        }
        let value = serde_json::to_value(record);
        value.is_ok_and(|value| searcher.is_in_value(&value))
    })
}

/// All files of a data folder but those of the tables.
fn files_beside_tables(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(Error::wal("listing", &folder))? {
            let path = entry.map_err(Error::wal("listing", &folder))?.path();
            if !path.is_dir() {
                paths.push(path);
            } else if !path.ends_with("tables") {
                folders.push(path);
            }
        }
    }
    paths.sort();
    Ok(paths)
}
