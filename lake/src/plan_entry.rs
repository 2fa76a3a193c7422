//! What was decided about a release's plan: which items were accepted together, and what was
//! changed of it since.

use serde::{Deserialize, Serialize};

use crate::clock::Micros;

/// What was decided about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanChange {
    /// It is in the plan that was accepted.
    Accepted,
    /// It came in after that.
    Added,
    /// It was taken out after that.
    Removed,
    /// Its effort was estimated anew.
    ReEstimated,
}

impl PlanChange {
    /// All changes.
    pub const ALL: [Self; 4] = [
        Self::Accepted,
        Self::Added,
        Self::Removed,
        Self::ReEstimated,
    ];

    /// The change as it is spelled in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::ReEstimated => "re_estimated",
        }
    }

    /// The change that is spelled so.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.as_str() == word)
    }
}

/// One decision about one item of a release's plan.
///
/// Why a row an item, and not a plan a row: any engine can then join the plan with events and
/// backlog, and an item that is added or taken out is a row as well. The items of one acceptance
/// share its `plan_id`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanEntry {
    /// The idempotency key: as given, else made of all that makes the entry.
    pub event_id: String,
    /// The version that is planned. It need not have a record yet.
    pub version: String,
    /// `production` unless said otherwise.
    pub environment: String,
    /// What was decided.
    pub change: PlanChange,
    /// The backlog item.
    pub item_id: String,
    /// Of what was accepted: which plan. The one accepted last counts.
    pub plan_id: Option<String>,
    /// When it was decided.
    pub changed_at: Micros,
    /// The item's person-days as they were estimated then.
    pub effort_person_days: Option<f64>,
    /// What the item was worth then: reach × impact × confidence.
    pub value: Option<f64>,
    /// How many users it was to reach in a release period.
    pub reach_users: Option<f64>,
    /// Of what was accepted: the person-days that the release holds.
    pub capacity_person_days: Option<f64>,
    /// Why, in the team's words.
    pub note: Option<String>,
    /// Who decided it.
    pub decided_by: Option<String>,
    /// Who wrote the entry.
    pub author: Option<String>,
    /// Hash of what was said, without what a retry changes, as sixteen hexadecimal digits.
    pub content_hash: String,
}
