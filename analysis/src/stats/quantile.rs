//! Medians: the interval of order statistics, and the difference of two.

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal};

use super::{TAIL, Z, relative};
use crate::findings::{Change, Estimate};

/// The median of values sorted upwards, with its interval from order statistics.
///
/// Formula: from the `r`-th smallest to the `r`-th largest value, with the largest `r` such that
/// `P(Binomial(n, ½) ≤ r − 1) ≤ 0.025`: no assumption on the shape. Below 6 values there is none.
/// Source: W. J. Conover, Practical Nonparametric Statistics, 3rd ed. (1999), section 3.2.
#[must_use]
pub fn median(sorted: &[f64]) -> Estimate {
    debug_assert!(sorted.is_sorted(), "the median is taken of sorted values");
    let n = sorted.len();
    let rank = rank_of_interval(n);
    Estimate {
        value: middle(sorted),
        low: rank.and_then(|rank| sorted.get(rank - 1)).copied(),
        high: rank.and_then(|rank| sorted.get(n - rank)).copied(),
        n: n as u64,
    }
}

/// The 90th percentile of values sorted upwards: the least of them that at least nine in ten do not
/// exceed. `None` without values.
#[must_use]
pub fn upper_tenth(sorted: &[f64]) -> Option<f64> {
    debug_assert!(sorted.is_sorted(), "a percentile is taken of sorted values");
    let rank = (9 * sorted.len()).div_ceil(10);
    sorted.get(rank.checked_sub(1)?).copied()
}

/// The 10th percentile of values sorted upwards: the least of them that at least one in ten does not
/// exceed. `None` without values.
#[must_use]
pub fn lower_tenth(sorted: &[f64]) -> Option<f64> {
    debug_assert!(sorted.is_sorted(), "a percentile is taken of sorted values");
    let rank = sorted.len().div_ceil(10);
    sorted.get(rank.checked_sub(1)?).copied()
}

/// Median now minus median before, both of values sorted upwards; `None` below 6 values on a side.
///
/// Formula: `d ± z √(v₁ + v₀)` with `v = ((x₍n−c+1₎ − x₍c₎) / 2z_c)²`,
/// `c = max(1, round((n+1)/2 − √n))` and `z_c` the normal quantile at `1 − P(Binomial(n, ½) < c)`.
/// Source: D. G. Bonett and R. M. Price, Psychological Methods 7 (2002) 370–383.
/// Without an interval when neither side has any spread around its median.
#[must_use]
pub fn difference(now: &[f64], before: &[f64]) -> Option<Change> {
    let (now_median, before_median) = (middle(now)?, middle(before)?);
    let variance = variance_of_median(now)? + variance_of_median(before)?;
    let absolute = now_median - before_median;
    let half = (variance > 0.0).then(|| Z * variance.sqrt());
    Some(Change {
        absolute,
        relative: relative(now_median, before_median),
        low: half.map(|half| absolute - half),
        high: half.map(|half| absolute + half),
    })
}

fn middle(sorted: &[f64]) -> Option<f64> {
    let n = sorted.len();
    let upper = *sorted.get(n / 2)?;
    if n % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(*sorted.get(n / 2 - 1)?, upper))
}

/// The rank, from 1, of the lower end of the interval of the median.
fn rank_of_interval(n: usize) -> Option<usize> {
    let binomial = Binomial::new(0.5, u64::try_from(n).ok()?).ok()?;
    let fits = |rank: usize| rank > 0 && binomial.cdf(rank as u64 - 1) <= TAIL;
    let (mut low, mut high) = (0, n / 2 + 1);
    while high - low > 1 {
        let rank = low.midpoint(high);
        if fits(rank) { low = rank } else { high = rank }
    }
    (low > 0).then_some(low)
}

fn variance_of_median(sorted: &[f64]) -> Option<f64> {
    let n = sorted.len();
    if n < 6 {
        return None;
    }
    let rank = rank_of_variance(n);
    let below = Binomial::new(0.5, n as u64).ok()?.cdf(rank as u64 - 1);
    let z = Normal::standard().inverse_cdf(1.0 - below);
    let spread = sorted.get(n - rank)? - sorted.get(rank - 1)?;
    Some((spread / (2.0 * z)).powi(2))
}

/// `max(1, round((n+1)/2 − √n))`, in whole numbers: the largest `c` with `2c ≤ n + 2 − 2√n`.
fn rank_of_variance(n: usize) -> usize {
    let root = (4 * n).isqrt();
    let ceiling = if root * root == 4 * n { root } else { root + 1 };
    ((n + 2).saturating_sub(ceiling) / 2).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::oracle::close;

    fn one_to(n: u32) -> Vec<f64> {
        (1..=n).map(f64::from).collect()
    }

    #[test]
    fn ranks_of_the_published_table() {
        // Ranks of the 95 % interval of a median: Conover 1999, section 3.2, by table A3; also
        // Campbell and Gardner, BMJ 296 (1988) 1454, table II.
        for (n, low, high) in [
            (6, 1, 6),
            (10, 2, 9),
            (20, 6, 15),
            (25, 8, 18),
            (50, 18, 33),
            (100, 40, 61),
        ] {
            let got = median(&one_to(n));
            assert_eq!(got.low, Some(f64::from(low)), "n = {n}");
            assert_eq!(got.high, Some(f64::from(high)), "n = {n}");
        }
        // Far out: n/2 − z√n/2.
        let far = median(&one_to(1_000_000)).low.unwrap();
        assert!((far - 499_020.0).abs() <= 1.0, "{far}");
    }

    #[test]
    fn few_values_have_a_median_but_no_interval() {
        assert_eq!(median(&[]), Estimate::default());
        let got = median(&[1.0, 2.0, 4.0, 9.0]);
        assert_eq!((got.value, got.low, got.n), (Some(3.0), None, 4));
        assert_eq!(difference(&[1.0; 5], &one_to(50)), None);
    }

    #[test]
    fn outer_tenths_are_those_of_the_inverted_distribution() {
        // numpy 2 quantile(x, 0.9 and 0.1, method="inverted_cdf").
        for (n, expected) in [
            (1, 1),
            (2, 2),
            (9, 9),
            (10, 9),
            (11, 10),
            (100, 90),
            (101, 91),
        ] {
            assert_eq!(
                upper_tenth(&one_to(n)),
                Some(f64::from(expected)),
                "n = {n}"
            );
        }
        assert_eq!(upper_tenth(&[]), None);
        for (n, expected) in [(1, 1), (9, 1), (10, 1), (11, 2), (20, 2), (101, 11)] {
            assert_eq!(
                lower_tenth(&one_to(n)),
                Some(f64::from(expected)),
                "n = {n}"
            );
        }
        assert_eq!(lower_tenth(&[]), None);
    }

    #[test]
    fn variance_ranks_round_as_the_formula_says() {
        for n in 6..2000_usize {
            let exact = (n as f64 + 1.0) / 2.0 - (n as f64).sqrt();
            let got = rank_of_variance(n) as f64;
            assert!(
                (got - exact).abs() <= 0.5 + 1e-9 || exact < 1.0,
                "n = {n}: {got} for {exact}"
            );
        }
    }

    #[test]
    fn a_shift_is_found_and_its_absence_is_not() {
        let (plain, moved): (Vec<f64>, Vec<f64>) =
            (one_to(100), one_to(100).iter().map(|v| v + 60.0).collect());
        let same = difference(&plain, &plain).unwrap();
        assert!(same.low.unwrap() < 0.0 && same.high.unwrap() > 0.0);
        let up = difference(&moved, &plain).unwrap();
        close(Some(up.absolute), 60.0, 1e-12);
        assert!(up.low.unwrap() > 0.0);
        // Uniform(0, 100): the standard error of a median is 100/(2√n) = 5, of a difference 7.07.
        assert!(
            (up.high.unwrap() - up.low.unwrap() - 2.0 * 1.96 * 7.07).abs() < 4.0,
            "{up:?}"
        );
    }
}
