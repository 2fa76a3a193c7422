//! The one place where numbers become text for people.
//!
//! Invariant: nothing is computed here but the change of notation: a rate in [0, 1] becomes percent,
//! hours above two days become days, digits are grouped and rounded. Minus is U+2212 and no figure
//! is ever "-0".

use analysis::findings::{Change, Estimate};
use analysis::metric::Unit;

/// What stands for a figure that does not exist.
pub(crate) const ABSENT: &str = "–";

/// A count with grouped digits: `43,950`.
pub(crate) fn count(n: u64) -> String {
    group(&n.to_string())
}

/// A rounded number with grouped digits.
pub(crate) fn fixed(x: f64, decimals: usize) -> String {
    if !x.is_finite() {
        return ABSENT.to_owned();
    }
    let digits = format!("{:.decimals$}", x.abs());
    let body = match digits.split_once('.') {
        Some((whole, rest)) => format!("{}.{rest}", group(whole)),
        None => group(&digits),
    };
    if x < 0.0 && digits.chars().any(|c| ('1'..='9').contains(&c)) {
        format!("\u{2212}{body}")
    } else {
        body
    }
}

/// A number with up to two decimals and no trailing zeros: `34`, `0.85`, `1,540.5`.
pub(crate) fn plain(x: f64) -> String {
    let text = fixed(x, 2);
    match text.split_once('.') {
        Some((whole, rest)) => {
            let rest = rest.trim_end_matches('0');
            if rest.is_empty() {
                whole.to_owned()
            } else {
                format!("{whole}.{rest}")
            }
        }
        None => text,
    }
}

/// Person-days: `8 d`.
pub(crate) fn days_of_work(x: f64) -> String {
    format!("{} d", plain(x))
}

/// A score or a product of many parts: whole from 100 on, else two significant steps.
pub(crate) fn magnitude(x: f64) -> String {
    if x.abs() < 100.0 {
        plain(x)
    } else {
        fixed(x, 0)
    }
}

/// A share in [0, 1] as percent: `41.0%`.
pub(crate) fn percent(rate: f64) -> String {
    format!("{}%", fixed(rate * 100.0, rate_decimals(&[rate])))
}

/// A share in [0, 1] as whole percent, for axes and short labels: `41%`.
pub(crate) fn percent_short(rate: f64) -> String {
    format!("{}%", fixed(rate * 100.0, 0))
}

/// A value in its metric's unit, with the unit where it is not plain from the name.
pub(crate) fn value(unit: Unit, x: f64) -> String {
    match unit {
        Unit::Rate => percent(x),
        Unit::Hours => hours(x),
        Unit::Minutes | Unit::Days => with_unit(unit, &fixed(x, decimals(unit))),
        _ => fixed(x, decimals(unit)),
    }
}

/// The value of an estimate, or a dash.
pub(crate) fn estimate(unit: Unit, estimate: &Estimate) -> String {
    match estimate.value {
        None => ABSENT.to_owned(),
        Some(x) if unit == Unit::Rate => {
            let places = rate_decimals(&known(&[estimate.value, estimate.low, estimate.high]));
            format!("{}%", fixed(x * 100.0, places))
        }
        Some(x) => value(unit, x),
    }
}

/// The interval of an estimate: `99.45 to 99.65%`.
pub(crate) fn interval(unit: Unit, estimate: &Estimate) -> Option<String> {
    let (low, high) = (estimate.low?, estimate.high?);
    Some(match unit {
        Unit::Rate => {
            let places = rate_decimals(&known(&[estimate.value, Some(low), Some(high)]));
            format!(
                "{} to {}%",
                fixed(low * 100.0, places),
                fixed(high * 100.0, places)
            )
        }
        Unit::Hours => format!("{} to {}", hours(low), hours(high)),
        _ => format!(
            "{} to {}",
            fixed(low, decimals(unit)),
            fixed(high, decimals(unit))
        ),
    })
}

/// A change with its sign: `+2.9 pp`.
pub(crate) fn change(unit: Unit, change: &Change) -> String {
    with_unit(
        unit,
        &signed(
            in_unit(unit, change.absolute),
            change_decimals(unit, change),
        ),
    )
}

/// A change without its sign, for use after "rose by" and "fell by".
pub(crate) fn change_size(unit: Unit, change: &Change) -> String {
    with_unit(
        unit,
        &fixed(
            in_unit(unit, change.absolute).abs(),
            change_decimals(unit, change),
        ),
    )
}

/// The interval of a change: `−3.4 to −2.4 pp`.
pub(crate) fn change_interval(unit: Unit, change: &Change) -> Option<String> {
    let (low, high) = (change.low?, change.high?);
    let places = change_decimals(unit, change);
    let upper = with_unit(unit, &signed(in_unit(unit, high), places));
    Some(format!("{} to {upper}", signed(in_unit(unit, low), places)))
}

/// A relative change as percent with its sign: `+3.1%`.
pub(crate) fn relative(ratio: f64) -> String {
    format!("{}%", signed(ratio * 100.0, 1))
}

/// A number with its sign; zero carries none.
pub(crate) fn signed(x: f64, decimals: usize) -> String {
    let text = fixed(x, decimals);
    let nonzero = text.chars().any(|c| ('1'..='9').contains(&c));
    if x > 0.0 && nonzero {
        format!("+{text}")
    } else {
        text
    }
}

/// The same ratio as a percent figure for a CSV column whose name ends in `_pct`.
pub(crate) fn percent_figure(ratio: f64) -> f64 {
    ratio * 100.0
}

/// Seconds as the span that they are: `42.0 s`, `7.5 min`, `3.2 h`, `2.1 days`.
pub(crate) fn span(seconds: f64) -> String {
    let (minute, hour) = (60.0, 3_600.0);
    if seconds.abs() < 2.0 * minute {
        format!("{} s", fixed(seconds, 1))
    } else if seconds.abs() < 2.0 * hour {
        format!("{} min", fixed(seconds / minute, 1))
    } else {
        hours(seconds / hour)
    }
}

/// Hours as the span that they are.
pub(crate) fn hours(x: f64) -> String {
    if x.abs() < 48.0 {
        format!("{} h", fixed(x, 1))
    } else {
        format!("{} days", fixed(x / 24.0, 1))
    }
}

fn in_unit(unit: Unit, x: f64) -> f64 {
    if unit == Unit::Rate { x * 100.0 } else { x }
}

fn with_unit(unit: Unit, digits: &str) -> String {
    match unit {
        Unit::Rate => format!("{digits} pp"),
        Unit::Points => format!("{digits} points"),
        Unit::Minutes => format!("{digits} min"),
        Unit::Hours => format!("{digits} h"),
        Unit::Days => format!("{digits} days"),
        _ => digits.to_owned(),
    }
}

fn decimals(unit: Unit) -> usize {
    match unit {
        Unit::Users | Unit::Count => 0,
        Unit::Score | Unit::PerUser | Unit::Correlation => 2,
        Unit::Rate
        | Unit::Points
        | Unit::PerThousand
        | Unit::Minutes
        | Unit::Hours
        | Unit::Days => 1,
    }
}

/// Rates close to 0 or 1 need a second decimal to tell one from another.
fn rate_decimals(rates: &[f64]) -> usize {
    let close = |rate: &f64| (*rate > 0.98 && *rate < 1.0) || (*rate > 0.0 && *rate < 0.02);
    if rates.iter().any(close) { 2 } else { 1 }
}

fn change_decimals(unit: Unit, change: &Change) -> usize {
    match unit {
        Unit::Rate if change.absolute.abs() < 0.01 => 2,
        _ => decimals(unit),
    }
}

fn known(values: &[Option<f64>]) -> Vec<f64> {
    values.iter().copied().flatten().collect()
}

fn group(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_values_are_grouped_and_rounded() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_204_331), "1,204,331");
        assert_eq!(fixed(-1234.56, 1), "\u{2212}1,234.6");
        assert_eq!(fixed(-0.001, 2), "0.00");
        assert_eq!(fixed(f64::NAN, 2), ABSENT);
        assert_eq!(plain(34.0), "34");
        assert_eq!(plain(2.5), "2.5");
        assert_eq!(signed(0.004, 2), "0.00");
        assert_eq!(signed(0.005_1, 2), "+0.01");
    }

    #[test]
    fn rates_become_percent_with_the_decimals_that_they_need() {
        assert_eq!(percent(0.41), "41.0%");
        assert_eq!(percent(0.9956), "99.56%");
        assert_eq!(percent(1.0), "100.0%");
        assert_eq!(value(Unit::Hours, 5.25), "5.2 h");
        assert_eq!(value(Unit::Hours, 60.0), "2.5 days");
        let rate = Estimate {
            value: Some(0.9956),
            low: Some(0.9945),
            high: Some(0.9965),
            n: 9,
        };
        assert_eq!(interval(Unit::Rate, &rate).unwrap(), "99.45 to 99.65%");
        assert_eq!(estimate(Unit::Rate, &Estimate::default()), ABSENT);
    }

    #[test]
    fn spans_are_told_in_the_unit_that_fits() {
        assert_eq!(span(0.0), "0.0 s");
        assert_eq!(span(119.96), "120.0 s");
        assert_eq!(span(450.0), "7.5 min");
        assert_eq!(span(11_520.0), "3.2 h");
        assert_eq!(span(181_440.0), "2.1 days");
    }

    #[test]
    fn changes_of_rates_are_percentage_points() {
        let drop = Change {
            absolute: -0.029,
            relative: Some(-0.03),
            low: Some(-0.034),
            high: Some(-0.024),
        };
        assert_eq!(change(Unit::Rate, &drop), "\u{2212}2.9 pp");
        assert_eq!(change_size(Unit::Rate, &drop), "2.9 pp");
        assert_eq!(
            change_interval(Unit::Rate, &drop).unwrap(),
            "\u{2212}3.4 to \u{2212}2.4 pp"
        );
        let small = Change {
            absolute: -0.0008,
            ..drop
        };
        assert_eq!(change(Unit::Rate, &small), "\u{2212}0.08 pp");
        assert_eq!(relative(0.031), "+3.1%");
    }
}
