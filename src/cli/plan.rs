//! The arguments of `shipwake plan`, and what a plan is asked for.

use std::path::PathBuf;
use std::time::Duration;

use analysis::plan::nrp::Ratio;
use clap::{Args, ValueEnum};

use super::Question;
use super::asking::span;

/// What a plan is asked for.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlanOf {
    #[command(flatten)]
    pub(crate) question: Question,
    /// Person-days that the release can hold; by default half of the open effort
    #[arg(long, value_name = "PERSON_DAYS")]
    pub(crate) capacity: Option<f64>,
    /// The release that is planned
    #[arg(long, value_name = "VERSION")]
    pub(crate) target: Option<String>,
    /// Weeks of feedback that count as evidence
    #[arg(long, default_value_t = 4)]
    pub(crate) weeks: u32,
    /// Last week of the evidence: `last` complete week, `2026-W40`, or any day of the week
    #[arg(long, default_value = "last")]
    pub(crate) week: String,
}

const AFTER_HELP: &str = "\
THE NEXT RELEASE PROBLEM (--nrp FILE --ratio R) is a benchmark for planners with known optima: which
customers to serve within a share of the total cost, so that their profits sum to the most. FILE holds
whole numbers: levels of requirements, for each level how many and their costs; pairs of a requirement
and one that needs it; customers, for each the profit, how many requirements are asked for and which.";

/// What to take into the next release, exactly; or a published case, to see how good the planner is
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) of: PlanOf,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PlanFormat,
    /// Print JSON; the same as --format json
    #[arg(long)]
    pub(crate) json: bool,
    /// Solve this case of the next release problem in place of the backlog
    #[arg(long, value_name = "FILE", requires = "ratio")]
    pub(crate) nrp: Option<PathBuf>,
    /// Its budget as a share of the cost of all requirements, rounded down to a whole number
    #[arg(long, value_name = "R", requires = "nrp")]
    pub(crate) ratio: Option<Ratio>,
    /// Stop by then without a proof; by default the search stops by counted work
    #[arg(long, value_name = "SPAN", value_parser = span, requires = "nrp")]
    pub(crate) time_limit: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people
    Text,
    /// All findings
    Json,
}
