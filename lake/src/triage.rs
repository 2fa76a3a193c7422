//! Checked records of what a team says of feedback: what a piece is, and which backlog items it
//! speaks of.
//!
//! Each is a row of its own, as a mark of a release is: nothing is read before it is written, none
//! takes another's place, and what was said is taken back by saying so. The last one said of the
//! same thing counts.

use serde::{Deserialize, Serialize};

use crate::clock::Micros;

/// What a person says that a piece of feedback is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    /// Something does not work.
    BugReport,
    /// Something is missing or should be otherwise.
    FeatureRequest,
    /// A verdict by somebody who is pleased.
    Praise,
    /// All else.
    Other,
    /// What was said before is taken back.
    Withdrawn,
}

impl LabelKind {
    /// All kinds.
    pub const ALL: [Self; 5] = [
        Self::BugReport,
        Self::FeatureRequest,
        Self::Praise,
        Self::Other,
        Self::Withdrawn,
    ];

    /// The kind as it is spelled in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BugReport => "bug_report",
            Self::FeatureRequest => "feature_request",
            Self::Praise => "praise",
            Self::Other => "other",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The kind that is spelled so.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What a person says of a piece of feedback and a backlog item, or of two items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// The piece speaks of the item.
    Confirmed,
    /// It does not.
    Rejected,
    /// The item is another one over again: its evidence counts for that one.
    Merged,
    /// What was said before of the two is taken back.
    Withdrawn,
}

impl LinkKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [
        Self::Confirmed,
        Self::Rejected,
        Self::Merged,
        Self::Withdrawn,
    ];

    /// The kind as it is spelled in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Merged => "merged",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The kind that is spelled so.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A person said what a piece of feedback is. The last one said of a piece counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedbackLabel {
    /// The idempotency key: as given, else made of all that makes the label.
    pub event_id: String,
    /// The piece of feedback. It need not have arrived yet.
    pub feedback_id: String,
    /// What it is.
    pub label: LabelKind,
    /// When it was said.
    pub labelled_at: Micros,
    /// Why, in the team's words.
    pub note: Option<String>,
    /// Who said it.
    pub author: Option<String>,
    /// Hash of what was said, without what a retry changes, as sixteen hexadecimal digits.
    pub content_hash: String,
}

/// A person said whether a piece of feedback speaks of a backlog item, or that an item is another
/// one over again. The last one said of the same two counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedbackLink {
    /// The idempotency key: as given, else made of all that makes the link.
    pub event_id: String,
    /// The piece of feedback; absent where two items are spoken of.
    pub feedback_id: Option<String>,
    /// The item. It need not be in the backlog yet.
    pub item_id: String,
    /// The item that `item_id` is over again; absent where a piece is spoken of.
    pub into_item_id: Option<String>,
    /// What was said.
    pub link: LinkKind,
    /// When it was said.
    pub linked_at: Micros,
    /// Why, in the team's words.
    pub note: Option<String>,
    /// Who said it.
    pub author: Option<String>,
    /// Hash of what was said, without what a retry changes, as sixteen hexadecimal digits.
    pub content_hash: String,
}
