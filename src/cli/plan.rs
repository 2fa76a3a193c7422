//! The arguments of `shipwake plan`, and what a plan is asked for.

use std::path::PathBuf;
use std::time::Duration;

use analysis::plan::ahead::{ByTeam, Release, Share};
use analysis::plan::nrp::Ratio;
use clap::{Args, ValueEnum};

use super::asking::span;
use super::{PlanAct, Question, ServiceArgs};

/// Whose backlog, and which feedback speaks for it.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlanEvidence {
    #[command(flatten)]
    pub(crate) question: Question,
    #[command(flatten)]
    pub(crate) service: ServiceArgs,
    /// Weeks of feedback that count as evidence
    #[arg(long, default_value_t = 4)]
    pub(crate) weeks: u32,
    /// Last week of the evidence: `last` complete week, `2026-W40`, or any day of the week
    #[arg(long, default_value = "last")]
    pub(crate) week: String,
    /// Count feedback that is suggested for an item before a person confirmed it
    #[arg(long)]
    pub(crate) with_suggested: bool,
}

/// What a plan is asked for.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlanOf {
    #[command(flatten)]
    pub(crate) evidence: PlanEvidence,
    /// Person-days that the release can hold; by default half of the open effort
    #[arg(long, value_name = "PERSON_DAYS")]
    pub(crate) capacity: Option<f64>,
    /// The release that is planned
    #[arg(long, value_name = "VERSION")]
    pub(crate) target: Option<String>,
}

const AFTER_HELP: &str = "\
SEVERAL RELEASES, TEAMS AND RULES: --release 4.3.0=34 --release 4.4.0=Mobile:20,Platform:14, with what is
said of items and of kinds of work, plans each item into the release in which it is best finished.

THE NEXT RELEASE PROBLEM (--nrp FILE --ratio R) is a benchmark for planners with known optima: which
customers to serve within a share of the total cost, so that their profits sum to the most. FILE holds
whole numbers: levels of requirements, for each level how many and their costs; pairs of a requirement
and one that needs it; customers, for each the profit, how many requirements are asked for and which.";

/// What to take into the next release, exactly; or a published case, to see how good the planner is
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP, args_conflicts_with_subcommands = true)]
pub(crate) struct Plan {
    #[command(subcommand)]
    pub(crate) act: Option<PlanAct>,
    #[command(flatten)]
    pub(crate) of: PlanOf,
    /// How to print it
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PlanFormat,
    /// Print JSON; the same as --format json
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) ahead: PlanAhead,
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

impl Plan {
    /// Whose data it reads; `None` where it writes.
    pub(crate) fn asks(&self) -> Option<&PlanEvidence> {
        match &self.act {
            None => Some(&self.of.evidence),
            Some(PlanAct::Export(args)) => Some(&args.evidence),
            Some(PlanAct::Page(args)) => Some(&args.evidence),
            Some(PlanAct::Accept(args)) if args.decided.dry_run => Some(&args.evidence),
            Some(PlanAct::Change(args)) if args.decided.dry_run => Some(&args.evidence),
            Some(PlanAct::Accept(_) | PlanAct::Change(_)) => None,
        }
    }

    /// Whose data it writes.
    pub(crate) fn writes(&self) -> Option<&PlanEvidence> {
        match &self.act {
            Some(PlanAct::Accept(args)) if !args.decided.dry_run => Some(&args.evidence),
            Some(PlanAct::Change(args)) if !args.decided.dry_run => Some(&args.evidence),
            _ => None,
        }
    }
}

/// Several releases ahead, and rules between items.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlanAhead {
    /// A release ahead with its person-days, in all or by team; repeat for several, the next one first
    #[arg(
        long = "release",
        value_name = "NAME=DAYS|TEAM:DAYS,…",
        value_parser = release,
        conflicts_with_all = ["capacity", "target", "nrp"]
    )]
    pub(crate) releases: Vec<Release>,
    /// An item that is not to be planned
    #[arg(long, value_name = "ID", conflicts_with = "nrp")]
    pub(crate) without: Vec<String>,
    /// An item that is to be planned, and in which release
    #[arg(long = "pin", value_name = "ID[=RELEASE]", value_parser = pin, conflicts_with = "nrp")]
    pub(crate) pins: Vec<(String, Option<String>)>,
    #[command(flatten)]
    pub(crate) rules: PlanRules,
    /// Draws of effort and value that are planned anew, to see which items stay and what would bring
    /// the first ones in; 1000 take some seconds
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub(crate) draws: u32,
    /// What they are drawn by
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}

impl PlanAhead {
    /// Whether anything is asked for that one list within one capacity cannot answer.
    pub(crate) fn is_asked(&self) -> bool {
        let lists = [self.releases.len(), self.without.len(), self.pins.len()];
        lists.into_iter().any(|count| count > 0) || self.rules.are_given()
    }
}

/// Rules between items and between kinds of work, and what of the days is planned at all.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlanRules {
    /// Bound of a kind of work, as a share of each release: 'debt>=0.2', 'feature<=0.6'
    #[arg(long = "share", value_name = "KIND>=S", value_parser = share)]
    pub(crate) shares: Vec<Share>,
    /// Items that are finished in one release, or none of them
    #[arg(long, value_name = "ID,ID,…", value_parser = ids)]
    pub(crate) together: Vec<Ids>,
    /// Items of which at least one must be in the plan
    #[arg(long, value_name = "ID,ID,…", value_parser = ids)]
    pub(crate) at_least_one: Vec<Ids>,
    /// Items of which at most one may be in the plan
    #[arg(long, value_name = "ID,ID,…", value_parser = ids)]
    pub(crate) at_most_one: Vec<Ids>,
    /// Share of the days that goes into planned work at all
    #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
    pub(crate) focus: f64,
    /// Share of those that is kept for bugs yet to come
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) bug_reserve: f64,
}

impl PlanRules {
    /// Whether any rule is given.
    pub(crate) fn are_given(&self) -> bool {
        let lists = [
            self.shares.len(),
            self.together.len(),
            self.at_least_one.len(),
            self.at_most_one.len(),
        ];
        let is_less = (self.focus - 1.0).abs() > 0.0 || self.bug_reserve > 0.0;
        lists.into_iter().any(|count| count > 0) || is_less
    }
}

/// Ids of items that a rule speaks of.
#[derive(Debug, Clone)]
pub(crate) struct Ids(pub(crate) Vec<String>);

fn ids(text: &str) -> Result<Ids, String> {
    let ids: Vec<String> = text.split(',').map(|id| id.trim().to_owned()).collect();
    if ids.len() < 2 || ids.iter().any(String::is_empty) {
        return Err("name two items or more, parted by commas".to_owned());
    }
    Ok(Ids(ids))
}

fn pin(text: &str) -> Result<(String, Option<String>), String> {
    let (id, release) = match text.split_once('=') {
        Some((id, release)) => (id, Some(release.trim().to_owned())),
        None => (text, None),
    };
    if id.trim().is_empty() {
        return Err("name an item, and if it matters a release: APP-80=4.3.0".to_owned());
    }
    Ok((id.trim().to_owned(), release))
}

fn days(text: &str) -> Result<f64, String> {
    let days: Option<f64> = text.trim().parse().ok();
    days.filter(|days| days.is_finite() && *days >= 0.0)
        .ok_or_else(|| format!("{text:?} is no number of person-days, such as 34"))
}

pub(super) fn release(text: &str) -> Result<Release, String> {
    let wanted = "write NAME=DAYS or NAME=TEAM:DAYS,TEAM:DAYS, such as 4.3.0=Mobile:20,Platform:14";
    let (name, capacity) = text.split_once('=').ok_or(wanted)?;
    let name = name.trim();
    if name.is_empty() {
        return Err(wanted.to_owned());
    }
    let mut by_team = ByTeam::new();
    for part in capacity.split(',') {
        let (team, given) = part.rsplit_once(':').unwrap_or(("", part));
        if by_team
            .insert(team.trim().to_owned(), days(given)?)
            .is_some()
        {
            return Err(format!("team {:?} is there twice", team.trim()));
        }
    }
    if by_team.len() > 1 && by_team.contains_key("") {
        return Err("give days for all teams together, or for each team".to_owned());
    }
    Ok(Release {
        name: name.to_owned(),
        capacity: by_team,
        ..Release::default()
    })
}

fn share(text: &str) -> Result<Share, String> {
    let wanted = "write KIND>=SHARE or KIND<=SHARE, such as debt>=0.2";
    let (kind, bound, is_least) = match (text.split_once(">="), text.split_once("<=")) {
        (Some((kind, bound)), _) => (kind, bound, true),
        (None, Some((kind, bound))) => (kind, bound, false),
        (None, None) => return Err(wanted.to_owned()),
    };
    let bound: Option<f64> = bound.trim().parse().ok();
    let bound = bound
        .filter(|bound| (0.0..=1.0).contains(bound))
        .ok_or(wanted)?;
    Ok(Share {
        kind: kind.trim().to_owned(),
        at_least: if is_least { bound } else { 0.0 },
        at_most: if is_least { 1.0 } else { bound },
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people
    Text,
    /// All findings
    Json,
}
