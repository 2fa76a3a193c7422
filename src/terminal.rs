//! What the program says: data to stdout, talk and progress bars to stderr. The only file that
//! prints.
#![expect(clippy::print_stderr, reason = "the one place that prints")]

use std::io::{ErrorKind, IsTerminal as _, Write as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing_subscriber::EnvFilter;

/// Logging to stderr: warnings, or more with `-v`; `SHIPWAKE_LOG` overrides.
pub(crate) fn start_logging(verbose: u8) {
    let level = match verbose {
        0 => "warn,deltalake_core=error,buoyant_kernel=error",
        1 => "info,deltalake_core=warn,buoyant_kernel=warn",
        _ => "debug,deltalake_core=info,buoyant_kernel=info",
    };
    let filter = EnvFilter::try_from_env("SHIPWAKE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
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

/// A progress bar on a terminal, nothing in a pipe.
pub(crate) fn bar(length: u64, what: &str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = ProgressStyle::with_template("{msg:<28} {bar:32} {percent:>3} % {eta:>4} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(length), target)
        .with_style(style)
        .with_message(what.to_owned())
}
