//! The tables of adoption: by day, and by release.

use analysis::findings::{AdoptionSeries, Scope, TimeToShare};

use super::Kind::{Date, Integer, Number, Text};
use super::columns::{APP, RELEASE, RELEASE_LABEL, TZ, VERSION, by_window};
use super::{Cell, Column, Layout, Written, col, columns, one_of, opt, write};
use crate::error::Result;
use crate::text::release_label;

const STAGES: &str = "rising, adopted, low, replaced";

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
        one_of("stage", true, STAGES, "Where the release stood that day."),
        RELEASE_LABEL,
        one_of(
            "counted",
            false,
            "active_users, feedback_authors",
            "Who was counted.",
        ),
        opt(
            "users_on_it_or_newer",
            Integer,
            "users",
            "Users that day whose newest release was this one or a newer one.",
        ),
        col(
            "sessions",
            Integer,
            "count",
            "Sessions on the release that began that day.",
        ),
        col(
            "total_sessions",
            Integer,
            "count",
            "Sessions in all that began that day.",
        ),
        opt(
            "session_ratio",
            Number,
            "ratio",
            "sessions / total_sessions.",
        ),
        opt(
            "offered_ratio",
            Number,
            "ratio",
            "Share of users who could have the release: its stage in a phased rollout, else 1.",
        ),
        opt(
            "of_offered_ratio",
            Number,
            "ratio",
            "adoption_ratio / offered_ratio.",
        ),
    ],
};

/// Adoption by day.
pub(crate) fn adoption_daily<'a>(
    scope: &Scope,
    adoption: impl Iterator<Item = &'a AdoptionSeries>,
) -> Result<Written> {
    let mut rows = Vec::new();
    for series in adoption {
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
                Cell::text_or_empty(point.stage.map(|stage| stage.as_str())),
                Cell::text(&release_label(&series.release)),
                Cell::text(&series.unit),
                point.on_release_or_newer.map_or(Cell::Empty, Cell::Count),
                Cell::Count(point.sessions),
                Cell::Count(point.total_sessions),
                Cell::real(point.session_share, 6),
                Cell::real(point.offered, 6),
                Cell::real(point.share_of_offered, 6),
            ]);
        }
    }
    write(&ADOPTION_DAILY, scope, rows)
}

/// Days until a share of the eligible users.
const fn days(name: &'static str, meaning: &'static str) -> Column {
    opt(name, Integer, "days", meaning)
}

/// Adoption by release.
pub(crate) const RELEASE_ADOPTION: Layout = Layout {
    file: "release_adoption",
    grain: "one release in one window",
    key: &["app", "week_start", "release"],
    columns: by_window![
        RELEASE,
        RELEASE_LABEL,
        one_of("stage", true, STAGES, "Where the release stands."),
        opt(
            "rollout",
            Text,
            "",
            "Rollout path of its record: big_bang, push, pull, phased.",
        ),
        opt(
            "eligible_users",
            Integer,
            "users",
            "Users active on its day or later, who could move to it.",
        ),
        opt(
            "adopted_users",
            Integer,
            "users",
            "Of them, those who have been on it or on a newer one.",
        ),
        days(
            "days_to_10_pct",
            "Days until a tenth of the eligible users were on it (Kaplan-Meier).",
        ),
        days("days_to_10_pct_low", "Lower end of its 95 % interval."),
        days("days_to_10_pct_high", "Upper end of its 95 % interval."),
        days("days_to_50_pct", "Days until half of them were on it."),
        days("days_to_50_pct_low", "Lower end of its 95 % interval."),
        days("days_to_50_pct_high", "Upper end of its 95 % interval."),
        days("days_to_90_pct", "Days until nine in ten were on it."),
        days("days_to_90_pct_low", "Lower end of its 95 % interval."),
        days("days_to_90_pct_high", "Upper end of its 95 % interval."),
        opt("forecast_date", Date, "", "The day that is forecast."),
        opt(
            "forecast_from_ratio",
            Number,
            "ratio",
            "Share on it or on a newer one a week before forecast_date.",
        ),
        opt(
            "forecast_n",
            Integer,
            "users",
            "Active users on the day that forecast_from_ratio speaks of.",
        ),
        opt(
            "forecast_ratio",
            Number,
            "ratio",
            "Share on it or on a newer one that is forecast; empty where it did not beat no change.",
        ),
        opt(
            "forecast_low",
            Number,
            "ratio",
            "Lower end of its 80 % interval.",
        ),
        opt(
            "forecast_high",
            Number,
            "ratio",
            "Upper end of its 80 % interval.",
        ),
        opt("forecast_method", Text, "", "hazard or bass."),
    ],
};

/// Adoption by release.
pub(crate) fn release_adoption<'a>(
    scope: &Scope,
    adoption: impl Iterator<Item = &'a AdoptionSeries>,
) -> Result<Written> {
    let rows: Vec<Vec<Cell>> = adoption
        .map(|series| {
            let mut row = columns::window(scope);
            row.extend(by_release(series));
            row
        })
        .collect();
    write(&RELEASE_ADOPTION, scope, rows)
}

fn by_release(series: &AdoptionSeries) -> Vec<Cell> {
    let count = |n: Option<u64>| n.map_or(Cell::Empty, Cell::Count);
    let time = series.time_to_adopt.as_ref();
    let mut row = vec![
        Cell::text(&series.release),
        Cell::text(&release_label(&series.release)),
        Cell::text_or_empty(series.stage.map(|stage| stage.as_str())),
        Cell::text_or_empty(series.rollout.as_deref()),
        count(time.map(|time| time.eligible)),
        count(time.map(|time| time.adopted)),
    ];
    for place in 0..3 {
        let until = time.and_then(|time| time.until.get(place));
        let read =
            |days: fn(&TimeToShare) -> Option<u32>| count(until.and_then(days).map(u64::from));
        row.extend([
            read(|until| until.days),
            read(|until| until.low),
            read(|until| until.high),
        ]);
    }
    let ahead = series.forecast.as_ref();
    row.extend([
        Cell::date(ahead.map(|ahead| ahead.day.as_str())),
        Cell::real(ahead.map(|ahead| ahead.share_now), 6),
        count(ahead.map(|ahead| ahead.n)),
        Cell::real(ahead.map(|ahead| ahead.share), 6),
        Cell::real(ahead.map(|ahead| ahead.low), 6),
        Cell::real(ahead.map(|ahead| ahead.high), 6),
        Cell::text_or_empty(ahead.map(|ahead| ahead.method.as_str())),
    ]);
    row
}
