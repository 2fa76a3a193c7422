//! How many bytes of bodies may be in memory at once. Counted in bytes and not in requests, since
//! a thousand small bodies are cheap and ten large ones are not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bytes in flight, and the most that may be.
#[derive(Debug)]
pub(crate) struct InFlight {
    used: AtomicUsize,
    bytes_max: usize,
    /// The room that is used first, where this one is a reserve beside it.
    common: Option<Arc<Self>>,
}

/// There is no room: the client comes again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

/// Bytes of one request that are in flight; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    of: Arc<InFlight>,
    bytes: usize,
    common: Option<Box<Self>>,
}

impl InFlight {
    pub(crate) fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            bytes_max,
            common: None,
        })
    }

    /// A reserve beside a room that others share: it is used only once that room is full.
    pub(crate) fn beside(common: &Arc<Self>, bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            bytes_max,
            common: Some(Arc::clone(common)),
        })
    }

    /// A reservation of nothing yet.
    pub(crate) fn enter(self: &Arc<Self>) -> Reservation {
        Reservation {
            of: Arc::clone(self),
            bytes: 0,
            common: self.common.as_ref().map(|common| Box::new(common.enter())),
        }
    }

    /// The bytes that are reserved here; what went to the common room is not among them.
    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether so many bytes would find room now.
    pub(crate) fn has_room(&self, bytes: usize) -> bool {
        self.used().saturating_add(bytes) <= self.bytes_max
            || self
                .common
                .as_ref()
                .is_some_and(|common| common.has_room(bytes))
    }
}

impl Reservation {
    /// A further reservation, given back by itself.
    pub(crate) fn beside(&self, bytes: usize) -> Result<Self, NoRoom> {
        let mut reservation = self.of.enter();
        reservation.grow(bytes)?;
        Ok(reservation)
    }

    /// Reserves more.
    pub(crate) fn grow(&mut self, bytes: usize) -> Result<(), NoRoom> {
        let common = self.common.as_mut();
        if common.is_some_and(|common| common.grow(bytes).is_ok()) {
            return Ok(());
        }
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

    #[test]
    fn reserve_is_used_once_the_common_room_is_full_and_by_nobody_else() {
        let common = InFlight::new(100);
        let reserve = InFlight::beside(&common, 30);
        let mut ours = reserve.enter();
        assert_eq!(ours.grow(60), Ok(()));
        assert_eq!((common.used(), reserve.used()), (60, 0));
        let mut others = common.enter();
        assert_eq!(others.grow(40), Ok(()));
        assert_eq!(others.grow(1), Err(NoRoom));
        assert_eq!(ours.grow(30), Ok(()));
        assert!(!reserve.has_room(1));
        assert_eq!(ours.beside(1).map(|_| ()), Err(NoRoom));
        drop(others);
        assert!(reserve.has_room(40) && !reserve.has_room(41));
        drop(ours);
        assert_eq!((common.used(), reserve.used()), (0, 0));
    }
}
