//! The exact likelihood ratio of a cell with at most one event per exposed.

use super::{Cell, log_sum_exp};

/// Longer supports are not summed: so many events are judged by the binomial form.
const SUPPORT_MAX: u64 = 4096;

/// `ln(w^x / E[w^X])` for each odds ratio `w`, where `X` is hypergeometric: events of the new arm
/// when both arms have the same odds.
///
/// Its mean is exactly 1 at odds ratio 1, and at most 1 below. Source: conditional likelihood of
/// Fisher's noncentral hypergeometric distribution, J. Cornfield, Annals of Human Genetics 20 (1956)
/// 314–316. `None` where an arm has more events than exposed, or too many for the sum.
#[must_use]
pub fn log_factors<const N: usize>(cell: &Cell, odds_ratios: &[f64; N]) -> Option<[f64; N]> {
    let (new, base) = (cell.new, cell.base);
    if new.events > new.exposure || base.events > base.exposure {
        return None;
    }
    let events = new.events.checked_add(base.events)?;
    let least = events.saturating_sub(base.exposure);
    let most = events.min(new.exposure);
    if most - least > SUPPORT_MAX {
        return None;
    }
    // ln of the probabilities, up to a constant, by the ratio of neighbours.
    let mut at = 0.0;
    let mut probabilities = Vec::new();
    for x in least..=most {
        probabilities.push(at);
        let up = (new.exposure - x) as f64 * (events - x) as f64;
        let left_over = base.exposure - (events - x);
        at += up.ln() - (x as f64 + 1.0).ln() - (left_over as f64 + 1.0).ln();
    }
    let total = log_sum_exp(probabilities.iter().copied());
    let over = (new.events - least) as f64;
    Some(odds_ratios.map(|w| {
        let log_w = w.ln();
        let terms = probabilities.iter().enumerate();
        let mean = log_sum_exp(terms.map(|(up, at)| at + up as f64 * log_w)) - total;
        over * log_w - mean
    }))
}
