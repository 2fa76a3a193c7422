//! The table of KPIs by week.

use analysis::findings::{Kpi, Reading, WeeklyFindings};

use super::Kind::{Boolean, Integer, Number, Text};
use super::columns::{
    CI_HIGH, CI_LOW, METRIC_ID, N, VALUE, by_window, decimals, estimate, unit_word, window,
};
use super::{Cell, Layout, Written, col, one_of, opt, write};
use crate::error::Result;
use crate::number::percent_figure;
use crate::wording;

/// KPIs of the week.
pub(crate) const KPI_WEEKLY: Layout = Layout {
    file: "kpi_weekly",
    grain: "one KPI of one week",
    key: &["app", "week_start", "metric_id"],
    columns: by_window![
        METRIC_ID,
        col("metric_name", Text, "", "The metric's name."),
        one_of(
            "unit",
            false,
            "users, count, ratio, score, points, per user, per 1,000 users, minutes, hours",
            "Unit of value.",
        ),
        VALUE,
        CI_LOW,
        CI_HIGH,
        N,
        opt(
            "prev_value",
            Number,
            "by unit",
            "The value of the week before.",
        ),
        opt(
            "delta_abs",
            Number,
            "by unit",
            "value minus prev_value; for ratios 0.01 is one point.",
        ),
        opt("delta_rel_pct", Number, "%", "Relative change in percent."),
        opt(
            "delta_ci_low",
            Number,
            "by unit",
            "Lower end of the 95 % interval of delta_abs.",
        ),
        opt(
            "delta_ci_high",
            Number,
            "by unit",
            "Upper end of the 95 % interval of delta_abs.",
        ),
        opt("target", Number, "by unit", "The target, where one is set."),
        one_of(
            "status",
            false,
            "rose, fell, no_detectable_change, counted, insufficient_data, no_input",
            "What may be said of the change.",
        ),
        col(
            "is_partial",
            Boolean,
            "",
            "Whether the week was not over at the moment of the run.",
        ),
        opt(
            "revision",
            Integer,
            "count",
            "Edition of a closed week, where it was numbered.",
        ),
        col("prev_n", Integer, "count", "The n of the week before."),
        col("environment", Text, "", "The environment that was read."),
        opt(
            "send",
            Text,
            "",
            "What to send so that an empty KPI is filled.",
        ),
    ],
};

/// The KPIs.
pub(crate) fn kpi_weekly(findings: &WeeklyFindings) -> Result<Written> {
    let rows: Vec<Vec<Cell>> = findings
        .kpis
        .iter()
        .map(|kpi| kpi_row(findings, kpi))
        .collect();
    write(&KPI_WEEKLY, &findings.scope, rows)
}

fn kpi_row(findings: &WeeklyFindings, kpi: &Kpi) -> Vec<Cell> {
    let scope = &findings.scope;
    let unit = wording::unit_of(&kpi.metric);
    let places = decimals(unit);
    let found = kpi.change.as_ref();
    let mut row = window(scope);
    row.extend([
        Cell::text(&kpi.metric),
        Cell::text(&wording::metric_name(&kpi.metric)),
    ]);
    row.push(Cell::text(unit_word(unit)));
    row.extend(estimate(&kpi.now, places));
    row.push(Cell::Count(kpi.now.n));
    row.push(Cell::real(kpi.before.value, places));
    row.push(Cell::real(found.map(|change| change.absolute), places));
    row.push(Cell::real(
        found.and_then(|change| change.relative).map(percent_figure),
        4,
    ));
    row.push(Cell::real(found.and_then(|change| change.low), places));
    row.push(Cell::real(found.and_then(|change| change.high), places));
    row.push(Cell::Empty);
    row.push(Cell::text(reading_word(kpi.reading)));
    row.push(Cell::Flag(!scope.complete));
    row.push(Cell::Empty);
    row.push(Cell::Count(kpi.before.n));
    row.push(Cell::text(&scope.environment));
    let missing = findings
        .missing
        .iter()
        .find(|missing| missing.metric == kpi.metric);
    row.push(Cell::text_or_empty(
        missing.map(|missing| missing.send.as_str()),
    ));
    row
}

pub(super) fn reading_word(reading: Reading) -> &'static str {
    match reading {
        Reading::Rose => "rose",
        Reading::Fell => "fell",
        Reading::NoDetectableChange => "no_detectable_change",
        Reading::Counted => "counted",
        Reading::InsufficientData => "insufficient_data",
        Reading::NoInput => "no_input",
    }
}
