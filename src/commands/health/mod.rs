//! `shipwake health`: verdicts on releases, and what others need to ask for them.

mod check;
mod history;
mod snippet;
mod told;

use std::process::ExitCode;

use crate::cli::Health;

pub(crate) fn run(health: &Health) -> anyhow::Result<ExitCode> {
    match health {
        Health::Check(args) => return check::run(args),
        Health::Simulate(args) => super::simulate::run(args)?,
        Health::Snippet(args) => snippet::run(args)?,
        Health::History(args) => history::run(args)?,
    }
    Ok(ExitCode::SUCCESS)
}
