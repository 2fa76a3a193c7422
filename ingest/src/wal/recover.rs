//! Reading the WAL after a stop or a crash.
//!
//! A write that a crash cut short leaves a torn tail at the end of the newest segment: it was
//! promised to nobody, and is cut. Anything else that cannot be read is damage: its stretch is
//! named, the frames before and behind it are used, and the segment is set aside, not removed, once
//! the tables hold the rest of it.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use lake::{Failpoint, disk};
use tracing::{error, warn};

use super::frame::FrameKind;
use super::reader::{Found, SegmentReader};
use super::segment::{SEGMENT_HEADER_BYTES, SEGMENT_HEADER_SPAN, SegmentHeader, Span, start_of};
use crate::error::{Error, Result};

/// A stretch of the WAL that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Damage {
    /// The segment.
    pub path: PathBuf,
    /// The position where it begins.
    pub from: i64,
    /// The position where it ends.
    pub to: i64,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} from {} to {}",
            self.path.display(),
            self.from,
            self.to
        )
    }
}

/// The WAL as it was found.
#[derive(Debug, Default)]
pub(crate) struct Recovered {
    /// Its segments in order.
    pub spans: Vec<Span>,
    /// The end of what can be read.
    pub durable_end: i64,
    /// Where a new segment may start.
    pub next_start: i64,
    /// Bytes of the torn tail that was cut.
    pub torn_bytes: u64,
    /// What cannot be read beside it.
    pub damage: Vec<Damage>,
    /// The payload of the last prepare frame.
    pub prepare: Option<Vec<u8>>,
    /// Records in batch frames that the tables do not hold yet.
    pub pending_rows: u64,
}

/// A segment's file as listed.
struct Listed {
    path: PathBuf,
    start: i64,
    bytes: u64,
    header: Option<SegmentHeader>,
}

impl Listed {
    fn file_end(&self) -> i64 {
        self.start.saturating_add_unsigned(self.bytes)
    }
}

impl Recovered {
    /// A segment says what was on disk when it was opened. What is neither in the segments before it
    /// nor in the tables is lost: a segment was cut short or is gone.
    fn note_gap(&mut self, before: &[Listed], segment: &Listed, committed: i64) {
        let Some(header) = segment.header else {
            return;
        };
        let last = before.last();
        let from = last.map_or(committed, |last| last.file_end().max(committed));
        if header.durable <= from {
            return;
        }
        let path = last.unwrap_or(segment).path.clone();
        error!(segment = %path.display(), from, to = header.durable, "part of the WAL is missing");
        if let Some(span) = self.spans.last_mut() {
            span.damaged = true;
        }
        self.damage.push(Damage {
            path,
            from,
            to: header.durable,
        });
    }
}

/// Reads all segments in `folder`, which is created where it is absent.
pub(super) fn recover(folder: &Path, node: u128, committed: i64) -> Result<Recovered> {
    lake::files::create_folders(folder).map_err(Error::lake("opened"))?;
    let mut recovered = Recovered::default();
    let listed = list(folder, node, &mut recovered)?;
    for (index, segment) in listed.iter().enumerate() {
        recovered.note_gap(&listed[..index], segment, committed);
        let next = listed.get(index + 1);
        let limit = match next.and_then(|next| next.header) {
            Some(header) => segment.file_end().min(header.durable).max(segment.start),
            None => segment.file_end(),
        };
        scan(segment, limit, next.is_none(), committed, &mut recovered)?;
        recovered.next_start = recovered.next_start.max(segment.file_end());
    }
    // A segment without frames may have a name in memory alone: it ends nothing.
    let mut framed = recovered.spans.iter().rev();
    let framed = framed.find(|span| span.end > span.start + SEGMENT_HEADER_SPAN);
    recovered.durable_end = framed.map_or(committed, |last| last.end.max(committed));
    Ok(recovered)
}

/// The segments in order; files that a crash left before their first frame are removed.
fn list(folder: &Path, node: u128, recovered: &mut Recovered) -> Result<Vec<Listed>> {
    let mut listed = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Error::wal("listing", folder))? {
        let path = entry.map_err(Error::wal("listing", folder))?.path();
        let Some(start) = start_of(&path) else {
            continue;
        };
        let mut file = File::open(&path).map_err(Error::wal("opening", &path))?;
        let bytes = file.metadata().map_err(Error::wal("opening", &path))?.len();
        let mut head = Vec::new();
        file.by_ref()
            .take(SEGMENT_HEADER_BYTES as u64)
            .read_to_end(&mut head)
            .map_err(Error::wal("reading", &path))?;
        let header = SegmentHeader::decode(&head).filter(|header| header.start == start);
        if header.is_some_and(|header| header.node != node) {
            return Err(Error::ForeignSegment { path });
        }
        if header.is_none() && bytes <= SEGMENT_HEADER_BYTES as u64 {
            recovered.torn_bytes += bytes;
            disk::remove(&path).map_err(Error::wal("removing", &path))?;
            continue;
        }
        listed.push(Listed {
            path,
            start,
            bytes,
            header,
        });
    }
    listed.sort_by_key(|segment| segment.start);
    Ok(listed)
}

/// Reads one segment up to `limit`.
fn scan(
    segment: &Listed,
    limit: i64,
    newest: bool,
    committed: i64,
    recovered: &mut Recovered,
) -> Result<()> {
    let mut span = Span {
        path: segment.path.clone(),
        start: segment.start,
        end: limit,
        bytes: segment.bytes,
        damaged: segment.header.is_none(),
    };
    let mut stretches = Vec::new();
    if segment.header.is_none() {
        stretches.push((segment.start, segment.start + SEGMENT_HEADER_SPAN));
    }
    let mut frames = Vec::new();
    let mut reader = SegmentReader::open(&span, segment.start)?;
    while let Some(found) = reader.next()? {
        match found {
            Found::Damage { from, to } => stretches.push((from, to)),
            Found::Frame(frame) => {
                let prepare = frame.kind == FrameKind::Prepare;
                let payload = if prepare { frame.payload } else { Vec::new() };
                frames.push((frame.position, frame.rows, frame.durable, prepare, payload));
            }
        }
    }
    if newest && segment.header.is_some() {
        let promised = frames.iter().map(|frame| frame.2).max().unwrap_or_default();
        let torn = stretches.iter().find(|(from, _)| promised <= *from);
        if let Some(&(from, _)) = torn.filter(|_| !Failpoint::WalKeepTornTail.is_on()) {
            stretches.retain(|stretch| stretch.0 < from);
            frames.retain(|frame| frame.0 < from);
            recovered.torn_bytes += cut_tail(segment, from)?;
            span.end = from;
            span.bytes = u64::try_from(from - segment.start).unwrap_or_default();
        }
        settle_tail(&span, promised)?;
    }
    for (position, rows, _, prepare, payload) in frames {
        if prepare {
            recovered.prepare = Some(payload);
        } else if position >= committed {
            recovered.pending_rows += u64::from(rows);
        }
    }
    for (from, to) in stretches {
        span.damaged = true;
        if to <= committed {
            // The tables are beyond it: a segment that was removed has come back, or was reported.
            continue;
        }
        error!(segment = %span.path.display(), from, to, "stretch of the WAL cannot be read");
        recovered.damage.push(Damage {
            path: span.path.clone(),
            from,
            to,
        });
    }
    recovered.spans.push(span);
    Ok(())
}

/// Cuts the newest segment's file at a position and returns the bytes cut off.
fn cut_tail(segment: &Listed, from: i64) -> Result<u64> {
    let length = u64::try_from(from - segment.start).unwrap_or_default();
    let torn = segment.bytes.saturating_sub(length);
    warn!(segment = %segment.path.display(), from, bytes = torn, "cut a torn tail");
    disk::truncate(&segment.path, length).map_err(Error::wal("cutting", &segment.path))?;
    Ok(torn)
}

/// Writes the frames from `promised` on once more. A process that was killed, or whose sync failed,
/// may have left them in memory alone, where they are read as well as from disk; and a sync would
/// say nothing about bytes of which an earlier one failed.
fn settle_tail(span: &Span, promised: i64) -> Result<()> {
    let from = promised.max(span.start + SEGMENT_HEADER_SPAN);
    if from >= span.end || Failpoint::WalSkipRecoveryFsync.is_on() {
        return Ok(());
    }
    let offset = u64::try_from(from - span.start).unwrap_or_default();
    let mut tail = vec![0; usize::try_from(span.end - from).unwrap_or_default()];
    let read = File::open(&span.path).and_then(|file| file.read_exact_at(&mut tail, offset));
    read.map_err(Error::wal("reading", &span.path))?;
    disk::write_again(&span.path, offset, &tail).map_err(Error::wal("writing", &span.path))
}
