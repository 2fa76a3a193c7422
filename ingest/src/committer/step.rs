//! The places between two durable steps of a flush, where a crash may fall and a test makes it.

#[cfg(test)]
use std::sync::{Arc, Mutex, PoisonError};

use lake::Table;

use crate::error::Result;

/// A durable step of a flush that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The data files are written.
    Written,
    /// The prepare frame is durable.
    Prepared,
    /// A table is committed.
    Committed(Table),
}

/// Where to stop; outside of tests nowhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cutoff {
    #[cfg(test)]
    after: Arc<Mutex<Option<Step>>>,
}

impl Cutoff {
    /// Lets the next flush end after `step`.
    #[cfg(test)]
    pub(crate) fn stop_after(&self, step: Step) {
        *self.after.lock().unwrap_or_else(PoisonError::into_inner) = Some(step);
    }

    /// Goes on, unless a test wants the flush to end after `step`.
    #[cfg(test)]
    pub(crate) fn pass(&self, step: Step) -> Result<()> {
        let after = *self.after.lock().unwrap_or_else(PoisonError::into_inner);
        if after == Some(step) {
            return Err(crate::error::Error::CutOff {
                step: format!("{step:?}"),
            });
        }
        Ok(())
    }

    /// Goes on.
    #[cfg(not(test))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "the form that tests need"
    )]
    pub(crate) fn pass(&self, _step: Step) -> Result<()> {
        Ok(())
    }
}
