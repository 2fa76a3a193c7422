//! Columns and cells that several tables share.

use analysis::findings::{Estimate, Scope};
use analysis::metric::{self, Unit};

use super::Kind::{Date, Integer, Number, Text};
use super::{Cell, Column, col, one_of, opt};

/// The layout.
pub(super) const VERSION: Column = one_of(
    "schema_version",
    false,
    "s1",
    "Layout of this table; columns are only appended within it.",
);
/// The app.
pub(super) const APP: Column = col("app", Text, "", "The app.");
/// First day.
pub(super) const WEEK_START: Column =
    col("week_start", Date, "", "First day of the window, in tz.");
/// Last day.
pub(super) const WEEK_END: Column = col("week_end", Date, "", "Last day of the window, in tz.");
/// ISO week.
pub(super) const ISO_WEEK: Column = opt(
    "iso_week",
    Text,
    "",
    "ISO week, such as 2026-W40, where the window is one.",
);
/// Zone.
pub(super) const TZ: Column = col("tz", Text, "", "IANA time zone of all days and weeks.");
/// Version.
pub(super) const RELEASE: Column = col(
    "release",
    Text,
    "",
    "The version as sent; unknown where none was sent.",
);
/// Version as text.
pub(super) const RELEASE_LABEL: Column = col(
    "release_label",
    Text,
    "",
    "The version with a leading v, so that no spreadsheet takes 4.10 for a number.",
);
/// The release that a report is about.
pub(super) const REPORTED: Column = col(
    "report_release",
    Text,
    "",
    "The release that the report is about.",
);
/// The metric of a row.
pub(super) const METRIC_ID: Column = col(
    "metric_id",
    Text,
    "",
    "The metric; rows with file = metric in the dictionary define it.",
);
/// The value of a row's metric.
pub(super) const VALUE: Column = opt(
    "value",
    Number,
    "by unit",
    "The value; empty where there was no data. Ratios are 0 to 1.",
);
/// What the value rests on.
pub(super) const N: Column = col(
    "n",
    Integer,
    "count",
    "What the value rests on: the denominator.",
);
/// Lower end.
pub(super) const CI_LOW: Column = opt(
    "ci_low",
    Number,
    "as value",
    "Lower end of the 95 % interval.",
);
/// Upper end.
pub(super) const CI_HIGH: Column = opt(
    "ci_high",
    Number,
    "as value",
    "Upper end of the 95 % interval.",
);

/// The columns of a table by week: those that [`window`] fills, and its own.
macro_rules! by_window {
    ($($own:expr),+ $(,)?) => {
        &[
            $crate::table::columns::VERSION,
            $crate::table::columns::APP,
            $crate::table::columns::WEEK_START,
            $crate::table::columns::WEEK_END,
            $crate::table::columns::ISO_WEEK,
            $crate::table::columns::TZ,
            $($own),+
        ]
    };
}
pub(super) use by_window;

/// The first cells of a table by week: app, week_start, week_end, iso_week, tz.
pub(super) fn window(scope: &Scope) -> Vec<Cell> {
    vec![
        Cell::text(&scope.app),
        Cell::date(Some(&scope.first_day)),
        Cell::date(Some(&scope.last_day)),
        Cell::text_or_empty(scope.iso_week.as_deref()),
        Cell::text(&scope.zone),
    ]
}

/// Value, lower and upper end.
pub(super) fn estimate(estimate: &Estimate, places: usize) -> [Cell; 3] {
    [estimate.value, estimate.low, estimate.high].map(|value| Cell::real(value, places))
}

/// Decimals of a unit in tables.
pub(super) fn decimals(unit: Unit) -> usize {
    match unit {
        Unit::Users | Unit::Count => 0,
        Unit::Rate | Unit::Score | Unit::PerUser | Unit::Correlation => 6,
        Unit::Points | Unit::PerThousand | Unit::Minutes | Unit::Hours | Unit::Days => 4,
    }
}

/// The word of a unit in tables; a rate is a ratio there, as it is not in percent.
pub(crate) fn unit_word(unit: Unit) -> &'static str {
    match unit {
        Unit::Users => "users",
        Unit::Count => "count",
        Unit::Rate => "ratio",
        Unit::Score => "score",
        Unit::Points => "points",
        Unit::PerUser => "per user",
        Unit::PerThousand => "per 1,000 users",
        Unit::Minutes => "minutes",
        Unit::Hours => "hours",
        Unit::Days => "days",
        Unit::Correlation => "correlation",
    }
}

/// The word of a metric's unit.
pub(super) fn metric_unit(metric: &metric::Metric) -> &'static str {
    unit_word(metric.unit)
}
