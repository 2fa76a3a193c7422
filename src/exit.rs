//! Exit codes. Every command: 0 done, 1 failed, 2 usage. `health check` alone speaks the language of
//! monitors: 0 pass, 1 warn, 2 fail, and 3 for everything that is not a verdict, so that a misspelt
//! flag or a crash is never read as "the release failed".

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use crate::terminal;

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const UNKNOWN: u8 = 3;

/// Whether the command line asks for a health check, readable even where it cannot be parsed.
fn asks_for_health() -> bool {
    std::env::args_os()
        .skip(1)
        .find(|word| !word.to_string_lossy().starts_with('-'))
        .is_some_and(|word| word == "health")
}

/// The exit code of a command that failed.
pub(crate) fn failed() -> ExitCode {
    ExitCode::from(if asks_for_health() { UNKNOWN } else { FAILED })
}

/// Prints what is wrong with the command line (or the help that was asked for).
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let for_help = !error.use_stderr();
    if let Err(error) = error.print() {
        terminal::failure(&error.into());
    }
    match (for_help, asks_for_health()) {
        (true, _) => ExitCode::SUCCESS,
        (false, true) => ExitCode::from(UNKNOWN),
        (false, false) => ExitCode::from(USAGE),
    }
}

/// Runs the program; a panic, which is a bug of ours, ends in the code for a failure.
pub(crate) fn guarded(run: impl FnOnce() -> ExitCode) -> ExitCode {
    panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| failed())
}
