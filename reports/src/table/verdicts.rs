//! The tables of a release's health: its checks as of now, and the verdicts that were given on it.

use analysis::findings::{Check, PastVerdict, ReleaseFindings};

use super::Kind::{Boolean, Integer, Number, Text};
use super::columns::{
    CI_HIGH, CI_LOW, METRIC_ID, N, RELEASE, RELEASE_LABEL, VALUE, by_window, decimals, estimate,
    window,
};
use super::{Cell, Layout, Written, col, one_of, opt, write};
use crate::error::Result;
use crate::text::release_label;
use crate::wording;

const VERDICTS: &str = "pass, warn, fail, insufficient_data";

/// Checks.
pub(crate) const RELEASE_CHECKS: Layout = Layout {
    file: "release_checks",
    grain: "one check of one release, as of now",
    key: &["app", "week_start", "release", "metric_id"],
    columns: by_window![
        RELEASE,
        RELEASE_LABEL,
        METRIC_ID,
        one_of("verdict", false, VERDICTS, "Judgement of the check."),
        col("state", Text, "", "How far the judgement has come."),
        col(
            "is_critical",
            Boolean,
            "",
            "Whether the release is not judged without it.",
        ),
        VALUE,
        CI_LOW,
        CI_HIGH,
        N,
        opt("baseline", Text, "", "What the release is compared with.",),
        opt(
            "baseline_value",
            Number,
            "by metric",
            "The baseline's value."
        ),
        opt(
            "baseline_ci_low",
            Number,
            "by metric",
            "Lower end of its 95 % interval.",
        ),
        opt(
            "baseline_ci_high",
            Number,
            "by metric",
            "Upper end of its 95 % interval.",
        ),
        col(
            "baseline_n",
            Integer,
            "count",
            "What baseline_value rests on."
        ),
        opt(
            "delta_abs",
            Number,
            "by metric",
            "value minus baseline_value."
        ),
        opt(
            "delta_ci_low",
            Number,
            "by metric",
            "Lower end of the interval of delta_abs.",
        ),
        opt(
            "delta_ci_high",
            Number,
            "by metric",
            "Upper end of the interval of delta_abs.",
        ),
        opt(
            "harm_ratio",
            Number,
            "ratio",
            "Rate of harm over the baseline's within hours and platforms.",
        ),
        opt(
            "harm_ratio_low",
            Number,
            "ratio",
            "Lower end of its confidence sequence, which holds at any look.",
        ),
        opt(
            "harm_ratio_high",
            Number,
            "ratio",
            "Upper end of its confidence sequence.",
        ),
        col(
            "min_n",
            Integer,
            "count",
            "Least n for a judgement, on each side."
        ),
        opt("reason", Text, "", "Why, in plain words."),
    ],
};

/// Verdicts over time.
pub(crate) const RELEASE_VERDICTS: Layout = Layout {
    file: "release_verdicts",
    grain: "one verdict that was given on one release",
    key: &["app", "week_start", "release", "revision", "evaluated_at"],
    columns: by_window![
        RELEASE,
        RELEASE_LABEL,
        col(
            "revision",
            Integer,
            "count",
            "Counts the verdicts on it, from 1."
        ),
        col(
            "evaluated_at",
            Text,
            "",
            "The moment that it spoke for, RFC 3339 UTC.",
        ),
        one_of("verdict", false, VERDICTS, "The verdict."),
        opt("state", Text, "", "How far the judgement had come."),
        one_of(
            "changed_from",
            true,
            VERDICTS,
            "The verdict that stood before.",
        ),
        opt("score", Number, "points", "From 0 to 100."),
        opt("baseline", Text, "", "What it was compared with."),
        opt("reason", Text, "", "Why, in plain words."),
        opt(
            "data_through",
            Text,
            "",
            "The latest arrival among what it was made from, RFC 3339 UTC.",
        ),
    ],
};

/// Checks.
pub(crate) fn release_checks(findings: &ReleaseFindings) -> Result<Written> {
    let scope = &findings.scope;
    let rows = findings.health.checks.iter().map(|check| {
        let mut row = window(scope);
        row.extend([
            Cell::text(&findings.release),
            Cell::text(&release_label(&findings.release)),
        ]);
        row.extend(cells(check, findings.health.baseline.as_deref()));
        row
    });
    write(&RELEASE_CHECKS, scope, rows.collect())
}

fn cells(check: &Check, baseline: Option<&str>) -> Vec<Cell> {
    let places = decimals(wording::unit_of(&check.metric));
    let change = check.change.as_ref();
    let ratio = check.ratio.unwrap_or_default();
    let mut row = vec![
        Cell::text(&check.metric),
        Cell::text(check.verdict.as_str()),
        Cell::text(check.state.as_str()),
        Cell::Flag(check.critical),
    ];
    row.extend(estimate(&check.now, places));
    row.extend([Cell::Count(check.now.n), Cell::text_or_empty(baseline)]);
    row.extend(estimate(&check.before, places));
    row.extend([
        Cell::Count(check.before.n),
        Cell::real(change.map(|change| change.absolute), places),
        Cell::real(change.and_then(|change| change.low), places),
        Cell::real(change.and_then(|change| change.high), places),
        Cell::real(ratio.value, 4),
        Cell::real(ratio.low, 4),
        Cell::real(ratio.high, 4),
        Cell::Count(check.min_n),
        Cell::text(&check.reason),
    ]);
    row
}

/// Verdicts over time.
pub(crate) fn release_verdicts(findings: &ReleaseFindings) -> Result<Written> {
    let scope = &findings.scope;
    let rows = findings.verdicts.iter().map(|past| {
        let mut row = window(scope);
        row.extend(verdict(past));
        row
    });
    write(&RELEASE_VERDICTS, scope, rows.collect())
}

fn verdict(past: &PastVerdict) -> Vec<Cell> {
    vec![
        Cell::text(&past.release),
        Cell::text(&release_label(&past.release)),
        Cell::Count(past.revision.unsigned_abs()),
        Cell::text(&past.evaluated_at),
        Cell::text(past.verdict.as_str()),
        Cell::text_or_empty(past.state.as_deref()),
        Cell::text_or_empty(past.changed_from.map(|verdict| verdict.as_str())),
        Cell::real(past.score, 2),
        Cell::text_or_empty(past.baseline.as_deref()),
        Cell::text(&past.reason),
        Cell::text_or_empty(past.data_through.as_deref()),
    ]
}
