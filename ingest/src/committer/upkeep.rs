//! Upkeep beside the flushes: one task of its own, woken after each flush.
//!
//! A flush waits for it only where a day is about to have more small files than it may. While the
//! committer is behind (the WAL holds more than one flush takes), upkeep stands back and days may be
//! more crowded, until upkeep has made up for it: what was answered 200 goes first.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lake::{Keep, Lake, SMALL_FILES_MAX};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tracing::warn;

/// Small files of a day while the committer is behind.
const CROWD_BEHIND_MAX: usize = 64;

/// The handle of the upkeep task; when it is dropped the task ends.
#[derive(Debug)]
pub(crate) struct Upkeep {
    lake: Arc<Lake>,
    wake: Arc<Notify>,
    is_failing: Arc<AtomicBool>,
    pieces: watch::Receiver<u64>,
    /// Days are more crowded than they may be, since the committer was behind.
    is_crowded: bool,
    task: Option<JoinHandle<()>>,
}

impl Upkeep {
    /// Starts the task.
    pub(crate) fn start(lake: Arc<Lake>, keep: Keep) -> Self {
        let wake = Arc::new(Notify::new());
        let is_failing = Arc::new(AtomicBool::new(false));
        let (done, pieces) = watch::channel(0);
        let task = tokio::spawn({
            let (lake, wake) = (Arc::clone(&lake), Arc::clone(&wake));
            let is_failing = Arc::clone(&is_failing);
            async move {
                loop {
                    wake.notified().await;
                    let count = || done.send_modify(|pieces: &mut u64| *pieces += 1);
                    let outcome = lake.upkeep(&keep, count).await;
                    is_failing.store(outcome.is_err(), Ordering::Release);
                    count();
                    match outcome {
                        Err(lake::Error::Stopped) => return,
                        Err(failure) => {
                            let cause = std::error::Error::source(&failure);
                            let cause = cause.map(ToString::to_string);
                            warn!(cause, "upkeep failed, will try again: {failure}");
                        }
                        Ok(()) => {}
                    }
                }
            }
        });
        Self {
            lake,
            wake,
            is_failing,
            pieces,
            is_crowded: false,
            task: Some(task),
        }
    }

    /// Looks for what is due, beside whatever comes next.
    pub(crate) fn wake(&self, is_behind: bool) {
        if !is_behind || self.lake.crowd() >= CROWD_BEHIND_MAX {
            self.wake.notify_one();
        }
    }

    /// Waits until each day has room for the files of one more flush, or until upkeep fails.
    pub(crate) async fn make_room(&mut self, is_behind: bool) {
        self.is_crowded = is_behind || self.is_crowded && self.lake.crowd() >= SMALL_FILES_MAX;
        let most = if self.is_crowded {
            CROWD_BEHIND_MAX
        } else {
            SMALL_FILES_MAX
        };
        loop {
            self.pieces.borrow_and_update();
            if self.lake.crowd() < most || self.is_failing.load(Ordering::Acquire) {
                return;
            }
            self.wake.notify_one();
            if self.pieces.changed().await.is_err() {
                return;
            }
        }
    }

    /// Ends the task; a merge under way is given up.
    pub(crate) async fn stop(&mut self) {
        self.lake.halt_upkeep();
        self.wake.notify_one();
        if let Some(task) = self.task.take()
            && task.await.is_err()
        {
            warn!("upkeep ended early");
        }
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        self.lake.halt_upkeep();
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
