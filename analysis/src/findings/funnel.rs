//! Findings on how many get through a row of steps.

use serde::Serialize;

use super::{Estimate, Scope};

/// A funnel with what it speaks of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunnelFindings {
    /// Who, when, from what; the first step lies in the window.
    pub scope: Scope,
    /// The funnels, in the order asked for.
    pub funnels: Vec<FunnelResult>,
}

/// How many got through a funnel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunnelResult {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Seconds from the first step within which the last one counts.
    pub within_seconds: f64,
    /// The segment that the first step was in.
    pub segment: FunnelSegment,
    /// Users who took the first step in the window, those whose time is not over among them.
    pub entered: u64,
    /// Of those, users whose time is not over and who are not through: they are left out.
    pub left_out: u64,
    /// Of those who count, the share who are through.
    pub conversion: Estimate,
    /// From the first step to the last, in seconds: the median of those who are through.
    pub seconds: Estimate,
    /// Step by step.
    pub steps: Vec<FunnelStep>,
}

/// What the event of the first step must say; `None` is anything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct FunnelSegment {
    /// The platform.
    pub platform: Option<String>,
    /// The channel.
    pub channel: Option<String>,
    /// The release.
    pub release: Option<String>,
}

/// A step of a funnel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunnelStep {
    /// From 1.
    pub place: u32,
    /// The name of its event.
    pub event: String,
    /// Users who reached it.
    pub users: u64,
    /// `users` of those who took the first step.
    pub of_first: Estimate,
    /// `users` of those who reached the step before; no value for the first.
    pub of_previous: Estimate,
    /// From the step before, in seconds: the median of those who reached it.
    pub seconds: Estimate,
}
