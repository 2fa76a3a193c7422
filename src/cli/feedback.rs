//! The arguments of `shipwake feedback`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use jiff::civil::Date;

use super::{Data, Question, ServiceArgs, app_name};

#[derive(Debug, Subcommand)]
pub(crate) enum Feedback {
    /// Pieces with text, the newest first: what each is, in what tone, whether it is critical
    List(FeedbackList),
    /// What users of a release talk about: what is new and rising beside the releases before it
    Themes(FeedbackThemes),
    /// Open backlog items that pieces may be about, and what the team says of them
    Link(FeedbackLink),
    /// Say what pieces are, where their words mislead; with --server by a key of scope plan
    Label(FeedbackLabel),
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
    /// Parts of a page as JSON, for the dashboard
    #[value(hide = true)]
    Parts,
}

#[derive(Debug, Args)]
pub(crate) struct FeedbackList {
    #[command(flatten)]
    pub(crate) of: FeedbackOf,
    /// Only of this release
    #[arg(long)]
    pub(crate) release: Option<String>,
    /// Only what is this: by hand, else by its words
    #[arg(long, value_parser = ["bug_report", "feature_request", "praise", "other"])]
    pub(crate) label: Option<String>,
    /// Only what tells of lost data, a hole in security, an app that does not start, or money
    #[arg(long)]
    pub(crate) critical: bool,
    /// Only what should have been answered by now
    #[arg(long)]
    pub(crate) overdue: bool,
    /// Only what holds these words, in any case
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Leave out so many of the newest
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) skip: usize,
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
#[command(group = ArgGroup::new("saying").multiple(true))]
pub(crate) struct FeedbackLink {
    #[command(flatten)]
    pub(crate) of: FeedbackOf,
    /// Only for this item
    #[arg(long = "item", value_name = "ID")]
    pub(crate) of_item: Option<String>,
    /// What was rejected, too
    #[arg(long, conflicts_with = "saying")]
    pub(crate) all: bool,
    /// Pieces that speak of the item; repeat, or separate by commas
    #[arg(
        long,
        value_name = "PIECE",
        value_delimiter = ',',
        requires = "of_item",
        group = "saying"
    )]
    pub(crate) confirm: Vec<String>,
    /// Pieces that do not
    #[arg(
        long,
        value_name = "PIECE",
        value_delimiter = ',',
        requires = "of_item",
        group = "saying"
    )]
    pub(crate) reject: Vec<String>,
    /// Pieces of which what was said before is taken back
    #[arg(
        long,
        value_name = "PIECE",
        value_delimiter = ',',
        requires = "of_item",
        group = "saying"
    )]
    pub(crate) withdraw: Vec<String>,
    /// An item that is another one over again: its evidence counts for that one
    #[arg(long, value_name = "ITEM", requires = "into", conflicts_with_all = ["of_item", "unmerge"], group = "saying")]
    pub(crate) merge: Option<String>,
    /// An item of which that is taken back
    #[arg(
        long,
        value_name = "ITEM",
        requires = "into",
        conflicts_with = "of_item",
        group = "saying"
    )]
    pub(crate) unmerge: Option<String>,
    /// The item that stands for it
    #[arg(long, value_name = "ITEM", requires = "saying")]
    pub(crate) into: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT", requires = "saying")]
    pub(crate) note: Option<String>,
    /// Read back what --format csv wrote, with the column `link` filled in: confirmed, rejected,
    /// withdrawn; - is stdin
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["of_item", "confirm", "reject", "withdraw", "merge", "unmerge"],
        group = "saying"
    )]
    pub(crate) from_file: Option<PathBuf>,
}

impl FeedbackLink {
    /// Whether something is said; else it is asked for suggestions.
    pub(crate) fn says(&self) -> bool {
        let pieces = [&self.confirm, &self.reject, &self.withdraw];
        pieces.into_iter().any(|ids| !ids.is_empty())
            || self.merge.is_some()
            || self.unmerge.is_some()
            || self.from_file.is_some()
    }
}

#[derive(Debug, Args)]
pub(crate) struct FeedbackLabel {
    /// Pieces, by their ids
    #[arg(value_name = "PIECE", required_unless_present = "from_file")]
    pub(crate) ids: Vec<String>,
    #[command(flatten)]
    pub(crate) data: Data,
    /// App; may be left out when there is one only
    #[arg(long, value_parser = app_name)]
    pub(crate) app: Option<String>,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
    /// What they are
    #[arg(
        long = "as",
        value_name = "LABEL",
        value_parser = ["bug_report", "feature_request", "praise", "other"],
        required_unless_present_any = ["withdraw", "from_file"],
        conflicts_with = "withdraw"
    )]
    pub(crate) label: Option<String>,
    /// Take back what was said before: their words count again
    #[arg(long)]
    pub(crate) withdraw: bool,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// Read back what `feedback list --format csv` wrote, with the column `label_by_hand` filled in;
    /// - is stdin
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ids", "label", "withdraw"])]
    pub(crate) from_file: Option<PathBuf>,
}
