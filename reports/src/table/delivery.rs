//! The tables of delivery: its figures, and the deployments that they are made of.

use analysis::findings::{Delivery, DeliveryKpi, DeploymentRow, Part, Scope, Standing};

use super::Kind::{Date, Integer, Number, Text};
use super::columns::{
    APP, CI_HIGH, CI_LOW, METRIC_ID, RELEASE, RELEASE_LABEL, TZ, VALUE, VERSION, decimals,
    estimate, unit_word,
};
use super::{Cell, Column, Layout, Written, col, one_of, opt, write};
use crate::error::Result;
use crate::text::release_label;
use crate::wording;

const WINDOW_START: Column = col(
    "window_start",
    Date,
    "",
    "First day of the window of delivery, in tz.",
);
const WINDOW_END: Column = col(
    "window_end",
    Date,
    "",
    "Last day of the window of delivery, in tz.",
);

/// The figures.
pub(crate) const DELIVERY: Layout = Layout {
    file: "delivery",
    grain: "one figure of delivery of one window",
    key: &["app", "window_end", "metric_id"],
    columns: &[
        VERSION,
        APP,
        WINDOW_START,
        WINDOW_END,
        TZ,
        METRIC_ID,
        col("metric_name", Text, "", "The metric's name."),
        one_of(
            "unit",
            false,
            "count, ratio, hours, days, correlation",
            "Unit of value.",
        ),
        VALUE,
        CI_LOW,
        CI_HIGH,
        col("n", Integer, "count", "What the value rests on."),
        one_of(
            "status",
            false,
            "measured, insufficient_data, no_input",
            "Whether the value may be read.",
        ),
        opt("rests_on", Text, "", "What n is made of, as what: count."),
        opt(
            "left_out",
            Text,
            "",
            "What was left out and why, as why: count; not in n.",
        ),
        col("environment", Text, "", "The environment that was read."),
    ],
};

/// The deployments.
pub(crate) const DEPLOYMENTS: Layout = Layout {
    file: "deployments",
    grain: "one deployment of one release",
    key: &["app", "release", "deployed_at"],
    columns: &[
        VERSION,
        APP,
        WINDOW_START,
        WINDOW_END,
        TZ,
        RELEASE,
        RELEASE_LABEL,
        col("deployed_on", Date, "", "Day on which it went out, in tz."),
        col("deployed_at", Text, "", "When it went out, RFC 3339 UTC."),
        one_of("known_by", false, "mark, record", "What says so."),
        opt("repairs", Text, "", "The release that a hotfix repairs."),
        opt(
            "failed_by",
            Text,
            "",
            "Why it failed: rolled_back, hotfix, verdict; empty where it did not.",
        ),
        opt(
            "recovery_hours",
            Number,
            "hours",
            "Until users were fine again, of one that failed.",
        ),
        one_of(
            "recovered_by",
            true,
            "restored, sessions",
            "What says so: a mark, or the share of sessions.",
        ),
        opt(
            "lead_time_hours",
            Number,
            "hours",
            "Median from change to the first deployment of the release.",
        ),
        col("changes", Integer, "count", "Changes that it rests on."),
        one_of(
            "lead_time_from",
            true,
            "commits, items",
            "What a change is here.",
        ),
        opt(
            "slip_days",
            Number,
            "days",
            "Days behind the plan; below 0 is ahead of it.",
        ),
        opt(
            "first_seen_lag_hours",
            Number,
            "hours",
            "From the first deployment to the first event or feedback.",
        ),
        col("items_planned", Integer, "count", "Items planned for it."),
        col(
            "items_shipped",
            Integer,
            "count",
            "Of those, how many the backlog says are done.",
        ),
        col(
            "goals_judged",
            Integer,
            "count",
            "Goals that could be judged.",
        ),
        col(
            "goals_met",
            Integer,
            "count",
            "Of those, how many were met.",
        ),
    ],
};

/// Writes the figures.
pub(crate) fn delivery(scope: &Scope, delivery: &Delivery) -> Result<Written> {
    let figure = |kpi| figure(scope, delivery, kpi);
    let rows: Vec<Vec<Cell>> = delivery.kpis.iter().map(figure).collect();
    write(&DELIVERY, scope, rows)
}

/// Writes the deployments.
pub(crate) fn deployments(scope: &Scope, delivery: &Delivery) -> Result<Written> {
    let deployment = |row| deployment(scope, delivery, row);
    let rows: Vec<Vec<Cell>> = delivery.deployments.iter().map(deployment).collect();
    write(&DEPLOYMENTS, scope, rows)
}

fn window(scope: &Scope, delivery: &Delivery) -> Vec<Cell> {
    vec![
        Cell::text(&scope.app),
        Cell::date(Some(&delivery.first_day)),
        Cell::date(Some(&delivery.last_day)),
        Cell::text(&scope.zone),
    ]
}

fn figure(scope: &Scope, delivery: &Delivery, kpi: &DeliveryKpi) -> Vec<Cell> {
    let unit = wording::unit_of(&kpi.metric);
    let mut row = window(scope, delivery);
    row.extend([
        Cell::text(&kpi.metric),
        Cell::text(&wording::metric_name(&kpi.metric)),
        Cell::text(unit_word(unit)),
    ]);
    row.extend(estimate(&kpi.now, decimals(unit)));
    row.extend([
        Cell::Count(kpi.now.n),
        Cell::text(match kpi.standing {
            Standing::Measured => "measured",
            Standing::InsufficientData => "insufficient_data",
            Standing::NoInput => "no_input",
        }),
        Cell::text(&parts(&kpi.rests_on)),
        Cell::text(&parts(&kpi.left_out)),
        Cell::text(&scope.environment),
    ]);
    row
}

fn parts(parts: &[Part]) -> String {
    let words = parts
        .iter()
        .map(|part| format!("{}: {}", part.what, part.count));
    words.collect::<Vec<_>>().join("; ")
}

fn deployment(scope: &Scope, delivery: &Delivery, row: &DeploymentRow) -> Vec<Cell> {
    let mut cells = window(scope, delivery);
    cells.extend([
        Cell::text(&row.release),
        Cell::text(&release_label(&row.release)),
        Cell::date(Some(&row.deployed_on)),
        Cell::text(&row.deployed_at),
        Cell::text(&row.known_by),
        Cell::text_or_empty(row.repairs.as_deref()),
        Cell::text(&row.failed_by.join("; ")),
        Cell::real(row.recovery_hours, 4),
        Cell::text_or_empty(row.recovered_by.as_deref()),
        Cell::real(row.lead_time_hours, 4),
        Cell::Count(row.changes),
        Cell::text_or_empty(row.lead_time_from.as_deref()),
        Cell::real(row.slip_days.map(f64::from), 0),
        Cell::real(row.first_seen_lag_hours, 4),
        Cell::Count(row.items_planned),
        Cell::Count(row.items_shipped),
        Cell::Count(row.goals_judged),
        Cell::Count(row.goals_met),
    ]);
    cells
}
