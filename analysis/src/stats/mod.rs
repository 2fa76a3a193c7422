//! Estimates and differences with their 95 % intervals.
//!
//! Pure functions of sufficient statistics (counts, sums, sums of squares): rollups make those,
//! these judge them. Every estimate carries its n; where the data cannot bear an interval there is
//! none, and [`reading`] then says `insufficient_data` rather than guess. What may be looked at after
//! every hour stands in [`sequential`], [`many`] and [`sample_ratio`].
//!
//! The sequential statistics are held to reference values of other packages (a folder beside the
//! repository; the tests say so where it is not there):
//!
//! | statistic | file and columns | tolerance |
//! |---|---|---|
//! | [`sequential::process`] | `eprocess_binomial.json`: `log_e_H0_ratio_le_*`, `log_e_H0_ratio_ge_*` | 1e-9 |
//! | [`sequential::interval`] | `eprocess_binomial.json`: `cs95_ratio` (its 0 and 1e6 are "no end") | 1e-6, root-found |
//! | [`sequential::hypergeometric`] | `eprocess_binomial.json`: `log_e_hypergeometric_odds_ratio_1.5` | 1e-9 |
//! | [`sequential::asymptotic`] | `gbstats_0_8_0.csv`, `sequential_two_sided`: `estimate`, `lower`, `upper`, `pvalue` | 1e-9 |
//! | [`many`] | `multiple_testing.json`: `ebh_reject_0.05`, `ebh_reject_0.1` | exact |
//! | [`sample_ratio`] | `srm_sequential_multinomial.json`: `log_bayes_factor_closed_form`; `savvi_odds`, `p_value` | 1e-9; 1e-8 |

pub mod many;
pub mod mean;
pub mod nps;
#[cfg(test)]
pub(crate) mod oracle;
pub mod proportion;
pub mod quantile;
pub mod rank;
pub mod rate;
pub mod sample_ratio;
pub mod sequential;
pub mod survival;

use crate::findings::{Change, Estimate, Reading};

/// Standard normal quantile at 0.975, for two-sided 95 % intervals.
pub(crate) const Z: f64 = 1.959_963_984_540_054;

/// Share of the probability left out at each end of a 95 % interval.
pub(crate) const TAIL: f64 = 0.025;

/// A plain count: exact, without an interval.
#[must_use]
pub fn count(counted: u64) -> Estimate {
    Estimate {
        value: Some(counted as f64),
        low: None,
        high: None,
        n: counted,
    }
}

/// The difference of two plain counts, without an interval.
#[must_use]
pub fn count_change(now: u64, before: u64) -> Change {
    exact_change(now as f64, before as f64)
}

/// The difference of two figures that rest on everybody, without an interval.
#[must_use]
pub fn exact_change(now: f64, before: f64) -> Change {
    Change {
        absolute: now - before,
        relative: relative(now, before),
        low: None,
        high: None,
    }
}

/// Relative change, where the value before is above 0 (a share of a negative NPS says nothing).
pub(crate) fn relative(now: f64, before: f64) -> Option<f64> {
    (before > 0.0).then(|| (now - before) / before)
}

/// What may be said of a figure: of its change where that has an interval, else of its counts.
///
/// `min_n` is how many each side needs. Order of the answers: nothing on either side is
/// [`Reading::NoInput`]; too few on one side, or no difference, is [`Reading::InsufficientData`];
/// estimates that are counts are [`Reading::Counted`]; the rest is what the interval says.
#[must_use]
pub fn reading(change: Option<&Change>, now: &Estimate, before: &Estimate, min_n: u64) -> Reading {
    if now.n == 0 && before.n == 0 {
        return Reading::NoInput;
    }
    let Some(change) = change else {
        return Reading::InsufficientData;
    };
    if now.n < min_n || before.n < min_n {
        return Reading::InsufficientData;
    }
    match (change.low, change.high) {
        (Some(low), _) if low > 0.0 => Reading::Rose,
        (_, Some(high)) if high < 0.0 => Reading::Fell,
        (Some(_), Some(_)) => Reading::NoDetectableChange,
        _ if now.low.is_none() && before.low.is_none() => Reading::Counted,
        _ => Reading::InsufficientData,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_follows_the_interval_of_the_change() {
        let (now, before) = (
            proportion::estimate(70, 1000),
            proportion::estimate(30, 1000),
        );
        let rose = proportion::difference(70, 1000, 30, 1000);
        let fell = proportion::difference(30, 1000, 70, 1000);
        let same = proportion::difference(31, 1000, 30, 1000);
        assert_eq!(reading(rose.as_ref(), &now, &before, 30), Reading::Rose);
        assert_eq!(reading(fell.as_ref(), &before, &now, 30), Reading::Fell);
        assert_eq!(
            reading(same.as_ref(), &before, &before, 30),
            Reading::NoDetectableChange
        );
    }

    #[test]
    fn reading_is_silent_below_min_n_and_without_input() {
        let (now, before) = (proportion::estimate(20, 20), proportion::estimate(3, 1000));
        let change = proportion::difference(20, 20, 3, 1000);
        assert_eq!(
            reading(change.as_ref(), &now, &before, 30),
            Reading::InsufficientData
        );
        let none = proportion::estimate(0, 0);
        assert_eq!(reading(None, &none, &none, 30), Reading::NoInput);
        assert_eq!(reading(None, &now, &none, 0), Reading::InsufficientData);
    }

    #[test]
    fn counts_are_read_as_counts() {
        let change = count_change(103, 100);
        assert_eq!(
            reading(Some(&change), &count(103), &count(100), 0),
            Reading::Counted
        );
        assert!((change.relative.unwrap() - 0.03).abs() < 1e-12);
        assert_eq!(count_change(5, 0).relative, None);
        assert_eq!(
            reading(Some(&count_change(0, 0)), &count(0), &count(0), 0),
            Reading::NoInput
        );
    }

    #[test]
    fn an_interval_on_the_estimates_but_none_on_the_change_says_nothing() {
        let median = Estimate {
            value: Some(3.0),
            low: Some(2.0),
            high: Some(4.0),
            n: 50,
        };
        let change = Change {
            absolute: 1.0,
            relative: None,
            low: None,
            high: None,
        };
        assert_eq!(
            reading(Some(&change), &median, &median, 5),
            Reading::InsufficientData
        );
    }
}
