//! Evidence about the ratio of two event rates, hour by hour.
//!
//! Given the exposures of a cell and that `k` events happened in it, the number `x` from the new arm
//! is binomial with the share `p(r) = r·n/(r·n + m)` for a rate ratio `r`: the level of the rate, the
//! time of day, an incident that hits both arms and the adoption curve all cancel. Conditioning as in
//! M. Lindon and A. Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022.

use super::hypergeometric;
use super::{Cell, Compared, log_sum_exp};

/// Steps away from the null that the mixture is spread over.
pub const STEPS: [f64; 11] = [1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 6.0, 10.0];

/// The same weight on each step.
pub const UNIFORM: [f64; 11] = [1.0 / 11.0; 11];

/// Most weight where rises are found late enough to matter: between a third more and twice as much.
///
/// Any weights that sum to 1 keep the error bound; these were chosen by the delays that the table in
/// [`crate::watch`] shows.
pub const PEAKED: [f64; 11] = [
    0.03, 0.06, 0.14, 0.19, 0.19, 0.17, 0.09, 0.05, 0.03, 0.03, 0.02,
];

/// Hours between the starts from which a late rise is looked for.
pub const START_HOURS: i64 = 6;

/// Above this share of events the binomial factor gives away much, and the exact one is taken.
const FREQUENT: f64 = 0.10;

/// On which side of the null the alternatives lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alternative {
    /// Null: the ratio is at most so much. Evidence that the new arm is worse.
    Above,
    /// Null: the ratio is at least so much. Evidence that a rise of that size is not there.
    Below,
}

/// How the weight is spread over alternatives and onsets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mixture {
    /// Weight of each of [`STEPS`]; they sum to 1.
    pub weights: [f64; 11],
    /// Weight on "from the first hour", in `(0, 1]`; the rest goes to later onsets, the j-th
    /// [`START_HOURS`] with `1/(j(j+1))` of it.
    pub from_start: f64,
}

impl Mixture {
    /// Uniform over the steps, without late onset: the textbook form.
    pub const PLAIN: Self = Self {
        weights: UNIFORM,
        from_start: 1.0,
    };

    /// For alarms: quick in the middle, and with an eye on what begins later.
    pub const ALARM: Self = Self {
        weights: PEAKED,
        from_start: 0.75,
    };

    /// For proofs of health: all the evidence since the first hour.
    pub const PROOF: Self = Self {
        weights: PEAKED,
        from_start: 1.0,
    };
}

/// An e-process about one null hypothesis on the rate ratio.
///
/// Formula: `E_T = Σ_s v_s Σ_j w_j exp(Σ_{t ≥ s} l_t(j))` with
/// `l_t = x ln g_j − k ln(1 + p₀(g_j − 1))`, `p₀ = r₀n/(r₀n + m)`, summed over the cells of the hour;
/// the mirror takes `1/g_j`. Source: mixture of likelihood ratios, H. Robbins, Annals of Mathematical
/// Statistics 41 (1970) 1397–1409; starts as in J. Shin, A. Ramdas and A. Rinaldo, "E-detectors",
/// New England Journal of Statistics in Data Science 2 (2024) 229–260.
///
/// For events of at most one per exposed `x` is hypergeometric, which is smaller in convex order than
/// the binomial (W. Hoeffding, JASA 58 (1963) 13–30), so that the bound holds with something to spare.
/// Costs one logarithm a step and cell, whatever the number of starts.
#[derive(Debug, Clone)]
pub struct RatioProcess {
    null: f64,
    alternative: Alternative,
    /// Weight on "from the first hour".
    from_start: f64,
    /// Each step toward the alternatives, and its logarithm.
    steps: [(f64, f64); 11],
    log_weights: [f64; 11],
    /// Of each step: `ln` of the sum over the onsets that lie behind.
    log_sums: [f64; 11],
    first_hour: Option<i64>,
    /// Late onsets that lie behind.
    starts: i64,
}

impl RatioProcess {
    /// Nothing seen: the evidence is 1. A null that is not a positive number is taken as 1.
    #[must_use]
    pub fn new(null: f64, alternative: Alternative, mixture: Mixture) -> Self {
        let null = if null.is_finite() && null > 0.0 {
            null
        } else {
            1.0
        };
        Self {
            null,
            alternative,
            steps: STEPS.map(|step| match alternative {
                Alternative::Above => (step, step.ln()),
                Alternative::Below => (1.0 / step, -step.ln()),
            }),
            log_weights: mixture.weights.map(f64::ln),
            log_sums: [mixture.from_start.ln(); 11],
            from_start: mixture.from_start,
            first_hour: None,
            starts: 0,
        }
    }

    /// The ratio that the null hypothesis speaks of.
    #[must_use]
    pub fn null(&self) -> f64 {
        self.null
    }

    /// Takes in the cells of an hour; hours come in order, and those without a cell may be left out.
    pub fn advance(&mut self, hour: i64, cells: &[Cell]) {
        self.start_late(hour);
        for cell in cells {
            if let Some(compared) = cell.compared() {
                let exact = self.exact_factors(cell, &compared);
                self.multiply(exact.unwrap_or_else(|| self.binomial_factors(&compared)));
            }
        }
    }

    /// Natural logarithm of the evidence: reject the null at `α` once it is `ln(1/α)`.
    #[must_use]
    pub fn log_e(&self) -> f64 {
        let weighted = self.log_sums.iter().zip(&self.log_weights);
        let behind = log_sum_exp(weighted.map(|(sum, log_weight)| sum + log_weight));
        let ahead = self.weight_ahead();
        if ahead > 0.0 {
            log_sum_exp([behind, ahead.ln()].into_iter())
        } else {
            behind
        }
    }

    /// Whether the evidence is at least `log_least`; cheaper than asking how much there is, since a
    /// mean is no more than its greatest part.
    #[must_use]
    pub fn reaches(&self, log_least: f64) -> bool {
        let greatest = self.log_sums.iter().copied().fold(0.0, f64::max);
        greatest >= log_least && self.log_e() >= log_least
    }

    /// Weight of the onsets to come, in which each process stands at 1.
    fn weight_ahead(&self) -> f64 {
        (1.0 - self.from_start) / (self.starts as f64 + 1.0)
    }

    /// Adds the weight of the onsets between the hour before and this one.
    fn start_late(&mut self, hour: i64) {
        let first = *self.first_hour.get_or_insert(hour);
        let due = hour.saturating_sub(first) / START_HOURS;
        if due <= self.starts || self.from_start >= 1.0 {
            return;
        }
        let before = self.weight_ahead();
        self.starts = due;
        let added = (before - self.weight_ahead()).ln();
        for sum in &mut self.log_sums {
            *sum = log_sum_exp([*sum, added].into_iter());
        }
    }

    fn multiply(&mut self, log_factors: [f64; 11]) {
        for (sum, factor) in self.log_sums.iter_mut().zip(log_factors) {
            *sum += factor;
        }
    }

    /// The exact factors where the null says "no difference" and events are too frequent for the
    /// binomial form. The choice rests on what is conditioned on, so it costs nothing.
    fn exact_factors(&self, cell: &Cell, compared: &Compared) -> Option<[f64; 11]> {
        let exposure = cell.new.exposure as f64 + cell.base.exposure as f64;
        let is_no_difference = (self.null - 1.0).abs() < f64::EPSILON;
        let is_exact = self.alternative == Alternative::Above
            && is_no_difference
            && compared.events > FREQUENT * exposure;
        is_exact
            .then(|| hypergeometric::log_factors(cell, &STEPS))
            .flatten()
    }

    /// `ln` of the likelihood at each step times the null's ratio over that at the null.
    fn binomial_factors(&self, compared: &Compared) -> [f64; 11] {
        let share = compared.new_share(self.null);
        self.steps.map(|(step, log_step)| {
            compared.new_events * log_step - compared.events * (1.0 + share * (step - 1.0)).ln()
        })
    }

    /// As [`Self::advance`], by the binomial form whatever the rate.
    #[cfg(test)]
    pub(super) fn advance_by_binomial(&mut self, hour: i64, cells: &[Cell]) {
        self.start_late(hour);
        for compared in cells.iter().filter_map(Cell::compared) {
            self.multiply(self.binomial_factors(&compared));
        }
    }
}
