//! What the program says: data to stdout, talk and progress bars to stderr. The only file that
//! prints.
#![expect(clippy::print_stderr, reason = "the one place that prints")]

use std::io::{ErrorKind, IsTerminal as _, Write as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};
use tracing_subscriber::EnvFilter;

use crate::config::env;

/// Logging to stderr: warnings, or more with `-v`; `SHIPWAKE_LOG` overrides.
pub(crate) fn start_logging(verbose: u8) {
    let level = match verbose {
        0 => "warn,deltalake_core=error,buoyant_kernel=error",
        1 => "info,deltalake_core=warn,buoyant_kernel=warn",
        _ => "debug,deltalake_core=info,buoyant_kernel=info",
    };
    let filter = EnvFilter::try_from_env(env::LOG).unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}

/// A line of data. Returns whether somebody still reads: `shipwake tail | head` ends early, and that
/// is no failure.
pub(crate) fn data(line: &str) -> bool {
    match writeln!(std::io::stdout().lock(), "{line}") {
        Ok(()) => true,
        Err(error) => {
            if error.kind() != ErrorKind::BrokenPipe {
                eprintln!("error: stdout cannot be written: {error}");
            }
            false
        }
    }
}

/// Where data go that are more than lines.
pub(crate) fn stdout() -> std::io::Stdout {
    std::io::stdout()
}

/// Data that are lines already, or no text.
pub(crate) fn bytes(bytes: &[u8]) -> std::io::Result<()> {
    let mut out = stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Whether an error says that nobody reads any more.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let mut errors = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    errors.any(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// Words of others without what steers a terminal.
pub(crate) fn plain(said: &str) -> String {
    said.chars().filter(|c| !c.is_control()).collect()
}

/// A line of talk.
pub(crate) fn note(line: &str) {
    eprintln!("{line}");
}

/// An error with its causes.
pub(crate) fn failure(error: &anyhow::Error) {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
}

fn progress_target() -> ProgressDrawTarget {
    if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    }
}

/// A count that grows on a terminal, of what has no known end; nothing in a pipe, and gone at the end.
pub(crate) fn counter(what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{human_pos} {msg}, {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    ProgressBar::with_draw_target(None, progress_target())
        .with_style(style)
        .with_message(what.to_owned())
        .with_finish(ProgressFinish::AndClear)
}

/// A progress bar on a terminal, nothing in a pipe.
pub(crate) fn bar(length: u64, what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:<28} {bar:32} {percent:>3} % {eta:>4} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(length), progress_target())
        .with_style(style)
        .with_message(what.to_owned())
}
