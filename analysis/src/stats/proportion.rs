//! Shares of a whole: Wilson's interval, and Newcombe's for the difference of two.

use super::{Z, relative};
use crate::findings::{Change, Estimate};

/// The share `successes / n` with Wilson's score interval; no value when `n` is 0.
///
/// Formula: `(p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)`.
/// Source: E. B. Wilson, JASA 22 (1927) 209–212. More successes than `n` are taken as `n`.
#[must_use]
pub fn estimate(successes: u64, n: u64) -> Estimate {
    if n == 0 {
        return Estimate::default();
    }
    let successes = successes.min(n);
    let (low, high) = wilson(successes, n);
    Estimate {
        value: Some(successes as f64 / n as f64),
        low: Some(low),
        high: Some(high),
        n,
    }
}

/// `s1/n1 − s0/n0` with Newcombe's hybrid score interval; `None` when either n is 0.
///
/// Formula: `d − √((p1−l1)² + (u0−p0)²)` to `d + √((u1−p1)² + (p0−l0)²)`, where `l` and `u` are the
/// ends of each Wilson interval. Source: R. G. Newcombe, Statistics in Medicine 17 (1998) 873–890,
/// method 10.
#[must_use]
pub fn difference(s1: u64, n1: u64, s0: u64, n0: u64) -> Option<Change> {
    if n1 == 0 || n0 == 0 {
        return None;
    }
    let (s1, s0) = (s1.min(n1), s0.min(n0));
    let (p1, p0) = (s1 as f64 / n1 as f64, s0 as f64 / n0 as f64);
    let ((l1, u1), (l0, u0)) = (wilson(s1, n1), wilson(s0, n0));
    let absolute = p1 - p0;
    Some(Change {
        absolute,
        relative: relative(p1, p0),
        low: Some(absolute - (p1 - l1).hypot(u0 - p0)),
        high: Some(absolute + (u1 - p1).hypot(p0 - l0)),
    })
}

/// The ends of Wilson's interval; exactly 0 and 1 at the edges, where the formula only rounds there.
fn wilson(successes: u64, n: u64) -> (f64, f64) {
    let (share, total) = (successes as f64 / n as f64, n as f64);
    let z2 = Z * Z;
    let scale = 1.0 + z2 / total;
    let centre = (share + z2 / (2.0 * total)) / scale;
    let half = Z * (share * (1.0 - share) / total + z2 / (4.0 * total * total)).sqrt() / scale;
    let low = if successes == 0 {
        0.0
    } else {
        (centre - half).max(0.0)
    };
    let high = if successes == n {
        1.0
    } else {
        (centre + half).min(1.0)
    };
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::oracle::{close, oracle_csv};

    #[test]
    fn newcombes_own_examples() {
        // Newcombe 1998, Table II, method 10, cases (a), (b), (f) and (h).
        let check = |s1, n1, s0, n0, low: f64, high: f64| {
            let change = difference(s1, n1, s0, n0).unwrap();
            assert!((change.low.unwrap() - low).abs() < 5e-5, "{change:?}");
            assert!((change.high.unwrap() - high).abs() < 5e-5, "{change:?}");
        };
        check(56, 70, 48, 80, 0.0524, 0.3339);
        check(9, 10, 3, 10, 0.1705, 0.8090);
        check(10, 10, 0, 20, 0.6791, 1.0);
        check(10, 10, 0, 10, 0.6075, 1.0);
    }

    #[test]
    fn wilson_at_the_edges_and_without_data() {
        // statsmodels 0.15.0 proportion_confint(method="wilson").
        let none = estimate(0, 10);
        assert_eq!((none.value, none.low, none.n), (Some(0.0), Some(0.0), 10));
        close(none.high, 0.277_532_799_862_889_2, 1e-12);
        let all = estimate(10, 10);
        close(all.low, 0.722_467_200_137_110_7, 1e-12);
        assert_eq!(all.high, Some(1.0));
        assert_eq!(estimate(0, 0), Estimate::default());
        assert_eq!(difference(1, 2, 0, 0), None);
    }

    #[test]
    fn swapping_the_sides_mirrors_the_interval() {
        let (a, b) = (
            difference(15, 1000, 12, 1100),
            difference(12, 1100, 15, 1000),
        );
        close(
            a.as_ref().and_then(|change| change.low),
            -b.unwrap().high.unwrap(),
            1e-15,
        );
    }

    #[test]
    fn agrees_with_statsmodels() {
        let rows = oracle_csv("proportion_ci.csv");
        for row in rows
            .iter()
            .filter(|row| row["method"] == "wilson" && row["confidence"] == "0.95")
        {
            let got = estimate(row["x"].parse().unwrap(), row["n"].parse().unwrap());
            close(got.low, row["lower"].parse().unwrap(), 1e-12);
            close(got.high, row["upper"].parse().unwrap(), 1e-12);
        }
        let rows = oracle_csv("two_proportion_ci.csv");
        for row in rows.iter().filter(|row| {
            row["method"] == "newcombe" && row["confidence"] == "0.95" && row["compare"] == "diff"
        }) {
            let [s1, n1, s0, n0] = ["x1", "n1", "x2", "n2"].map(|key| row[key].parse().unwrap());
            let got = difference(s1, n1, s0, n0).unwrap();
            close(got.low, row["lower"].parse().unwrap(), 1e-12);
            close(got.high, row["upper"].parse().unwrap(), 1e-12);
        }
    }
}
