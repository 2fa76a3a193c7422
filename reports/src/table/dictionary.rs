//! The dictionary: each column of each table, and each metric, in one table of its own.

use analysis::findings::Scope;
use analysis::metric;

use super::Kind::{Boolean, Integer, Text};
use super::{Cell, LAYOUTS, Layout, SCHEMA_VERSION, Written, col, one_of, opt, write};
use crate::error::Result;

/// The dictionary itself.
pub(crate) const DICTIONARY: Layout = Layout {
    file: "dictionary",
    grain: "one column of one table, or one metric",
    key: &["file", "column"],
    columns: &[
        one_of(
            "schema_version",
            false,
            "s1",
            "Layout of this table; columns are only appended within it.",
        ),
        col(
            "file",
            Text,
            "",
            "The table; metric for the definition of a metric.",
        ),
        col(
            "column",
            Text,
            "",
            "The column; the metric's id for a metric.",
        ),
        col("position", Integer, "count", "Place in the table, from 1."),
        one_of(
            "type",
            false,
            "string, date, integer, number, boolean",
            "Type of the column.",
        ),
        opt("unit", Text, "", "Unit of the values."),
        col(
            "nullable",
            Boolean,
            "",
            "Whether it may be empty; empty is missing, never 0.",
        ),
        opt(
            "allowed_values",
            Text,
            "",
            "The values that it may take, where they are few.",
        ),
        col(
            "description",
            Text,
            "",
            "What it means; for a metric its definition, interval and source.",
        ),
        col("since_schema", Text, "", "The layout in which it came."),
    ],
};

/// All columns and metrics.
pub(crate) fn dictionary(scope: &Scope) -> Result<Written> {
    let mut rows = Vec::new();
    for layout in LAYOUTS {
        for (position, column) in (1_u64..).zip(layout.columns) {
            rows.push(vec![
                Cell::text(layout.file),
                Cell::text(column.name),
                Cell::Count(position),
                Cell::text(column.kind.as_str()),
                Cell::text(column.unit),
                Cell::Flag(column.nullable),
                Cell::text(column.allowed),
                Cell::text(column.meaning),
                Cell::text(SCHEMA_VERSION),
            ]);
        }
    }
    for (position, metric) in (1_u64..).zip(metric::computed()) {
        let meaning = format!(
            "{}: {} Formula: {}. Interval: {}. Fed by: {}. Source: {}.",
            metric.name,
            metric.definition,
            metric.formula,
            metric.interval,
            metric.fed_by,
            metric.source
        );
        rows.push(vec![
            Cell::text("metric"),
            Cell::text(metric.id),
            Cell::Count(position),
            Cell::text("number"),
            Cell::text(super::columns::metric_unit(metric)),
            Cell::Flag(true),
            Cell::Empty,
            Cell::text(&meaning),
            Cell::text(SCHEMA_VERSION),
        ]);
    }
    write(&DICTIONARY, scope, rows)
}
