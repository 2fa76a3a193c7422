//! Alarm, recovery and relapse. An alarm is never taken back; what came since may say that it is over.

use crate::findings::State;
use crate::stats::sequential::Cell;
use crate::stats::sequential::interval::RatioHistory;
use crate::stats::sequential::process::{Alternative, Mixture, RatioProcess};

/// A release has recovered when a rise of this much above the harm is excluded since the alarm, and
/// the ratio since then is within it.
const RECOVERED_WITHIN: f64 = 1.25;

/// Where a release stands since its first alarm.
#[derive(Debug, Clone)]
pub(super) enum Phase {
    /// No alarm so far.
    Quiet,
    /// Worse beyond chance.
    Alarmed {
        first: i64,
        /// Against "still worse", since the alarm.
        proof: RatioProcess,
        since: RatioHistory,
    },
    /// No more worse.
    Recovered {
        first: i64,
        /// Against "still fine", since the recovery.
        relapse: RatioProcess,
    },
}

impl Phase {
    pub(super) fn first_alarm_hour(&self) -> Option<i64> {
        match self {
            Self::Quiet => None,
            Self::Alarmed { first, .. } | Self::Recovered { first, .. } => Some(*first),
        }
    }

    /// The state that an alarm brought, if there was one.
    pub(super) fn state(&self) -> Option<State> {
        match self {
            Self::Quiet => None,
            Self::Alarmed { .. } => Some(State::Regressed),
            Self::Recovered { .. } => Some(State::Recovered),
        }
    }

    /// Judges an hour. `log_reject` are the logarithms of the evidence for an alarm and for a proof.
    pub(super) fn advance(
        &mut self,
        hour: i64,
        cells: &[Cell],
        harm: f64,
        log_reject: (f64, f64),
        alarm: &RatioProcess,
    ) {
        let (rejects_fine, rejects_worse) = log_reject;
        match self {
            Self::Quiet => {
                if alarm.reaches(rejects_fine) {
                    *self = Self::alarmed(hour, harm);
                }
            }
            Self::Alarmed {
                first,
                proof,
                since,
            } => {
                proof.advance(hour, cells);
                for cell in cells {
                    since.add(cell);
                }
                let is_within = since.ratio().is_some_and(|ratio| ratio <= harm);
                if is_within && proof.reaches(rejects_worse) {
                    *self = Self::Recovered {
                        first: *first,
                        relapse: RatioProcess::new(harm, Alternative::Above, Mixture::ALARM),
                    };
                }
            }
            Self::Recovered { first, relapse } => {
                relapse.advance(hour, cells);
                if relapse.reaches(rejects_fine) {
                    *self = Self::alarmed(*first, harm);
                }
            }
        }
    }

    fn alarmed(first: i64, harm: f64) -> Self {
        Self::Alarmed {
            first,
            proof: RatioProcess::new(harm * RECOVERED_WITHIN, Alternative::Below, Mixture::PROOF),
            since: RatioHistory::default(),
        }
    }
}
