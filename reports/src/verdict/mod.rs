//! A verdict in the languages of those who ask by machine: build logs, test reports, monitors.
//!
//! Only versions, metric names and numbers are written, never a word of feedback; names are hostile
//! until shown otherwise, and each language has its own way to be broken out of.

mod github;
mod history;
mod json;

mod junit;
mod prometheus;

use analysis::findings::HealthFindings;

pub use github::GithubVerdict;
pub use prometheus::ReleaseGauges;

pub(crate) use github::github;
pub(crate) use history::{history, notice};
pub(crate) use json::json;
pub(crate) use junit::junit;
pub(crate) use prometheus::prometheus;

/// The score from 0 to 100, where the findings have one.
fn score(findings: &HealthFindings) -> Option<f64> {
    findings.score.map(f64::from)
}

#[cfg(test)]
mod tests;
