//! The tables of releases beside each other in their own first days: adoption by age, and ratings.

use analysis::findings::{Estimate, ReleaseFindings};

use super::Kind::{Date, Integer, Number};
use super::columns::{RELEASE, RELEASE_LABEL, REPORTED, by_window, estimate, window};
use super::{Cell, Layout, Written, col, one_of, opt, write};
use crate::error::Result;
use crate::text::release_label;

/// Adoption by age.
pub(crate) const ADOPTION_BY_AGE: Layout = Layout {
    file: "adoption_by_age",
    grain: "one release on one day since its first, in the report of one release",
    key: &["app", "week_start", "report_release", "release", "age_days"],
    columns: by_window![
        REPORTED,
        RELEASE,
        RELEASE_LABEL,
        col("first_date", Date, "", "The release's first day, in tz."),
        col("age_days", Integer, "days", "Whole days since first_date."),
        col("date", Date, "", "The day, in tz."),
        one_of(
            "counted",
            false,
            "active_users, feedback_authors",
            "Who was counted.",
        ),
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
        opt(
            "adoption_ratio",
            Number,
            "ratio",
            "active_users / total_active_users.",
        ),
    ],
};

/// Ratings in first days.
pub(crate) const RELEASE_RATINGS: Layout = Layout {
    file: "release_ratings",
    grain: "the ratings of one release in its own first days, in the report of one release",
    key: &["app", "week_start", "report_release", "release"],
    columns: by_window![
        REPORTED,
        RELEASE,
        RELEASE_LABEL,
        col("first_date", Date, "", "The first day looked at, in tz."),
        col("last_date", Date, "", "The last day looked at, in tz."),
        col("ratings", Integer, "count", "Ratings of 1 to 5 stars."),
        opt("rating_mean", Number, "score", "Their mean."),
        opt(
            "rating_ci_low",
            Number,
            "score",
            "Lower end of the 95 % interval of rating_mean.",
        ),
        opt(
            "rating_ci_high",
            Number,
            "score",
            "Upper end of the 95 % interval of rating_mean.",
        ),
        opt(
            "low_rating_ratio",
            Number,
            "ratio",
            "Share of ratings of 1 or 2 stars.",
        ),
        opt(
            "low_rating_ci_low",
            Number,
            "ratio",
            "Lower end of the 95 % interval of low_rating_ratio.",
        ),
        opt(
            "low_rating_ci_high",
            Number,
            "ratio",
            "Upper end of the 95 % interval of low_rating_ratio.",
        ),
    ],
};

/// Adoption by age.
pub(crate) fn adoption_by_age(findings: &ReleaseFindings) -> Result<Written> {
    let scope = &findings.scope;
    let rows = findings.adoption.iter().flat_map(|one| {
        one.by_age.iter().map(|point| {
            let mut row = window(scope);
            row.extend([
                Cell::text(&findings.release),
                Cell::text(&one.series.release),
                Cell::text(&release_label(&one.series.release)),
                Cell::date(one.first_day.as_deref()),
                Cell::Count(point.age_days.into()),
                Cell::date(Some(&point.day)),
                Cell::text(&one.series.unit),
                Cell::Count(point.on_release),
                Cell::Count(point.share.n),
                Cell::real(point.share.value, 6),
            ]);
            row
        })
    });
    write(&ADOPTION_BY_AGE, scope, rows.collect())
}

/// Ratings in first days.
pub(crate) fn release_ratings(findings: &ReleaseFindings) -> Result<Written> {
    let scope = &findings.scope;
    let figures = |found: &Estimate| estimate(found, 6);
    let rows = findings.ratings.rows.iter().map(|one| {
        let mut row = window(scope);
        row.extend([
            Cell::text(&findings.release),
            Cell::text(&one.release),
            Cell::text(&release_label(&one.release)),
            Cell::date(Some(&one.first_day)),
            Cell::date(Some(&one.last_day)),
            Cell::Count(one.rating.n),
        ]);
        row.extend(figures(&one.rating));
        row.extend(figures(&one.low_rating));
        row
    });
    write(&RELEASE_RATINGS, scope, rows.collect())
}
