//! How wide a forecast's interval must be: a conformal quantile of the errors made before.
//!
//! The half-width is the quantile of past absolute errors, each weighted by how alike its situation
//! was (exposure and share) and how recent it is, with half an error's weight on the largest one for
//! the error still to come (R. F. Barber et al., Annals of Statistics 51 (2023) 816–845). Shares are
//! no exchangeable draws, so the level follows the outcomes: after an interval that did not hold, the
//! next ones aim higher (adaptive conformal inference: I. Gibbs and E. Candès, NeurIPS 2021), and
//! in the long run 80 % of them hold whatever the errors' law.

use super::Horizon;

/// The part of intervals that may miss.
const MISSED: f64 = 0.2;

/// The part that the next intervals aim to miss stays within these.
const AIM: (f64, f64) = (0.0, 0.5);

/// No quantile above this is asked of errors that are so few.
const LEVEL_MAX: f64 = 0.98;

/// How fast the aim follows the outcomes.
const FOLLOWING: f64 = 0.1;

/// Fewer past errors than this bear no interval.
const ERRORS_MIN: usize = 12;

/// A share that differs by this much has its weight divided by e.
const SHARE_LIKENESS: f64 = 0.2;

/// The weight of an error over that of one an origin later.
const FADING: f64 = 0.97;

/// The weight of the error still to come.
const OWN_WEIGHT: f64 = 0.5;

/// The situation that a forecast is made in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation {
    pub(super) exposure_days: f64,
    pub(super) share: f64,
    /// The how-manieth origin it is.
    pub(super) origin: u32,
}

/// The errors of one method, and the level that they call for.
#[derive(Debug)]
pub(super) struct Errors {
    horizon: Horizon,
    past: Vec<(Situation, f64)>,
    /// The part that the next intervals aim to miss.
    aim: f64,
    origins: f64,
    intervals: f64,
}

impl Errors {
    pub(super) fn new(horizon: Horizon) -> Self {
        Self {
            horizon,
            past: Vec::new(),
            aim: MISSED,
            origins: 0.0,
            intervals: 0.0,
        }
    }

    /// The half-width of the interval; `None` while too few errors are known.
    pub(super) fn half_width(&self, now: &Situation) -> Option<f64> {
        if self.past.len() < ERRORS_MIN {
            return None;
        }
        let mut errors: Vec<(f64, f64)> = self
            .past
            .iter()
            .map(|(then, error)| (*error, self.likeness(now, then)))
            .collect();
        errors.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let all = errors.iter().map(|(_, weight)| weight).sum::<f64>() + OWN_WEIGHT;
        let wanted = (1.0 - self.aim).min(LEVEL_MAX) * all;
        let mut below = 0.0;
        errors
            .iter()
            .find(|(_, weight)| {
                below += weight;
                below >= wanted
            })
            .or(errors.last())
            .map(|(error, _)| *error)
    }

    fn likeness(&self, now: &Situation, then: &Situation) -> f64 {
        let early = self.horizon.days / 3.0;
        let ages = ((now.exposure_days + early) / (then.exposure_days + early)).ln();
        let shares = (now.share - then.share) / SHARE_LIKENESS;
        let fading = FADING.powf(f64::from(now.origin) - f64::from(then.origin));
        fading * (-ages.abs() - shares.abs()).exp()
    }

    /// Learns what came of the forecasts of one origin: error, and whether the interval held.
    pub(super) fn learn(&mut self, outcomes: &[(Situation, f64, Option<bool>)]) {
        self.past
            .extend(outcomes.iter().map(|(then, error, _)| (*then, *error)));
        let (mut intervals, mut missed) = (0.0, 0.0);
        for held in outcomes.iter().filter_map(|(_, _, held)| *held) {
            intervals += 1.0;
            missed += if held { 0.0 } else { 1.0 };
        }
        if intervals > 0.0 {
            self.origins += 1.0;
            self.intervals += intervals;
            let usual = self.intervals / self.origins;
            self.aim += FOLLOWING * (MISSED * intervals - missed) / usual;
            self.aim = self.aim.clamp(AIM.0, AIM.1);
        }
    }
}
