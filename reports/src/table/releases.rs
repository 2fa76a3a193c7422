//! The table of releases, judged at a single look.

use analysis::findings::{Change, Estimate, ReleaseRow, Scope, Verdict, WeeklyFindings};

use super::Kind::{Boolean, Date, Integer, Number, Text};
use super::columns::{
    CI_HIGH, CI_LOW, RELEASE, RELEASE_LABEL, by_window, decimals, estimate, window,
};
use super::{Cell, Layout, Written, col, one_of, opt, write};
use crate::error::Result;
use crate::text::release_label;
use crate::wording;

/// Releases judged at a single look.
pub(crate) const RELEASE_HEALTH: Layout = Layout {
    file: "release_health",
    grain: "one metric of one release",
    key: &["app", "week_start", "release", "check_id"],
    columns: by_window![
        RELEASE,
        opt(
            "baseline_release",
            Text,
            "",
            "The release it was compared with: ratings each in their own first days, sessions over the days that both have.",
        ),
        one_of(
            "verdict",
            false,
            "pass, warn, fail, insufficient_data",
            "Judgement of the release; one look, not to be repeated every hour.",
        ),
        opt(
            "score",
            Number,
            "points",
            "Health score, where one is set up.",
        ),
        col("check_id", Text, "", "The metric."),
        opt(
            "value",
            Number,
            "by metric",
            "Its value on the release; ratios are 0 to 1.",
        ),
        CI_LOW,
        CI_HIGH,
        col("n", Integer, "count", "What the value rests on."),
        opt(
            "min_n",
            Integer,
            "count",
            "Least n for a judgement, where one is set.",
        ),
        opt(
            "warn_threshold",
            Number,
            "by metric",
            "Warning line, where one is set.",
        ),
        opt(
            "fail_threshold",
            Number,
            "by metric",
            "Failing line, where one is set.",
        ),
        col("reason", Text, "", "Why the release has its verdict."),
        RELEASE_LABEL,
        opt("delta_abs", Number, "by metric", "Release minus baseline."),
        opt(
            "delta_ci_low",
            Number,
            "by metric",
            "Lower end of the 95 % interval of delta_abs.",
        ),
        opt(
            "delta_ci_high",
            Number,
            "by metric",
            "Upper end of the 95 % interval of delta_abs.",
        ),
        col(
            "speaks_against",
            Boolean,
            "",
            "Whether this metric speaks against the release.",
        ),
        one_of(
            "method",
            false,
            "single_look",
            "How often the intervals may be looked at.",
        ),
        col(
            "active_users",
            Integer,
            "users",
            "Distinct active users on the release in the window.",
        ),
        col(
            "sessions",
            Integer,
            "count",
            "Distinct sessions on the release in the window.",
        ),
        col(
            "feedback_authors",
            Integer,
            "users",
            "Distinct feedback authors on the release.",
        ),
        opt(
            "share_ratio",
            Number,
            "ratio",
            "Share of the users counted by share_unit.",
        ),
        one_of(
            "share_unit",
            false,
            "active_users, feedback_authors",
            "What share_ratio counts.",
        ),
        opt(
            "days_to_half",
            Integer,
            "days",
            "Days from first seen until half were on it.",
        ),
        opt(
            "first_seen",
            Date,
            "",
            "Day of the first event or feedback on the release.",
        ),
        opt("released_on", Date, "", "Day of its release record."),
    ],
};

/// The releases.
pub(crate) fn release_health(findings: &WeeklyFindings) -> Result<Written> {
    let rows: Vec<Vec<Cell>> = findings
        .releases
        .iter()
        .flat_map(|row| {
            let checks: [(&str, &Estimate, Option<&Change>); 3] = [
                (
                    "crash_free_sessions",
                    &row.crash_free_sessions,
                    row.crash_free_change.as_ref(),
                ),
                ("rating_mean", &row.rating, row.rating_change.as_ref()),
                (
                    "low_rating",
                    &row.low_rating,
                    row.low_rating_change.as_ref(),
                ),
            ];
            checks.map(|check| release_row(&findings.scope, row, check))
        })
        .collect();
    write(&RELEASE_HEALTH, &findings.scope, rows)
}

fn release_row(
    scope: &Scope,
    release: &ReleaseRow,
    check: (&str, &Estimate, Option<&Change>),
) -> Vec<Cell> {
    let (id, now, change) = check;
    let places = decimals(wording::unit_of(id));
    let mut row = window(scope);
    row.push(Cell::text(&release.release));
    row.push(Cell::text_or_empty(release.baseline.as_deref()));
    row.push(Cell::text(release.verdict.as_str()));
    row.extend([Cell::Empty, Cell::text(id)]);
    row.extend(estimate(now, places));
    row.push(Cell::Count(now.n));
    row.extend([Cell::Empty, Cell::Empty, Cell::Empty]);
    row.push(Cell::text(&wording::release_reason(release)));
    row.push(Cell::text(&release_label(&release.release)));
    row.push(Cell::real(change.map(|change| change.absolute), places));
    row.push(Cell::real(change.and_then(|change| change.low), places));
    row.push(Cell::real(change.and_then(|change| change.high), places));
    let against = release.verdict != Verdict::InsufficientData
        && release.worse_by.iter().any(|worse| worse == id);
    row.push(Cell::Flag(against));
    row.push(Cell::text("single_look"));
    row.push(Cell::Count(release.active_users));
    row.push(Cell::Count(release.sessions));
    row.push(Cell::Count(release.feedback_authors));
    row.push(Cell::real(release.share, 6));
    row.push(Cell::text(&release.share_unit));
    row.push(
        release
            .days_to_half
            .map_or(Cell::Empty, |days| Cell::Count(days.into())),
    );
    row.push(Cell::date(release.first_seen.as_deref()));
    row.push(Cell::date(release.released_on.as_deref()));
    row
}
