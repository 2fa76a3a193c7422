//! Correlation of ranks.

use super::Z;
use crate::findings::Estimate;

/// Least pairs for an interval.
pub(crate) const PAIRS_MIN: u64 = 10;

/// Spearman's rank correlation of pairs, ties at their mean rank; no value below 3 pairs or where a
/// side does not vary.
///
/// Formula: Pearson's correlation `r` of the ranks; interval `tanh(atanh r ± z √((1 + r²/2)/(n − 3)))`
/// from 10 pairs on and for |r| < 1.
/// Source: C. Spearman, American Journal of Psychology 15 (1904) 72–101; D. G. Bonett and
/// T. A. Wright, Psychometrika 65 (2000) 23–28.
#[must_use]
pub fn spearman(pairs: &[(f64, f64)]) -> Estimate {
    let n = pairs.len() as u64;
    let without = Estimate {
        n,
        ..Estimate::default()
    };
    let side = |of: fn(&(f64, f64)) -> f64| ranks(&pairs.iter().map(of).collect::<Vec<_>>());
    let Some(value) = pearson(&side(|pair| pair.0), &side(|pair| pair.1)).filter(|_| n >= 3) else {
        return without;
    };
    let half = Z * ((1.0 + value * value / 2.0) / (n as f64 - 3.0)).sqrt();
    let end = |sign: f64| {
        let bounded = n >= PAIRS_MIN && value.abs() < 1.0 - 1e-12;
        bounded.then(|| (value.atanh() + sign * half).tanh())
    };
    Estimate {
        value: Some(value),
        low: end(-1.0),
        high: end(1.0),
        n,
    }
}

/// The rank of each value from 1 on, ties at their mean.
fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |value: &f64| {
        let below = values.iter().filter(|other| *other < value).count();
        let up_to = values.iter().filter(|other| *other <= value).count();
        f64::midpoint(below as f64 + 1.0, up_to as f64)
    };
    values.iter().map(rank).collect()
}

fn pearson(xs: &[f64], ys: &[f64]) -> Option<f64> {
    let n = xs.len() as f64;
    let mean = |of: &[f64]| of.iter().sum::<f64>() / n;
    let (mean_x, mean_y) = (mean(xs), mean(ys));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in xs.iter().zip(ys) {
        xx += (x - mean_x).powi(2);
        yy += (y - mean_y).powi(2);
        xy += (x - mean_x) * (y - mean_y);
    }
    let spread = (xx * yy).sqrt();
    (spread > 0.0).then(|| (xy / spread).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::oracle::close;

    #[test]
    fn agrees_with_the_form_by_differences_of_ranks() {
        // Kendall, Rank Correlation Methods (1948), chapter 3: (A + B − Σd²) / 2√(AB), with
        // A = (n³ − n)/12 less the ties of one side, in exact fractions.
        let pairs = [
            (3.0, 0.0),
            (5.0, 0.0),
            (5.0, 1.0),
            (8.0, 0.0),
            (2.0, 0.0),
            (9.0, 1.0),
            (4.0, 0.0),
            (7.0, 1.0),
            (1.0, 0.0),
            (6.0, 1.0),
            (12.0, 1.0),
            (3.0, 0.0),
        ];
        let got = spearman(&pairs);
        close(got.value, BY_DIFFERENCES, 1e-12);
        assert_eq!(got.n, 12);
        let (low, high) = (got.low.unwrap(), got.high.unwrap());
        // Fisher's z is symmetric around the estimate: the mean of both ends leads back to it.
        close(
            Some(f64::midpoint(low.atanh(), high.atanh()).tanh()),
            BY_DIFFERENCES,
            1e-12,
        );
        close(Some(low), LOW, 1e-9);
        close(Some(high), HIGH, 1e-9);
    }

    const BY_DIFFERENCES: f64 = 0.687_924_004_974_181_9;
    const LOW: f64 = 0.116_950_784_680_490_82;
    const HIGH: f64 = 0.917_108_358_886_652_8;

    #[test]
    fn order_is_all_that_counts_and_no_spread_is_no_value() {
        let rising: Vec<(f64, f64)> = (1..=11_i32)
            .map(|n| (f64::from(n), f64::from(n).exp()))
            .collect();
        let got = spearman(&rising);
        close(got.value, 1.0, 1e-12);
        assert_eq!((got.low, got.high), (None, None));
        let flat: Vec<(f64, f64)> = rising.iter().map(|(x, _)| (*x, 4.0)).collect();
        assert_eq!(spearman(&flat).value, None);
        assert_eq!(spearman(&[]).n, 0);
        assert_eq!(spearman(&rising[..2]).value, None);
        assert_eq!(spearman(&rising[..9]).low, None);
    }
}
