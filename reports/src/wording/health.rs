//! A health check as a terminal, a cron mail and a Nagios-like monitor show it.
//!
//! Only versions, metric names and numbers are printed: no feedback text can reach a CI log here.

use analysis::findings::{
    Advice, Check, HealthFindings, NewError, PullProgress, ReleaseSeen, StageAdvice, Verdict,
};
use analysis::metric::Unit;

use super::{change, metric_inline, metric_name, reading_of, too_few, unit_of, verdict};
use crate::day;
use crate::number;
use crate::text::{clean, log_safe};

/// Longest name of a release on a line.
pub(crate) const NAME_CHARS_MAX: usize = 100;
/// Longest reason on a line.
pub(crate) const REASON_CHARS_MAX: usize = 400;

/// One line: state, release, baseline and why.
pub(crate) fn health_line(findings: &HealthFindings) -> String {
    let against = match &findings.baseline {
        Some(baseline) => format!("against {}", log_safe(baseline, NAME_CHARS_MAX)),
        None => "without a baseline".to_owned(),
    };
    let days = match (&findings.first_day, &findings.last_day) {
        (Some(first), Some(last)) => format!(", {}", day::range(first, last)),
        _ => String::new(),
    };
    format!(
        "RELEASE {} - {} {} {against}: {} ({}{days})",
        state(findings.verdict),
        clean(&findings.app),
        log_safe(&findings.release, NAME_CHARS_MAX),
        log_safe(&findings.reason, REASON_CHARS_MAX),
        standing(findings),
    )
}

/// How far the judgement has come, and since when it says so.
fn standing(findings: &HealthFindings) -> String {
    let word = findings.state.as_str().replace('_', " ");
    match &findings.first_alarm_at {
        Some(since) => format!("{word} since {since}"),
        None => word,
    }
}

pub(crate) fn state(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "OK",
        Verdict::Warn => "WARNING",
        Verdict::Fail => "CRITICAL",
        Verdict::InsufficientData => "UNKNOWN",
    }
}

/// What the columns of the checks are called.
const HEADING: [&str; 7] = [
    "check",
    "verdict",
    "release",
    "baseline",
    "difference (95% interval)",
    "rate of harm (at any look)",
    "n",
];

/// The checks in cells, heading first.
pub(crate) fn health_rows(findings: &HealthFindings) -> Vec<[String; 7]> {
    let heading = HEADING.map(str::to_owned);
    let rows = findings.checks.iter().map(table_row);
    std::iter::once(heading).chain(rows).collect()
}

/// The checks as an aligned table, heading first.
pub(crate) fn health_table(findings: &HealthFindings) -> String {
    aligned(&health_rows(findings))
}

/// Rows with their cells below each other.
pub(crate) fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; N] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| {
                    let missing = width.saturating_sub(cell.chars().count());
                    [cell.as_str(), &" ".repeat(missing)].concat()
                })
                .collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect();
    lines.join("\n")
}

/// The releases of apps, a line each.
pub(crate) fn release_list(releases: &[ReleaseSeen]) -> String {
    let heading = ["app", "release", "first seen", "released", "rollout"].map(str::to_owned);
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let rows = releases.iter().map(|one| {
        [
            one.app.clone(),
            log_safe(&one.release, NAME_CHARS_MAX),
            known(&one.first_seen_at),
            known(&one.released_at),
            known(&one.rollout),
        ]
    });
    let rows: Vec<[String; 5]> = std::iter::once(heading).chain(rows).collect();
    aligned(&rows) + "\n"
}

/// How the release differs from its baseline in one metric.
pub(crate) fn difference(check: &Check) -> String {
    match (&check.change, check.verdict) {
        (Some(found), Verdict::Pass | Verdict::Warn | Verdict::Fail) => {
            change(&check.metric, found, reading_of(found))
        }
        _ => format!(
            "{}, needs {}",
            too_few(&check.now, &check.before),
            number::count(check.min_n)
        ),
    }
}

/// One check in a sentence's worth of words.
pub(crate) fn check_sentence(check: &Check) -> String {
    let unit = unit_of(&check.metric);
    let reason = log_safe(&check.reason, REASON_CHARS_MAX);
    let figures = format!(
        "{} against {}: {}",
        number::estimate(unit, &check.now),
        number::estimate(unit, &check.before),
        difference(check)
    );
    if reason.is_empty() {
        figures
    } else {
        format!("{figures}; {reason}")
    }
}

/// What is to be known beside the table: the baseline's rule, the hours, how each check stands.
pub(crate) fn health_notes(findings: &HealthFindings) -> Vec<String> {
    let rule = findings
        .baseline_rule
        .iter()
        .map(|rule| format!("baseline: {rule}"));
    let window = &findings.window;
    let hours = window.start.iter().zip(&window.end).map(|(start, end)| {
        let delay = window.reporting_delay_hours;
        format!("hours judged: {start} to {end}; an hour is judged {delay} h after it ended")
    });
    let stage = findings.stage.iter().map(stage);
    let pull = findings.pull.iter().map(pull);
    let superseded = findings.superseded_by.iter();
    let superseded = superseded.map(|newer| format!("superseded by {newer}"));
    let checks = findings.checks.iter().map(|check| {
        let state = check.state.as_str().replace('_', " ");
        format!(
            "{}: {state}; {}",
            metric_inline(&check.metric),
            check.reason
        )
    });
    let new_errors = findings.new_errors.iter().map(new_error);
    let notes = findings.notes.iter().map(|note| format!("note: {note}"));
    let all = rule
        .chain(hours)
        .chain(stage)
        .chain(pull)
        .chain(superseded)
        .chain(checks)
        .chain(new_errors)
        .chain(notes);
    all.map(|line| log_safe(&line, REASON_CHARS_MAX)).collect()
}

/// An error that came with the release.
fn new_error(error: &NewError) -> String {
    let since = error.first_at.as_deref().unwrap_or("?");
    format!(
        "new error: {} ({}), {} users, {} of the release's, since {since}",
        error.name,
        error.fingerprint,
        number::count(error.users),
        number::estimate(Unit::Rate, &error.per_user),
    )
}

/// Where a phased rollout stands, and whether it may go on.
fn stage(stage: &StageAdvice) -> String {
    let percent = number::percent_short;
    let what = match (stage.advice, &stage.decides_at) {
        (Advice::Advance, _) => "advance".to_owned(),
        (Advice::Hold, Some(at)) => format!("hold, it can be judged by {at}"),
        (Advice::Hold, None) => "hold".to_owned(),
    };
    let next = match (stage.next_share, &stage.next_at) {
        (Some(share), Some(at)) => format!("; next {} at {at}", percent(share)),
        _ => String::new(),
    };
    format!(
        "stage: {} since {}: {what}{next}",
        percent(stage.share),
        stage.since
    )
}

/// How many have not fetched it yet.
fn pull(pull: &PullProgress) -> String {
    let deadline = match (&pull.deadline, pull.is_overdue) {
        (Some(at), true) => format!("; the deadline was {at}"),
        (Some(at), false) => format!("; deadline {at}"),
        (None, _) => String::new(),
    };
    format!(
        "still below it: {} of {} users of the last 7 days{deadline}",
        number::estimate(Unit::Rate, &pull.below),
        number::count(pull.active_users),
    )
}

/// The rate of harm beside the baseline's.
pub(crate) fn ratio_of(check: &Check) -> String {
    let Some(ratio) = check.ratio else {
        return String::new();
    };
    let times = |ratio: Option<f64>| ratio.map_or("?".to_owned(), |ratio| number::fixed(ratio, 2));
    format!(
        "×{} [{}, {}]",
        times(ratio.value),
        times(ratio.low),
        times(ratio.high)
    )
}

fn table_row(check: &Check) -> [String; 7] {
    let unit = unit_of(&check.metric);
    let chip = verdict(check.verdict);
    [
        metric_name(&check.metric),
        format!("{} {}", chip.icon, chip.word),
        number::estimate(unit, &check.now),
        number::estimate(unit, &check.before),
        difference(check),
        ratio_of(check),
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
    let words = if words.is_empty() {
        log_safe(&findings.reason, REASON_CHARS_MAX)
    } else {
        words.join(", ")
    };
    let text = format!(
        "RELEASE {} - {} {words}, {}",
        state(findings.verdict),
        log_safe(&findings.release, NAME_CHARS_MAX),
        standing(findings),
    );
    // A bar in the words would start the figures too early.
    let text = text.replace('|', "/");
    if figures.is_empty() {
        return text;
    }
    format!("{text} | {}", figures.join(" "))
}
