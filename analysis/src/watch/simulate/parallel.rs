//! The same work on many items, by a few threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, Result};

/// What `work` makes of each index below `count`, in order, whatever the number of threads. `done` is
/// told of each that is finished.
///
/// # Errors
/// [`Error::Stopped`] when a thread broke off.
pub(super) fn in_parallel<T: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(usize) -> T + Sync,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let made = Mutex::new(Vec::with_capacity(count));
    let take = || {
        let mut own = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                break;
            }
            own.push((index, work(index)));
            done();
        }
        if let Ok(mut made) = made.lock() {
            made.append(&mut own);
        }
    };
    let are_whole = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.max(1)).map(|_| scope.spawn(take)).collect();
        take();
        // Each is waited for, also after one that broke off.
        let ended: Vec<bool> = others.into_iter().map(|t| t.join().is_ok()).collect();
        ended.into_iter().all(|is_whole| is_whole)
    });
    let mut made = made.into_inner().map_err(|_| Error::Stopped)?;
    if !are_whole || made.len() != count {
        return Err(Error::Stopped);
    }
    made.sort_unstable_by_key(|(index, _)| *index);
    Ok(made.into_iter().map(|(_, item)| item).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_that_of_the_items() {
        let told = AtomicUsize::new(0);
        for threads in [0, 1, 3] {
            let done = || {
                told.fetch_add(1, Ordering::Relaxed);
            };
            let made = in_parallel(100, threads, |index| index * index, &done).unwrap();
            assert_eq!(
                made,
                (0..100).map(|index| index * index).collect::<Vec<_>>()
            );
        }
        assert_eq!(told.into_inner(), 300);
    }
}
