//! The tables of which features are used, and which are hardly used.

use analysis::findings::{Change, Estimate, FeatureFigure, FeatureRow, Scope, WeeklyFindings};
use analysis::metric::{self, Metric};

use super::Kind::{Boolean, Date, Integer, Number, Text};
use super::columns::{
    CI_HIGH, CI_LOW, METRIC_ID, N, VALUE, by_window, decimals, estimate, metric_unit, window,
};
use super::kpis::reading_word;
use super::{Cell, Column, Layout, Written, col, one_of, opt, write};
use crate::error::Result;

/// Between the parts of a list in a cell.
const BETWEEN: &str = "; ";

const FEATURE: Column = col(
    "feature",
    Text,
    "",
    "The name of the feature's event; the backlog item's id where the item names several.",
);
const EVENTS: Column = col("events", Text, "", "The names of its events.");
const ITEMS: Column = opt("items", Text, "", "The backlog items that name it.");
const FEATURE_RELEASE: Column = opt(
    "release",
    Text,
    "",
    "The release from which on users have it; empty where it came without a release alone.",
);
const IS_RECORDED: Column = col(
    "is_recorded",
    Boolean,
    "",
    "Whether a release record says so; else it is the oldest release on which it was seen.",
);

/// Figures of features.
pub(crate) const FEATURES: Layout = Layout {
    file: "features",
    grain: "one figure of one feature in one window",
    key: &["app", "week_start", "feature", "events", "metric_id"],
    columns: by_window![
        FEATURE,
        EVENTS,
        ITEMS,
        FEATURE_RELEASE,
        IS_RECORDED,
        METRIC_ID,
        one_of(
            "unit",
            false,
            "users, ratio, per user, days",
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
            "The value of the window before.",
        ),
        opt("prev_n", Integer, "count", "The n of the window before."),
        opt("delta_abs", Number, "by unit", "value minus prev_value."),
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
        one_of(
            "status",
            true,
            "rose, fell, no_detectable_change, counted, insufficient_data, no_input",
            "What may be said of the change; empty where a figure is not compared.",
        ),
        opt(
            "p90",
            Number,
            "per user",
            "Of the uses per user the number that nine in ten users do not exceed.",
        ),
        opt(
            "users_with_first_use",
            Integer,
            "users",
            "Of the time to first use, those of n who have used it.",
        ),
    ],
};

/// A figure that is not compared with the window before.
struct Alone<'a> {
    metric: &'static Metric,
    now: &'a Estimate,
    p90: Option<f64>,
    first_users: Option<u64>,
}

/// Figures of features.
pub(crate) fn features(scope: &Scope, rows: &[FeatureRow]) -> Result<Written> {
    let rows = rows.iter().flat_map(|row| {
        let compared = [
            (&metric::FEATURE_USERS, &row.users),
            (&metric::FEATURE_ELIGIBLE_SHARE, &row.eligible_share),
            (&metric::FEATURE_REPEAT_SHARE, &row.repeat_share),
            (&metric::FEATURE_KEPT_SHARE, &row.kept_share),
        ];
        let alone = [
            Alone {
                metric: &metric::FEATURE_DEPTH,
                now: &row.depth,
                p90: row.depth_p90,
                first_users: None,
            },
            Alone {
                metric: &metric::FEATURE_FIRST_USE_DAYS,
                now: &row.first_use_days,
                p90: None,
                first_users: Some(row.first_users),
            },
        ];
        let cells = |own: Vec<Cell>| [window(scope), about(row), own].concat();
        let compared = compared.map(|(metric, figure)| cells(compared_cells(metric, figure)));
        let alone = alone.map(|figure| cells(alone_cells(&figure)));
        compared.into_iter().chain(alone)
    });
    write(&FEATURES, scope, rows.collect())
}

fn about(row: &FeatureRow) -> Vec<Cell> {
    vec![
        Cell::text(&row.feature),
        Cell::text(&row.events.join(BETWEEN)),
        Cell::text(&row.items.join(BETWEEN)),
        Cell::text_or_empty(row.release.as_deref()),
        Cell::Flag(row.is_recorded),
    ]
}

fn measured(metric: &Metric, now: &Estimate) -> Vec<Cell> {
    let mut cells = vec![Cell::text(metric.id), Cell::text(metric_unit(metric))];
    cells.extend(estimate(now, decimals(metric.unit)));
    cells.push(Cell::Count(now.n));
    cells
}

fn compared_cells(metric: &Metric, figure: &FeatureFigure) -> Vec<Cell> {
    let places = decimals(metric.unit);
    let of_change = |part: fn(&Change) -> Option<f64>| {
        Cell::real(figure.change.as_ref().and_then(part), places)
    };
    let mut cells = measured(metric, &figure.now);
    cells.extend([
        Cell::real(figure.before.value, places),
        Cell::Count(figure.before.n),
        of_change(|change| Some(change.absolute)),
        of_change(|change| change.low),
        of_change(|change| change.high),
        Cell::text(reading_word(figure.reading)),
        Cell::Empty,
        Cell::Empty,
    ]);
    cells
}

fn alone_cells(figure: &Alone<'_>) -> Vec<Cell> {
    let mut cells = measured(figure.metric, figure.now);
    cells.extend([(); 6].map(|()| Cell::Empty));
    cells.push(Cell::real(figure.p90, 0));
    cells.push(figure.first_users.map_or(Cell::Empty, Cell::Count));
    cells
}

/// Candidates to simplify or remove.
pub(crate) const FEATURE_CANDIDATES: Layout = Layout {
    file: "feature_candidates",
    grain: "one shipped feature that few used, in one window",
    key: &["app", "week_start", "feature", "events"],
    columns: by_window![
        FEATURE,
        EVENTS,
        ITEMS,
        FEATURE_RELEASE,
        IS_RECORDED,
        col(
            "shipped_on",
            Date,
            "",
            "The day of its release; without a record the day on which it was first used.",
        ),
        col("first_day", Date, "", "The first of the days looked at."),
        col("last_day", Date, "", "The last of the days looked at."),
        col(
            "users",
            Integer,
            "users",
            "Eligible users who used it in the days looked at.",
        ),
        opt("ratio", Number, "ratio", "users / n."),
        CI_LOW,
        CI_HIGH,
        col(
            "n",
            Integer,
            "users",
            "Users active in the days looked at on a release that has it.",
        ),
        col(
            "ratio_min",
            Number,
            "ratio",
            "The stated share: a feature below it is a candidate.",
        ),
        col(
            "is_certain",
            Boolean,
            "",
            "Whether the whole interval lies below ratio_min.",
        ),
        col(
            "is_seen",
            Boolean,
            "",
            "Whether an event of it ever came; if not, the app may not send it.",
        ),
    ],
};

/// Candidates to simplify or remove.
pub(crate) fn feature_candidates(findings: &WeeklyFindings) -> Result<Written> {
    let scope = &findings.scope;
    let unused = &findings.features.unused;
    let rows = unused.rows.iter().map(|row| {
        let mut cells = window(scope);
        cells.extend([
            Cell::text(&row.feature),
            Cell::text(&row.events.join(BETWEEN)),
            Cell::text(&row.items.join(BETWEEN)),
            Cell::text_or_empty(row.release.as_deref()),
            Cell::Flag(row.is_recorded),
            Cell::date(Some(&row.shipped_on)),
            Cell::date(Some(&unused.first_day)),
            Cell::date(Some(&unused.last_day)),
            Cell::Count(row.users),
        ]);
        cells.extend(estimate(&row.share, 6));
        cells.extend([
            Cell::Count(row.share.n),
            Cell::real(Some(unused.share_min), 6),
            Cell::Flag(row.is_certain),
            Cell::Flag(row.is_seen),
        ]);
        cells
    });
    write(&FEATURE_CANDIDATES, scope, rows.collect())
}
