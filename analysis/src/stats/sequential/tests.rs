//! The ratio of two rates: reference values, the error bound by enumeration, and the edges.

use serde_json::Value;
use statrs::distribution::{Binomial, Discrete};

use super::interval::{Hint, RatioHistory};
use super::process::{Alternative, Mixture, RatioProcess, STEPS, UNIFORM};
use super::*;
use crate::stats::oracle::{close, oracle_text};

fn cell(n: u64, m: u64, x: u64, y: u64) -> Cell {
    let arm = |exposure, events| Arm { exposure, events };
    Cell {
        new: arm(n, x),
        base: arm(m, y),
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    let number = |value: &Value| match value {
        Value::String(text) => text.parse().unwrap(),
        other => other.as_f64().unwrap(),
    };
    value.as_array().unwrap().iter().map(number).collect()
}

fn hours(value: &Value) -> Vec<usize> {
    serde_json::from_value(value.clone()).unwrap()
}

fn cells(case: &Value) -> Vec<Cell> {
    let rows: Vec<[u64; 4]> = serde_json::from_value(case["hours_nt_nc_xt_xc"].clone()).unwrap();
    let of_row = |[n, m, x, y]: [u64; 4]| cell(n, m, x, y);
    rows.into_iter().map(of_row).collect()
}

fn process_over(cells: &[Cell], null: f64, alternative: Alternative) -> RatioProcess {
    let mut process = RatioProcess::new(null, alternative, Mixture::PLAIN);
    for (hour, cell) in (0..).zip(cells) {
        process.advance(hour, &[*cell]);
    }
    process
}

#[test]
fn processes_agree_with_forty_digit_arithmetic() {
    let Some(text) = oracle_text("eprocess_binomial.json") else {
        return;
    };
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    for case in &cases {
        let (cells, at_hours) = (cells(case), hours(&case["at_hour"]));
        for (key, value) in case.as_object().unwrap() {
            let (alternative, null) = if let Some(null) = key.strip_prefix("log_e_H0_ratio_le_") {
                (Alternative::Above, null)
            } else if let Some(null) = key.strip_prefix("log_e_H0_ratio_ge_") {
                (Alternative::Below, null)
            } else {
                continue;
            };
            for (at, expected) in at_hours.iter().zip(numbers(value)) {
                let mut process =
                    RatioProcess::new(null.parse().unwrap(), alternative, Mixture::PLAIN);
                // The reference takes the binomial form at all rates: one stratum is as good as an hour.
                for (hour, cell) in (0..).zip(&cells[..*at]) {
                    process.advance_by_binomial(hour, &[*cell]);
                }
                close(
                    Some(process.log_e()),
                    expected,
                    1e-9 * expected.abs().max(1e-3),
                );
            }
        }
        let mut log_e = 0.0;
        let expected = numbers(&case["log_e_hypergeometric_odds_ratio_1.5"]);
        for (hour, cell) in (1..).zip(&cells) {
            log_e += hypergeometric::log_factors(cell, &[1.5]).unwrap()[0];
            if let Some(index) = at_hours.iter().position(|at| *at == hour) {
                close(
                    Some(log_e),
                    expected[index],
                    1e-9 * expected[index].abs().max(1e-3),
                );
            }
        }
    }
}

#[test]
fn intervals_agree_with_forty_digit_arithmetic() {
    let Some(text) = oracle_text("eprocess_binomial.json") else {
        return;
    };
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    for case in &cases {
        let mut history = RatioHistory::default();
        let mut hints = (Hint::default(), Hint::default());
        let at_hours = hours(&case["cs95_ratio_at_hours"]);
        for (hour, cell) in (1..).zip(cells(case)) {
            history.add(&cell);
            let interval = history.interval(0.05, &UNIFORM, &mut hints);
            let Some(index) = at_hours.iter().position(|at| *at == hour) else {
                continue;
            };
            let expected = numbers(&case["cs95_ratio"][index]);
            close(
                Some(interval.low),
                expected[0],
                1e-6 * expected[0].max(1e-6),
            );
            // The reference searches up to a million.
            close(
                Some(interval.high.unwrap_or(1e6)),
                expected[1],
                1e-6 * expected[1],
            );
        }
    }
}

/// The mean of the next factor over all counts that can come, at a true ratio.
fn mean_factor(
    process: &RatioProcess,
    before: &[Cell],
    arms: (u64, u64),
    rates: (f64, f64),
) -> f64 {
    let of = |n, p| Binomial::new(p, n).unwrap();
    let (new, base) = (of(arms.0, rates.0), of(arms.1, rates.1));
    let start = process.log_e();
    let hour = i64::try_from(before.len()).unwrap();
    let mut mean = 0.0;
    for x in 0..=arms.0 {
        for y in 0..=arms.1 {
            let mut next = process.clone();
            next.advance(hour, &[cell(arms.0, arms.1, x, y)]);
            mean += new.pmf(x) * base.pmf(y) * (next.log_e() - start).exp();
        }
    }
    mean
}

#[test]
fn evidence_does_not_grow_on_average_under_the_null() {
    let before = [cell(40, 60, 3, 2), cell(30, 30, 1, 1)];
    for (null, alternative, ratio) in [
        (1.0, Alternative::Above, 1.0),
        (1.0, Alternative::Above, 0.8),
        (1.1, Alternative::Above, 1.1),
        (1.5, Alternative::Below, 1.5),
        (1.5, Alternative::Below, 2.0),
    ] {
        for mixture in [Mixture::PLAIN, Mixture::ALARM, Mixture::PROOF] {
            let mut process = RatioProcess::new(null, alternative, mixture);
            for (hour, cell) in (0..).zip(&before) {
                process.advance(hour, &[*cell]);
            }
            // Rare and frequent: the latter take the exact factor at the null 1.
            for rate in [0.01, 0.05, 0.3] {
                let rates = (rate * ratio, rate);
                let mean = mean_factor(&process, &before, (30, 20), rates);
                assert!(mean <= 1.0 + 1e-12, "{null} {alternative:?} {rate}: {mean}");
                if (ratio - null).abs() < 1e-9 && rate < 0.02 {
                    assert!(mean > 0.99, "{null} {alternative:?} {rate}: {mean}");
                }
            }
        }
    }
}

#[test]
fn the_exact_factor_is_fair() {
    // Hypergeometric with 12 + 8 exposed, 6 events: the mean of the factor is 1.
    let (n, m, events) = (12_u64, 8, 6);
    let choose = |n: u64, k: u64| {
        (0..k)
            .map(|i| (n - i) as f64 / (i + 1) as f64)
            .product::<f64>()
    };
    let mean = |x: u64| {
        let probability = choose(n, x) * choose(m, events - x) / choose(n + m, events);
        let factors = hypergeometric::log_factors(&cell(n, m, x, events - x), &STEPS).unwrap();
        factors.map(|factor| probability * factor.exp())
    };
    let mut sums = [0.0; 11];
    for x in 0..=events {
        for (sum, part) in sums.iter_mut().zip(mean(x)) {
            *sum += part;
        }
    }
    for sum in sums {
        close(Some(sum), 1.0, 1e-12);
    }
    assert_eq!(hypergeometric::log_factors(&cell(3, 9, 4, 0), &[2.0]), None);
    let huge = cell(1_000_000_000, 1_000_000_000, 300_000_000, 300_000_000);
    assert_eq!(hypergeometric::log_factors(&huge, &[2.0]), None);
}

#[test]
fn strata_of_an_hour_and_hours_of_a_stratum_are_the_same_evidence() {
    let cells = [cell(100, 300, 4, 2), cell(900, 80, 9, 1)];
    let together = {
        let mut process = RatioProcess::new(1.0, Alternative::Above, Mixture::PLAIN);
        process.advance(0, &cells);
        process
    };
    let in_turn = process_over(&cells, 1.0, Alternative::Above);
    close(Some(together.log_e()), in_turn.log_e(), 1e-12);
}

#[test]
fn a_late_rise_is_seen_sooner_with_late_starts() {
    let first_alarm = |mixture: Mixture| {
        let mut process = RatioProcess::new(1.0, Alternative::Above, mixture);
        (0..300).find(|&hour| {
            let events = if hour < 72 { 10 } else { 20 };
            process.advance(hour, &[cell(1000, 1000, events, 10)]);
            process.log_e() >= 20.0_f64.ln()
        })
    };
    let uniform = Mixture {
        from_start: 1.0,
        ..Mixture::ALARM
    };
    let (late, plain) = (first_alarm(Mixture::ALARM), first_alarm(uniform));
    assert!(late.unwrap() > 72 && late < plain, "{late:?} {plain:?}");
}

#[test]
fn starts_keep_their_weight_through_gaps() {
    let mut dense = RatioProcess::new(1.0, Alternative::Above, Mixture::ALARM);
    let mut sparse = dense.clone();
    for hour in 5..40 {
        let cells = if hour % 13 == 5 {
            vec![cell(500, 400, 3, 1)]
        } else {
            vec![]
        };
        dense.advance(hour, &cells);
        if !cells.is_empty() {
            sparse.advance(hour, &cells);
        }
    }
    sparse.advance(39, &[]);
    close(Some(dense.log_e()), sparse.log_e(), 1e-12);
    // Before anything is compared the evidence is exactly none, however many starts lie behind.
    let mut idle = RatioProcess::new(1.0, Alternative::Above, Mixture::ALARM);
    for hour in [i64::MIN, -7, 0, 1000, i64::MAX] {
        idle.advance(hour, &[cell(0, 10, 0, 3), cell(5, 5, 0, 0)]);
        assert!(idle.log_e().abs() < 1e-12, "{}", idle.log_e());
    }
}

#[test]
fn nothing_is_lost_at_the_edges() {
    let edges = [
        vec![],
        vec![cell(0, 0, 0, 0)],
        vec![cell(0, 0, 5, 5)],
        vec![cell(10, 0, 3, 0)],
        vec![cell(10, 10, 10, 0)],
        vec![cell(10, 10, 0, 10)],
        vec![cell(10, 10, 10, 10)],
        vec![cell(1, 1_000_000_000, 1, 0)],
        vec![cell(1_000_000_000, 1_000_000_000, 1_000_000_000, 0)],
        vec![cell(1_000_000_000, 1_000_000_000, 5_000_000, 5_001_000)],
        vec![cell(u64::MAX, u64::MAX, u64::MAX, 1)],
        vec![cell(5, 7, 900, 0)],
    ];
    for cells in edges {
        for (null, alternative) in [
            (1.0, Alternative::Above),
            (1.1, Alternative::Above),
            (1.5, Alternative::Below),
            (f64::NAN, Alternative::Above),
        ] {
            let log_e = process_over(&cells, null, alternative).log_e();
            assert!(log_e.is_finite(), "{cells:?}: {log_e}");
        }
        let mut history = RatioHistory::default();
        cells.iter().for_each(|cell| history.add(cell));
        let interval = history.interval(0.05, &UNIFORM, &mut (Hint::default(), Hint::default()));
        let high = interval.high.unwrap_or(f64::INFINITY);
        assert!(
            0.0 <= interval.low && interval.low <= high,
            "{cells:?}: {interval:?}"
        );
        if let Some(ratio) = history.ratio() {
            assert!(
                interval.low <= ratio && ratio <= high,
                "{cells:?}: {interval:?}"
            );
        }
    }
}

#[test]
fn the_interval_is_where_the_processes_reject() {
    let cells = [
        cell(2000, 9000, 14, 40),
        cell(7000, 5000, 51, 20),
        cell(9000, 900, 44, 2),
    ];
    let mut history = RatioHistory::default();
    cells.iter().for_each(|cell| history.add(cell));
    let interval = history.interval(0.05, &UNIFORM, &mut (Hint::default(), Hint::default()));
    let at_low = process_over(&cells, interval.low, Alternative::Above).log_e();
    let at_high = process_over(&cells, interval.high.unwrap(), Alternative::Below).log_e();
    close(Some(at_low), 40.0_f64.ln(), 1e-8);
    close(Some(at_high), 40.0_f64.ln(), 1e-8);
    let ratio = history.ratio().unwrap();
    assert!(interval.low < ratio && ratio < interval.high.unwrap());
    // Swapping the arms turns the interval over.
    let mut mirrored = RatioHistory::default();
    for cell in cells {
        mirrored.add(&Cell {
            new: cell.base,
            base: cell.new,
        });
    }
    let turned = mirrored.interval(0.05, &UNIFORM, &mut (Hint::default(), Hint::default()));
    close(Some(turned.low * interval.high.unwrap()), 1.0, 1e-9);
    close(turned.high.map(|high| high * interval.low), 1.0, 1e-9);
    close(mirrored.ratio(), 1.0 / ratio, 1e-12);
}
