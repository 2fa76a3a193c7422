//! Findings of the planning report.

use lake::Factors;
use serde::Serialize;

use super::{
    AcceptedPlan, Calibration, Estimate, GatesAhead, ItemOutcome, ReleaseRow, Responses, Risk,
    Scope, UnusedFeatures,
};

/// Everything that the planning report shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanningFindings {
    /// Who, when, from what; the window is the one that evidence was counted in.
    pub scope: Scope,
    /// The release that is planned, where it was named.
    pub target: Option<String>,
    /// How many person-days the release can hold.
    pub capacity_person_days: f64,
    /// Where the capacity comes from: `given`, or `half_of_open_effort` when none was given.
    pub capacity_source: String,
    /// Person-days of the chosen items.
    pub used_person_days: f64,
    /// Sum of the chosen items' values.
    pub value: f64,
    /// Sum of all candidates' values.
    pub value_of_all: f64,
    /// Whether the solver proved that no plan is better.
    pub proved_best: bool,
    /// The largest share by which a better plan could exceed this one; 0 when proved.
    pub gap: f64,
    /// All open items: chosen first, then cut, each by rank.
    pub items: Vec<ScoredItem>,
    /// What a list sorted by score would have taken.
    pub by_list: ListComparison,
    /// The releases in use, for "why now".
    pub releases: Vec<ReleaseRow>,
    /// What the last plan promised against what was observed.
    pub score_card: Option<ScoreCard>,
    /// Shipped features that few use: candidates to simplify or remove.
    pub unused: UnusedFeatures,
    /// Dependency cycles, each as ids in order.
    pub cycles: Vec<Vec<String>>,
    /// (item, the id it depends on that is not in the backlog).
    pub dangling: Vec<(String, String)>,
    /// Feedback in the window, distinct authors.
    pub authors: u64,
    /// Of those, authors whose feedback counts for no open item.
    pub unmatched_authors: u64,
    /// Groups of items that were merged into each other in a circle; these merges count for nothing.
    pub merge_circles: Vec<Vec<String>>,
    /// What may go wrong, the likeliest first.
    pub risks: Vec<Risk>,
    /// What will judge the release once it is out.
    pub gates: GatesAhead,
    /// How soon people were answered.
    pub responses: Responses,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueSource {
    /// Counted from linked feedback.
    Evidence,
    /// Given by hand.
    Hand,
    /// Neither: a stated default.
    Default,
}

/// Whether an item is in the plan, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// In the plan.
    Chosen {
        /// It had to be in.
        mandatory: bool,
        /// Items that brought it in: it is in because they need it.
        needed_by: Vec<String>,
    },
    /// Not in the plan.
    Cut {
        /// `capacity`, `dependency`, `no_effort`, `no_value`, `cycle` or
        /// `mandatory_over_capacity`.
        reason: String,
        /// The ids that the reason speaks of (dependencies that did not fit, members of a cycle).
        because_of: Vec<String>,
        /// The smallest extra capacity, in person-days, that makes the best plan hold it.
        extra_person_days: Option<f64>,
        /// The largest effort at which the best plan would hold it at today's capacity.
        effort_at_most: Option<f64>,
    },
}

/// What users' feedback says for an item.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Evidence {
    /// Distinct users whose feedback counts for the item: a person confirmed it, or it holds one of the
    /// item's keywords and nobody rejected it.
    pub users: u64,
    /// Pieces of feedback that count.
    pub pieces: u64,
    /// Mean rating of that feedback.
    pub rating: Estimate,
    /// The keywords that matched, most first.
    pub keywords: Vec<String>,
    /// Up to two of the texts, shortened, the most agreed with first.
    pub quotes: Vec<String>,
    /// Of the users, those with feedback that a person confirmed.
    pub confirmed_users: u64,
    /// Pieces of feedback in the window that a person rejected for the item.
    pub rejected_pieces: u64,
    /// Items that were merged into this one, whose evidence counts here.
    pub merged_items: Vec<String>,
    /// Of the users, those who are there by a suggestion alone; 0 unless suggestions were to count.
    pub suggested_users: u64,
}

/// One backlog item with its scores and its place in the plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoredItem {
    /// Rank by RICE among all open items, from 1.
    pub rank: u32,
    /// The team's id.
    pub item_id: String,
    /// What it is.
    pub title: String,
    /// bug, feature, …
    pub kind: Option<String>,
    /// Which team.
    pub team: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The team's word for where it stands.
    pub status: Option<String>,
    /// Person-days; `None` is unknown, and the item cannot be planned.
    pub effort_person_days: Option<f64>,
    /// Ids that must ship before or with it.
    pub depends_on: Vec<String>,
    /// Users reached.
    pub reach_users: f64,
    /// Where the reach comes from.
    pub reach_source: ValueSource,
    /// RICE impact.
    pub impact: f64,
    /// Where the impact comes from.
    pub impact_source: ValueSource,
    /// RICE confidence, 0 to 1.
    pub confidence: f64,
    /// Where the confidence comes from.
    pub confidence_source: ValueSource,
    /// Reach × impact × confidence: what the plan maximises.
    pub value: f64,
    /// Value ÷ effort (RICE); `None` without effort.
    pub rice: Option<f64>,
    /// Weighted mean of the factors present, 0 to 10; `None` without any.
    pub factor_score: Option<f64>,
    /// The factors.
    pub factors: Factors,
    /// What users said.
    pub evidence: Evidence,
    /// Events that show that it is used.
    pub feature_events: Vec<String>,
    /// In or out, and why.
    pub decision: Decision,
}

/// What taking the list from the top until nothing more fits would have brought.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListComparison {
    /// The ids that it would have taken.
    pub items: Vec<String>,
    /// Sum of their values.
    pub value: f64,
    /// Their person-days.
    pub person_days: f64,
    /// Value lost against the plan, as a share of the plan's value, in [0, 1].
    pub lost_share: f64,
}

/// The last plan, looked at again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreCard {
    /// The release that the plan was for.
    pub release: String,
    /// The items that it held.
    pub items: Vec<String>,
    /// Goal by goal.
    pub goals: Vec<GoalOutcome>,
    /// The plan that was accepted for it, and its drift.
    pub plan: Option<AcceptedPlan>,
    /// Items of that plan, as it was in the end, whose status says that users have them.
    pub items_shipped: u64,
    /// What came of each item of that plan.
    pub outcomes: Vec<ItemOutcome>,
    /// Days after the release went out in which items are observed.
    pub days_observed: u32,
    /// How far the team's estimates are off, over all releases with an accepted plan.
    pub calibration: Calibration,
}

/// One promise and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GoalOutcome {
    /// The metric's id or `feature_reach:NAME`.
    pub metric: String,
    /// The item that was to bring it.
    pub item: Option<String>,
    /// What was measured when it was promised.
    pub baseline: Option<f64>,
    /// What was promised.
    pub target: f64,
    /// What is observed on the release.
    pub observed: Estimate,
    /// `met`, `missed`, `not_conclusive` or `insufficient_data`.
    pub outcome: String,
}
