//! The arguments of `shipwake health`.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::asking::span;
use super::{HealthSimulate, ListFormat, Question, ServiceArgs, app_name};
use crate::config::env;

#[derive(Debug, Subcommand)]
pub(crate) enum Health {
    /// Judge one release against the one before: exit 0 pass, 1 warn, 2 fail, 3 unknown
    Check(HealthCheck),
    /// Judge hourly counts of many releases, or of simulated ones, hour by hour: CSV
    Simulate(HealthSimulate),
    /// Print what a rollout controller, a scheduler or a pipeline needs to ask, filled in
    Snippet(HealthSnippet),
    /// The verdicts that the schedule gave, and how far they can be believed
    History(HealthHistory),
}

#[derive(Debug, Args)]
pub(crate) struct HealthCheck {
    /// The release as sent, e.g. 4.2.0
    pub(crate) release: String,
    #[command(flatten)]
    pub(crate) question: Question,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
    /// The release to compare with [default: the nearest before it that holds enough of the data]
    #[arg(long, value_name = "RELEASE")]
    pub(crate) baseline: Option<String>,
    /// Longest time since the last arrival; older data give no verdict [default: 48h, or what the
    /// configuration says]
    #[arg(long, value_name = "SPAN", value_parser = span)]
    pub(crate) max_age: Option<Duration>,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: HealthFormat,
    /// `nagios`: 0 pass, 1 warn, 2 fail, 3 unknown; `ci`: 1 on what --fail-on names, 0 otherwise, 3 on
    /// errors
    #[arg(long, value_enum, default_value = "nagios")]
    pub(crate) exit_style: ExitStyle,
    /// With --exit-style ci: what fails the job; repeat, or separate by commas [default: fail]
    #[arg(long, value_enum, value_name = "VERDICT", value_delimiter = ',')]
    pub(crate) fail_on: Vec<FailOn>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HealthFormat {
    /// A line and a table
    Text,
    Json,
    /// XML for test reports: a case for the verdict and one for each check
    Junit,
    /// Annotations; a table into $GITHUB_STEP_SUMMARY, verdict and score into $GITHUB_OUTPUT
    Github,
    /// One line with figures
    Nagios,
    /// Gauges in the text format of Prometheus
    Prom,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExitStyle {
    Nagios,
    Ci,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Fail,
    Warn,
    /// Too few data, or stale ones
    Unknown,
}

#[derive(Debug, Args)]
pub(crate) struct HealthHistory {
    /// Of this release alone
    pub(crate) release: Option<String>,
    #[command(flatten)]
    pub(crate) question: Question,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
    /// How to print it
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: ListFormat,
}

#[derive(Debug, Args)]
pub(crate) struct HealthSnippet {
    /// Who asks
    #[arg(value_enum)]
    pub(crate) kind: SnippetKind,
    /// Address at which the service is reached
    #[arg(long, env = env::URL, default_value = "http://shipwake.tools.svc:8790")]
    pub(crate) url: String,
    /// App
    #[arg(long, default_value = "app", value_parser = app_name)]
    pub(crate) app: String,
    /// The release to judge
    #[arg(long, default_value = "4.2.0")]
    pub(crate) release: String,
    /// Container image, as the Dockerfile of Shipwake builds it
    #[arg(long, default_value = concat!("shipwake:", env!("CARGO_PKG_VERSION")))]
    pub(crate) image: String,
    /// IANA zone of schedules
    #[arg(long, default_value = "UTC", env = env::ZONE)]
    pub(crate) zone: String,
    /// Where the program lies
    #[arg(long, value_name = "PATH", default_value = "/usr/local/bin/shipwake")]
    pub(crate) program: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum SnippetKind {
    /// Argo Rollouts: an AnalysisTemplate
    Argo,
    /// Flagger: the webhooks of a Canary
    Flagger,
    /// Kubernetes: a CronJob
    Cronjob,
    /// A service and its timer
    Systemd,
    /// GitHub Actions: a workflow
    Github,
}
