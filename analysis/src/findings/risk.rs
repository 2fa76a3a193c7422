//! Findings about what may go wrong with a plan, and what will judge it once it is out.

use serde::Serialize;

use super::{Estimate, State, Verdict};

/// Why something may go wrong. The rules with their lines: `analysis::risks`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskRule {
    /// More is planned than the team's own record says that it can do.
    OverCommitted,
    /// What must be in the plan does not fit.
    RequiredOverCapacity,
    /// Nobody said how much the release can hold.
    CapacityUnknown,
    /// The release that the next one builds on is worse than the one before.
    UnhealthyBase,
    /// A feature that an item is about lost users.
    FeatureFell,
    /// Nobody can say when an item is done: its title is vague, or it is large.
    VagueScope,
    /// Neither a goal nor an event shows whether an item was worth it.
    NotMeasurable,
    /// No user asked for it, and confidence is low.
    UnprovenDemand,
    /// Items that wait for each other in a row.
    LongChain,
    /// One person answers for much of the plan.
    OnePerson,
    /// People wait for an answer longer than the team wants.
    SlowResponse,
}

/// How likely it is, by the lines of its rule: no probability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Likelihood {
    /// More likely than not.
    High,
    /// Worth a word.
    Medium,
}

/// Something that may go wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Risk {
    /// Why.
    pub rule: RiskRule,
    /// How likely it is.
    pub likelihood: Likelihood,
    /// The items of the plan that it is about, by rank.
    pub items: Vec<RiskItem>,
    /// Who answers for these items, or for most of the plan, in order of name.
    pub owners: Vec<String>,
    /// The person-days of these items as a share of the plan's, in [0, 1].
    pub effort_share: Option<f64>,
    /// Their value as a share of the plan's, in [0, 1].
    pub value_share: Option<f64>,
    /// What was measured.
    pub measured: Option<Estimate>,
    /// The line that it crossed, in the same unit.
    pub line: Option<f64>,
    /// The release or the metric that it speaks of.
    pub about: Vec<String>,
}

/// An item that a risk is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RiskItem {
    /// The team's id.
    pub item_id: String,
    /// What it is.
    pub title: String,
    /// What was found, as words: `vague word WORD`, `few words`, `large`; ids of a chain, names of events.
    pub found: Vec<String>,
}

/// What will judge the release that is planned.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct GatesAhead {
    /// The newest release in use, whose figures are the baseline; `None` where there is none.
    pub release: Option<String>,
    /// How it stands.
    pub state: Option<State>,
    /// What that comes to.
    pub verdict: Option<Verdict>,
    /// Why.
    pub reason: String,
    /// A rise to this many times the baseline's rate is to be seen.
    pub seen_rise: f64,
    /// Share of the traffic that the planned release is taken to have.
    pub assumed_share: f64,
    /// Check by check.
    pub gates: Vec<GateAhead>,
}

/// A check of the health of the release that is planned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateAhead {
    /// The metric's id.
    pub metric: String,
    /// Whether the release is not judged without it.
    pub critical: bool,
    /// How much it counts.
    pub weight: f64,
    /// What the newest release has.
    pub baseline: Estimate,
    /// `ratio`: harm is a rate of so many times the baseline's; `difference`: it is so far from it.
    pub harm: String,
    /// The least harm that counts, as a ratio or in the metric's unit.
    pub least_harm: f64,
    /// What it must keep to, whatever the baseline.
    pub limit: Option<f64>,
    /// How many a judgement needs of the release.
    pub min_n: u64,
    /// Days until it can be judged, at the traffic of the last four weeks; `None` where there is too little
    /// to tell. Of rates: until a rise to [`GatesAhead::seen_rise`] would be seen.
    pub days: Option<f64>,
}
