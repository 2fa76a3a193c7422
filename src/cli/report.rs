//! The arguments of `shipwake report`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::{PlanOf, Question, SegmentOf, ServiceArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum Report {
    /// KPIs, adoption, releases and what users said, week against week
    Weekly(Weekly),
    /// What to take into the next release, why, and what a list would have lost
    Planning(Planning),
    /// One release: scope and goals, adoption beside earlier ones, health, what users said, features
    Release(ReleaseReport),
}

#[derive(Debug, Args)]
pub(crate) struct Weekly {
    #[command(flatten)]
    pub(crate) question: Question,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
    /// `last` complete week, `2026-W40`, or any day of the week
    #[arg(long, default_value = "last", conflicts_with_all = ["from", "to"])]
    pub(crate) week: String,
    /// First day of a window of your own, which is held against as many days before it
    #[arg(long, value_name = "DAY", requires = "to")]
    pub(crate) from: Option<Date>,
    /// Last day of it
    #[arg(long, value_name = "DAY", requires = "from")]
    pub(crate) to: Option<Date>,
    /// Day on which weeks start
    #[arg(long, default_value = "monday")]
    pub(crate) week_start: String,
    #[command(flatten)]
    pub(crate) segment: SegmentOf,
    #[command(flatten)]
    pub(crate) into: ReportTo,
}

#[derive(Debug, Args)]
pub(crate) struct Planning {
    #[command(flatten)]
    pub(crate) plan: PlanOf,
    #[command(flatten)]
    pub(crate) into: ReportTo,
}

#[derive(Debug, Args)]
pub(crate) struct ReleaseReport {
    /// The version as shipped
    #[arg(value_name = "RELEASE")]
    pub(crate) release: String,
    #[command(flatten)]
    pub(crate) question: Question,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
    #[command(flatten)]
    pub(crate) into: ReportTo,
}

/// Where a report goes.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ReportTo {
    /// Folder to write into; `-` prints all files as one JSON object
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Print the page to a PDF beside it, by a Chromium or Chrome of this machine
    #[arg(long)]
    pub(crate) pdf: bool,
    /// Print the parts of the page as JSON, for the dashboard
    #[arg(long, hide = true, conflicts_with_all = ["out", "pdf"])]
    pub(crate) parts: bool,
}
