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
//! `kind` is 1 for a batch (JSON of [`crate::Batch`]) and 2 for a prepare frame (JSON of a decided
//! flush). `durable` is the end of what was on disk when the segment or frame was written: bytes of
//! older segments beyond it were never promised to anybody.
//!
//! **Invariants.** One thread owns the file under write. A request is answered after the `fdatasync`
//! that covers its frame. A write or sync that failed is never tried again on the same file: the
//! segment is sealed where it was last durable and the next request opens another. A segment is
//! removed only when the tables hold all of it.

mod cut;
mod disk;
mod frame;
mod read;
mod reader;
mod recover;
mod request;
mod segment;
mod state;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

pub(crate) use frame::FrameKind;
pub(crate) use reader::Frame;
pub(crate) use recover::Recovered;

use crate::error::{Error, Result};
use crate::settings::Settings;
use disk::MachineDisk;
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
        committed: i64,
        floor: i64,
    ) -> Result<(Self, Recovered)> {
        let node = xxhash_rust::xxh3::xxh3_128(node.as_bytes());
        let recovered = recover::recover(folder, node, committed)?;
        let shared = Arc::new(Shared::new(&recovered));
        let writer = Writer {
            disk: Box::new(MachineDisk {
                durability: settings.durability,
            }),
            folder: folder.to_owned(),
            node,
            segment_bytes_max: settings.segment_bytes_max,
            wal_bytes_max: settings.wal_bytes_max,
            shared: Arc::clone(&shared),
            active: None,
            next_start: recovered.next_start.max(floor),
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
                    return Err(Error::Overloaded {
                        retry_after: Settings::RETRY_AFTER,
                    });
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
                        mpsc::error::TrySendError::Full(_) => Error::Overloaded {
                            retry_after: Settings::RETRY_AFTER,
                        },
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

    /// The position up to which everything is on disk.
    pub(crate) fn durable_end(&self) -> i64 {
        self.shared.state().durable_end
    }

    /// Records on disk that the tables do not hold yet.
    pub(crate) fn pending_rows(&self) -> u64 {
        self.shared.state().pending_rows
    }

    /// Waits for a group commit.
    ///
    /// # Cancel safety
    /// A group commit that nobody waited for is told to the next who waits.
    pub(crate) async fn grown(&self) {
        self.shared.grown.notified().await;
    }
}
