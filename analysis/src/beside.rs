//! Two computations at once, where a machine has two processors.

use crate::error::{Error, Result};

/// Runs both and hands over what they found.
///
/// # Errors
/// As the first of them that failed; [`Error::Stopped`] when one broke off.
pub(crate) fn beside<A: Send, B>(
    one: impl FnOnce() -> Result<A> + Send,
    other: impl FnOnce() -> Result<B>,
) -> Result<(A, B)> {
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        let one = one.join().map_err(|_| Error::Stopped)?;
        Ok((one?, other?))
    })
}
