//! Checked records of what the team plans: releases and backlog items, of which the last one written
//! counts, and marks, each of which counts.

use serde::{Deserialize, Serialize};

use crate::clock::Micros;

/// How a release reaches its users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rollout {
    /// Everybody at once.
    BigBang,
    /// Sent to the devices.
    Push,
    /// Fetched by the users.
    Pull,
    /// In stages.
    Phased,
}

impl Rollout {
    /// The rollout path that is spelled so.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let mut all = [Self::BigBang, Self::Push, Self::Pull, Self::Phased].into_iter();
        all.find(|rollout| rollout.as_str() == word)
    }

    /// The rollout path as it is spelled in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BigBang => "big_bang",
            Self::Push => "push",
            Self::Pull => "pull",
            Self::Phased => "phased",
        }
    }
}

/// A measurable goal of a release: what a plan promised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// A metric id of the registry, or `feature_reach:NAME` for the share of active users of the
    /// release that sent the event NAME.
    pub metric: String,
    /// What the plan promised, in the metric's unit.
    pub target: f64,
    /// What was measured when it was promised.
    #[serde(default)]
    pub baseline: Option<f64>,
    /// The backlog item that was to bring it.
    #[serde(default)]
    pub item: Option<String>,
}

/// A release: (app, version) as shipped to users.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleaseRecord {
    /// The version as shipped.
    pub version: String,
    /// stable, beta, …
    pub channel: Option<String>,
    /// `production` unless said otherwise.
    pub environment: String,
    /// The build of the version.
    pub build: Option<String>,
    /// When it is to ship.
    pub planned_at: Option<Micros>,
    /// When it shipped.
    pub released_at: Option<Micros>,
    /// How it reaches its users.
    pub rollout: Option<Rollout>,
    /// The stages of a phased rollout, as JSON text of a list.
    pub stages: Option<String>,
    /// Ids of the backlog items that it holds.
    pub scope: Vec<String>,
    /// What it promised.
    pub goals: Vec<Goal>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// What to tell users.
    pub notes: Option<String>,
    /// Go/no-go checklist, as JSON text of a list.
    pub checklist: Option<String>,
    /// When the changes that it brings were committed, ascending.
    pub commits: Vec<Micros>,
    /// Who wrote the record.
    pub author: Option<String>,
}

/// What was done with a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// It went out.
    Deployed,
    /// It went out to repair another release.
    Hotfix,
    /// It was taken back.
    #[serde(alias = "rolled-back")]
    RolledBack,
    /// Its users, or those of the release that it repairs, are fine again.
    Restored,
    /// An item of its checklist was signed.
    Signed,
    /// A signature was taken back.
    Unsigned,
    /// It was decided that it goes out.
    Go,
    /// It was decided that it does not.
    #[serde(alias = "no-go")]
    NoGo,
}

impl MarkKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Deployed,
        Self::Hotfix,
        Self::RolledBack,
        Self::Restored,
        Self::Signed,
        Self::Unsigned,
        Self::Go,
        Self::NoGo,
    ];

    /// The kind as it is spelled in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deployed => "deployed",
            Self::Hotfix => "hotfix",
            Self::RolledBack => "rolled_back",
            Self::Restored => "restored",
            Self::Signed => "signed",
            Self::Unsigned => "unsigned",
            Self::Go => "go",
            Self::NoGo => "no_go",
        }
    }

    /// The kind that is spelled so.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One thing that was done with a release, and when.
///
/// Why not a field of the release record: the last record written counts, so that of two marks made
/// at the same time one would be lost. Each mark is a row of its own; nothing is read before it is
/// written, and none takes another's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseMark {
    /// The idempotency key: as given, else made of all that makes the mark.
    pub event_id: String,
    /// The version as shipped. It need not have a record yet.
    pub version: String,
    /// `production` unless said otherwise.
    pub environment: String,
    /// What was done.
    pub mark: MarkKind,
    /// When it was done.
    pub marked_at: Micros,
    /// The release that a hotfix repairs, or whose users are fine again.
    pub of_version: Option<String>,
    /// Why, in the team's words.
    pub note: Option<String>,
    /// Who made the mark.
    pub author: Option<String>,
    /// Hash of what was said, without what a retry changes, as sixteen hexadecimal digits.
    pub content_hash: String,
    /// The item of the checklist that was signed.
    pub item: Option<String>,
    /// How each check stood when it was decided, as JSON text of a list.
    pub checks: Option<String>,
}

/// The seven decision factors of a backlog item, each 0 (speaks against it) to 10 (speaks for it).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Factors {
    /// How much it mends: bugs and faults of the interface.
    pub bug_fix: Option<f64>,
    /// How well it serves the strategic objective.
    pub strategic: Option<f64>,
    /// How surely it can be built.
    pub feasibility: Option<f64>,
    /// How free it is of other work (10: depends on nothing).
    pub dependencies: Option<f64>,
    /// How far the people and means are there.
    pub resources: Option<f64>,
    /// How cheap it is (10: costs next to nothing).
    pub cost: Option<f64>,
    /// What it is expected to bring in.
    pub expected_return: Option<f64>,
}

/// Candidate work with an estimate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BacklogItem {
    /// The team's own id.
    pub item_id: String,
    /// What it is.
    pub title: String,
    /// bug, feature, debt, … as the team calls it.
    pub kind: Option<String>,
    /// open, planned, in_progress, done, closed, … as the team calls it.
    pub status: Option<String>,
    /// Person-days; absent is unknown, never 0.
    pub effort_person_days: Option<f64>,
    /// Which team would do it.
    pub team: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Ids of items that must ship before or with it.
    pub depends_on: Vec<String>,
    /// The decision factors.
    pub factors: Factors,
    /// Users reached in a release period, by hand; evidence from linked feedback overrides it.
    pub reach_users: Option<f64>,
    /// RICE impact: 3, 2, 1, 0.5 or 0.25.
    pub impact: Option<f64>,
    /// RICE confidence, 0 to 1.
    pub confidence: Option<f64>,
    /// Words that link feedback to it.
    pub keywords: Vec<String>,
    /// Events that show that it is used.
    pub feature_events: Vec<String>,
    /// The release that it is meant for.
    pub target: Option<String>,
    /// Must be in the next plan, whatever its score.
    pub mandatory: bool,
    /// Who wrote the record.
    pub author: Option<String>,
    /// Person-days that it has taken; absent is unknown.
    pub spent_person_days: Option<f64>,
}
