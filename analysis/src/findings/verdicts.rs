//! Findings on releases and their verdicts over time.

use serde::{Deserialize, Serialize};

use super::{Estimate, Verdict};

/// A release that was seen or has a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleaseSeen {
    /// The app.
    pub app: String,
    /// The environment.
    pub environment: String,
    /// The version as sent.
    pub release: String,
    /// When it first sent anything, RFC 3339 UTC.
    pub first_seen_at: Option<String>,
    /// When it went out, by its record.
    pub released_at: Option<String>,
    /// How it reaches its users, by its record.
    pub rollout: Option<String>,
}

/// The verdicts that were given on the releases of an app.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerdictHistory {
    /// Always `shipwake.health.history.v1`.
    pub schema: String,
    /// The app.
    pub app: String,
    /// The environment.
    pub environment: String,
    /// The oldest first.
    pub verdicts: Vec<PastVerdict>,
    /// Of the releases whose last verdict is a pass, the share that was a warn or a fail before.
    pub flagged_while_fine: Estimate,
}

/// A verdict that was given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PastVerdict {
    /// The release.
    pub release: String,
    /// Counts the verdicts on it, from 1.
    pub revision: i64,
    /// The verdict.
    pub verdict: Verdict,
    /// How far the judgement had come.
    pub state: Option<String>,
    /// The verdict that stood before.
    pub changed_from: Option<Verdict>,
    /// Why, in plain words.
    pub reason: String,
    /// What it was compared with.
    pub baseline: Option<String>,
    /// From 0 to 100.
    pub score: Option<f64>,
    /// The moment that it spoke for, RFC 3339 UTC.
    pub evaluated_at: String,
    /// The latest arrival among what it was made from.
    pub data_through: Option<String>,
}
