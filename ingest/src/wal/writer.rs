//! The one thread that writes the WAL: it takes all that waits, writes it, forces it to disk once,
//! and answers.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use lake::Failpoint;
use lake::disk::{self, NewFile};
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, error, info, warn};

use super::Appended;
use super::frame::{FRAME_HEADER_BYTES, FrameHeader, FrameKind, PAYLOAD_BYTES_MAX};
use super::free::FreeSpace;
use super::reader::span_of;
use super::request::{Request, Weight};
use super::segment::{SEGMENT_HEADER_SPAN, SegmentHeader, Span, path_of};
use super::state::Shared;
use crate::error::{Error, Overload, Result};
use crate::settings::Durability;

/// Bytes after which a group takes no further frame.
const GROUP_BYTES_MAX: usize = 8 << 20;
/// Part of the quota that only prepare frames may use: without it a full WAL could not be emptied.
const PREPARE_SHARE: u64 = 16;

/// A frame that waits for its group commit.
struct Waiting {
    kind: FrameKind,
    rows: u32,
    payload: Vec<u8>,
    _weight: Weight,
    answer: oneshot::Sender<Result<Appended>>,
}

/// The segment under write.
pub(super) struct Active {
    file: NewFile,
    path: PathBuf,
    start: i64,
    end: i64,
}

/// The owner of the segment under write.
pub(super) struct Writer {
    pub(super) durability: Durability,
    pub(super) folder: PathBuf,
    pub(super) node: u128,
    pub(super) segment_bytes_max: u64,
    pub(super) wal_bytes_max: u64,
    pub(super) free: FreeSpace,
    pub(super) shared: Arc<Shared>,
    pub(super) active: Option<Active>,
    /// Where the next segment starts: behind every byte that was ever tried.
    pub(super) next_start: i64,
}

impl Writer {
    /// Serves requests until nobody is left to make them.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Request>) {
        while let Some(first) = queue.blocking_recv() {
            let mut group = vec![first];
            let mut bytes = group[0].bytes();
            while bytes < GROUP_BYTES_MAX
                && let Ok(request) = queue.try_recv()
            {
                bytes += request.bytes();
                group.push(request);
            }
            self.serve(group);
        }
    }

    /// Writes one group, forces it to disk and answers everybody in it.
    pub(super) fn serve(&mut self, group: Vec<Request>) {
        let mut waiting = Vec::with_capacity(group.len());
        let mut barriers = Vec::new();
        let mut rotations = Vec::new();
        let mut room = self.room();
        for request in group {
            match request {
                Request::Barrier { answer } => barriers.push(answer),
                Request::Rotate { answer } => rotations.push(answer),
                Request::Append {
                    kind,
                    rows,
                    payload,
                    weight,
                    answer,
                } => match admit(kind, &payload, &mut room) {
                    Err(refusal) => drop(answer.send(Err(refusal))),
                    Ok(()) => {
                        let frame = Waiting {
                            kind,
                            rows,
                            payload,
                            _weight: weight,
                            answer,
                        };
                        waiting.push(frame);
                    }
                },
            }
        }
        if !waiting.is_empty() {
            self.answer(waiting);
        }
        for rotation in rotations {
            drop(rotation.send(self.rotate()));
        }
        let durable_end = self.shared.state().durable_end;
        for barrier in barriers {
            if barrier.send(durable_end).is_err() {
                debug!("nobody waits for the barrier any more");
            }
        }
    }

    /// Leaves the segment under write for a new one, unless it holds nothing.
    fn rotate(&mut self) -> Result<()> {
        let holds = |active: &Active| active.end > active.start + SEGMENT_HEADER_SPAN;
        if self.active.as_ref().is_none_or(holds) {
            self.active = Some(self.open_segment()?);
        }
        Ok(())
    }

    /// Bytes that batches may still take of the quota, or why they may take none.
    fn room(&mut self) -> std::result::Result<u64, Overload> {
        if self.free.is_low(&self.folder) {
            return Err(Overload::DiskLow);
        }
        let taken: u64 = self
            .shared
            .state()
            .spans
            .iter()
            .map(|span| span.bytes)
            .sum();
        let quota = self.wal_bytes_max - self.wal_bytes_max / PREPARE_SHARE;
        Ok(quota.saturating_sub(taken))
    }

    fn answer(&mut self, mut waiting: Vec<Waiting>) {
        let committed = self.commit(&mut waiting);
        let signs = &self.shared.signs;
        signs.wal.note(&committed);
        signs.metrics.group_commits.inc();
        match committed {
            Ok(positions) => {
                debug!(frames = waiting.len(), "group commit");
                for (frame, position) in waiting.into_iter().zip(positions) {
                    drop(frame.answer.send(Ok(Appended { position })));
                }
                self.shared.grown.notify_one();
            }
            Err(failure) => {
                let cause = std::error::Error::source(&failure).map(ToString::to_string);
                signs.metrics.group_commit_failures.inc();
                error!(cause, "group commit failed: {failure}");
                for frame in waiting {
                    drop(frame.answer.send(Err(failure.shared())));
                }
            }
        }
    }

    /// Makes the frames durable and returns their positions, or seals the segment.
    fn commit(&mut self, waiting: &mut [Waiting]) -> Result<Vec<i64>> {
        let mut active = match self.active.take() {
            Some(active) if !self.is_full(&active) => active,
            _ => self.open_segment()?,
        };
        let (bytes, positions) = encode(waiting, active.end);
        self.next_start = active.end + span_of(bytes.len());
        self.grow_on_disk(bytes.len());
        let started = Instant::now();
        if Failpoint::WalAckBeforeWrite.is_on() {
            answer_early(waiting, &positions);
        }
        let written = active
            .file
            .append(&bytes)
            .map_err(Error::wal("writing", &active.path))
            .and_then(|()| {
                if Failpoint::WalAckBeforeFsync.is_on() {
                    answer_early(waiting, &positions);
                }
                let synced = self.sync_frames(&active.file, waiting);
                synced.map_err(Error::wal("syncing", &active.path))
            });
        if let Err(failure) = written {
            if Failpoint::WalKeepFailedSegment.is_on() {
                active.end = self.next_start;
                self.active = Some(active);
            } else {
                self.seal(&active);
            }
            return Err(failure);
        }
        let took = started.elapsed().as_secs_f64();
        self.shared.signs.metrics.fsync_seconds.observe(took);
        active.end = self.next_start;
        let batches = waiting
            .iter()
            .filter(|frame| frame.kind == FrameKind::Batch);
        let rows: u64 = batches.map(|frame| u64::from(frame.rows)).sum();
        let mut state = self.shared.state();
        if let Some(span) = state.spans.last_mut() {
            span.end = active.end;
        }
        state.durable_end = active.end;
        state.pending_rows += rows;
        drop(state);
        self.active = Some(active);
        Ok(positions)
    }

    /// Forces frames to disk, where that was promised.
    fn sync_frames(&self, file: &NewFile, waiting: &[Waiting]) -> io::Result<()> {
        let is_flush = waiting.iter().all(|one| one.kind == FrameKind::Prepare);
        if self.durability == Durability::Os
            || Failpoint::WalSkipFsync.is_on()
            || (is_flush && Failpoint::PrepareSkipFsync.is_on())
        {
            return Ok(());
        }
        match file.sync() {
            Err(_) if Failpoint::WalRetryFsync.is_on() => file.sync(),
            synced => synced,
        }
    }

    /// Forces a new segment and its name to disk.
    fn sync_segment(&self, file: &NewFile, path: &Path) -> Result<()> {
        if self.durability == Durability::Os {
            return Ok(());
        }
        if !Failpoint::WalSkipHeaderFsync.is_on() {
            file.sync().map_err(Error::wal("syncing", path))?;
        }
        if Failpoint::WalSkipFolderFsync.is_on() {
            return Ok(());
        }
        disk::sync_folder(&self.folder).map_err(Error::wal("syncing", &self.folder))
    }

    /// Gives a segment up after a failed write. One that holds nothing durable is removed, so that
    /// a full disk is not littered by attempts.
    fn seal(&self, active: &Active) {
        warn!(segment = %active.path.display(), end = active.end, "sealed a segment that failed");
        if active.end > active.start + SEGMENT_HEADER_SPAN {
            return;
        }
        self.shared
            .state()
            .spans
            .retain(|span| span.start != active.start);
        remove_attempt(&active.path);
    }

    fn grow_on_disk(&mut self, bytes: usize) {
        if let Some(span) = self.shared.state().spans.last_mut() {
            span.bytes += bytes as u64;
        }
        self.free.wrote(bytes as u64);
    }

    fn is_full(&self, active: &Active) -> bool {
        u64::try_from(active.end - active.start).is_ok_and(|bytes| bytes >= self.segment_bytes_max)
    }

    /// Opens a segment, durable with its name before a frame is written to it.
    fn open_segment(&mut self) -> Result<Active> {
        let start = self.next_start;
        // A segment that could not be opened leaves its name unused.
        self.next_start = start + SEGMENT_HEADER_SPAN;
        let path = path_of(&self.folder, start);
        let header = SegmentHeader {
            node: self.node,
            start,
            durable: self.shared.state().durable_end,
        };
        let mut file = disk::create_new(&path).map_err(Error::wal("creating", &path))?;
        let written = file
            .append(&header.encode())
            .map_err(Error::wal("writing", &path))
            .and_then(|()| self.sync_segment(&file, &path));
        if let Err(failure) = written {
            remove_attempt(&path);
            return Err(failure);
        }
        let end = self.next_start;
        let bytes = u64::try_from(SEGMENT_HEADER_SPAN).unwrap_or_default();
        let span = Span {
            path: path.clone(),
            start,
            end,
            bytes,
            damaged: false,
        };
        self.shared.state().spans.push(span);
        info!(segment = %path.display(), "opened a segment");
        Ok(Active {
            file,
            path,
            start,
            end,
        })
    }
}

/// Promises what is not yet on disk.
fn answer_early(waiting: &mut [Waiting], positions: &[i64]) {
    for (frame, position) in waiting.iter_mut().zip(positions) {
        let (unheard, _) = oneshot::channel();
        let position = *position;
        let answer = std::mem::replace(&mut frame.answer, unheard);
        drop(answer.send(Ok(Appended { position })));
    }
}

/// The frames one behind the other from `start` on, and the position of each.
fn encode(waiting: &[Waiting], start: i64) -> (Vec<u8>, Vec<i64>) {
    let mut bytes = Vec::new();
    let mut positions = Vec::with_capacity(waiting.len());
    for frame in waiting {
        let position = start + span_of(bytes.len());
        let header = FrameHeader {
            kind: frame.kind,
            rows: frame.rows,
            length: u32::try_from(frame.payload.len()).unwrap_or(u32::MAX),
            position,
            durable: start,
        };
        header.encode(&frame.payload, &mut bytes);
        positions.push(position);
    }
    (bytes, positions)
}

/// Removes a segment that never held anything durable; recovery copes with one that stays.
fn remove_attempt(path: &Path) {
    if let Err(cause) = disk::remove(path) {
        warn!(segment = %path.display(), %cause, "segment without frames stays");
    }
}

/// Takes a frame into the group, or says why not. Only batches use up the quota's room.
fn admit(
    kind: FrameKind,
    payload: &[u8],
    room: &mut std::result::Result<u64, Overload>,
) -> Result<()> {
    if payload.len() > PAYLOAD_BYTES_MAX {
        return Err(Error::Overloaded(Overload::WalQuota));
    }
    if kind == FrameKind::Batch {
        let bytes = (payload.len() + FRAME_HEADER_BYTES) as u64;
        match room {
            Ok(room) if *room >= bytes => *room -= bytes,
            Ok(_) => return Err(Error::Overloaded(Overload::WalQuota)),
            Err(overload) => return Err(Error::Overloaded(*overload)),
        }
    }
    Ok(())
}
