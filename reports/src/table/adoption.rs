//! The table of adoption by day.

use analysis::findings::WeeklyFindings;

use super::Kind::{Date, Integer, Number, Text};
use super::columns::{APP, RELEASE, RELEASE_LABEL, TZ, VERSION};
use super::{Cell, Layout, Written, col, one_of, opt, write};
use crate::error::Result;
use crate::text::release_label;

/// Adoption by day.
pub(crate) const ADOPTION_DAILY: Layout = Layout {
    file: "release_adoption_daily",
    grain: "one release on one day",
    key: &["app", "date", "release"],
    columns: &[
        VERSION,
        APP,
        TZ,
        col("date", Date, "", "The day, in tz."),
        RELEASE,
        col(
            "active_users",
            Integer,
            "users",
            "Users on the release that day; counted says which.",
        ),
        col(
            "total_active_users",
            Integer,
            "users",
            "Users that day in all.",
        ),
        col(
            "adoption_ratio",
            Number,
            "ratio",
            "active_users / total_active_users.",
        ),
        col(
            "days_since_release",
            Integer,
            "days",
            "Whole days since the release was first seen.",
        ),
        opt(
            "stage",
            Text,
            "",
            "Stage of the rollout, where one is known.",
        ),
        RELEASE_LABEL,
        one_of(
            "counted",
            false,
            "active_users, feedback_authors",
            "Who was counted.",
        ),
    ],
};

/// Adoption by day.
pub(crate) fn adoption_daily(findings: &WeeklyFindings) -> Result<Written> {
    let scope = &findings.scope;
    let mut rows = Vec::new();
    for series in &findings.adoption {
        for point in &series.points {
            rows.push(vec![
                Cell::text(&scope.app),
                Cell::text(&scope.zone),
                Cell::date(Some(&point.day)),
                Cell::text(&series.release),
                Cell::Count(point.on_release),
                Cell::Count(point.total),
                Cell::real(Some(point.share), 6),
                Cell::Count(point.days_since_first_seen.into()),
                Cell::Empty,
                Cell::text(&release_label(&series.release)),
                Cell::text(&series.unit),
            ]);
        }
    }
    write(&ADOPTION_DAILY, scope, &rows)
}
