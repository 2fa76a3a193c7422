//! The arguments of what is decided about a plan: `shipwake plan accept`, `change`, `export`.

use std::path::PathBuf;

use analysis::plan::ahead::Release;
use clap::{Args, Subcommand, ValueEnum};

use super::plan::{PlanEvidence, PlanRules, release};
use super::{PlanFormat, Question, ServiceArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum PlanAct {
    /// Accept the best plan as the scope of a release: from then on each change is told by name
    Accept(PlanAccept),
    /// Add, remove or re-estimate an item of an accepted plan
    Change(PlanChange),
    /// Write an accepted plan as the import file of the team's tracker
    Export(PlanExport),
    /// Write a page of what comes next, to be shared: what, when, how many asked; no names, no words
    Page(PlanPage),
}

/// Who decides, when, and whether it is only looked at.
#[derive(Debug, Args)]
pub(crate) struct Decided {
    /// Who decides it
    #[arg(long, value_name = "NAME")]
    pub(crate) by: String,
    /// When it was decided: an instant (RFC 3339), or a day; by default now
    #[arg(long, value_name = "WHEN")]
    pub(crate) at: Option<String>,
    /// Say what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PlanFormat,
}

#[derive(Debug, Args)]
pub(crate) struct PlanAccept {
    /// The release that is planned, with its person-days in all or by team; without them half of the
    /// open effort
    #[arg(long, value_name = "NAME[=DAYS|TEAM:DAYS,…]", value_parser = planned)]
    pub(crate) release: Release,
    #[command(flatten)]
    pub(crate) decided: Decided,
    #[command(flatten)]
    pub(crate) evidence: PlanEvidence,
    #[command(flatten)]
    pub(crate) rules: PlanRules,
    /// An item that is in by hand, and why; repeat for several
    #[arg(long = "pin", value_name = "ID=REASON", value_parser = with_reason)]
    pub(crate) pins: Vec<Named>,
    /// An item that is out by hand, and why; repeat for several
    #[arg(long, value_name = "ID=REASON", value_parser = with_reason)]
    pub(crate) without: Vec<Named>,
}

#[derive(Debug, Args)]
pub(crate) struct PlanChange {
    /// The release whose plan is changed
    #[arg(long, value_name = "VERSION")]
    pub(crate) release: String,
    #[command(flatten)]
    pub(crate) decided: Decided,
    #[command(flatten)]
    pub(crate) evidence: PlanEvidence,
    /// An open item that comes in; repeat for several
    #[arg(long, value_name = "ID[=REASON]", value_parser = named, required_unless_present_any = ["remove", "estimate"])]
    pub(crate) add: Vec<Named>,
    /// An item that is taken out; repeat for several
    #[arg(long, value_name = "ID[=REASON]", value_parser = named)]
    pub(crate) remove: Vec<Named>,
    /// An item that is estimated anew; repeat for several
    #[arg(long, value_name = "ID=PERSON_DAYS", value_parser = estimate)]
    pub(crate) estimate: Vec<(String, f64)>,
    /// Why, where an item names no reason of its own
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PlanExport {
    /// The release whose accepted plan is written
    #[arg(long, value_name = "VERSION")]
    pub(crate) release: String,
    /// The tracker
    #[arg(long = "for", value_enum)]
    pub(crate) tracker: Tracker,
    #[command(flatten)]
    pub(crate) evidence: PlanEvidence,
    /// File to write to; by default stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PlanPage {
    #[command(flatten)]
    pub(crate) evidence: PlanEvidence,
    /// File to write to; by default stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ReleaseShow {
    /// The version
    pub(crate) release: String,
    #[command(flatten)]
    pub(crate) question: Question,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
    /// Also what was said and done about it: records, marks, decisions
    #[arg(long)]
    pub(crate) history: bool,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PlanFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ReleaseScore {
    /// The version; by default the newest that promised something and is out
    pub(crate) release: Option<String>,
    #[command(flatten)]
    pub(crate) question: Question,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PlanFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tracker {
    Jira,
    Github,
    Linear,
    Clickup,
}

impl From<Tracker> for reports::Tracker {
    fn from(tracker: Tracker) -> Self {
        match tracker {
            Tracker::Jira => Self::Jira,
            Tracker::Github => Self::Github,
            Tracker::Linear => Self::Linear,
            Tracker::Clickup => Self::ClickUp,
        }
    }
}

/// An item, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) item: String,
    pub(crate) reason: Option<String>,
}

fn named(text: &str) -> Result<Named, String> {
    let (item, reason) = match text.split_once('=') {
        Some((item, reason)) => (item.trim(), Some(reason.trim())),
        None => (text.trim(), None),
    };
    if item.is_empty() {
        return Err("name an item, and why: \"APP-80=promised to a customer\"".to_owned());
    }
    Ok(Named {
        item: item.to_owned(),
        reason: reason
            .filter(|reason| !reason.is_empty())
            .map(str::to_owned),
    })
}

fn with_reason(text: &str) -> Result<Named, String> {
    let named = named(text)?;
    if named.reason.is_none() {
        return Err(format!(
            "what is decided by hand carries a reason: \"{}=promised to a customer\"",
            named.item
        ));
    }
    Ok(named)
}

fn estimate(text: &str) -> Result<(String, f64), String> {
    let wanted = || format!("{text:?} is no item with its person-days, such as APP-80=5");
    let (item, days) = text.rsplit_once('=').ok_or_else(wanted)?;
    let days: Option<f64> = days.trim().parse().ok();
    let days = days.filter(|days| days.is_finite() && *days >= 0.0);
    match (item.trim(), days) {
        ("", _) | (_, None) => Err(wanted()),
        (item, Some(days)) => Ok((item.to_owned(), days)),
    }
}

/// A release that need not say how much it holds.
fn planned(text: &str) -> Result<Release, String> {
    if text.contains('=') {
        return release(text);
    }
    let name = text.trim();
    if name.is_empty() {
        return Err("name a release, such as 4.3.0 or 4.3.0=34".to_owned());
    }
    Ok(Release {
        name: name.to_owned(),
        ..Release::default()
    })
}
