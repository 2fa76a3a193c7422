//! The hazard update: of those not yet on the release, how many moved at this age before?
//!
//! Formula: `1 − y(a+h) = (1 − y(a)) · median_j[(1 − y_j(a+h)) / (1 − y_j(a))]` over the last twelve
//! earlier releases `j`, which is Kaplan and Meier's product for one step (JASA 53 (1958) 457–481).
//! It is taken in logarithms, so the median is one of increments of the cumulative hazard
//! `H = −ln(1 − y)`, and `H` is interpolated between an earlier release's points. The median is
//! weighted: four fifths for each release further back, and less for a release whose hazard at this
//! age was unlike (users of a product change slowly, and the way a release goes out changes with
//! them). The weights are fixed, not fitted.

use super::{Horizon, Point, starts_by};

/// So many of the last earlier releases are heard.
const EARLIER_MAX: usize = 12;

/// Fewer earlier releases than this say nothing.
const EARLIER_MIN: usize = 4;

/// The weight of a release over that of the next newer one.
const FADING: f64 = 0.8;

/// A cumulative hazard that differs by this part of itself has its weight divided by e.
const LIKENESS: f64 = 0.3;

/// Added to a hazard before its parts are taken, so that two small ones are alike.
const LIKENESS_FLOOR: f64 = 0.1;

/// A share is read as at most this far from 1, where the hazard would be infinite.
const LEFT_MIN: f64 = 1e-4;

/// The share at exposure `to_days`; `None` where too few earlier releases are known that long.
/// `earlier` are the known points of the earlier releases, newest first.
pub(super) fn share<'a>(
    now: &Point,
    earlier: impl Iterator<Item = &'a [Point]>,
    to_days: f64,
    horizon: Horizon,
) -> Option<f64> {
    let reached = cumulative(now.share);
    let mut heard: Vec<(f64, f64)> = Vec::with_capacity(EARLIER_MAX);
    let mut recency = 1.0;
    for points in earlier {
        if !starts_by(points, now.exposure_days, horizon) {
            continue;
        }
        let (Some(from), Some(to)) = (at(points, now.exposure_days), at(points, to_days)) else {
            continue;
        };
        let unlike = (from - reached).abs() / (LIKENESS * (LIKENESS_FLOOR + from.max(reached)));
        heard.push((to - from, recency * (-unlike).exp()));
        recency *= FADING;
        if heard.len() == EARLIER_MAX {
            break;
        }
    }
    if heard.len() < EARLIER_MIN {
        return None;
    }
    Some(1.0 - (-(reached + median(&mut heard)?)).exp())
}

fn cumulative(share: f64) -> f64 {
    -(1.0 - share).max(LEFT_MIN).ln()
}

/// The cumulative hazard at an exposure, from 0 at the release; `None` after the last point.
fn at(points: &[Point], days: f64) -> Option<f64> {
    let next = points.partition_point(|point| point.exposure_days < days);
    let right = points.get(next)?;
    let (left_days, left) = match next.checked_sub(1).and_then(|left| points.get(left)) {
        Some(left) => (left.exposure_days, cumulative(left.share)),
        None => (0.0, 0.0),
    };
    let part = (days - left_days) / (right.exposure_days - left_days);
    Some(left + (cumulative(right.share) - left) * part)
}

/// The weighted median of (value, weight), interpolated between the middles of the weights.
fn median(values: &mut [(f64, f64)]) -> Option<f64> {
    values.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let half = values.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    let mut before = 0.0;
    let mut last: Option<(f64, f64)> = None;
    for (value, weight) in values.iter() {
        let middle = before + weight / 2.0;
        if middle >= half {
            return Some(match last {
                Some((known, at)) if middle > at => {
                    known + (value - known) * (half - at) / (middle - at)
                }
                _ => *value,
            });
        }
        before += weight;
        last = Some((*value, middle));
    }
    last.map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn a_median_of_equal_weights_is_the_plain_one() {
        let plain = |values: &[f64]| {
            median(&mut values.iter().map(|v| (*v, 0.25)).collect::<Vec<_>>()).unwrap()
        };
        assert!((plain(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-12);
        assert!((plain(&[4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < 1e-12);
        assert!((plain(&[7.0]) - 7.0).abs() < 1e-12);
        assert_eq!(median(&mut []), None);
    }

    #[test]
    fn a_heavy_value_is_the_median() {
        let found = median(&mut [(1.0, 0.1), (2.0, 5.0), (3.0, 0.1), (9.0, 0.1)]).unwrap();
        assert!((found - 2.0).abs() < 0.05, "{found}");
    }
}
