//! Which files to merge next.
//!
//! Size-tiered: the smallest files of a day go together, and larger ones join only while those
//! before them weigh half as much. A byte is therefore rewritten a logarithmic number of times on
//! its way from a flush to a file that stays, and what is left of small files grows by factors:
//! fewer than [`SMALL_FILES_DUE`] of them fit below [`SMALL_BYTES`]. With the files that flushes add
//! while a merge runs, a day stays within [`SMALL_FILES_MAX`].

use crate::clock::Micros;
use crate::snapshot::PinnedFile;

/// Files below this size are small: upkeep merges them.
pub(crate) const SMALL_BYTES: u64 = 32 << 20;
/// Small files of a day (or of a table without days) at which they are merged.
pub(crate) const SMALL_FILES_DUE: usize = 8;
/// Small files that a day may have at any time.
pub const SMALL_FILES_MAX: usize = 20;
/// The size at which a merged file ends and the next begins; also what a merge of small files reads
/// at most.
pub(crate) const TARGET_BYTES: u64 = 128 << 20;
/// A file joins those that are smaller while it is below so many times their sum.
const JOINS_BELOW: u64 = 2;
/// Files that one merge reads at once: bounds its memory.
pub(crate) const FAN_IN_MAX: usize = 64;
/// A day is merged as a whole once so long has passed since its end.
const CLOSED_AFTER_DAYS: i32 = 2;
/// Shortest time between two merges of a whole day that still gains late events.
const WHOLE_EVERY: Micros = 86_400_000_000;
/// Late events below this part of a day wait longer: for [`WHOLE_LATEST`].
const WHOLE_SHARE: u64 = 16;
/// Longest time that late events lie beside a merged day.
const WHOLE_LATEST: Micros = 7 * 86_400_000_000;
/// How the files of a day merged as a whole are named: with the merge's own id behind.
const WHOLE_PREFIX: &str = "whole-";

/// The files to merge of one day's small files: positions in `sizes`, smallest first. Nothing while
/// there are fewer than `due`.
pub(crate) fn small_group(sizes: &[u64], due: usize) -> Vec<usize> {
    let mut small: Vec<usize> = (0..sizes.len())
        .filter(|&at| sizes[at] < SMALL_BYTES)
        .collect();
    if small.len() < due.max(2) {
        return Vec::new();
    }
    small.sort_by_key(|&at| (sizes[at], at));
    let mut sum = 0;
    let joining = small.iter().enumerate().take_while(|&(place, &at)| {
        let joins = place < 2 || sizes[at] < JOINS_BELOW * sum;
        sum += sizes[at];
        joins && place < FAN_IN_MAX && (place < 2 || sum <= TARGET_BYTES)
    });
    let count = joining.count();
    small.truncate(count);
    small
}

/// Whether a closed day is to be merged as a whole, so that late copies meet the events that lie in
/// large files.
pub(crate) fn is_whole_due(files: &[PinnedFile], day: i32, today: i32, now: Micros) -> bool {
    if day + CLOSED_AFTER_DAYS >= today || files.len() < 2 || files.len() > FAN_IN_MAX {
        return false;
    }
    let (merged, late): (Vec<_>, Vec<_>) = files.iter().partition(|f| whole_id(f).is_some());
    if late.is_empty() {
        // The files of one merge, or of two of which neither saw the other's.
        return !is_one_whole(files);
    }
    let Some(merged_at) = merged.iter().map(|f| f.modified_at).max() else {
        return true;
    };
    let bytes = |files: &[&PinnedFile]| files.iter().map(|f| f.bytes).sum::<u64>();
    let age = now - merged_at;
    age >= WHOLE_LATEST
        || age >= WHOLE_EVERY && bytes(&late).saturating_mul(WHOLE_SHARE) >= bytes(&merged)
}

/// Whether the files are what one merge of the whole day made.
pub(crate) fn is_one_whole(files: &[PinnedFile]) -> bool {
    let first = files.first().and_then(whole_id);
    first.is_some() && files.iter().all(|file| whole_id(file) == first)
}

/// How file `number` of the merge `id` of a whole day is named.
pub(crate) fn whole_name(id: &str, number: usize) -> String {
    format!("{WHOLE_PREFIX}{id}-{number}")
}

fn whole_id(file: &PinnedFile) -> Option<&str> {
    let name = file.path.file_name()?.to_str()?;
    let (id, _) = name.strip_prefix(WHOLE_PREFIX)?.rsplit_once('-')?;
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;

    #[test]
    fn larger_files_join_only_those_that_weigh_as_much() {
        let sizes = [10, 10, 10, 10, 10, 10, 10, 10].map(|size| size * KIB);
        assert_eq!(small_group(&sizes, 8).len(), 8);
        assert!(small_group(&sizes[..7], 8).is_empty());
        let mixed = [4000, 10, 10, 900, 10, 10, 64 * 1024, 10, 10].map(|size| size * KIB);
        assert_eq!(small_group(&mixed, 8), [1, 2, 4, 5, 7, 8]);
        assert_eq!(small_group(&[30 * MIB; 12], 8).len(), 4, "128 MiB at most");
    }

    /// One day that gains a file of about `bytes` with each flush, as many between two looks as
    /// `gained`; returns the most small files and how often a byte was written.
    fn day_of(bytes: impl Fn(u64) -> u64, flushes: u64, gained: u64) -> (usize, f64) {
        let (mut files, mut most) = (Vec::new(), 0);
        let (mut came, mut written) = (0, 0);
        let small = |files: &[u64]| files.iter().filter(|&&f| f < SMALL_BYTES).count();
        for flush in 0..flushes {
            files.push(bytes(flush));
            came += bytes(flush);
            most = most.max(small(&files));
            if flush % gained > 0 {
                continue;
            }
            loop {
                let group = small_group(&files, SMALL_FILES_DUE);
                if group.is_empty() {
                    break;
                }
                let merged: u64 = group.iter().map(|&at| files[at]).sum();
                let mut at = 0;
                files.retain(|_| {
                    at += 1;
                    !group.contains(&(at - 1))
                });
                files.push(merged);
                written += merged;
            }
        }
        (most, written as f64 / came as f64)
    }

    #[test]
    fn day_of_flushes_stays_within_the_bound_and_bytes_are_rewritten_rarely() {
        type Bytes = fn(u64) -> u64;
        let sizes: [(&str, Bytes); 5] = [
            ("steady", |_| 15 * KIB),
            ("busy", |_| 2 * MIB),
            ("full", |_| 12 * MIB),
            ("by turns", |n| if n % 97 == 0 { 9 * MIB } else { 14 * KIB }),
            ("growing", |n| 10 * KIB + n * 50),
        ];
        for (name, bytes) in sizes {
            for gained in [1, 4, 12] {
                let (most, amplification) = day_of(bytes, 43_200, gained);
                assert!(most <= SMALL_FILES_MAX, "{name}, {gained}: {most} files");
                assert!(amplification <= 8.0, "{name}, {gained}: {amplification}");
            }
        }
    }
}
