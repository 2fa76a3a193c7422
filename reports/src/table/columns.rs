//! Columns and cells that several tables share.

use analysis::findings::{Estimate, Scope};
use analysis::metric::{self, Unit};

use super::Kind::{Date, Number, Text};
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
        Unit::Rate | Unit::Score => 6,
        Unit::Points | Unit::Hours => 4,
    }
}

/// The word of a unit in tables; a rate is a ratio there, as it is not in percent.
pub(super) fn unit_word(unit: Unit) -> &'static str {
    match unit {
        Unit::Users => "users",
        Unit::Count => "count",
        Unit::Rate => "ratio",
        Unit::Score => "score",
        Unit::Points => "points",
        Unit::Hours => "hours",
    }
}

/// The word of a metric's unit.
pub(super) fn metric_unit(metric: &metric::Metric) -> &'static str {
    unit_word(metric.unit)
}
