//! The WAL as it stands on disk, known to its writer and its readers.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::recover::Recovered;
use super::segment::Span;
use crate::condition::Signs;

/// What writer and readers share.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Where group commits are counted.
    pub(super) signs: Arc<Signs>,
    /// Bytes of requests that wait for their group commit.
    pub(super) waiting: AtomicU64,
    /// Bytes that were free on the disk at the last look; 0 before the first.
    pub(super) disk_free: AtomicU64,
    /// Whether that was below the low-water mark.
    pub(super) disk_is_low: AtomicBool,
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
    /// The latest flushes, the newest last.
    pub(super) flushes: VecDeque<Flushed>,
}

/// A flush that is being committed or is done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flushed {
    pub(super) end: i64,
    pub(super) rows: u64,
    /// Whether its rows are out of [`State::pending_rows`].
    pub(super) is_settled: bool,
}

/// Flushes that are remembered: a reader of the ledger is never so far behind.
const FLUSHES_KEPT: usize = 256;

impl State {
    /// Records on disk that a ledger which has reached `position` does not count. Exact at every
    /// moment of a flush, since the ledger's position says which flushes it holds.
    pub(super) fn pending_beyond(&self, position: i64) -> u64 {
        let rows = |counted: bool| -> u64 {
            let differs = |f: &&Flushed| (f.end <= position) == counted && f.is_settled != counted;
            self.flushes.iter().filter(differs).map(|f| f.rows).sum()
        };
        let (counted_early, not_counted_yet) = (rows(true), rows(false));
        (self.pending_rows + not_counted_yet).saturating_sub(counted_early)
    }

    pub(super) fn announce(&mut self, rows: u64, end: i64) {
        if self.flushes.back().is_some_and(|last| last.end >= end) {
            return;
        }
        if self.flushes.len() == FLUSHES_KEPT {
            self.flushes.pop_front();
        }
        self.flushes.push_back(Flushed {
            end,
            rows,
            is_settled: false,
        });
    }

    pub(super) fn settle(&mut self, rows: u64, end: i64) {
        self.announce(rows, end);
        for flush in self.flushes.iter_mut().filter(|flush| flush.end <= end) {
            flush.is_settled = true;
        }
        self.pending_rows = self.pending_rows.saturating_sub(rows);
        if end >= self.durable_end {
            // What was lost to damage is pending no more.
            self.pending_rows = 0;
        }
    }
}

impl Shared {
    /// Begins with what was found.
    pub(super) fn new(recovered: &Recovered, signs: Arc<Signs>) -> Self {
        let state = State {
            spans: recovered.spans.clone(),
            durable_end: recovered.durable_end,
            pending_rows: recovered.pending_rows,
            flushes: VecDeque::new(),
        };
        Self {
            state: Mutex::new(state),
            signs,
            waiting: AtomicU64::new(0),
            disk_free: AtomicU64::new(0),
            disk_is_low: AtomicBool::new(false),
            grown: Notify::new(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pending_adds_up_with_the_ledger_at_each_step_of_a_flush() {
        let mut state = State {
            durable_end: 100,
            pending_rows: 10,
            ..State::default()
        };
        // The ledger has counted nothing, then the flush of 6 rows up to 50, then the one of 4.
        let (none, first, second) = (0, 50, 100);
        assert_eq!(state.pending_beyond(none), 10);
        state.announce(6, 50);
        assert_eq!([none, first].map(|at| state.pending_beyond(at)), [10, 4]);
        state.settle(6, 50);
        assert_eq!([none, first].map(|at| state.pending_beyond(at)), [10, 4]);
        state.pending_rows += 3;
        state.durable_end = 130;
        state.announce(4, 100);
        let at_each = |state: &State| [none, first, second].map(|at| state.pending_beyond(at));
        assert_eq!(at_each(&state), [13, 7, 3]);
        state.settle(4, 100);
        assert_eq!(at_each(&state), [13, 7, 3]);
        assert_eq!(state.pending_rows, 3);
    }
}
