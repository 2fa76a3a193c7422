//! A health check as a terminal, a cron mail and a Nagios-like monitor show it.
//!
//! Only versions, metric names and numbers are printed: no feedback text can reach a CI log here.

use analysis::findings::{Check, HealthFindings, Verdict};
use analysis::metric::Unit;

use super::{change, metric_inline, metric_name, reading_of, too_few, unit_of, verdict};
use crate::day;
use crate::number;
use crate::text::clean;

/// One line: state, release, baseline and why.
pub(crate) fn health_line(findings: &HealthFindings) -> String {
    let against = match &findings.baseline {
        Some(baseline) => format!("against {}", clean(baseline)),
        None => "without a baseline".to_owned(),
    };
    let days = match (&findings.first_day, &findings.last_day) {
        (Some(first), Some(last)) => format!(", {}", day::range(first, last)),
        _ => String::new(),
    };
    format!(
        "RELEASE {} - {} {} {against}: {} (single look{days})",
        state(findings.verdict),
        clean(&findings.app),
        clean(&findings.release),
        clean(&findings.reason),
    )
}

fn state(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "OK",
        Verdict::Warn => "WARNING",
        Verdict::Fail => "CRITICAL",
        Verdict::InsufficientData => "UNKNOWN",
    }
}

/// The checks as an aligned table, heading first.
pub(crate) fn health_table(findings: &HealthFindings) -> String {
    let heading = [
        "check",
        "verdict",
        "release",
        "baseline",
        "difference (95% interval)",
        "n",
    ];
    let mut rows: Vec<Vec<String>> = vec![heading.iter().map(|word| (*word).to_owned()).collect()];
    rows.extend(findings.checks.iter().map(table_row));
    let widths: Vec<usize> = (0..heading.len())
        .map(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| {
                    format!(
                        "{cell}{}",
                        " ".repeat(width.saturating_sub(cell.chars().count()))
                    )
                })
                .collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect();
    lines.join("\n")
}

fn table_row(check: &Check) -> Vec<String> {
    let unit = unit_of(&check.metric);
    let chip = verdict(check.verdict);
    let difference = match (&check.change, check.verdict) {
        (Some(found), Verdict::Pass | Verdict::Warn | Verdict::Fail) => {
            change(&check.metric, found, reading_of(found))
        }
        _ => format!(
            "{}, needs {}",
            too_few(&check.now, &check.before),
            number::count(check.min_n)
        ),
    };
    vec![
        metric_name(&check.metric),
        format!("{} {}", chip.icon, chip.word),
        number::estimate(unit, &check.now),
        number::estimate(unit, &check.before),
        difference,
        format!(
            "{} / {}",
            number::count(check.now.n),
            number::count(check.before.n)
        ),
    ]
}

/// One line for monitors: state, words, then `| label=value` figures.
pub(crate) fn health_nagios(findings: &HealthFindings) -> String {
    let words: Vec<String> = findings
        .checks
        .iter()
        .map(|check| {
            let unit = unit_of(&check.metric);
            format!(
                "{} {}",
                metric_inline(&check.metric),
                number::estimate(unit, &check.now)
            )
        })
        .collect();
    let figures: Vec<String> = findings
        .checks
        .iter()
        .flat_map(|check| {
            let value = check.now.value.map(|value| match unit_of(&check.metric) {
                Unit::Rate => {
                    format!(
                        "{}={:.4}%;;;0;100",
                        check.metric,
                        number::percent_figure(value)
                    )
                }
                _ => format!("{}={value:.4}", check.metric),
            });
            let n = format!("{}_n={}", check.metric, check.now.n);
            value.into_iter().chain([n])
        })
        .collect();
    let text = format!(
        "RELEASE {} - {} {}, single look",
        state(findings.verdict),
        clean(&findings.release),
        words.join(", ")
    );
    // A bar in the words would start the figures too early.
    format!("{} | {}", text.replace('|', "/"), figures.join(" "))
}
