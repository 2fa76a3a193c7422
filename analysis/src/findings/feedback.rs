//! Findings of what users said.

use serde::{Deserialize, Serialize};

use super::{Change, Estimate, Scope};

/// Pieces of feedback with text, each with what was understood of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeedbackList {
    /// What was looked at.
    pub scope: Scope,
    /// The newest first.
    pub pieces: Vec<FeedbackPiece>,
    /// Pieces in the window, with text and without.
    pub given: u64,
    /// Those with text.
    pub with_text: u64,
    /// Those of them that a person labelled.
    pub labelled_by_hand: u64,
    /// By what words are judged: `shipped`, or `shipped, corrected by N labels`.
    pub classifier: String,
}

/// A piece of feedback and what was understood of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeedbackPiece {
    /// The piece.
    pub event_id: String,
    /// RFC 3339 UTC.
    pub given_at: String,
    /// The release, where one was sent.
    pub release: Option<String>,
    /// How it was given: `rating`, `nps`, `bug_report` …
    pub kind: String,
    /// 1 to 5, where it was a rating.
    pub stars: Option<f64>,
    /// What it is: `bug_report`, `feature_request`, `praise` or `other`. What a person said goes before
    /// what its words say.
    pub label: String,
    /// Where the label is from: `hand` or `words`.
    pub label_source: String,
    /// The probability that it is a bug report or a feature request; 0 or 1 where a person said it.
    pub actionable: f64,
    /// ISO 639-3, where the text is long enough to tell.
    pub language: Option<String>,
    /// `like`, `neutral` or `dislike`.
    pub tone: Option<String>,
    /// Where the tone is from: `stars` or `lexicon`.
    pub tone_source: Option<String>,
    /// What makes it critical: `data_loss`, `security`, `cannot_start`, `payment`.
    pub critical: Vec<String>,
    /// Pieces of the window that say the same or nearly, with this one.
    pub alike: u64,
    /// How many others supported it.
    pub votes: i64,
    /// What was written.
    pub text: String,
    /// Until when it is to be answered, RFC 3339 UTC.
    pub due_at: String,
    /// When it was answered first, RFC 3339 UTC.
    pub answered_at: Option<String>,
    /// Whether its time is over and nobody answered.
    pub is_overdue: bool,
}

/// What users of a release talk about, beside the releases before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleaseThemes {
    /// What was looked at.
    pub scope: Scope,
    /// The release.
    pub release: String,
    /// The releases that it is compared with.
    pub against: Vec<String>,
    /// New and rising ones first.
    pub themes: Vec<ReleaseTheme>,
    /// Themes whose change was tested.
    pub tested: u64,
    /// Share of the release's users with text who say none of them.
    pub unmatched: Estimate,
}

/// A theme of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleaseTheme {
    /// Its identity.
    pub theme_id: String,
    /// Its best phrase.
    pub name: String,
    /// All its phrases.
    pub phrases: Vec<String>,
    /// `new`, `rising`, `hint`, `steady` or `falling`.
    pub standing: String,
    /// Share of the release's users with text who say it.
    pub share: Estimate,
    /// The same of the releases before.
    pub share_before: Estimate,
    /// The same where the release is unknown.
    pub share_unknown: Estimate,
    /// The difference to before.
    pub change: Option<Change>,
    /// Of the log-odds ratio; nothing without texts before.
    pub z: Option<f64>,
    /// The false discovery rate at which the change would just be called.
    pub q: Option<f64>,
    /// Users who say it with 1 or 2 stars.
    pub low_users: u64,
    /// Users who say it with 4 or 5 stars.
    pub high_users: u64,
    /// Texts that stand for it.
    pub quotes: Vec<Quote>,
}

/// A text that stands for others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    /// The piece of feedback.
    pub event_id: String,
    /// What was written.
    pub text: String,
}

/// Backlog items that pieces of feedback may be about, for a person to confirm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinkSuggestions {
    /// What was looked at.
    pub scope: Scope,
    /// By item, the best first.
    pub suggestions: Vec<LinkSuggestion>,
    /// Pieces with text that were looked at.
    pub texts: u64,
    /// Those that no item was suggested for.
    pub unmatched: u64,
    /// Suggestions that a person confirmed.
    pub confirmed: u64,
    /// Suggestions that a person rejected.
    pub rejected: u64,
    /// Groups of items that were merged into each other in a circle; these merges count for nothing.
    pub merge_circles: Vec<Vec<String>>,
}

/// A backlog item that a piece of feedback may be about, or that a person linked it to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinkSuggestion {
    /// The item.
    pub item_id: String,
    /// Its title.
    pub title: String,
    /// The piece of feedback.
    pub event_id: String,
    /// Share of the most that the item can score, in [0, 1]; 0 where only a person links the two.
    pub score: f64,
    /// Whether one of the item's keywords is in the text.
    pub by_keyword: bool,
    /// What a person said of it: `confirmed` or `rejected`.
    pub link: Option<String>,
    /// What was written.
    pub text: String,
}
