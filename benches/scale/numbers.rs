//! The numbers that all engines must find, a line each: `metric,start,release,feature,cohort,so,of`.

use std::collections::BTreeSet;

use analysis::findings::{Grain, PastFigure};
use anyhow::bail;

/// What every engine is asked for.
const METRICS: [&str; 10] = [
    "active_users",
    "daily_active_users",
    "crash_free_sessions",
    "crash_free_users",
    "feature_users",
    "retention_in_week",
    "new_users",
    "returning_users",
    "resurrected_users",
    "dormant_users",
];

/// The lines of a history.
pub(crate) fn of(history: &[PastFigure]) -> Vec<String> {
    let mut lines: Vec<String> = history
        .iter()
        .filter(|figure| METRICS.contains(&figure.metric.as_str()))
        // Crash-free sessions and users are asked for by release alone, daily users of days alone.
        .filter(|figure| !figure.metric.starts_with("crash") || figure.release.is_some())
        .filter(|figure| figure.metric != "daily_active_users" || figure.grain == Grain::Day)
        .map(line)
        .collect();
    lines.sort_unstable();
    lines
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn line(figure: &PastFigure) -> String {
    let (value, n) = (figure.estimate.value.unwrap_or_default(), figure.estimate.n);
    let is_share = figure.metric.starts_with("crash") || figure.metric.starts_with("retention");
    let so = if is_share {
        (value * n as f64).round()
    } else {
        value
    };
    let part = |part: &Option<String>| part.clone().unwrap_or_default();
    format!(
        "{},{},{},{},{},{so:.0},{n}",
        figure.metric,
        figure.start,
        part(&figure.release),
        part(&figure.feature),
        part(&figure.cohort)
    )
}

/// Whether another engine found the same.
pub(crate) fn same(expected: &[String], found: &[String], who: &str) -> anyhow::Result<()> {
    let [expected, found] = [expected, found].map(|lines| lines.iter().collect::<BTreeSet<_>>());
    let missing = expected.difference(&found).next();
    let extra = found.difference(&expected).next();
    if missing.is_some() || extra.is_some() {
        bail!("{who} found other numbers: {missing:?} is missing, {extra:?} is there");
    }
    println!("| | {} numbers are the same | | |", expected.len());
    Ok(())
}
