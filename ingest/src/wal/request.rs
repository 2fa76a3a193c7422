//! What the writer is asked for, and the share of the queue that a request takes.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::oneshot;

use super::Appended;
use super::frame::{FRAME_HEADER_BYTES, FrameKind};
use super::state::Shared;
use crate::error::Result;

/// The share of one waiting request in the queue's bytes; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Weight {
    shared: Arc<Shared>,
    /// Bytes of the request.
    pub(super) bytes: u64,
    /// Bytes that waited before it came.
    pub(super) before: u64,
}

impl Weight {
    pub(super) fn new(shared: &Arc<Shared>, bytes: usize) -> Self {
        let bytes = bytes as u64;
        let before = shared.waiting.fetch_add(bytes, Ordering::Relaxed);
        Self {
            shared: Arc::clone(shared),
            bytes,
            before,
        }
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        self.shared.waiting.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// What the writer is asked for.
#[derive(Debug)]
pub(super) enum Request {
    /// Append a frame.
    Append {
        kind: FrameKind,
        rows: u32,
        payload: Vec<u8>,
        weight: Weight,
        answer: oneshot::Sender<Result<Appended>>,
    },
    /// Answer once everything before is written.
    Barrier { answer: oneshot::Sender<i64> },
    /// Open a new segment behind everything before.
    Rotate { answer: oneshot::Sender<Result<()>> },
}

impl Request {
    /// Bytes that it adds to the WAL.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Append { payload, .. } => payload.len() + FRAME_HEADER_BYTES,
            Self::Barrier { .. } | Self::Rotate { .. } => 0,
        }
    }
}
