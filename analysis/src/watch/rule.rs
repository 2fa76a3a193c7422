//! By what a release is judged.

use crate::stats::sequential::{Arm, Cell};

/// The bounds of error and the sizes that matter, for one metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// Of releases that are fine, at most this share is ever flagged, over all looks.
    pub alpha: f64,
    /// Of releases that are worse by `r1`, at most this share is ever proved healthy.
    pub beta: f64,
    /// The least rate ratio that counts as harm; at least 1.
    pub r_min: f64,
    /// A release is proved healthy when a rate ratio of this much is excluded; above 1.
    pub r1: f64,
    /// Events that both arms together need before anything is said. For readability: the error
    /// bounds need no minimum.
    pub min_events: u64,
    /// Exposure that the new arm needs before anything is said.
    pub min_exposed: u64,
    /// Hours after which an undecided release is called inconclusive; `None`: never.
    pub window_hours: Option<u32>,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            alpha: 0.05,
            beta: 0.05,
            r_min: 1.10,
            r1: 1.5,
            min_events: 20,
            min_exposed: 100,
            window_hours: None,
        }
    }
}

/// What the new arm is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Control {
    /// Others at the same hours who are not on the release.
    Concurrent {
        /// The same two groups on the release before, where known: a cell an hour and stratum, or one
        /// a stratum. Empty: the groups are taken as alike (randomised, or nothing is known).
        pre: Vec<Cell>,
    },
    /// Nobody: the base of each cell is the same hour of past weeks, summed.
    PastWeeks {
        /// Each past week as a whole, by which their drift is judged.
        weeks: Vec<Arm>,
    },
}

impl Control {
    /// Others at the same hours, taken as alike.
    #[must_use]
    pub fn concurrent() -> Self {
        Self::Concurrent { pre: Vec::new() }
    }
}
