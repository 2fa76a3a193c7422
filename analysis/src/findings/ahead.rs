//! Findings of a plan for the releases ahead.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Calibration, Estimate, Scope};

/// Which items to finish in which of the releases ahead.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AheadFindings {
    /// What was looked at.
    pub scope: Scope,
    /// The next one first.
    pub releases: Vec<ReleaseAhead>,
    /// By release, then by rank; those in no release last.
    pub items: Vec<AheadItem>,
    /// Sum of the planned items' values.
    pub value: f64,
    /// No plan that keeps the same rules is worth more.
    pub bound: f64,
    /// Whether the value is proved to be the most.
    pub proved_best: bool,
    /// The largest share by which a better plan could exceed this one; 0 when proved.
    pub gap: f64,
    /// What a list sorted by score would have lost, as a share of the value.
    pub list_lost_share: Option<f64>,
    /// Set where what must be in the plan exceeds the capacity: nothing else is planned then.
    pub freeze: Option<FreezeFound>,
    /// Items that must be in the plan and are not.
    pub required_left_out: Vec<String>,
    /// Alternatives of which at least one should be in the plan, and none is.
    pub unmet_alternatives: Vec<Vec<String>>,
    /// Shares of kinds of work that had to yield to what must be in the plan.
    pub broken_shares: Vec<ShareFound>,
    /// Teams of open items that have no capacity in any release.
    pub teams_without_capacity: Vec<String>,
    /// Groups of items that depend on each other.
    pub cycles: Vec<Vec<String>>,
    /// (item, id that it depends on and that is no item).
    pub dangling: Vec<(String, String)>,
    /// Groups of items that were merged into each other in a circle; these merges count for nothing.
    pub merge_circles: Vec<Vec<String>>,
    /// How many draws of effort and value were planned anew.
    pub draws: u32,
    /// Those whose plan is not proved to be within half a percent of its optimum.
    pub draws_unproved: u32,
    /// How far the team's estimates were off, by which the draws go where there are enough items.
    pub calibration: Calibration,
}

/// A release ahead.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReleaseAhead {
    /// Its name.
    pub name: String,
    /// Person-days that planned work may take, by team; one without a name where teams were not told
    /// apart.
    pub capacity: BTreeMap<String, f64>,
    /// Person-days that the plan takes.
    pub used: BTreeMap<String, f64>,
}

/// A backlog item in the plan or out of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AheadItem {
    /// By RICE, from 1.
    pub rank: u32,
    /// The team's own id.
    pub item_id: String,
    /// Its title.
    pub title: String,
    /// Its team.
    pub team: Option<String>,
    /// What kind of work it is.
    pub kind: Option<String>,
    /// Its effort.
    pub effort_person_days: Option<f64>,
    /// What it is worth.
    pub value: f64,
    /// Users reached.
    pub reach_users: f64,
    /// The release in which it is finished.
    pub release: Option<String>,
    /// Why it is in none: a word.
    pub reason: Option<String>,
    /// The ids that the reason speaks of.
    pub because_of: Vec<String>,
    /// Share of the draws whose plan holds it, with Wilson's interval.
    pub in_draws: Option<Estimate>,
    /// The least value at which a best plan would hold it; of the first that are in no release.
    pub value_at_least: Option<f64>,
}

/// What must be in the plan exceeds what there is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FreezeFound {
    /// The fewest person-days that are missing, by release and team; empty where the demands contradict
    /// each other.
    pub shortfall: Vec<BTreeMap<String, f64>>,
    /// Whether that is proved to be the fewest.
    pub proved: bool,
}

/// A share of a kind of work.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShareFound {
    /// The release.
    pub release: String,
    /// The kind.
    pub kind: String,
    /// Its share of the release's planned effort, in [0, 1].
    pub share: f64,
}
