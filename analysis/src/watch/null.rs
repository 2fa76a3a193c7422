//! Which rate ratio is no news: how unlike the arms were before, or how weeks drift.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::rule::Control;
use crate::stats::sequential::{Arm, Cell};
use crate::stats::{TAIL, Z};

/// Fewer past weeks say too little about their drift.
const WEEKS_MIN: usize = 4;

/// Groups that may differ by more are not compared.
const SELECTION_MAX: f64 = 1.5;

/// Steps that halve the logarithm of a ratio down to the last digit.
const HALVINGS: usize = 50;

/// How unlike the arms may be without any harm by the release.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Null {
    /// A rate ratio up to this one is no news; at least 1.
    pub(super) high: f64,
    /// A rate ratio down to this one is no news; at most 1.
    pub(super) low: f64,
    /// Whether the comparison can decide at all.
    pub(super) standing: Standing,
}

/// Whether a comparison can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Side by side.
    Concurrent,
    /// Side by side, but of groups too unlike.
    SelectionTooLarge,
    /// Against past weeks.
    PastWeeks,
    /// Against too few past weeks.
    TooLittleHistory,
}

impl Null {
    pub(super) fn of(control: &Control) -> Self {
        match control {
            Control::Concurrent { pre } if pre.is_empty() => Self {
                high: 1.0,
                low: 1.0,
                standing: Standing::Concurrent,
            },
            Control::Concurrent { pre } => Self::selection(pre),
            Control::PastWeeks { weeks } => Self::drift(weeks),
        }
    }

    fn selection(pre: &[Cell]) -> Self {
        let (low, high) = pre_ratio(pre);
        // Groups that are shown to be unlike, and maybe too unlike. Where too little happened to show
        // anything, they are taken to be as unlike as they may be.
        let is_too_large = low > 1.0 && high > SELECTION_MAX;
        let most = if is_too_large {
            f64::MAX
        } else {
            SELECTION_MAX
        };
        Self {
            high: high.clamp(1.0, most),
            low: low.clamp(1.0 / SELECTION_MAX, 1.0),
            standing: if is_too_large {
                Standing::SelectionTooLarge
            } else {
                Standing::Concurrent
            },
        }
    }

    fn drift(weeks: &[Arm]) -> Self {
        match drift(weeks) {
            Some(drift) => Self {
                high: drift,
                low: 1.0 / drift,
                standing: Standing::PastWeeks,
            },
            None => Self {
                high: 1.0,
                low: 1.0,
                standing: Standing::TooLittleHistory,
            },
        }
    }
}

/// The 95 % interval of the rate ratio of two groups, within cells.
///
/// Formula: the ratios `r` with `|Σ(x − k p(r))| ≤ z √(Σ k p(r)(1 − p(r)))`, `p(r) = rn/(rn + m)`: the
/// score interval given each cell's events. Source: the stratified form of E. B. Wilson's, JASA 22
/// (1927) 209–212, by conditioning as in [`crate::stats::sequential::process`].
fn pre_ratio(cells: &[Cell]) -> (f64, f64) {
    let cells: Vec<(f64, f64, f64)> = cells
        .iter()
        .filter(|cell| cell.new.exposure > 0 && cell.base.exposure > 0)
        .map(|cell| {
            let odds = cell.new.exposure as f64 / cell.base.exposure as f64;
            let new_events = cell.new.events as f64;
            (odds, new_events, new_events + cell.base.events as f64)
        })
        .collect();
    // Falls with the ratio.
    let score = |log_ratio: f64| {
        let over = (-log_ratio).exp();
        let (mut off, mut variance) = (0.0, 0.0);
        for &(odds, new_events, events) in &cells {
            let share = odds / (odds + over);
            off += new_events - events * share;
            variance += events * share * (1.0 - share);
        }
        (off, Z * variance.sqrt())
    };
    let end = |is_beyond: &dyn Fn(f64) -> bool| {
        let (mut low, mut high) = (-50.0, 50.0);
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if is_beyond(middle) {
                high = middle;
            } else {
                low = middle;
            }
        }
        f64::exp(f64::midpoint(low, high))
    };
    let low = end(&|at| {
        let (off, reach) = score(at);
        off <= reach
    });
    let high = end(&|at| {
        let (off, reach) = score(at);
        off < -reach
    });
    (low, high)
}

/// How far a week may lie above the mean of the past ones by drift alone.
///
/// Formula: `exp(t(0.975, W−1) s √(1 + 1/W))`, `s` the standard deviation of the logarithms of the
/// weekly rates: a prediction interval for one more week. `None` below four weeks with exposure. A
/// week without events is given half a one.
fn drift(weeks: &[Arm]) -> Option<f64> {
    let logs: Vec<f64> = weeks
        .iter()
        .filter(|week| week.exposure > 0)
        .map(|week| ((week.events as f64).max(0.5) / week.exposure as f64).ln())
        .collect();
    if logs.len() < WEEKS_MIN {
        return None;
    }
    let n = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / n;
    let squares: f64 = logs.iter().map(|log| (log - mean) * (log - mean)).sum();
    let deviation = (squares / (n - 1.0)).sqrt();
    let quantile = StudentsT::new(0.0, 1.0, n - 1.0)
        .ok()?
        .inverse_cdf(1.0 - TAIL);
    Some((quantile * deviation * (1.0 + 1.0 / n).sqrt()).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::oracle::close;

    fn cell(n: u64, m: u64, x: u64, y: u64) -> Cell {
        let arm = |exposure, events| Arm { exposure, events };
        Cell {
            new: arm(n, x),
            base: arm(m, y),
        }
    }

    #[test]
    fn the_interval_before_is_wilsons_in_one_cell() {
        // Wilson 95 % for 30 of 50, by hand.
        let (low, high) = pre_ratio(&[cell(1000, 1000, 30, 20)]);
        close(Some(low / (1.0 + low)), 0.461814377, 1e-8);
        close(Some(high / (1.0 + high)), 0.723916103, 1e-8);
        // Cells with the same shares add up.
        let (halves, _) = pre_ratio(&[cell(500, 500, 10, 12), cell(500, 500, 20, 8)]);
        close(Some(halves), low, 1e-9);
    }

    #[test]
    fn alike_unlike_and_unknown_groups() {
        let of = |pre: Vec<Cell>| Null::of(&Control::Concurrent { pre });
        let alike = of(vec![cell(100_000, 100_000, 5000, 5000)]);
        assert!(alike.high > 1.0 && alike.high < 1.05 && alike.low < 1.0);
        let worse = of(vec![cell(100_000, 100_000, 6000, 5000)]);
        assert!(worse.high > 1.2 && worse.high < 1.25, "{worse:?}");
        close(Some(worse.low), 1.0, 1e-12);
        let better = of(vec![cell(100_000, 100_000, 4000, 5000)]);
        close(Some(better.high), 1.0, 1e-12);
        // Too few to show anything: as unlike as they may be, both ways.
        for few in [vec![cell(10, 10, 1, 1)], vec![cell(10, 0, 1, 0)]] {
            let null = of(few);
            assert_eq!(null.standing, Standing::Concurrent);
            close(Some(null.high), SELECTION_MAX, 1e-12);
            close(Some(null.low), 1.0 / SELECTION_MAX, 1e-12);
        }
        assert_eq!((of(vec![]).high, of(vec![]).low), (1.0, 1.0));
        let unlike = of(vec![cell(100_000, 100_000, 7000, 4000)]);
        assert_eq!(unlike.standing, Standing::SelectionTooLarge);
    }

    #[test]
    fn drift_of_weeks() {
        let week = |events| Arm {
            exposure: 10_000,
            events,
        };
        assert_eq!(drift(&[week(50), week(50), week(50)]), None);
        close(drift(&[week(50); 8]), 1.0, 1e-12);
        // Two weeks e times the others' rate: s = √(8·(¼·¾)·… ) by hand for 4 + 4: s = √(8/7)/2.
        let mut weeks = vec![week(100); 4];
        weeks.extend(
            [Arm {
                exposure: 1_000_000,
                events: 27_183,
            }; 4],
        );
        let deviation = (8.0_f64 / 7.0).sqrt() / 2.0;
        let expected = (2.364_624_251 * deviation * 1.125_f64.sqrt()).exp();
        close(drift(&weeks), expected, 1e-3);
        assert!(drift(&[week(0); 8]).unwrap().is_finite());
    }
}
