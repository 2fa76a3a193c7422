//! The arguments of `shipwake feedback`.

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;

use super::{Question, ServiceArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum Feedback {
    /// Pieces with text, the newest first: what each is, in what tone, whether it is critical
    List(FeedbackList),
    /// What users of a release talk about: what is new and rising beside the releases before it
    Themes(FeedbackThemes),
    /// Open backlog items that pieces may be about, for a person to confirm
    Link(FeedbackLink),
}

/// Which feedback is looked at, and how it is printed.
#[derive(Debug, Clone, Args)]
pub(crate) struct FeedbackOf {
    /// First day [default: 28 days up to --to; of themes the first day with data]
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<Date>,
    /// Last day [default: today]
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<Date>,
    /// How to print it
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: FeedbackFormat,
    #[command(flatten)]
    pub(crate) question: Question,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FeedbackFormat {
    /// For people
    Table,
    /// A row each, guarded against formulas
    Csv,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct FeedbackList {
    #[command(flatten)]
    pub(crate) of: FeedbackOf,
    /// Only of this release
    #[arg(long)]
    pub(crate) release: Option<String>,
    /// Only what is this by its words
    #[arg(long, value_parser = ["bug_report", "feature_request", "praise", "other"])]
    pub(crate) label: Option<String>,
    /// Only what tells of lost data, a hole in security, an app that does not start, or money
    #[arg(long)]
    pub(crate) critical: bool,
    /// Most pieces to print [default: 100 in a table, else all]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct FeedbackThemes {
    /// The release
    pub(crate) release: String,
    #[command(flatten)]
    pub(crate) of: FeedbackOf,
    /// The release to compare with; by default all before it
    #[arg(long, value_name = "RELEASE")]
    pub(crate) against: Option<String>,
    /// A name of the app or its maker, which says nothing in its own feedback; repeat for several
    #[arg(long = "name", value_name = "NAME")]
    pub(crate) names: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct FeedbackLink {
    #[command(flatten)]
    pub(crate) of: FeedbackOf,
    /// Only for this item
    #[arg(long, value_name = "ID")]
    pub(crate) item: Option<String>,
}
