//! The tables of how often users come, and whether they come back.

use analysis::findings::{Cohort, Returned, WeeklyFindings};

use super::Kind::{Integer, Number, Text};
use super::columns::{CI_HIGH, CI_LOW, by_window, estimate, window};
use super::{Cell, Layout, Written, col, one_of, opt, write};
use crate::error::Result;

/// Who came back.
pub(crate) const RETENTION: Layout = Layout {
    file: "retention",
    grain: "one cohort after so many days, by one metric",
    key: &[
        "app",
        "week_start",
        "cohort_by",
        "cohort",
        "metric_id",
        "day_n",
    ],
    columns: by_window![
        one_of(
            "cohort_by",
            false,
            "all, week, release",
            "What the users of the cohort have in common: nothing, the week or the release of \
             their first event.",
        ),
        col(
            "cohort",
            Text,
            "",
            "First day of the week, or the version, unknown where none was sent; all for all \
             users.",
        ),
        col("cohort_users", Integer, "users", "Users of the cohort."),
        one_of(
            "metric_id",
            false,
            "retention_on_day, retention_from_day, retention_rolling_day",
            "The metric; rows with file = metric in the dictionary define it.",
        ),
        col(
            "day_n",
            Integer,
            "days",
            "After how many days; days that are not over for any of them have no row.",
        ),
        col("users", Integer, "users", "Users who came back."),
        opt("ratio", Number, "ratio", "users / n."),
        CI_LOW,
        CI_HIGH,
        col(
            "n",
            Integer,
            "users",
            "Users of the cohort for whom the day is over.",
        ),
    ],
};

/// Who came back.
pub(crate) fn retention(findings: &WeeklyFindings) -> Result<Written> {
    let scope = &findings.scope;
    let cohorts = findings.retention.cohorts.iter();
    let rows: Vec<Vec<Cell>> = cohorts
        .flat_map(|cohort| {
            let returned = cohort.returned.iter();
            returned.map(|returned| {
                let mut row = window(scope);
                row.extend(of_cohort(cohort, returned));
                row
            })
        })
        .collect();
    write(&RETENTION, scope, rows)
}

fn of_cohort(cohort: &Cohort, returned: &Returned) -> Vec<Cell> {
    let mut row = vec![
        Cell::text(cohort.by.as_str()),
        Cell::text(&cohort.cohort),
        Cell::Count(cohort.users),
        Cell::text(&returned.metric),
        Cell::Count(returned.day.into()),
        Cell::Count(returned.users),
    ];
    row.extend(estimate(&returned.share, 6));
    row.push(Cell::Count(returned.share.n));
    row
}

/// How often users come.
pub(crate) const ACTIVE_DAYS: Layout = Layout {
    file: "active_days",
    grain: "one number of active days in one window",
    key: &["app", "week_start", "active_days"],
    columns: by_window![
        col(
            "active_days",
            Integer,
            "days",
            "Days of the window, exactly so many; several sessions on one day are one.",
        ),
        col(
            "users",
            Integer,
            "users",
            "Users who were active on so many days; the rows add up to active_users.",
        ),
        col(
            "users_before",
            Integer,
            "users",
            "The same of the window before.",
        ),
    ],
};

/// How often users come.
pub(crate) fn active_days(findings: &WeeklyFindings) -> Result<Written> {
    let scope = &findings.scope;
    let rows: Vec<Vec<Cell>> = findings
        .active_days
        .iter()
        .map(|active| {
            let mut row = window(scope);
            row.extend([
                Cell::Count(active.days.into()),
                Cell::Count(active.users),
                Cell::Count(active.users_before),
            ]);
            row
        })
        .collect();
    write(&ACTIVE_DAYS, scope, rows)
}
