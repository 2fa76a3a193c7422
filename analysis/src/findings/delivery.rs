//! Findings on how releases are delivered: the five DORA keys, cadence and slip, scope and goals.

use serde::Serialize;

use super::Estimate;

/// What the team's release records and marks say of its delivery, over its own window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Delivery {
    /// First day of the window, `YYYY-MM-DD` in the zone.
    pub first_day: String,
    /// Last day of the window.
    pub last_day: String,
    /// How many days it has.
    pub window_days: u32,
    /// The figures, in the registry's order.
    pub kpis: Vec<DeliveryKpi>,
    /// Every deployment of the window, newest first.
    pub deployments: Vec<DeploymentRow>,
}

/// Whether a figure may be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Enough data.
    Measured,
    /// Too few data for an interval or a judgement.
    InsufficientData,
    /// Nothing came that could fill it.
    NoInput,
}

/// One figure of delivery.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeliveryKpi {
    /// The metric's id in the registry.
    pub metric: String,
    /// The value with its interval and n.
    pub now: Estimate,
    /// Whether it may be read.
    pub standing: Standing,
    /// What it rests on, such as `commits` 34 and `items` 3; sums to n where it is not empty.
    pub rests_on: Vec<Part>,
    /// What was left out, and why; not in n.
    pub left_out: Vec<Part>,
}

/// So many of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What, as a word of the registry's definitions.
    pub what: String,
    /// How many; never 0.
    pub count: u64,
}

/// One deployment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeploymentRow {
    /// The version.
    pub release: String,
    /// Day on which it went out, `YYYY-MM-DD` in the zone.
    pub deployed_on: String,
    /// When it went out, RFC 3339 UTC.
    pub deployed_at: String,
    /// `mark` or `record`: whether a mark or the record's `released_at` says so.
    pub known_by: String,
    /// The release that it repairs, of a hotfix.
    pub repairs: Option<String>,
    /// Why it failed: `rolled_back`, `hotfix`, `verdict`; empty where it did not.
    pub failed_by: Vec<String>,
    /// Hours until users were fine again.
    pub recovery_hours: Option<f64>,
    /// `restored` (a mark) or `sessions` (of those on the two releases, 90 % on the repaired one).
    pub recovered_by: Option<String>,
    /// Median hours from change to deployment, of the first deployment of a release.
    pub lead_time_hours: Option<f64>,
    /// How many changes that median rests on.
    pub changes: u64,
    /// `commits` or `items`, where there is a lead time.
    pub lead_time_from: Option<String>,
    /// Days behind the plan; below 0 is ahead of it.
    pub slip_days: Option<i32>,
    /// Hours until the first event of the release.
    pub first_seen_lag_hours: Option<f64>,
    /// Backlog items that were planned for it.
    pub items_planned: u64,
    /// Of those that the backlog knows, how many it says are done.
    pub items_shipped: u64,
    /// Goals that could be judged.
    pub goals_judged: u64,
    /// Of those, how many were met.
    pub goals_met: u64,
}
