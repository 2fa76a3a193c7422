//! Evidence that may be looked at after every hour, without a price for looking.
//!
//! An *e-process* starts at 1 and is, whatever the stopping rule, at most 1 on average while its
//! null hypothesis holds; by Ville's inequality it ever reaches `1/α` with probability at most `α`.
//! A *confidence sequence* holds the truth at all hours at once with probability `1 − α`.
//!
//! | module | speaks of |
//! |---|---|
//! | [`process`] | the ratio of two event rates: conditional-binomial mixture, its mirror, late onset |
//! | [`hypergeometric`] | the exact factor where events are frequent |
//! | [`interval`] | which ratios are not excluded |
//! | [`limit`] | a share beside a limit, without anything to compare it with |
//! | [`asymptotic`] | the difference of two means of anything, from many |

pub mod asymptotic;
pub mod hypergeometric;
pub mod interval;
pub mod limit;
pub mod process;

use serde::Serialize;

/// What one arm went through in one hour, in one stratum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Arm {
    /// Users or sessions that could have had the event.
    pub exposure: u64,
    /// Those that had it: at most one each.
    pub events: u64,
}

impl Arm {
    /// Both sums, which stop at the greatest number that can be held.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            exposure: self.exposure.saturating_add(other.exposure),
            events: self.events.saturating_add(other.events),
        }
    }
}

/// The two arms of one hour and one stratum: what is compared is only ever compared within a cell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// The release under judgement.
    pub new: Arm,
    /// What it is compared with.
    pub base: Arm,
}

impl Cell {
    /// Events of both arms, where the cell can be compared at all.
    ///
    /// With one arm unexposed, or without an event, a cell says nothing about the ratio: `None`.
    fn compared(&self) -> Option<Compared> {
        let comparable = self.new.exposure > 0 && self.base.exposure > 0;
        let events = self.new.events as f64 + self.base.events as f64;
        (comparable && events > 0.0).then(|| Compared {
            odds: self.new.exposure as f64 / self.base.exposure as f64,
            new_events: self.new.events as f64,
            events,
        })
    }
}

/// A cell reduced to what the ratio's likelihood needs.
#[derive(Debug, Clone, Copy)]
struct Compared {
    /// Exposure of the new arm over that of the base.
    odds: f64,
    new_events: f64,
    events: f64,
}

impl Compared {
    /// The probability that an event comes from the new arm when its rate is `ratio` times the other.
    fn new_share(&self, ratio: f64) -> f64 {
        share_of(self.odds * ratio)
    }
}

/// The share that belongs to odds, also to infinite ones.
fn share_of(odds: f64) -> f64 {
    if odds.is_finite() {
        odds / (1.0 + odds)
    } else {
        1.0
    }
}

/// `ln Σ exp(terms)`, without overflow; negative infinity of nothing.
fn log_sum_exp(terms: impl Iterator<Item = f64> + Clone) -> f64 {
    let greatest = terms.clone().fold(f64::NEG_INFINITY, f64::max);
    if !greatest.is_finite() {
        return greatest;
    }
    greatest + terms.map(|term| (term - greatest).exp()).sum::<f64>().ln()
}

#[cfg(test)]
mod tests;
