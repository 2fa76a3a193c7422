//! The arguments of `shipwake release`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

use super::{Data, PlanFormat, Question, ReleaseScore, ReleaseShow, ServiceArgs, app_name};
use crate::config::env;

#[derive(Debug, Subcommand)]
pub(crate) enum ReleaseCommand {
    /// Write a release's record; what is not named stays as it was
    Add(ReleaseAdd),
    /// Say what was done with a release: deployed, hotfix, rolled-back, restored
    Mark(ReleaseMarkArgs),
    /// Which releases there are, the oldest first
    List(ReleaseList),
    /// What the team keeps of a release: its record, its scope, its plan and how that drifted
    Show(ReleaseShow),
    /// Whether a release may go out: what the data say, what somebody signs, what was decided
    Check(ReleaseCheckArgs),
    /// What a release promised and what came of it: items, goals, and how far estimates are off
    Score(ReleaseScore),
}

/// Whose release.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReleaseOf {
    #[command(flatten)]
    pub(crate) data: Data,
    /// App that the release is of
    #[arg(long, default_value = "app", value_parser = app_name)]
    pub(crate) app: String,
    /// Environment [default: production]
    #[arg(long)]
    pub(crate) environment: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ReleaseAdd {
    /// The version as shipped, e.g. 4.2.0
    pub(crate) release: String,
    #[command(flatten)]
    pub(crate) of_app: ReleaseOf,
    /// When it is to ship: an instant (RFC 3339), or a day
    #[arg(long, value_name = "WHEN")]
    pub(crate) planned_at: Option<String>,
    /// When it shipped: an instant (RFC 3339), or a day
    #[arg(long, value_name = "WHEN")]
    pub(crate) released_at: Option<String>,
    /// IANA zone of instants and days that name none
    #[arg(long, default_value = "UTC", env = env::ZONE)]
    pub(crate) zone: String,
    /// stable, beta, …
    #[arg(long)]
    pub(crate) channel: Option<String>,
    /// How it reaches its users: big_bang, push, pull or phased
    #[arg(long)]
    pub(crate) rollout: Option<String>,
    /// Backlog items that it holds; repeat, or separate by commas
    #[arg(long, value_name = "ITEM", value_delimiter = ',')]
    pub(crate) scope: Vec<String>,
    /// Who answers for it
    #[arg(long)]
    pub(crate) owner: Option<String>,
    /// What to tell users
    #[arg(long)]
    pub(crate) notes: Option<String>,
    /// Repository whose commit times are kept, for lead times: nothing else of it is read
    #[arg(long, value_name = "REPO")]
    pub(crate) git: Option<PathBuf>,
    /// Tag of the release before; by default the newest one before this release
    #[arg(long, value_name = "TAG", requires = "git", conflicts_with = "from")]
    pub(crate) since: Option<String>,
    /// Revision after which its commits begin, in place of a tag
    #[arg(long, value_name = "REV", requires = "git")]
    pub(crate) from: Option<String>,
    /// Revision that was released; by default the tag RELEASE or vRELEASE
    #[arg(long, value_name = "REV", requires = "git")]
    pub(crate) to: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ReleaseList {
    #[command(flatten)]
    pub(crate) question: Question,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
    /// How to print it
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: ListFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people
    Table,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct ReleaseMarkArgs {
    /// The version as shipped; it need not have a record yet
    pub(crate) release: String,
    /// What was done
    #[arg(value_enum)]
    pub(crate) mark: MarkArg,
    #[command(flatten)]
    pub(crate) of_app: ReleaseOf,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
    /// When it was done: an instant (RFC 3339), or a day; by default now
    #[arg(long, value_name = "WHEN")]
    pub(crate) at: Option<String>,
    /// IANA zone of an instant that names none
    #[arg(long, default_value = "UTC", env = env::ZONE)]
    pub(crate) zone: String,
    /// The release that a hotfix repairs, or whose users are fine again
    #[arg(long, value_name = "RELEASE")]
    pub(crate) of: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum MarkArg {
    /// It went out
    Deployed,
    /// It went out to repair another release (--of)
    Hotfix,
    /// It was taken back
    RolledBack,
    /// Its users, or those of --of, are fine again
    Restored,
}

impl MarkArg {
    /// The mark as it is sent.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Deployed => "deployed",
            Self::Hotfix => "hotfix",
            Self::RolledBack => "rolled_back",
            Self::Restored => "restored",
        }
    }
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("saying").multiple(true))]
pub(crate) struct ReleaseCheckArgs {
    /// The version
    pub(crate) release: String,
    #[command(flatten)]
    pub(crate) question: Question,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
    /// An item of the checklist that is done; repeat for several
    #[arg(long, value_name = "ITEM", requires = "by", group = "saying")]
    pub(crate) sign: Vec<String>,
    /// An item whose signature is taken back; repeat for several
    #[arg(long, value_name = "ITEM", requires = "by", group = "saying")]
    pub(crate) unsign: Vec<String>,
    /// What is decided; it is kept with how each check stands
    #[arg(long, value_enum, requires = "by", group = "saying")]
    pub(crate) decide: Option<GoArg>,
    /// Who signs or decides
    #[arg(long, value_name = "NAME", requires = "saying")]
    pub(crate) by: Option<String>,
    /// Why; a go against the checks needs a reason
    #[arg(long, value_name = "TEXT", requires = "saying")]
    pub(crate) reason: Option<String>,
    /// Say what would be written, and write nothing
    #[arg(long, requires = "saying")]
    pub(crate) dry_run: bool,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PlanFormat,
    /// Print parts of a page as JSON, for the dashboard
    #[arg(long, hide = true, conflicts_with = "saying")]
    pub(crate) parts: bool,
}

impl ReleaseCheckArgs {
    /// Whether it signs or decides, in place of looking.
    pub(crate) fn says(&self) -> bool {
        !self.sign.is_empty() || !self.unsign.is_empty() || self.decide.is_some()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GoArg {
    /// It goes out
    Go,
    /// It does not
    NoGo,
}
