//! The WAL as it stands on disk, known to its writer and its readers.

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::recover::Recovered;
use super::segment::Span;

/// What writer and readers share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Bytes of requests that wait for their group commit.
    pub(super) waiting: AtomicU64,
    /// Told after each group commit.
    pub(super) grown: Notify,
}

/// The WAL as it stands on disk.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The segments in order, the one under write last.
    pub(super) spans: Vec<Span>,
    /// The position up to which everything is on disk.
    pub(super) durable_end: i64,
    /// Records on disk that the tables do not hold yet.
    pub(super) pending_rows: u64,
}

impl Shared {
    /// Begins with what was found.
    pub(super) fn new(recovered: &Recovered) -> Self {
        let state = State {
            spans: recovered.spans.clone(),
            durable_end: recovered.durable_end,
            pending_rows: recovered.pending_rows,
        };
        Self {
            state: Mutex::new(state),
            ..Self::default()
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
