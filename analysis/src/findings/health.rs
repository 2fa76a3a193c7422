//! Findings of a health check.

use serde::Serialize;

use super::{Change, Estimate};

/// The judgement of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing speaks against it.
    Pass,
    /// Worse by the estimate, but chance is not excluded, or a warning line is crossed.
    Warn,
    /// Worse beyond chance.
    Fail,
    /// Too few data to judge.
    InsufficientData,
}

impl Verdict {
    /// The word used everywhere.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::InsufficientData => "insufficient_data",
        }
    }
}

/// How far the sequential judgement of a release has come.
///
/// The order is that of severity: of several metrics, the greatest is the release's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Shown to be better than the baseline.
    Improved,
    /// Shown to be worse by less than the margin: a rise above it would have been seen.
    ProvedHealthy,
    /// Valid, and nothing decided yet.
    Monitoring,
    /// Nothing was sent by the release in the last day.
    NoData,
    /// Fewer than a judgement needs.
    InsufficientData,
    /// The window is over without a decision, or those who took the release differ too much.
    Inconclusive,
    /// It looks worse, and chance is not excluded.
    Watch,
    /// It was worse beyond chance, and what came since then is not.
    Recovered,
    /// Worse beyond chance, against a control that is not of the same hours.
    Suspected,
    /// Worse beyond chance.
    Regressed,
    /// The counts cannot be compared: something is wrong with how they came about.
    InvalidData,
    /// A newer release took its place.
    Superseded,
}

impl State {
    /// The word used everywhere.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Improved => "improved",
            Self::ProvedHealthy => "proved_healthy",
            Self::Monitoring => "monitoring",
            Self::NoData => "no_data",
            Self::InsufficientData => "insufficient_data",
            Self::Inconclusive => "inconclusive",
            Self::Watch => "watch",
            Self::Recovered => "recovered",
            Self::Suspected => "suspected",
            Self::Regressed => "regressed",
            Self::InvalidData => "invalid_data",
            Self::Superseded => "superseded",
        }
    }
}

/// A release judged once, against its baseline over the same days.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HealthFindings {
    /// Always `shipwake.health.v1`.
    pub schema: String,
    /// The judgement.
    pub verdict: Verdict,
    /// Why, in one sentence's worth of plain words.
    pub reason: String,
    /// Always `single_look`: the intervals hold for one look, not for a check every hour.
    pub method: String,
    /// The app.
    pub app: String,
    /// The environment.
    pub environment: String,
    /// The release under judgement.
    pub release: String,
    /// What it was compared with.
    pub baseline: Option<String>,
    /// First day compared, `YYYY-MM-DD` in the zone.
    pub first_day: Option<String>,
    /// Last day compared.
    pub last_day: Option<String>,
    /// The IANA zone.
    pub zone: String,
    /// RFC 3339 UTC.
    pub evaluated_at: String,
    /// The latest arrival among the rows read.
    pub data_through: Option<String>,
    /// One by one.
    pub checks: Vec<Check>,
}

/// One metric of a health check.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// The metric's id.
    pub metric: String,
    /// Its judgement.
    pub verdict: Verdict,
    /// The release's estimate.
    pub now: Estimate,
    /// The baseline's estimate.
    pub before: Estimate,
    /// The difference.
    pub change: Option<Change>,
    /// How many the check needs on each side.
    pub min_n: u64,
    /// Why, in plain words.
    pub reason: String,
}
