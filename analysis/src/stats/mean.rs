//! Means from sufficient statistics: Student's interval, and Welch's for the difference of two.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{TAIL, Z, relative};
use crate::findings::{Change, Estimate};

/// Spread below this share of the sum of squares is rounding: the values are all the same.
const ROUNDING: f64 = 1e-12;

/// Sufficient statistics of a set of values; they add up over days and segments.
///
/// Meant for scores, hours and the like: the variance is taken from sums of squares, which loses
/// digits where the values are many orders larger than their spread.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Moments {
    /// How many values.
    pub n: u64,
    /// Their sum.
    pub sum: f64,
    /// The sum of their squares.
    pub sum_sq: f64,
}

impl Moments {
    /// The moments of these values.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        values.iter().fold(Self::default(), |moments, value| {
            moments.plus(&Self {
                n: 1,
                sum: *value,
                sum_sq: value * value,
            })
        })
    }

    /// The moments of both sets together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            n: self.n + other.n,
            sum: self.sum + other.sum,
            sum_sq: self.sum_sq + other.sum_sq,
        }
    }

    /// The mean; `None` without values.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum / self.n as f64)
    }

    /// The sample variance, with n − 1; `None` below two values.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        if self.n < 2 {
            return None;
        }
        let n = self.n as f64;
        let squares = self.sum_sq - self.sum * self.sum / n;
        if squares <= ROUNDING * self.sum_sq {
            return Some(0.0);
        }
        Some(squares / (n - 1.0))
    }

    /// The mean with Student's interval.
    ///
    /// Formula: `x̄ ± t(0.975, n−1) · s/√n`. Source: Student, Biometrika 6 (1908) 1–25.
    /// Without an interval below two values, and where all values are the same: a sample without
    /// spread says nothing of the spread.
    #[must_use]
    pub fn estimate(&self) -> Estimate {
        let half = self
            .variance()
            .filter(|variance| *variance > 0.0)
            .and_then(|variance| {
                let n = self.n as f64;
                Some(t_quantile(n - 1.0)? * (variance / n).sqrt())
            });
        let value = self.mean();
        let ends = value.zip(half);
        Estimate {
            value,
            low: ends.map(|(mean, half)| mean - half),
            high: ends.map(|(mean, half)| mean + half),
            n: self.n,
        }
    }
}

/// Mean now minus mean before with Welch's interval.
///
/// Formula: `d ± t(0.975, ν) √(a + b)`, `a = s₁²/n₁`, `b = s₀²/n₀`,
/// `ν = (a + b)² / (a²/(n₁−1) + b²/(n₀−1))`. Sources: B. L. Welch, Biometrika 34 (1947) 28–35;
/// F. E. Satterthwaite, Biometrics Bulletin 2 (1946) 110–114.
/// `None` when either side has fewer than two values. Without an interval when neither side has any
/// spread.
#[must_use]
pub fn difference(now: &Moments, before: &Moments) -> Option<Change> {
    let (now_mean, before_mean) = (now.mean()?, before.mean()?);
    let (n1, n0) = (now.n as f64, before.n as f64);
    let (a, b) = (now.variance()? / n1, before.variance()? / n0);
    let absolute = now_mean - before_mean;
    let half = if a + b > 0.0 {
        let freedom = (a + b) * (a + b) / (a * a / (n1 - 1.0) + b * b / (n0 - 1.0));
        Some(t_quantile(freedom)? * (a + b).sqrt())
    } else {
        None
    };
    Some(Change {
        absolute,
        relative: relative(now_mean, before_mean),
        low: half.map(|half| absolute - half),
        high: half.map(|half| absolute + half),
    })
}

/// Student's t at 0.975.
///
/// From 200 degrees of freedom on by the expansion around the normal quantile, M. Abramowitz and
/// I. A. Stegun, Handbook of Mathematical Functions (1964), 26.7.5, right to 8 digits there; the
/// inverse of the incomplete beta function, used below, loses digits as they grow.
fn t_quantile(freedom: f64) -> Option<f64> {
    if freedom < 200.0 {
        return StudentsT::new(0.0, 1.0, freedom)
            .ok()
            .map(|student| student.inverse_cdf(1.0 - TAIL));
    }
    let z2 = Z * Z;
    let first = Z * (z2 + 1.0) / 4.0;
    let second = Z * ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0;
    let third = Z * (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0;
    Some(Z + (first + (second + third / freedom) / freedom) / freedom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::oracle::{close, oracle_text};

    #[test]
    fn t_quantiles_of_the_tables() {
        // NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2, column 0.975.
        for (freedom, expected) in [
            (1.0, 12.706),
            (2.0, 4.303),
            (5.0, 2.571),
            (10.0, 2.228),
            (30.0, 2.042),
            (100.0, 1.984),
        ] {
            let got = t_quantile(freedom).unwrap();
            assert!((got - expected).abs() < 5e-4, "{freedom}: {got}");
        }
        // R's qt(0.975, 1000).
        close(t_quantile(1000.0), 1.962_339_081, 1e-8);
        assert!((t_quantile(199.999_999).unwrap() - t_quantile(200.0).unwrap()).abs() < 5e-9);
        assert!((t_quantile(1e7).unwrap() - Z).abs() < 1e-6);
    }

    #[test]
    fn welch_on_a_published_pair() {
        // scipy 1.17.1 ttest_ind(equal_var=False).confidence_interval(0.95).
        let now = Moments::of(&[51.7654, 40.7397, 24.1989, 15.9341, 16.937]);
        let before = Moments::of(&[3.1505, 26.4574, 15.0152, 29.3688, 30.4296, 64.3149, 16.3912]);
        let change = difference(&now, &before).unwrap();
        close(Some(change.absolute), 3.468_22, 1e-9);
        close(change.low, -19.201_563_264_677_684, 1e-7);
        close(change.high, 26.138_003_264_677_696, 1e-7);
    }

    #[test]
    fn too_few_or_equal_values_have_no_interval() {
        assert_eq!(Moments::default().estimate(), Estimate::default());
        let one = Moments::of(&[4.0]);
        assert_eq!(
            one.estimate(),
            Estimate {
                value: Some(4.0),
                low: None,
                high: None,
                n: 1
            }
        );
        assert_eq!(difference(&one, &Moments::of(&[1.0, 2.0])), None);
        let same = Moments::of(&[4.3; 30]);
        assert_eq!(same.estimate().low, None);
        let change = difference(&same, &Moments::of(&[4.1; 30])).unwrap();
        assert!(change.low.is_none() && (change.absolute - 0.2).abs() < 1e-12);
    }

    #[test]
    fn one_side_without_spread_leaves_the_others_degrees_of_freedom() {
        // t(0.975, 1) = 12.706 (NIST); s²/n of {1, 3} is 1.
        let change = difference(&Moments::of(&[1.0, 3.0]), &Moments::of(&[5.0; 9])).unwrap();
        assert!(
            (change.low.unwrap() - (-3.0 - 12.706)).abs() < 1e-3,
            "{change:?}"
        );
    }

    #[test]
    fn moving_and_scaling_the_values_moves_and_scales_the_interval() {
        let (now, before) = ([1.0, 2.0, 2.0, 5.0], [3.0, 3.5, 1.0]);
        let plain = difference(&Moments::of(&now), &Moments::of(&before)).unwrap();
        let moved = difference(
            &Moments::of(&now.map(|value| 3.0 * value + 7.0)),
            &Moments::of(&before.map(|value| 3.0 * value + 7.0)),
        )
        .unwrap();
        close(moved.low, 3.0 * plain.low.unwrap(), 1e-9);
        close(moved.high, 3.0 * plain.high.unwrap(), 1e-9);
    }

    #[test]
    fn agrees_with_scipy() {
        let Some(text) = oracle_text("welch.json") else {
            return;
        };
        let cases: serde_json::Value = serde_json::from_str(&text).unwrap();
        let values = |case: &serde_json::Value, key: &str| -> Vec<f64> {
            case[key]
                .as_array()
                .unwrap()
                .iter()
                .map(|value| value.as_f64().unwrap())
                .collect()
        };
        for case in cases.as_array().unwrap() {
            let (now, before) = (
                Moments::of(&values(case, "new")),
                Moments::of(&values(case, "baseline")),
            );
            let change = difference(&now, &before).unwrap();
            close(change.low, case["ci95"][0].as_f64().unwrap(), 1e-6);
            close(change.high, case["ci95"][1].as_f64().unwrap(), 1e-6);
            close(now.variance(), case["var_new"].as_f64().unwrap(), 1e-6);
        }
    }
}
