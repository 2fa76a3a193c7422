//! How surprising the change of a theme is, and which changes survive many looks.

use statrs::distribution::{ContinuousCDF as _, Normal};

/// Users who said it, of all users with text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) users: u64,
    pub(super) of: u64,
}

/// The prior counts as this share of all users asked before.
const PRIOR_SHARE: f64 = 0.1;

/// The z-score of the log-odds ratio of two shares with an informative Dirichlet prior.
///
/// Formula: `δ / √(1/(y₁+α) + 1/(y₀+α))` with `δ = ln((y₁+α) / (n₁+A−y₁−α)) − ln((y₀+α) / (n₀+A−y₀−α))`,
/// where `α = A · (y₁+y₀) / (n₁+n₀)`. Source: B. Monroe, M. Colaresi and K. Quinn, "Fightin' Words",
/// Political Analysis 16 (2008) 372–403, equations 15, 16, 20 and 22, on users instead of words, so
/// that one person cannot make a theme. `None` where one side has no users, or nobody said it.
pub(super) fn z(now: Share, earlier: Share) -> Option<f64> {
    let said = (now.users + earlier.users) as f64;
    let all = (now.of + earlier.of) as f64;
    if now.of == 0 || earlier.of == 0 || said <= 0.0 {
        return None;
    }
    let prior = PRIOR_SHARE * all;
    let alpha = prior * said / all;
    let side = |share: Share| {
        let yes = share.users as f64 + alpha;
        let no = share.of as f64 + prior - yes;
        (no > 0.0).then(|| ((yes / no).ln(), 1.0 / yes))
    };
    let ((log_odds_now, variance_now), (log_odds_earlier, variance_earlier)) =
        (side(now)?, side(earlier)?);
    Some((log_odds_now - log_odds_earlier) / (variance_now + variance_earlier).sqrt())
}

/// The two-sided p-value of a z-score.
pub(super) fn p_value(z: f64) -> f64 {
    2.0 * Normal::standard().sf(z.abs())
}

/// The false discovery rate at which each would just be called, in the order of the p-values.
///
/// Source: Y. Benjamini and Y. Hochberg, JRSS B 57 (1995) 289–300; `q₍ᵢ₎ = min_{j ≥ i} p₍ⱼ₎ m / j`.
pub(super) fn q_values(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut q_values = vec![1.0; p_values.len()];
    let mut least = 1.0_f64;
    for (rank, index) in order.iter().enumerate().rev() {
        least = least.min(p_values[*index] * p_values.len() as f64 / (rank + 1) as f64);
        q_values[*index] = least;
    }
    q_values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(users: u64, of: u64) -> Share {
        Share { users, of }
    }

    #[test]
    fn z_is_odd_and_zero_without_a_change() {
        let (a, b) = (share(30, 1_000), share(60, 4_000));
        assert!((z(a, b).unwrap() + z(b, a).unwrap()).abs() < 1e-12);
        assert!(z(share(10, 100), share(40, 400)).unwrap().abs() < 1e-12);
        assert_eq!(z(share(0, 0), b), None);
        assert_eq!(z(share(0, 10), share(0, 10)), None);
    }

    #[test]
    fn z_worked_by_hand() {
        // A = 20, α = 20 · 30/200 = 3: odds 23/97 and 13/107, variance 1/23 + 1/13.
        let expected = ((23.0_f64 / 97.0).ln() - (13.0_f64 / 107.0).ln())
            / (1.0_f64 / 23.0 + 1.0 / 13.0).sqrt();
        assert!((z(share(20, 100), share(10, 100)).unwrap() - expected).abs() < 1e-12);
        assert!((expected - 1.9270).abs() < 1e-4, "{expected}");
    }

    #[test]
    fn q_values_of_the_papers_example() {
        // Benjamini and Hochberg 1995, section 3.2: at 0.05 the first four of fifteen are rejected.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
            0.5719, 0.6528, 0.7590, 1.0000,
        ];
        let rejected = q_values(&p).iter().filter(|q| **q <= 0.05).count();
        assert_eq!(rejected, 4);
        assert!(q_values(&[]).is_empty());
    }

    #[test]
    fn p_values_of_known_quantiles() {
        assert!((p_value(1.959_963_985) - 0.05).abs() < 1e-9);
        assert!((p_value(-2.575_829_304) - 0.01).abs() < 1e-9);
    }
}
