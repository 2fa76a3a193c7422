//! What is free on the disk of the WAL: batches are refused before the disk is full, so that
//! flushes, which make room, still find some.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::state::Shared;

/// Longest time for which a look holds.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Bytes written after which it holds no longer.
const LOOK_BYTES: u64 = 16 << 20;
/// The mark is at most this part of the file system: a small one is not refused as a whole.
const PART_MAX: u64 = 20;

/// The free space as it was last seen.
#[derive(Debug)]
pub(super) struct FreeSpace {
    bytes_min: u64,
    shared: Arc<Shared>,
    looked_at: Option<Instant>,
    wrote: u64,
    low: bool,
}

impl FreeSpace {
    pub(super) fn new(bytes_min: u64, shared: Arc<Shared>) -> Self {
        Self {
            bytes_min,
            shared,
            looked_at: None,
            wrote: 0,
            low: false,
        }
    }

    /// Takes note of bytes that were written.
    pub(super) fn wrote(&mut self, bytes: u64) {
        self.wrote += bytes;
    }

    /// Whether less is free than the low-water mark. A file system that does not tell is trusted.
    pub(super) fn is_low(&mut self, folder: &Path) -> bool {
        let is_fresh = self.looked_at.is_some_and(|at| at.elapsed() < LOOK_EVERY);
        if is_fresh && self.wrote < LOOK_BYTES {
            return self.low;
        }
        self.looked_at = Some(Instant::now());
        self.wrote = 0;
        if let Ok(found) = rustix::fs::statvfs(folder) {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            let whole = found.f_blocks.saturating_mul(found.f_frsize);
            self.low = is_below(free, whole, self.bytes_min);
            self.shared.disk_free.store(free, Ordering::Relaxed);
            self.shared.disk_is_low.store(self.low, Ordering::Relaxed);
        }
        self.low
    }
}

fn is_below(free: u64, whole: u64, bytes_min: u64) -> bool {
    free < bytes_min.min(whole / PART_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_of_a_small_file_system_is_a_twentieth_of_it() {
        let (mib, gib) = (1_u64 << 20, 1_u64 << 30);
        assert!(is_below(511 * mib, 1000 * gib, 512 * mib));
        assert!(!is_below(512 * mib, 1000 * gib, 512 * mib));
        assert!(!is_below(60 * mib, 64 * mib, 512 * mib));
        assert!(is_below(3 * mib, 64 * mib, 512 * mib));
        assert!(!is_below(0, 64 * mib, 0));
    }
}
