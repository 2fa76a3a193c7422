//! Events per unit of exposure.

use statrs::distribution::{ContinuousCDF, Gamma};

use super::{TAIL, relative};
use crate::findings::{Change, Estimate};

/// `events / exposure` with Garwood's exact interval for a Poisson count; no value without exposure.
///
/// Formula: the ends are the gamma quantiles `Γ(0.025; events, 1)` and `Γ(0.975; events + 1, 1)`
/// over the exposure, which are `χ²/2` with twice as many degrees of freedom.
/// Source: F. Garwood, Biometrika 28 (1936) 437–442. Holds for events that do not come in clumps.
#[must_use]
pub fn estimate(events: u64, exposure: u64) -> Estimate {
    if exposure == 0 {
        return Estimate::default();
    }
    let (count, total) = (events as f64, exposure as f64);
    let quantile = |shape: f64, share: f64| {
        Gamma::new(shape, 1.0)
            .ok()
            .map(|gamma| gamma.inverse_cdf(share) / total)
    };
    let low = if events == 0 {
        Some(0.0)
    } else {
        quantile(count, TAIL)
    };
    Estimate {
        value: Some(count / total),
        low,
        high: quantile(count + 1.0, 1.0 - TAIL),
        n: exposure,
    }
}

/// `c1/n1 − c0/n0`, each a count over its exposure; `None` when either exposure is 0.
///
/// Formula: `d − √((r1−l1)² + (u0−r0)²)` to `d + √((u1−r1)² + (r0−l0)²)`, where `l` and `u` are the
/// ends of each of Garwood's intervals: variances recovered from their limits, as in Newcombe's
/// interval of a difference of proportions. Source: G. Y. Zou and A. Donner, Statistics in Medicine
/// 27 (2008) 1693–1702.
#[must_use]
pub fn difference(c1: u64, n1: u64, c0: u64, n0: u64) -> Option<Change> {
    let (now, before) = (estimate(c1, n1), estimate(c0, n0));
    let (r1, r0) = (now.value?, before.value?);
    let ends = |of: &Estimate| of.low.zip(of.high);
    let ends = ends(&now).zip(ends(&before));
    let absolute = r1 - r0;
    Some(Change {
        absolute,
        relative: relative(r1, r0),
        low: ends.map(|((l1, _), (_, u0))| absolute - (r1 - l1).hypot(u0 - r0)),
        high: ends.map(|((_, u1), (l0, _))| absolute + (u1 - r1).hypot(r0 - l0)),
    })
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{Discrete, Poisson};

    use super::*;
    use crate::stats::oracle::{close, oracle_csv};

    #[test]
    fn garwoods_limits() {
        // Garwood 1936, table 1: 0 → 3.69; 10 → 4.80 to 18.39.
        assert_eq!(estimate(0, 1).low, Some(0.0));
        close(estimate(0, 1).high, 3.69, 5e-3);
        close(estimate(10, 1).low, 4.80, 5e-3);
        close(estimate(10, 1).high, 18.39, 5e-3);
        assert_eq!(estimate(3, 0), Estimate::default());
        // Far out it is normal with variance equal to the count, skewed by (z² ± 1)/3 or so.
        close(estimate(1_000_000, 1).low, 1_000_000.0 - 1960.0, 5.0);
        close(estimate(1_000_000, 1).high, 1_000_000.0 + 1960.0, 5.0);
    }

    #[test]
    fn agrees_with_statsmodels() {
        for row in oracle_csv("poisson_one_rate_ci.csv")
            .iter()
            .filter(|row| row["method"] == "exact-c" && row["confidence"] == "0.95")
        {
            let Ok(exposure) = row["exposure"].trim_end_matches(".0").parse() else {
                continue;
            };
            let got = estimate(row["count"].parse().unwrap(), exposure);
            close(got.low, row["lower"].parse().unwrap(), 1e-8);
            close(got.high, row["upper"].parse().unwrap(), 1e-8);
        }
    }

    /// How often the interval holds the true difference, summed over all counts that can come.
    fn coverage(now: f64, before: f64) -> f64 {
        let of = |mean| Poisson::new(mean).unwrap();
        let (all_now, all_before) = (of(now), of(before));
        let mut held = 0.0;
        for c1 in 0..60 {
            for c0 in 0..60 {
                let change = difference(c1, 1, c0, 1).unwrap();
                let (low, high) = change.low.zip(change.high).unwrap();
                if low <= now - before && now - before <= high {
                    held += all_now.pmf(c1) * all_before.pmf(c0);
                }
            }
        }
        held
    }

    #[test]
    fn the_difference_is_held_as_often_as_promised() {
        for (now, before) in [(1.0, 1.0), (4.0, 0.5), (10.0, 10.0), (20.0, 8.0)] {
            let coverage = coverage(now, before);
            assert!(
                (0.95..1.0).contains(&coverage),
                "{now}, {before}: {coverage}"
            );
        }
    }

    #[test]
    fn a_difference_of_few_is_no_finding_and_far_out_it_is_normal() {
        // Four against none may be chance: the exact binomial probability of both tails is 1/8.
        assert!(difference(4, 1, 0, 1).unwrap().low.unwrap() < 0.0);
        assert!(difference(8, 1, 0, 1).unwrap().low.unwrap() > 0.0);
        assert_eq!(difference(3, 0, 4, 9), None);
        let far = difference(20_000, 10, 10_000, 10).unwrap();
        close(far.low, 1000.0 - 1.96 * 30_000.0_f64.sqrt() / 10.0, 0.5);
        close(far.high, 1000.0 + 1.96 * 30_000.0_f64.sqrt() / 10.0, 0.5);
    }
}
