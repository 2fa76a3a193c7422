//! Findings about accepted plans: what became of them, and how well the team estimates.

use lake::Goal;
use serde::{Deserialize, Serialize};

use super::Estimate;

/// The accepted plan of a release and its drift.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AcceptedPlan {
    /// Which plan.
    pub plan_id: String,
    /// When it was accepted.
    pub accepted_at: String,
    /// Who accepted it.
    pub accepted_by: Option<String>,
    /// When the release went out; nothing changes the plan after that.
    pub closed_at: Option<String>,
    /// Person-days that the release holds.
    pub capacity_person_days: Option<f64>,
    /// Items as accepted.
    pub items_planned: u64,
    /// Items in the end.
    pub items_now: u64,
    /// Items that came in and stayed.
    pub added: u64,
    /// Items that were accepted and taken out.
    pub removed: u64,
    /// Items that stayed and were estimated anew.
    pub re_estimated: u64,
    /// Person-days as accepted, of the items with an estimate.
    pub person_days_planned: f64,
    /// Person-days in the end, of the items with an estimate.
    pub person_days_now: f64,
    /// Items in the end that have no estimate.
    pub without_estimate: u64,
    /// Person-days in the end beyond the capacity; below 0 is room.
    pub over_capacity_person_days: Option<f64>,
    /// All items that are or were in it, by id.
    pub items: Vec<PlannedItem>,
    /// What was changed, oldest first.
    pub changes: Vec<ScopeChange>,
    /// Items that were kept out by hand when it was accepted.
    pub cut_by_hand: Vec<CutByHand>,
}

/// An item that was kept out of a plan by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CutByHand {
    /// The team's id.
    pub item_id: String,
    /// Why.
    pub reason: Option<String>,
}

/// An item that is or was in an accepted plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedItem {
    /// The team's id.
    pub item_id: String,
    /// What it is, where the backlog knows it.
    pub title: Option<String>,
    /// `kept`, `added` or `removed`.
    pub standing: String,
    /// Person-days when it was accepted or added.
    pub person_days_planned: Option<f64>,
    /// Person-days in the end.
    pub person_days_now: Option<f64>,
    /// What it was worth then.
    pub value: Option<f64>,
    /// How many users it was to reach.
    pub reach_users: Option<f64>,
    /// Why it was put in by hand.
    pub reason: Option<String>,
}

/// A change of an accepted plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScopeChange {
    /// When.
    pub at: String,
    /// Who.
    pub by: Option<String>,
    /// `added`, `removed` or `re_estimated`.
    pub change: String,
    /// The item.
    pub item_id: String,
    /// Its person-days before.
    pub before_person_days: Option<f64>,
    /// Its person-days after.
    pub after_person_days: Option<f64>,
    /// Person-days that the plan gains.
    pub effect_person_days: Option<f64>,
    /// Why.
    pub reason: Option<String>,
    /// `decision`, or `record` where a release record or the backlog said so in passing.
    pub source: String,
}

/// What came of an item of the last plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemOutcome {
    /// The item and its place in the plan.
    #[serde(flatten)]
    pub item: PlannedItem,
    /// Whether its status says that users have it; `None` where the backlog does not say.
    pub shipped: Option<bool>,
    /// Person-days that it took.
    pub spent_person_days: Option<f64>,
    /// Distinct users of the release that sent one of its events within the days looked at.
    pub observed_users: Option<u64>,
    /// Their share of the release's active users in those days.
    pub adoption: Estimate,
    /// Mean rating, 1 to 5, that they gave the release in those days.
    pub rating: Estimate,
    /// Why nothing could be observed: `no feature named`, `not in the backlog`, `not shipped` or
    /// `the release is not out`.
    pub not_measurable: Option<String>,
}

/// A release as the team keeps it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReleaseShown {
    /// The app.
    pub app: String,
    /// The environment.
    pub environment: String,
    /// The version.
    pub release: String,
    /// When it was to go out.
    pub planned_at: Option<String>,
    /// When it went out, by its record.
    pub released_at: Option<String>,
    /// How it reaches its users.
    pub rollout: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The items that it holds: of its accepted plan with all changes, else as recorded.
    pub scope: Vec<ScopeItem>,
    /// What it promised.
    pub goals: Vec<Goal>,
    /// The accepted plan and its drift.
    pub plan: Option<AcceptedPlan>,
    /// What was said and done about it, oldest first.
    pub history: Vec<HistoryLine>,
}

/// An item of a release's scope.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScopeItem {
    /// The team's id.
    pub item_id: String,
    /// What it is, where the backlog knows it.
    pub title: Option<String>,
    /// Where it stands, as the team calls it.
    pub status: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
}

/// Something that was said or done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryLine {
    /// When.
    pub at: String,
    /// Who.
    pub by: Option<String>,
    /// What.
    pub what: String,
    /// Why.
    pub reason: Option<String>,
}

/// How far a team's estimates were off, over the releases that went out with an accepted plan.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Calibration {
    /// How many releases there were.
    pub releases: u64,
    /// Person-days spent ÷ person-days planned, of items that shipped and whose time was kept.
    pub effort: Ratios,
    /// Users observed ÷ users predicted, of items that shipped and were observed for all the days
    /// looked at.
    pub reach: Ratios,
}

/// Ratios of what came to what was said, item by item.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Ratios {
    /// Their median, with the interval of order statistics; n is how many items there were.
    pub median: Estimate,
    /// One item in ten lies at or below it.
    pub low: Option<f64>,
    /// One item in ten lies at or above it.
    pub high: Option<f64>,
    /// Whether there are enough of them to plan by: draws of the next plan then go from `low` to
    /// `high` times the estimate.
    pub are_used: bool,
}
