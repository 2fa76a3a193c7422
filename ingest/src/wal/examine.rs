//! Reading the WAL's files as they lie there, changing nothing.

use std::path::Path;

use super::reader::{Found, Frame, SegmentReader};
use super::segment::{SEGMENT_HEADER_BYTES, SegmentHeader, Span, start_of};
use crate::error::{Error, Result};

/// Hands each whole frame of a segment to `each`. A segment that was cut meanwhile holds none.
///
/// # Errors
/// [`Error::Wal`] when the disk refuses.
pub(crate) fn each_frame(path: &Path, mut each: impl FnMut(Frame)) -> Result<()> {
    let Some(mut reader) = open(path)? else {
        return Ok(());
    };
    while let Some(found) = reader.next()? {
        if let Found::Frame(frame) = found {
            each(frame);
        }
    }
    Ok(())
}

/// Says in words what cannot be read of the WAL in `folder`, each with its file. The end of the
/// newest segment may be a write under way.
///
/// # Errors
/// [`Error::Wal`] when the disk refuses.
pub(crate) fn examine(folder: &Path) -> Result<Vec<(std::path::PathBuf, String)>> {
    let mut paths = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::wal("listing", folder))?,
    };
    for entry in entries {
        paths.push(entry.map_err(Error::wal("listing", folder))?.path());
    }
    paths.sort();
    let newest = paths.iter().rfind(|path| start_of(path).is_some()).cloned();
    let mut damage = Vec::new();
    for path in paths {
        if path.extension().is_some_and(|ending| ending == "damaged") {
            damage.push((path, "was set aside: it cannot be read in full".to_owned()));
            continue;
        }
        let is_newest = newest.as_ref() == Some(&path);
        let Some(mut reader) = open(&path)? else {
            continue;
        };
        let head = std::fs::read(&path).unwrap_or_default();
        if SegmentHeader::decode(head.get(..SEGMENT_HEADER_BYTES).unwrap_or_default()).is_none()
            && !is_newest
        {
            damage.push((path.clone(), "has no header that can be read".to_owned()));
        }
        let mut promised = 0;
        let mut stretches = Vec::new();
        while let Some(found) = reader.next()? {
            match found {
                Found::Frame(frame) => promised = promised.max(frame.durable),
                Found::Damage { from, to } => stretches.push((from, to)),
            }
        }
        for (from, to) in stretches {
            if !is_newest || from < promised {
                let detail = format!("cannot be read from position {from} to {to}");
                damage.push((path.clone(), detail));
            }
        }
    }
    Ok(damage)
}

fn open(path: &Path) -> Result<Option<SegmentReader>> {
    let Some(start) = start_of(path) else {
        return Ok(None);
    };
    let bytes = match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        about => about.map_err(Error::wal("reading", path))?.len(),
    };
    let span = Span {
        path: path.to_owned(),
        start,
        end: start.saturating_add_unsigned(bytes),
        bytes,
        damaged: false,
    };
    SegmentReader::open(&span, start).map(Some)
}
