//! The tables of what users said: pieces, themes of a release, suggestions of backlog items.

use analysis::findings::{FeedbackList, FeedbackPiece, LinkSuggestions, ReleaseThemes};

use super::Kind::{Boolean, Integer, Number, Text};
use super::columns::{RELEASE, by_window, window};
use super::{Cell, Column, Layout, Written, col, one_of, opt, write};
use crate::error::Result;

const EVENT_ID: Column = col("event_id", Text, "", "The piece of feedback.");
const TEXT: Column = col("text", Text, "", "What was written.");

/// Pieces of feedback.
pub(crate) const FEEDBACK: Layout = Layout {
    file: "feedback",
    grain: "one piece of feedback with text in one window",
    key: &["app", "week_start", "week_end", "event_id"],
    columns: by_window![
        EVENT_ID,
        col("given_at", Text, "", "When it was given, RFC 3339 in UTC."),
        RELEASE,
        col(
            "kind",
            Text,
            "",
            "How it was given: rating, nps, bug_report and so on."
        ),
        opt("stars", Number, "stars", "1 to 5, where it was a rating."),
        one_of(
            "label",
            false,
            "bug_report|feature_request|praise|other",
            "What it is; what a person said goes before what its words say.",
        ),
        col(
            "actionable_ratio",
            Number,
            "ratio",
            "The probability that it is a bug report or a feature request; 0 or 1 where a person said it.",
        ),
        opt(
            "language",
            Text,
            "",
            "ISO 639-3, where the text is long enough to tell."
        ),
        one_of(
            "tone",
            true,
            "like|neutral|dislike",
            "Whether its writer is pleased."
        ),
        one_of(
            "tone_source",
            true,
            "stars|lexicon",
            "Where the tone is from; of a word list it is right in 3 of 4 texts.",
        ),
        opt(
            "critical",
            Text,
            "",
            "data_loss, security, cannot_start, payment; several are parted by a semicolon.",
        ),
        col(
            "alike",
            Integer,
            "count",
            "Pieces of the window that say the same or nearly, with this one.",
        ),
        col("votes", Number, "count", "How many others supported it."),
        TEXT,
        one_of(
            "label_source",
            false,
            "hand|words",
            "Where the label is from: a person, or the words of the text.",
        ),
        one_of(
            "label_by_hand",
            true,
            "bug_report|feature_request|praise|other|withdrawn",
            "What a person says that it is. To be filled in and read back.",
        ),
        col(
            "due_at",
            Text,
            "",
            "Until when it is to be answered, RFC 3339 in UTC: section [response] of the configuration.",
        ),
        opt(
            "answered_at",
            Text,
            "",
            "When it was answered first, RFC 3339 in UTC.",
        ),
        col(
            "overdue",
            Boolean,
            "",
            "Whether its time is over and nobody answered.",
        ),
    ],
};

/// Themes of a release.
pub(crate) const RELEASE_THEMES: Layout = Layout {
    file: "release_themes",
    grain: "one theme of one release in one window",
    key: &["app", "week_start", "week_end", "release", "theme_id"],
    columns: by_window![
        RELEASE,
        col(
            "theme_id",
            Text,
            "",
            "Its identity, the same in later windows."
        ),
        col("theme", Text, "", "Its best phrase."),
        col(
            "phrases",
            Text,
            "",
            "All its phrases, parted by semicolons."
        ),
        one_of(
            "standing",
            false,
            "new|rising|hint|steady|falling",
            "How it stands beside the releases before; hint is beyond chance by itself alone.",
        ),
        opt(
            "share_ratio",
            Number,
            "ratio",
            "Share of the release's users with text who say it.",
        ),
        opt(
            "share_ci_low",
            Number,
            "ratio",
            "Lower end of the 95 % interval of share_ratio."
        ),
        opt(
            "share_ci_high",
            Number,
            "ratio",
            "Upper end of the 95 % interval of share_ratio."
        ),
        col(
            "share_n",
            Integer,
            "users",
            "Users of the release with text."
        ),
        opt(
            "share_before_ratio",
            Number,
            "ratio",
            "The same of the releases before."
        ),
        col(
            "share_before_n",
            Integer,
            "users",
            "Users of the releases before with text."
        ),
        opt(
            "share_unknown_ratio",
            Number,
            "ratio",
            "The same where no release was sent."
        ),
        col(
            "share_unknown_n",
            Integer,
            "users",
            "Users with text and without a release."
        ),
        opt(
            "change_ratio",
            Number,
            "ratio",
            "share_ratio minus share_before_ratio."
        ),
        opt(
            "change_ci_low",
            Number,
            "ratio",
            "Lower end of the 95 % interval of change_ratio."
        ),
        opt(
            "change_ci_high",
            Number,
            "ratio",
            "Upper end of the 95 % interval of change_ratio."
        ),
        opt(
            "z",
            Number,
            "",
            "Log-odds ratio with its prior over its standard error."
        ),
        opt(
            "q_value",
            Number,
            "",
            "The false discovery rate at which the change would be called."
        ),
        col(
            "low_rating_users",
            Integer,
            "users",
            "Users who say it with 1 or 2 stars."
        ),
        col(
            "high_rating_users",
            Integer,
            "users",
            "Users who say it with 4 or 5 stars."
        ),
        opt("quote", Text, "", "A text that stands for it."),
    ],
};

/// Suggestions of backlog items.
pub(crate) const LINK_SUGGESTIONS: Layout = Layout {
    file: "link_suggestions",
    grain: "one backlog item that one piece of feedback of one window may be about",
    key: &["app", "week_start", "week_end", "item_id", "event_id"],
    columns: by_window![
        col("item_id", Text, "", "The team's own id of the item."),
        col("title", Text, "", "Its title."),
        EVENT_ID,
        col(
            "score",
            Number,
            "ratio",
            "Share of the most that the item can score, 0 to 1."
        ),
        col(
            "by_keyword",
            Boolean,
            "",
            "Whether one of the item's keywords is in the text."
        ),
        TEXT,
        one_of(
            "link_before",
            true,
            "confirmed|rejected",
            "What a person had said of it when this was written.",
        ),
        one_of(
            "link",
            true,
            "confirmed|rejected|withdrawn",
            "What a person says of it. To be filled in and read back.",
        ),
    ],
};

/// Pieces of feedback.
pub(crate) fn feedback(found: &FeedbackList) -> Result<Written> {
    let rows = found.pieces.iter().map(|piece| {
        let mut row = window(&found.scope);
        row.extend([
            Cell::text(&piece.event_id),
            Cell::text(&piece.given_at),
            Cell::text(piece.release.as_deref().unwrap_or(UNKNOWN)),
            Cell::text(&piece.kind),
            Cell::real(piece.stars, 2),
            Cell::text(&piece.label),
            Cell::real(Some(piece.actionable), 6),
            Cell::text_or_empty(piece.language.as_deref()),
            Cell::text_or_empty(piece.tone.as_deref()),
            Cell::text_or_empty(piece.tone_source.as_deref()),
            Cell::text(&piece.critical.join(";")),
            Cell::Count(piece.alike),
            Cell::real(Some(piece.votes as f64), 0),
            Cell::text(&piece.text),
            Cell::text(&piece.label_source),
            Cell::text_or_empty(by_hand(piece)),
            Cell::text(&piece.due_at),
            Cell::text_or_empty(piece.answered_at.as_deref()),
            Cell::Flag(piece.is_overdue),
        ]);
        row
    });
    write(&FEEDBACK, &found.scope, rows.collect())
}

/// The label of a person.
fn by_hand(piece: &FeedbackPiece) -> Option<&str> {
    (piece.label_source == "hand").then_some(piece.label.as_str())
}

/// What feedback without a release is called.
const UNKNOWN: &str = "unknown";

/// Themes of a release.
pub(crate) fn release_themes(found: &ReleaseThemes) -> Result<Written> {
    let rows = found.themes.iter().map(|theme| {
        let change = theme.change.as_ref();
        let quote = theme.quotes.first();
        let mut row = window(&found.scope);
        row.extend([
            Cell::text(&found.release),
            Cell::text(&theme.theme_id),
            Cell::text(&theme.name),
            Cell::text(&theme.phrases.join(";")),
            Cell::text(&theme.standing),
            Cell::real(theme.share.value, 6),
            Cell::real(theme.share.low, 6),
            Cell::real(theme.share.high, 6),
            Cell::Count(theme.share.n),
            Cell::real(theme.share_before.value, 6),
            Cell::Count(theme.share_before.n),
            Cell::real(theme.share_unknown.value, 6),
            Cell::Count(theme.share_unknown.n),
            Cell::real(change.map(|change| change.absolute), 6),
            Cell::real(change.and_then(|change| change.low), 6),
            Cell::real(change.and_then(|change| change.high), 6),
            Cell::real(theme.z, 4),
            Cell::real(theme.q, 6),
            Cell::Count(theme.low_users),
            Cell::Count(theme.high_users),
            Cell::text_or_empty(quote.map(|quote| quote.text.as_str())),
        ]);
        row
    });
    write(&RELEASE_THEMES, &found.scope, rows.collect())
}

/// Suggestions of backlog items.
pub(crate) fn link_suggestions(found: &LinkSuggestions) -> Result<Written> {
    let rows = found.suggestions.iter().map(|one| {
        let mut row = window(&found.scope);
        row.extend([
            Cell::text(&one.item_id),
            Cell::text(&one.title),
            Cell::text(&one.event_id),
            Cell::real(Some(one.score), 6),
            Cell::Flag(one.by_keyword),
            Cell::text(&one.text),
            Cell::text_or_empty(one.link.as_deref()),
            Cell::text_or_empty(one.link.as_deref()),
        ]);
        row
    });
    write(&LINK_SUGGESTIONS, &found.scope, rows.collect())
}
