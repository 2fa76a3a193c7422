//! The table of what people wrote about.

use analysis::findings::WeeklyFindings;

use super::Kind::{Integer, Number, Text};
use super::columns::{by_window, window};
use super::{Cell, Layout, Written, col, one_of, opt, write};
use crate::error::Result;

/// What people wrote about.
pub(crate) const FEEDBACK_THEMES: Layout = Layout {
    file: "feedback_themes",
    grain: "one phrase of one week",
    key: &["app", "week_start", "theme"],
    columns: by_window![
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
    write(&FEEDBACK_THEMES, &findings.scope, rows)
}
