//! Funnels as a table for people, CSV, and JSON.

use analysis::findings::{Estimate, FunnelFindings, FunnelResult};
use analysis::metric::Unit;
use analysis::sql::Cell;

use crate::answer::answer_table;
use crate::day;
use crate::error::Result;
use crate::number;
use crate::table;
use crate::text::clean;
use crate::wording;

const COLUMNS: [&str; 6] = [
    "step",
    "event",
    "users",
    "of the first step (95 %)",
    "of the step before (95 %)",
    "median time (95 %)",
];

/// For the terminal: each funnel as a heading, a table of its steps, and a sentence.
#[must_use]
pub fn funnel_text(findings: &FunnelFindings) -> String {
    let scope = &findings.scope;
    let period = format!(
        "{}, {}, {}",
        clean(&scope.app),
        day::range(&scope.first_day, &scope.last_day),
        clean(&scope.zone)
    );
    let funnels = findings.funnels.iter().map(|funnel| {
        format!(
            "{}\n{period}\n\n{}\n\n{}\n",
            wording::funnel_head(funnel),
            steps(funnel),
            wording::funnel_sentence(funnel)
        )
    });
    funnels.collect::<Vec<_>>().join("\n")
}

/// As CSV, as all tables are.
///
/// # Errors
/// [`crate::Error::Row`], which is a fault of this crate.
pub fn funnel_csv(findings: &FunnelFindings) -> Result<Vec<u8>> {
    Ok(table::funnel(findings)?.file.bytes)
}

/// As JSON.
///
/// # Errors
/// [`crate::Error::Json`] if the findings can't be written.
pub fn funnel_json(findings: &FunnelFindings) -> Result<String> {
    let mut text = serde_json::to_string_pretty(findings)?;
    text.push('\n');
    Ok(text)
}

fn steps(funnel: &FunnelResult) -> String {
    let rows: Vec<Vec<Cell>> = funnel
        .steps
        .iter()
        .map(|step| {
            vec![
                Cell::Whole(i128::from(step.place)),
                Cell::Text(step.event.clone()),
                Cell::Whole(i128::from(step.users)),
                Cell::Text(share(&step.of_first)),
                Cell::Text(share(&step.of_previous)),
                Cell::Text(time(&step.seconds)),
            ]
        })
        .collect();
    answer_table(&COLUMNS.map(str::to_owned), &rows)
}

fn share(estimate: &Estimate) -> String {
    let value = number::estimate(Unit::Rate, estimate);
    match number::interval(Unit::Rate, estimate) {
        Some(interval) => format!("{value} ({interval})"),
        None => value,
    }
}

fn time(estimate: &Estimate) -> String {
    let Some(value) = estimate.value else {
        return number::ABSENT.to_owned();
    };
    let value = number::span(value);
    match estimate.low.zip(estimate.high) {
        Some((low, high)) => format!("{value} ({} to {})", number::span(low), number::span(high)),
        None => value,
    }
}
