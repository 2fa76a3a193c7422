//! Which rate ratios are not excluded, at all hours at once.

use std::collections::BTreeMap;

use super::process::{Alternative, STEPS};
use super::{Cell, log_sum_exp, share_of};

/// Farther out a bound is as good as none: `ln` of the ratio.
const LOG_RATIO_MAX: f64 = 600.0;

/// Factors between a tenth and ten whose product can be held.
const FACTORS_MAX: usize = 256;

/// A step of Newton's that is no longer leaves an error of its square.
const NEWTON_STEP: f64 = 1e-7;

/// Steps of the root search that are always enough: it halves what is left at the least.
const ITERATIONS_MAX: usize = 200;

/// The cells that say something, kept for intervals at any hour.
///
/// Each search starts where the one before ended: from hour to hour the ends move little.
#[derive(Debug, Clone, Default)]
pub struct RatioHistory {
    /// Odds of the exposures, of the cells with so many events: those share a logarithm.
    odds: BTreeMap<u64, Vec<f64>>,
    new_events: f64,
    base_events: f64,
    /// Mantel–Haenszel sums: the new arm's and the base's.
    sums: (f64, f64),
}

/// Ends of an interval for a ratio.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RatioInterval {
    /// Lower end; 0 where nothing speaks against any small ratio.
    pub low: f64,
    /// Upper end; `None` where nothing speaks against any great ratio.
    pub high: Option<f64>,
}

/// Where a search may begin, from the hour before.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hint(Option<f64>);

impl RatioHistory {
    /// Takes in a cell.
    pub fn add(&mut self, cell: &Cell) {
        let Some(compared) = cell.compared() else {
            return;
        };
        let (n, m) = (cell.new.exposure as f64, cell.base.exposure as f64);
        let base_events = cell.base.events as f64;
        self.sums.0 += compared.new_events * (m / (n + m));
        self.sums.1 += base_events * (n / (n + m));
        self.new_events += compared.new_events;
        self.base_events += base_events;
        let events = cell.new.events.saturating_add(cell.base.events);
        self.odds.entry(events).or_default().push(compared.odds);
    }

    /// The rate of the new arm over that of the base, within cells.
    ///
    /// Formula: `Σ x·m/(n+m) / Σ y·n/(n+m)`. Source: Mantel–Haenszel for rates, K. J. Rothman and
    /// J. D. Boice, "Epidemiologic analysis with a programmable calculator", NIH 79-1649 (1979).
    /// `None` without an event of the base: no ratio, or one without an end.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        let ratio = self.sums.0 / self.sums.1;
        (self.sums.1 > 0.0 && ratio.is_finite()).then_some(ratio)
    }

    /// Events that were compared, of the new arm and of the base.
    #[must_use]
    pub fn events(&self) -> (f64, f64) {
        (self.new_events, self.base_events)
    }

    /// The confidence sequence at the last hour: all ratios that neither one-sided process rejects
    /// at `alpha/2`.
    ///
    /// Formula: `[sup{r₀: E(r₀) ≥ 2/α}, inf{r₁: E'(r₁) ≥ 2/α}]`, `E` and its mirror `E'` as in
    /// [`super::process::RatioProcess`] with weights over the steps and onset at the first hour.
    #[must_use]
    pub fn interval(
        &self,
        alpha: f64,
        weights: &[f64; 11],
        hints: &mut (Hint, Hint),
    ) -> RatioInterval {
        let reject = (2.0 / alpha).ln();
        let low = self.bound(Alternative::Above, reject, weights, &mut hints.0);
        let high = self.bound(Alternative::Below, reject, weights, &mut hints.1);
        RatioInterval {
            low: low.unwrap_or(0.0),
            high,
        }
    }

    /// The ratio at which the evidence against "at most this" (or "at least this") is just
    /// `log_reject`: the end of a one-sided confidence sequence. `None` where there is no end.
    ///
    /// The evidence falls (rises) with the ratio, from that of all events on one side, so the end is
    /// there if that is enough, and is one.
    #[must_use]
    pub fn bound(
        &self,
        alternative: Alternative,
        log_reject: f64,
        weights: &[f64; 11],
        hint: &mut Hint,
    ) -> Option<f64> {
        let telling = match alternative {
            Alternative::Above => self.new_events,
            Alternative::Below => self.base_events,
        };
        let steps = STEPS.iter().zip(weights);
        let most = log_sum_exp(steps.map(|(step, weight)| telling * step.ln() + weight.ln()));
        if most.is_nan() || most <= log_reject {
            return None;
        }
        // Positive where the ratio is too far on the side that the evidence speaks against.
        let excess = |log_ratio: f64| {
            let (log_e, slope) = self.log_e_and_slope(alternative, weights, log_ratio);
            (log_e - log_reject, slope)
        };
        let start = hint.0.or_else(|| self.ratio().map(f64::ln));
        let start = start.filter(|start| start.is_finite()).unwrap_or(0.0);
        let root = root(excess, alternative, start)?;
        hint.0 = Some(root);
        Some(root.exp())
    }

    /// `ln E` at a null ratio, and its slope in the ratio's logarithm.
    fn log_e_and_slope(
        &self,
        alternative: Alternative,
        weights: &[f64; 11],
        log_ratio: f64,
    ) -> (f64, f64) {
        let ratio = log_ratio.exp();
        let steps = match alternative {
            Alternative::Above => STEPS,
            Alternative::Below => STEPS.map(|step| 1.0 / step),
        };
        let (mut sums, mut slopes) = ([0.0; 11], [0.0; 11]);
        for (events, odds) in &self.odds {
            let events = *events as f64;
            for odds in odds.chunks(FACTORS_MAX) {
                let (products, moves) = products(odds, ratio, &steps);
                for (sum, product) in sums.iter_mut().zip(products) {
                    *sum -= events * product.ln();
                }
                for ((slope, moves), step) in slopes.iter_mut().zip(moves).zip(steps) {
                    *slope -= events * moves * (step - 1.0);
                }
            }
        }
        for ((sum, step), weight) in sums.iter_mut().zip(steps).zip(weights) {
            *sum += self.new_events * step.ln() + weight.ln();
        }
        let log_e = log_sum_exp(sums.iter().copied());
        let parts = sums.iter().zip(slopes);
        let slope = parts.map(|(sum, slope)| (sum - log_e).exp() * slope).sum();
        (log_e, slope)
    }
}

/// For each step `g`: the product of `1 + p(g − 1)` over cells, and the sum of `p(1−p)/(1 + p(g−1))`.
fn products(odds: &[f64], ratio: f64, steps: &[f64; 11]) -> ([f64; 11], [f64; 11]) {
    let (mut products, mut moves) = ([1.0; 11], [0.0; 11]);
    for odds in odds {
        let share = share_of(odds * ratio);
        let spread = share * (1.0 - share);
        for ((product, moves), step) in products.iter_mut().zip(&mut moves).zip(steps) {
            let factor = 1.0 + share * (step - 1.0);
            *product *= factor;
            *moves += spread / factor;
        }
    }
    (products, moves)
}

/// The root of a monotone function (falling for [`Alternative::Above`]), by Newton's steps kept
/// within a bracket.
fn root(excess: impl Fn(f64) -> (f64, f64), alternative: Alternative, start: f64) -> Option<f64> {
    // Whether the root lies to the right of a point.
    let lies_right = |value: f64| (value > 0.0) == (alternative == Alternative::Above);
    let (mut low, mut high) = (-LOG_RATIO_MAX, LOG_RATIO_MAX);
    let mut at = start.clamp(low, high);
    let mut reach = 0.5;
    for _ in 0..ITERATIONS_MAX {
        let (value, slope) = excess(at);
        if lies_right(value) {
            low = low.max(at);
        } else {
            high = high.min(at);
        }
        let newton = at - value / slope;
        let is_open = low <= -LOG_RATIO_MAX || high >= LOG_RATIO_MAX;
        let is_in_reach = !is_open || (newton - at).abs() <= reach;
        let is_newton = newton > low && newton < high && is_in_reach;
        let next = if is_newton {
            newton
        } else if is_open {
            // The bracket is still open on one side: reach out, farther each time.
            let out = if lies_right(value) { reach } else { -reach };
            reach *= 2.0;
            (at + out).clamp(low, high)
        } else {
            f64::midpoint(low, high)
        };
        let is_near = is_newton && (next - at).abs() <= NEWTON_STEP;
        if is_near || (next - at).abs() <= 1e-11 * (1.0 + at.abs()) {
            return (next.abs() < LOG_RATIO_MAX).then_some(next);
        }
        at = next;
    }
    Some(at)
}
