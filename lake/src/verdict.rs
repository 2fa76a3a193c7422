//! A verdict on a release as it was given: one fact in its history.

use serde::{Deserialize, Serialize};

use crate::clock::Micros;

/// A verdict that changed, or was revised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleaseVerdict {
    /// The version as shipped.
    pub version: String,
    /// The environment.
    pub environment: String,
    /// pass, warn, fail or insufficient_data.
    pub verdict: String,
    /// How far the judgement had come, where it says so.
    pub state: Option<String>,
    /// The verdict that stood before; none at the first.
    pub changed_from: Option<String>,
    /// Counts the verdicts on this release, from 1.
    pub revision: i64,
    /// Why, in plain words.
    pub reason: String,
    /// What it was compared with.
    pub baseline: Option<String>,
    /// From 0 to 100, where there is one.
    pub score: Option<f64>,
    /// The moment that it speaks for.
    pub evaluated_at: Micros,
    /// The latest arrival among what was read.
    pub data_through: Option<Micros>,
}
