//! The tables of the weekly report.

use analysis::findings::{
    Change, Estimate, Kpi, Reading, ReleaseRow, Scope, Verdict, WeeklyFindings,
};
use analysis::metric::{self, Unit};

use super::Kind::{Boolean, Date, Integer, Number, Text};
use super::{Cell, Column, Layout, Written, col, one_of, opt, write};
use crate::error::Result;
use crate::number::percent_figure;
use crate::text::release_label;
use crate::wording;

const VERSION: Column = one_of(
    "schema_version",
    false,
    "s1",
    "Layout of this table; columns are only appended within it.",
);
const APP: Column = col("app", Text, "", "The app.");
const WEEK_START: Column = col("week_start", Date, "", "First day of the window, in tz.");
const WEEK_END: Column = col("week_end", Date, "", "Last day of the window, in tz.");
const ISO_WEEK: Column = opt(
    "iso_week",
    Text,
    "",
    "ISO week, such as 2026-W40, where the window is one.",
);
const TZ: Column = col("tz", Text, "", "IANA time zone of all days and weeks.");
const RELEASE: Column = col(
    "release",
    Text,
    "",
    "The version as sent; unknown where none was sent.",
);
const RELEASE_LABEL: Column = col(
    "release_label",
    Text,
    "",
    "The version with a leading v, so that no spreadsheet takes 4.10 for a number.",
);
const CI_LOW: Column = opt(
    "ci_low",
    Number,
    "as value",
    "Lower end of the 95 % interval.",
);
const CI_HIGH: Column = opt(
    "ci_high",
    Number,
    "as value",
    "Upper end of the 95 % interval.",
);

/// KPIs of the week.
pub(crate) const KPI_WEEKLY: Layout = Layout {
    file: "kpi_weekly",
    grain: "one KPI of one week",
    key: &["app", "week_start", "metric_id"],
    columns: &[
        VERSION,
        APP,
        WEEK_START,
        WEEK_END,
        ISO_WEEK,
        TZ,
        col(
            "metric_id",
            Text,
            "",
            "The metric; rows with file = metric in the dictionary define it.",
        ),
        col("metric_name", Text, "", "The metric's name."),
        one_of(
            "unit",
            false,
            "users, count, ratio, score, points, hours",
            "Unit of value.",
        ),
        opt(
            "value",
            Number,
            "by unit",
            "The value; empty where there was no data. Ratios are 0 to 1.",
        ),
        CI_LOW,
        CI_HIGH,
        col(
            "n",
            Integer,
            "count",
            "What the value rests on: the denominator.",
        ),
        opt(
            "prev_value",
            Number,
            "by unit",
            "The value of the week before.",
        ),
        opt(
            "delta_abs",
            Number,
            "by unit",
            "value minus prev_value; for ratios 0.01 is one point.",
        ),
        opt("delta_rel_pct", Number, "%", "Relative change in percent."),
        opt(
            "delta_ci_low",
            Number,
            "by unit",
            "Lower end of the 95 % interval of delta_abs.",
        ),
        opt(
            "delta_ci_high",
            Number,
            "by unit",
            "Upper end of the 95 % interval of delta_abs.",
        ),
        opt("target", Number, "by unit", "The target, where one is set."),
        one_of(
            "status",
            false,
            "rose, fell, no_detectable_change, counted, insufficient_data, no_input",
            "What may be said of the change.",
        ),
        col(
            "is_partial",
            Boolean,
            "",
            "Whether the week was not over at the moment of the run.",
        ),
        opt(
            "revision",
            Integer,
            "count",
            "Edition of a closed week, where it was numbered.",
        ),
        col("prev_n", Integer, "count", "The n of the week before."),
        col("environment", Text, "", "The environment that was read."),
        opt(
            "send",
            Text,
            "",
            "What to send so that an empty KPI is filled.",
        ),
    ],
};

/// The KPIs.
pub(crate) fn kpi_weekly(findings: &WeeklyFindings) -> Result<Written> {
    let rows: Vec<Vec<Cell>> = findings
        .kpis
        .iter()
        .map(|kpi| kpi_row(findings, kpi))
        .collect();
    write(&KPI_WEEKLY, &findings.scope, &rows)
}

fn kpi_row(findings: &WeeklyFindings, kpi: &Kpi) -> Vec<Cell> {
    let scope = &findings.scope;
    let unit = wording::unit_of(&kpi.metric);
    let places = decimals(unit);
    let found = kpi.change.as_ref();
    let mut row = window(scope);
    row.extend([
        Cell::text(&kpi.metric),
        Cell::text(&wording::metric_name(&kpi.metric)),
    ]);
    row.push(Cell::text(unit_word(unit)));
    row.extend(estimate(&kpi.now, places));
    row.push(Cell::Count(kpi.now.n));
    row.push(Cell::real(kpi.before.value, places));
    row.push(Cell::real(found.map(|change| change.absolute), places));
    row.push(Cell::real(
        found.and_then(|change| change.relative).map(percent_figure),
        4,
    ));
    row.push(Cell::real(found.and_then(|change| change.low), places));
    row.push(Cell::real(found.and_then(|change| change.high), places));
    row.push(Cell::Empty);
    row.push(Cell::text(reading_word(kpi.reading)));
    row.push(Cell::Flag(!scope.complete));
    row.push(Cell::Empty);
    row.push(Cell::Count(kpi.before.n));
    row.push(Cell::text(&scope.environment));
    let missing = findings
        .missing
        .iter()
        .find(|missing| missing.metric == kpi.metric);
    row.push(Cell::text_or_empty(
        missing.map(|missing| missing.send.as_str()),
    ));
    row
}

/// Releases judged at a single look.
pub(crate) const RELEASE_HEALTH: Layout = Layout {
    file: "release_health",
    grain: "one metric of one release",
    key: &["app", "week_start", "release", "check_id"],
    columns: &[
        VERSION,
        APP,
        WEEK_START,
        WEEK_END,
        ISO_WEEK,
        TZ,
        RELEASE,
        opt(
            "baseline_release",
            Text,
            "",
            "The release it was compared with, over the same days.",
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
        opt(
            "delta_abs",
            Number,
            "by metric",
            "Release minus baseline, over the same days.",
        ),
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
    write(&RELEASE_HEALTH, &findings.scope, &rows)
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

/// What people wrote about.
pub(crate) const FEEDBACK_THEMES: Layout = Layout {
    file: "feedback_themes",
    grain: "one phrase of one week",
    key: &["app", "week_start", "theme"],
    columns: &[
        VERSION,
        APP,
        WEEK_START,
        WEEK_END,
        ISO_WEEK,
        TZ,
        col("theme", Text, "", "The phrase, in lower case."),
        opt(
            "reports",
            Integer,
            "count",
            "Pieces of feedback, where they are counted.",
        ),
        col(
            "distinct_users",
            Integer,
            "users",
            "Distinct users who used it in the window.",
        ),
        opt(
            "share_ratio",
            Number,
            "ratio",
            "Their share of the window's feedback authors with text.",
        ),
        opt(
            "delta_reports",
            Integer,
            "count",
            "Change of reports, where they are counted.",
        ),
        opt(
            "sentiment_mean",
            Number,
            "score",
            "Mean sentiment, where it is measured.",
        ),
        opt(
            "releases",
            Text,
            "",
            "Releases concerned, where they are known.",
        ),
        one_of("method", false, "phrase", "How the theme was found."),
        col(
            "distinct_users_before",
            Integer,
            "users",
            "Distinct users in the window before.",
        ),
        opt(
            "share_ci_low",
            Number,
            "ratio",
            "Lower end of the 95 % interval of share_ratio.",
        ),
        opt(
            "share_ci_high",
            Number,
            "ratio",
            "Upper end of the 95 % interval of share_ratio.",
        ),
        col(
            "share_n",
            Integer,
            "users",
            "Feedback authors with text in the window.",
        ),
        col(
            "low_rating_users",
            Integer,
            "users",
            "Distinct users who gave 1 or 2 stars.",
        ),
        col(
            "high_rating_users",
            Integer,
            "users",
            "Distinct users who gave 4 or 5 stars.",
        ),
        opt(
            "rating_mean",
            Number,
            "score",
            "Mean rating of those who used it.",
        ),
    ],
};

/// The phrases.
pub(crate) fn feedback_themes(findings: &WeeklyFindings) -> Result<Written> {
    let rows: Vec<Vec<Cell>> = findings
        .phrases
        .iter()
        .map(|phrase| {
            let mut row = window(&findings.scope);
            row.extend([
                Cell::text(&phrase.text),
                Cell::Empty,
                Cell::Count(phrase.users),
                Cell::real(phrase.share.value, 6),
                Cell::Empty,
                Cell::Empty,
                Cell::Empty,
                Cell::text("phrase"),
                Cell::Count(phrase.users_before),
                Cell::real(phrase.share.low, 6),
                Cell::real(phrase.share.high, 6),
                Cell::Count(phrase.share.n),
                Cell::Count(phrase.low_users),
                Cell::Count(phrase.high_users),
                Cell::real(phrase.rating, 6),
            ]);
            row
        })
        .collect();
    write(&FEEDBACK_THEMES, &findings.scope, &rows)
}

/// What came in and what became of it.
pub(crate) const DATA_QUALITY: Layout = Layout {
    file: "data_quality",
    grain: "one protocol since the beginning, and the window's feedback and events",
    key: &["app", "week_start", "period", "source"],
    columns: &[
        VERSION,
        APP,
        WEEK_START,
        WEEK_END,
        ISO_WEEK,
        TZ,
        one_of(
            "period",
            false,
            "since_start, window",
            "What the row speaks of.",
        ),
        col(
            "source",
            Text,
            "",
            "The protocol (since_start), or feedback, events, all (window).",
        ),
        opt(
            "received",
            Integer,
            "count",
            "Received = stored + duplicate + quarantined.",
        ),
        opt("stored", Integer, "count", "Stored, revisions included."),
        opt("duplicate", Integer, "count", "Known before; counted once."),
        opt("quarantined", Integer, "count", "Refused, raw bytes kept."),
        opt(
            "revisions",
            Integer,
            "count",
            "Of stored, new revisions of known feedback.",
        ),
        opt("reasons", Text, "", "Why quarantined, as reason: count."),
        opt("in_window", Integer, "count", "Rows in the window."),
        opt(
            "unknown_release",
            Integer,
            "count",
            "Of in_window, without a release.",
        ),
        opt(
            "clock_flagged",
            Integer,
            "count",
            "Rows whose client instant was not used.",
        ),
        opt(
            "late",
            Integer,
            "count",
            "Rows that arrived after the window was over.",
        ),
    ],
};

/// The ledger and the window's quality.
pub(crate) fn data_quality(findings: &WeeklyFindings) -> Result<Written> {
    let quality = &findings.quality;
    let mut rows = Vec::new();
    for line in &quality.ledger {
        let reasons: Vec<String> = line
            .reasons
            .iter()
            .map(|(reason, count)| format!("{reason}: {count}"))
            .collect();
        let mut row = window(&findings.scope);
        row.extend([Cell::text("since_start"), Cell::text(&line.protocol)]);
        row.extend(
            [
                line.received,
                line.stored,
                line.duplicate,
                line.quarantined,
                line.revisions,
            ]
            .map(Cell::Count),
        );
        row.push(Cell::text(&reasons.join("; ")));
        row.extend([Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty]);
        rows.push(row);
    }
    let in_window = [
        (
            "feedback",
            Some((quality.feedback, quality.feedback_unknown_release)),
            None,
        ),
        (
            "events",
            Some((quality.events, quality.events_unknown_release)),
            None,
        ),
        ("all", None, Some((quality.clock_flagged, quality.late))),
    ];
    for (source, counted, flagged) in in_window {
        let pair = |pair: Option<(u64, u64)>| {
            pair.map_or([Cell::Empty, Cell::Empty], |(a, b)| {
                [Cell::Count(a), Cell::Count(b)]
            })
        };
        let mut row = window(&findings.scope);
        row.extend([Cell::text("window"), Cell::text(source)]);
        row.extend(std::iter::repeat_n(Cell::Empty, 6));
        row.extend(pair(counted));
        row.extend(pair(flagged));
        rows.push(row);
    }
    write(&DATA_QUALITY, &findings.scope, &rows)
}

/// app, week_start, week_end, iso_week, tz.
fn window(scope: &Scope) -> Vec<Cell> {
    vec![
        Cell::text(&scope.app),
        Cell::date(Some(&scope.first_day)),
        Cell::date(Some(&scope.last_day)),
        Cell::text_or_empty(scope.iso_week.as_deref()),
        Cell::text(&scope.zone),
    ]
}

fn estimate(estimate: &Estimate, places: usize) -> [Cell; 3] {
    [estimate.value, estimate.low, estimate.high].map(|value| Cell::real(value, places))
}

fn decimals(unit: Unit) -> usize {
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

fn reading_word(reading: Reading) -> &'static str {
    match reading {
        Reading::Rose => "rose",
        Reading::Fell => "fell",
        Reading::NoDetectableChange => "no_detectable_change",
        Reading::Counted => "counted",
        Reading::InsufficientData => "insufficient_data",
        Reading::NoInput => "no_input",
    }
}
