//! How long is waited before a next try.

use std::time::Duration;

use lake::Micros;

/// When to try again after so many tries, by the waits after each; `None` where no more are made.
pub(crate) fn next_try(waits: &[Duration], tries: u32, now: Micros) -> Option<Micros> {
    let made = usize::try_from(tries).unwrap_or(usize::MAX);
    let wait = waits.get(made.saturating_sub(1))?;
    let wait = Micros::try_from(wait.as_micros()).unwrap_or(Micros::MAX);
    Some(now.saturating_add(wait))
}
