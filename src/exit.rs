//! Exit codes. Every command: 0 done, 1 failed, 2 usage. `health check` and `release check` speak the
//! language of monitors: 0 pass, 1 warn, 2 fail, and 3 for everything that is not a verdict, so that a misspelt
//! flag or a crash is never read as "the release failed".

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use crate::terminal;

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const UNKNOWN: u8 = 3;

/// What `shipwake health` does beside checks.
const NO_CHECKS: [&str; 3] = ["snippet", "history", "simulate"];

/// Whether the command line asks for a health check, readable even where it cannot be parsed: a
/// misspelt `check` is one.
fn asks_for_check() -> bool {
    is_check(std::env::args_os().map(|word| word.to_string_lossy().into_owned()))
}

fn is_check(words: impl Iterator<Item = String>) -> bool {
    let mut commands = words.skip(1).filter(|word| !word.starts_with('-'));
    let (room, rest) = (commands.next(), commands.next().unwrap_or_default());
    match room.as_deref() {
        Some("health") => !NO_CHECKS.contains(&rest.as_str()),
        Some("release") => rest == "check",
        _ => false,
    }
}

/// The exit code of a command that failed.
pub(crate) fn failed() -> ExitCode {
    ExitCode::from(if asks_for_check() { UNKNOWN } else { FAILED })
}

/// Prints what is wrong with the command line (or the help that was asked for).
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let for_help = !error.use_stderr();
    if let Err(error) = error.print() {
        terminal::failure(&error.into());
    }
    match (for_help, asks_for_check()) {
        (true, _) => ExitCode::SUCCESS,
        (false, true) => ExitCode::from(UNKNOWN),
        (false, false) => ExitCode::from(USAGE),
    }
}

/// Runs the program; a panic, which is a bug of ours, ends in the code for a failure.
pub(crate) fn guarded(run: impl FnOnce() -> ExitCode) -> ExitCode {
    panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| failed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_alone_speak_the_language_of_monitors() {
        let asks = |line: &str| is_check(line.split(' ').map(str::to_owned));
        for check in [
            "shipwake health check 4.2.0",
            "shipwake -v health check",
            "shipwake health chekc",
            "shipwake health",
            "shipwake health --oops check",
            "shipwake release check 4.2.0 --oops",
        ] {
            assert!(asks(check), "{check}");
        }
        for other in [
            "shipwake",
            "shipwake report weekly health check",
            "shipwake health snippet argo",
            "shipwake -v health history",
            "shipwake health simulate --hours x.csv",
        ] {
            assert!(!asks(other), "{other}");
        }
    }
}
