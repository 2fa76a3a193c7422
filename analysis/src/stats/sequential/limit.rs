//! Evidence that a share lies above a limit, whatever it is compared with.

use super::log_sum_exp;
use super::process::{PEAKED, STEPS};

/// `ln` of the evidence that events happen to more than the share `limit` of those exposed.
///
/// A mixture of likelihood ratios (H. Robbins, Annals of Mathematical Statistics 41 (1970) 1397–1409)
/// over shares whose odds are [`STEPS`] times those of the limit: `x ln(p/L) + (n − x) ln((1 − p)/(1 − L))`.
/// While the true share is at most the limit its mean is at most 1 after each of them, so it ever reaches
/// `1/α` with probability at most `α`, provided that what happens to one is independent of the others.
/// Those to whom it may still happen count as if it would not: the evidence then only lags behind.
///
/// `limit` is clamped to (0, 1), `events` to at most `exposure`.
#[must_use]
pub fn log_e_above(events: u64, exposure: u64, limit: f64) -> f64 {
    let limit = limit.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
    let hit = events.min(exposure) as f64;
    let spared = exposure.saturating_sub(events) as f64;
    let terms = STEPS.map(|step| {
        let scale = 1.0 - limit + step * limit;
        hit * (step / scale).ln() - spared * scale.ln()
    });
    log_sum_exp(
        terms
            .iter()
            .zip(PEAKED)
            .map(|(term, weight)| term + weight.ln()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean of the evidence over all outcomes of `exposure` independent tries of a share.
    fn mean(exposure: u64, share: f64, limit: f64) -> f64 {
        let mut probability = (1.0 - share).powi(i32::try_from(exposure).unwrap());
        let mut sum = 0.0;
        for events in 0..=exposure {
            sum += probability * log_e_above(events, exposure, limit).exp();
            let (done, left) = (events as f64, (exposure - events) as f64);
            probability *= left / (done + 1.0) * share / (1.0 - share);
        }
        sum
    }

    #[test]
    fn it_is_one_on_average_at_the_limit_and_less_below() {
        for limit in [0.001, 0.02, 0.3, 0.9] {
            for exposure in [1, 10, 150] {
                let at_limit = mean(exposure, limit, limit);
                assert!(
                    (at_limit - 1.0).abs() < 1e-9,
                    "{limit} {exposure}: {at_limit}"
                );
                assert!(mean(exposure, limit / 2.0, limit) < 1.0);
                assert!(mean(exposure, (1.0 + limit) / 2.0, limit) > 1.0);
            }
        }
    }

    #[test]
    fn it_is_the_likelihood_ratio_of_each_step() {
        let (hit, n, limit) = (7_u64, 200_u64, 0.01_f64);
        let ratio = |step: f64| {
            let odds = step * limit / (1.0 - limit);
            let share = odds / (1.0 + odds);
            (share / limit).powi(7) * ((1.0 - share) / (1.0 - limit)).powi(193)
        };
        let expected: f64 = STEPS
            .iter()
            .zip(PEAKED)
            .map(|(step, w)| w * ratio(*step))
            .sum();
        let found = log_e_above(hit, n, limit).exp();
        assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
    }

    #[test]
    fn absurd_input_gives_a_number() {
        for limit in [f64::MIN_POSITIVE, 0.0, 1.0, 2.0, -1.0] {
            assert!(log_e_above(9, 3, limit).is_finite());
        }
        assert!(log_e_above(0, u64::MAX, 0.5).is_finite());
        assert!((log_e_above(0, 0, 0.1)).abs() < 1e-12);
    }
}
