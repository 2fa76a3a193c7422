//! The write-ahead log: what was answered 200 and is not yet in the tables.
//!
//! **Written format.** The folder holds segments, each named by the WAL position of its first byte
//! (twenty digits, `.wal`). A position is a byte's place in the log as if all segments ever written
//! lay behind each other; a gap is left where a segment was given up, so no position is used twice.
//! All numbers are little-endian.
//!
//! ```text
//! segment  magic "SHIPWAKE" · version u32 · hash of the node u128 · start i64 · durable i64
//!          · zero u64 · crc32c u32 of all before, then frames
//! frame    crc32c u32 of all behind · length u32 · rows u32 · kind u8 · position i64
//!          · durable i64 · payload
//! ```
//!
//! `kind` is 2 for a prepare frame (JSON of a decided flush) and 5 for a batch (postcard of
//! [`crate::Batch`]). `durable` is the end of what was on disk when the segment or frame was written: bytes of
//! older segments beyond it were never promised to anybody.
//!
//! **Invariants.** One thread owns the file under write. A request is answered after the `fdatasync`
//! that covers its frame. A write or sync that failed is never tried again on the same file: the
//! segment is sealed where it was last durable and the next request opens another. A segment is
//! removed only when the tables hold all of it.

#[cfg(test)]
mod crash;
mod cut;
mod examine;
pub(crate) mod frame;
mod free;
mod read;
pub(crate) mod reader;
mod recover;
mod request;
pub(crate) mod segment;
mod state;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use lake::Failpoint;
use tokio::sync::{mpsc, oneshot};

pub(crate) use examine::{each_frame, examine};
pub(crate) use frame::FrameKind;
pub(crate) use reader::Frame;
pub(crate) use recover::Recovered;

use crate::condition::Signs;
use crate::error::{Error, Overload, Result};
use crate::settings::Settings;
use free::FreeSpace;
use request::{Request, Weight};
use state::Shared;
use writer::Writer;

/// Requests that may wait for their group commit.
const QUEUE_REQUESTS_MAX: usize = 4_096;

/// Where an appended frame lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Appended {
    /// The frame's WAL position.
    pub position: i64,
}

/// How much there is of the WAL and for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Level {
    /// Records on disk that the tables do not hold yet.
    pub pending_rows: u64,
    /// Bytes of all segments.
    pub bytes: u64,
    /// Segments.
    pub segments: u64,
    /// Free on the disk when somebody last looked.
    pub disk_free_bytes: Option<u64>,
    /// Whether that was below the low-water mark.
    pub disk_is_low: bool,
}

/// The write-ahead log of one ingest node.
#[derive(Debug)]
pub(crate) struct Wal {
    requests: mpsc::Sender<Request>,
    shared: Arc<Shared>,
    queue_bytes_max: u64,
}

impl Wal {
    /// Reads what is there and starts the writer. `committed` is the position up to which the
    /// tables hold everything; `floor` is one that no new frame may lie below.
    ///
    /// # Errors
    /// [`Error::Wal`] when the disk refuses, [`Error::ForeignSegment`] when another node wrote it.
    pub(crate) fn open(
        folder: &Path,
        settings: &Settings,
        node: &str,
        (committed, floor): (i64, i64),
        signs: Arc<Signs>,
    ) -> Result<(Self, Recovered)> {
        let node = xxhash_rust::xxh3::xxh3_128(node.as_bytes());
        let recovered = recover::recover(folder, node, committed)?;
        let shared = Arc::new(Shared::new(&recovered, signs));
        let writer = Writer {
            durability: settings.durability,
            folder: folder.to_owned(),
            node,
            segment_bytes_max: settings.segment_bytes_max,
            wal_bytes_max: settings.wal_bytes_max,
            free: FreeSpace::new(settings.disk_free_bytes_min, Arc::clone(&shared)),
            shared: Arc::clone(&shared),
            active: None,
            next_start: if Failpoint::WalForgetPosition.is_on() {
                recovered.next_start
            } else {
                recovered.next_start.max(floor)
            },
        };
        let (requests, queue) = mpsc::channel(QUEUE_REQUESTS_MAX);
        std::thread::Builder::new()
            .name("wal".to_owned())
            .spawn(move || writer.run(queue))
            .map_err(Error::wal("starting the writer of", folder))?;
        Ok((
            Self {
                requests,
                shared,
                queue_bytes_max: settings.queue_bytes_max,
            },
            recovered,
        ))
    }

    /// Appends a frame and returns once it is durable. A batch meets [`Error::Overloaded`] where
    /// the queue or the quota is full; a prepare frame waits, for it is what makes room.
    ///
    /// # Errors
    /// [`Error::Overloaded`], and [`Error::Wal`] when the disk refuses; the frame may then be found
    /// after a crash or not.
    ///
    /// # Cancel safety
    /// A frame that is in the queue is written whether or not anybody still waits for it.
    pub(crate) async fn append(
        &self,
        kind: FrameKind,
        rows: u32,
        payload: Vec<u8>,
    ) -> Result<Appended> {
        let weight = Weight::new(&self.shared, payload.len() + frame::FRAME_HEADER_BYTES);
        let (answer, answered) = oneshot::channel();
        match kind {
            FrameKind::Batch => {
                if weight.before > 0 && weight.before + weight.bytes > self.queue_bytes_max {
                    return Err(Error::Overloaded(Overload::Queue));
                }
                let request = Request::Append {
                    kind,
                    rows,
                    payload,
                    weight,
                    answer,
                };
                self.requests
                    .try_send(request)
                    .map_err(|refused| match refused {
                        mpsc::error::TrySendError::Full(_) => Error::Overloaded(Overload::Queue),
                        mpsc::error::TrySendError::Closed(_) => Error::TaskEnded,
                    })?;
            }
            FrameKind::Prepare => {
                let request = Request::Append {
                    kind,
                    rows,
                    payload,
                    weight,
                    answer,
                };
                self.requests
                    .send(request)
                    .await
                    .map_err(|_| Error::TaskEnded)?;
            }
        }
        answered.await.map_err(|_| Error::TaskEnded)?
    }

    /// Waits until everything that is in the queue now is written, and returns the durable end.
    ///
    /// # Errors
    /// [`Error::TaskEnded`] when the writer is gone.
    pub(crate) async fn barrier(&self) -> Result<i64> {
        let (answer, answered) = oneshot::channel();
        self.requests
            .send(Request::Barrier { answer })
            .await
            .map_err(|_| Error::TaskEnded)?;
        answered.await.map_err(|_| Error::TaskEnded)
    }

    /// Begins a new segment: those before it can be removed once the tables hold them.
    ///
    /// # Errors
    /// [`Error::Wal`] when the disk refuses, [`Error::TaskEnded`] when the writer is gone.
    pub(crate) async fn rotate(&self) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        self.requests
            .send(Request::Rotate { answer })
            .await
            .map_err(|_| Error::TaskEnded)?;
        answered.await.map_err(|_| Error::TaskEnded)?
    }

    /// The position up to which everything is on disk.
    pub(crate) fn durable_end(&self) -> i64 {
        self.shared.state().durable_end
    }

    /// Records on disk that the tables do not hold yet.
    pub(crate) fn pending_rows(&self) -> u64 {
        self.shared.state().pending_rows
    }

    /// Records on disk that a ledger which has reached `position` does not count yet.
    pub(crate) fn pending_beyond(&self, position: i64) -> u64 {
        self.shared.state().pending_beyond(position)
    }

    /// How much there is of it.
    pub(crate) fn level(&self) -> Level {
        let disk_free = self.shared.disk_free.load(Ordering::Relaxed);
        let state = self.shared.state();
        Level {
            pending_rows: state.pending_rows,
            bytes: state.spans.iter().map(|span| span.bytes).sum(),
            segments: state.spans.len() as u64,
            disk_free_bytes: (disk_free > 0).then_some(disk_free),
            disk_is_low: self.shared.disk_is_low.load(Ordering::Relaxed),
        }
    }

    /// Waits for a group commit.
    ///
    /// # Cancel safety
    /// A group commit that nobody waited for is told to the next who waits.
    pub(crate) async fn grown(&self) {
        self.shared.grown.notified().await;
    }
}
