//! The dictionary for programs: JSON, and CSV with one row a metric.

use analysis::metric::{Direction, Metric};
use analysis::sql::Cell;

use super::places;
use crate::answer::{answer_csv_head, answer_csv_row};
use crate::error::Result;
use crate::table::unit_word;

const COLUMNS: [&str; 14] = [
    "id",
    "name",
    "group",
    "unit",
    "direction",
    "definition",
    "formula",
    "numerator",
    "denominator",
    "edge_cases",
    "interval",
    "needs",
    "shown_in",
    "source",
];

/// The metrics as a JSON list.
///
/// # Errors
/// [`crate::Error::Json`] if they can't be written.
pub fn dictionary_json(metrics: &[&'static Metric]) -> Result<String> {
    Ok(serde_json::to_string_pretty(metrics)?)
}

/// The metrics as CSV.
#[must_use]
pub fn dictionary_csv(metrics: &[&'static Metric]) -> String {
    let mut text = answer_csv_head(&COLUMNS.map(str::to_owned));
    for metric in metrics {
        text.push_str(&answer_csv_row(&row(metric)));
    }
    text
}

fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::UpIsGood => "up_is_good",
        Direction::DownIsGood => "down_is_good",
        Direction::Neutral => "neutral",
    }
}

fn row(metric: &Metric) -> Vec<Cell> {
    let edge_cases = metric.edge_cases.join(" ");
    [
        metric.id,
        metric.name,
        metric.group.id(),
        unit_word(metric.unit),
        direction_word(metric.direction),
        metric.definition,
        metric.formula,
        metric.numerator,
        metric.denominator,
        &edge_cases,
        metric.interval,
        metric.fed_by,
        &places(metric),
        metric.source,
    ]
    .into_iter()
    .map(|text| Cell::Text(text.to_owned()))
    .collect()
}
