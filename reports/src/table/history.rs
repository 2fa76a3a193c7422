//! The table of history: one figure of one day or window a row.

use analysis::findings::{Grain, PastFigure, WeeklyFindings};

use super::Kind::{Date, Text};
use super::columns::{
    APP, CI_HIGH, CI_LOW, METRIC_ID, N, TZ, VALUE, VERSION, decimals, estimate, unit_word,
};
use super::{Cell, Layout, Written, col, one_of, opt, write};
use crate::error::Result;
use crate::wording;

/// Figures of each day and window known.
pub(crate) const KPI_HISTORY: Layout = Layout {
    file: "kpi_history",
    grain: "one figure of one day or window, of all users or of a part of them",
    key: &[
        "app",
        "metric_id",
        "grain",
        "start",
        "release",
        "feature",
        "cohort_start",
    ],
    columns: &[
        VERSION,
        APP,
        TZ,
        METRIC_ID,
        one_of(
            "unit",
            false,
            "users, count, ratio, score, points, per user, per 1,000 users, minutes, hours",
            "Unit of value.",
        ),
        one_of(
            "grain",
            false,
            "day, window",
            "A calendar day, or a window as long as the report's: a week, unless another was asked for.",
        ),
        col("start", Date, "", "First day of the day or window, in tz."),
        opt(
            "release",
            Text,
            "",
            "Of this release alone; unknown where none was sent. Empty: of all.",
        ),
        opt(
            "feature",
            Text,
            "",
            "Of this feature alone, of the 200 with the most users.",
        ),
        opt(
            "cohort_start",
            Date,
            "",
            "Of the users alone whose first event ever lies in the window that begins on this day.",
        ),
        VALUE,
        CI_LOW,
        CI_HIGH,
        N,
    ],
};

/// The history.
pub(crate) fn kpi_history(findings: &WeeklyFindings) -> Result<Written> {
    let scope = &findings.scope;
    let rows: Vec<Vec<Cell>> = findings
        .history
        .iter()
        .map(|figure| row(&scope.app, &scope.zone, figure))
        .collect();
    write(&KPI_HISTORY, scope, rows)
}

fn row(app: &str, zone: &str, figure: &PastFigure) -> Vec<Cell> {
    let unit = wording::unit_of(&figure.metric);
    let grain = match figure.grain {
        Grain::Day => "day",
        Grain::Window => "window",
    };
    let mut row = vec![
        Cell::text(app),
        Cell::text(zone),
        Cell::text(&figure.metric),
        Cell::text(unit_word(unit)),
        Cell::text(grain),
        Cell::date(Some(&figure.start)),
        Cell::text_or_empty(figure.release.as_deref()),
        Cell::text_or_empty(figure.feature.as_deref()),
        Cell::date(figure.cohort.as_deref()),
    ];
    row.extend(estimate(&figure.estimate, decimals(unit)));
    row.push(Cell::Count(figure.estimate.n));
    row
}
