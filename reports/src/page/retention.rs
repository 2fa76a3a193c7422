//! How often users come, and whether they come back: a table of cohorts whose cells are the darker
//! the more came back. The figure stands in each cell, so nothing is told by colour alone.

use analysis::findings::{Cohort, CohortBy, Estimate, Retention, WeeklyFindings};
use analysis::metric::{self, Metric, Unit};

use crate::chart::{Pair, pair_bars};
use crate::day;
use crate::number;
use crate::text::clean;
use crate::wording;

/// Most weeks on the page, the newest; the CSV table holds all.
const WEEKS_MAX: usize = 26;
/// Most releases on the page, the newest; the CSV table holds all.
const RELEASES_MAX: usize = 8;
/// Most bars of a chart.
const BARS_MAX: usize = 14;
/// Shades of a cell.
const SHADES: u32 = 5;

/// How often users come, and whether they come back.
pub(crate) struct RetentionView {
    pub(crate) active_days_chart: String,
    pub(crate) active_days: Vec<(String, String, String)>,
    pub(crate) tables: Vec<TableView>,
    pub(crate) releases: Option<TableView>,
}

/// Cohorts by one metric.
pub(crate) struct TableView {
    pub(crate) name: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) days: Vec<String>,
    pub(crate) rows: Vec<CohortView>,
}

/// One cohort.
pub(crate) struct CohortView {
    pub(crate) cohort: String,
    pub(crate) users: String,
    pub(crate) cells: Vec<CellView>,
}

/// One cohort after so many days.
pub(crate) struct CellView {
    pub(crate) shade: String,
    pub(crate) share: String,
    pub(crate) interval: String,
    pub(crate) n: String,
}

/// The view of a week; nothing where nobody came.
pub(crate) fn view(findings: &WeeklyFindings) -> Option<RetentionView> {
    let retention = &findings.retention;
    if findings.active_days.is_empty() && retention.cohorts.is_empty() {
        return None;
    }
    let of = |by: CohortBy| -> Vec<&Cohort> {
        let cohorts = retention.cohorts.iter();
        cohorts.filter(|cohort| cohort.by == by).collect()
    };
    let (weeks, releases) = (of(CohortBy::Week), of(CohortBy::Release));
    let newest_weeks = weeks.iter().rev().take(WEEKS_MAX).rev();
    let mut shown = of(CohortBy::All);
    shown.extend(newest_weeks);
    let metrics = [
        metric::RETENTION_ON_DAY,
        metric::RETENTION_FROM_DAY,
        metric::RETENTION_ROLLING,
    ];
    let tables = metrics.map(|metric| table(retention, &metric, "First use from", &shown));
    let of_releases: Vec<&Cohort> = releases.iter().take(RELEASES_MAX).copied().collect();
    let first_release = "Release of first use";
    let by_release = table(
        retention,
        &metric::RETENTION_ON_DAY,
        first_release,
        &of_releases,
    );
    Some(RetentionView {
        active_days_chart: chart(findings),
        active_days: active_days(findings),
        tables: tables
            .into_iter()
            .filter(|table| !table.rows.is_empty())
            .collect(),
        releases: (!of_releases.is_empty()).then_some(by_release),
    })
}

fn table(
    retention: &Retention,
    metric: &Metric,
    kind: &'static str,
    cohorts: &[&Cohort],
) -> TableView {
    let days = retention.days.iter();
    TableView {
        name: metric.name,
        meaning: metric.definition,
        kind,
        days: days.map(|day| format!("Day {day}")).collect(),
        rows: cohorts
            .iter()
            .map(|cohort| CohortView {
                cohort: match cohort.by {
                    CohortBy::Week => day::long(&cohort.cohort),
                    CohortBy::All => "all".to_owned(),
                    CohortBy::Release => clean(&cohort.cohort),
                },
                users: number::count(cohort.users),
                cells: retention
                    .days
                    .iter()
                    .map(|day| {
                        let after = cohort.after(metric.id, *day);
                        cell(after.map(|returned| &returned.share))
                    })
                    .collect(),
            })
            .collect(),
    }
}

fn cell(share: Option<&Estimate>) -> CellView {
    let Some((share, rate)) = share.and_then(|share| Some((share, share.value?))) else {
        return CellView {
            shade: String::new(),
            share: number::ABSENT.to_owned(),
            interval: String::new(),
            n: String::new(),
        };
    };
    CellView {
        shade: format!(" h{}", shade(rate)),
        share: number::estimate(Unit::Rate, share),
        interval: number::interval(Unit::Rate, share).unwrap_or_default(),
        n: number::count(share.n),
    }
}

/// How dark a rate is shown, from 0 to the darkest.
fn shade(rate: f64) -> u32 {
    (1..=SHADES)
        .rev()
        .find(|shade| rate * f64::from(SHADES) > f64::from(*shade) - 1.0)
        .unwrap_or(0)
}

fn chart(findings: &WeeklyFindings) -> String {
    if findings.active_days.is_empty() || findings.active_days.len() > BARS_MAX {
        return String::new();
    }
    let pairs: Vec<Pair> = findings
        .active_days
        .iter()
        .map(|active| Pair {
            label: days(active.days),
            now: active.users,
            before: active.users_before,
        })
        .collect();
    let title = "Users by active days, this window and the one before";
    pair_bars(
        "active-days",
        title,
        &pairs,
        ("this window", "the one before"),
    )
}

fn active_days(findings: &WeeklyFindings) -> Vec<(String, String, String)> {
    let rows = findings.active_days.iter().map(|active| {
        (
            days(active.days),
            number::count(active.users),
            number::count(active.users_before),
        )
    });
    rows.collect()
}

fn days(days: u32) -> String {
    wording::counted(days.into(), "day", "days")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_the_darker_the_more_came_back() {
        let shades = [0.0, 0.01, 0.2, 0.21, 0.5, 0.81, 1.0].map(shade);
        assert_eq!(shades, [0, 1, 1, 2, 3, 5, 5]);
        let none = cell(None);
        assert_eq!((none.share.as_str(), none.shade.as_str()), ("–", ""));
    }
}
