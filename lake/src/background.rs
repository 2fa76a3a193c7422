//! Work that gives way: long computations beside a service that answers.

use std::io;

use tokio::sync::oneshot;

/// How far the priority is lowered: such a thread gets a tenth of what one that answers gets, where
/// both want the same processor.
const NICENESS: i32 = 10;

/// Runs what computes for long on a thread of its own, whose priority, and that of the threads it
/// makes, is lowered. It must hold no lock that those who answer wait for.
///
/// # Errors
/// When no thread can be had, or the work panicked.
///
/// # Cancel safety
/// The work goes on whether or not anybody waits for it.
pub async fn give_way<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (done, result) = oneshot::channel();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
                tracing::debug!(%error, "priority not lowered");
            }
            // Fails only when nobody waits any more.
            drop(done.send(work()));
        })?;
    result.await.map_err(io::Error::other)
}
