//! How many bytes of bodies may be in memory at once. Counted in bytes and not in requests, since
//! a thousand small bodies are cheap and ten large ones are not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bytes in flight, and the most that may be.
#[derive(Debug)]
pub(crate) struct InFlight {
    used: AtomicUsize,
    bytes_max: usize,
}

/// There is no room: the client comes again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

/// Bytes of one request that are in flight; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    of: Arc<InFlight>,
    bytes: usize,
}

impl InFlight {
    pub(crate) fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            bytes_max,
        })
    }

    /// A reservation of nothing yet.
    pub(crate) fn enter(self: &Arc<Self>) -> Reservation {
        Reservation {
            of: Arc::clone(self),
            bytes: 0,
        }
    }

    /// The bytes that are reserved.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
}

impl Reservation {
    /// Reserves more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), NoRoom> {
        let more = |used: usize| {
            used.checked_add(bytes)
                .filter(|sum| *sum <= self.of.bytes_max)
        };
        let grown = self
            .of
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        grown.map_err(|_| NoRoom)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.of.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_and_what_is_dropped_makes_room() {
        let in_flight = InFlight::new(100);
        let mut first = in_flight.enter();
        let mut second = in_flight.enter();
        assert_eq!(first.grow(60), Ok(()));
        assert_eq!(second.grow(41), Err(NoRoom));
        assert_eq!(second.grow(usize::MAX), Err(NoRoom));
        assert_eq!(second.grow(40), Ok(()));
        drop(first);
        assert_eq!(in_flight.used(), 40);
        drop(second);
        assert_eq!(in_flight.used(), 0);
    }
}
