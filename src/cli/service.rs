//! A service in place of a data folder, and which commands it can answer.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::asking::span;
use super::{Command, Feedback, Health, Question, ReleaseCommand, Report};
use crate::config::env;

/// A running service that is asked in place of a data folder.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ServiceArgs {
    /// Ask the service at this address in place of a data folder
    #[arg(long, value_name = "URL", env = env::URL)]
    pub(crate) server: Option<String>,
    /// File whose first line is a key of scope read or admin [env: SHIPWAKE_KEY, the key itself]
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Longest time that the service may take
    #[arg(long, value_name = "SPAN", default_value = "60s", value_parser = span)]
    pub(crate) timeout: Duration,
}

/// What a command asks of the data, where a service can answer it whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asks<'a> {
    pub(crate) service: &'a ServiceArgs,
    pub(crate) of: Of<'a>,
}

/// Whose data a command reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of<'a> {
    /// One app's, which may be left out where there is only one.
    App(Option<&'a str>),
    /// Those of all apps at once.
    All,
}

impl Command {
    /// What it asks; `None` of commands that write, that run a service, or that need no data. A check
    /// of a release is a resource of its own.
    pub(crate) fn asks(&self) -> Option<Asks<'_>> {
        let (service, app) = match self {
            Self::Report(Report::Weekly(args)) => (&args.service, app_of(&args.question)),
            Self::Report(Report::Release(args)) => (&args.service, app_of(&args.question)),
            Self::Report(Report::Planning(args)) => (
                &args.plan.evidence.service,
                app_of(&args.plan.evidence.question),
            ),
            Self::Feedback(feedback) => {
                let of_feedback = match &**feedback {
                    Feedback::List(args) => &args.of,
                    Feedback::Themes(args) => &args.of,
                    Feedback::Link(args) if !args.says() => &args.of,
                    Feedback::Link(_) | Feedback::Label(_) => return None,
                };
                (&of_feedback.service, app_of(&of_feedback.question))
            }
            // A published case lies in a file of the one who asks.
            Self::Plan(plan) if plan.nrp.is_none() => {
                let of = plan.asks()?;
                (&of.service, app_of(&of.question))
            }
            Self::Health(Health::History(args)) => (&args.service, app_of(&args.question)),
            Self::Release(ReleaseCommand::List(args)) => (&args.service, app_of(&args.question)),
            Self::Release(ReleaseCommand::Check(args)) if !args.says() || args.dry_run => {
                (&args.service, app_of(&args.question))
            }
            Self::Release(ReleaseCommand::Show(args)) => (&args.service, app_of(&args.question)),
            Self::Release(ReleaseCommand::Score(args)) => (&args.service, app_of(&args.question)),
            Self::Funnel(args) => (&args.service, app_of(&args.question)),
            Self::Sql(args) => {
                return Some(Asks {
                    service: &args.service,
                    of: Of::All,
                });
            }
            _ => return None,
        };
        Some(Asks {
            service,
            of: Of::App(app),
        })
    }
}

impl Command {
    /// The service that is to write what it decides; `None` of commands that decide nothing.
    pub(crate) fn decides(&self) -> Option<&ServiceArgs> {
        match self {
            Self::Plan(plan) => plan.writes().map(|of| &of.service),
            Self::Release(ReleaseCommand::Check(args)) if args.says() && !args.dry_run => {
                Some(&args.service)
            }
            _ => None,
        }
    }
}

fn app_of(question: &Question) -> Option<&str> {
    question.app.as_deref()
}
