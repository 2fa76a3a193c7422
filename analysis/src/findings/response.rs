//! Findings about how soon people are answered.

use serde::Serialize;

use super::Estimate;

/// How soon people were answered whose words came in the window, and who is still waiting.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Responses {
    /// The classes of feedback of which any came, the most urgent first.
    pub targets: Vec<ResponseTarget>,
    /// Pieces whose time is over: those answered in time, of all.
    pub in_time: Estimate,
    /// Pieces whose time is over and that nobody answered.
    pub overdue: u64,
    /// Whether any answer at all is on record: a team that answers elsewhere has none.
    pub any_answer: bool,
    /// Who answers for the overdue pieces, those with most first.
    pub by_owner: Vec<OverdueOf>,
    /// Overdue pieces, the most urgent class first, then the longest overdue; at most [`Self::LISTED_MAX`].
    pub waiting: Vec<WaitingPiece>,
}

impl Responses {
    /// Most overdue pieces that are listed.
    pub const LISTED_MAX: usize = 20;
}

/// One class of feedback and its target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResponseTarget {
    /// `critical`, or a kind: `bug_report`, `feature_request`, `praise`, `other`.
    pub class: String,
    /// Hours within which it is to be answered.
    pub target_hours: f64,
    /// Pieces whose time is over: those answered in time, of all.
    pub in_time: Estimate,
    /// Pieces whose time is over and that nobody answered.
    pub overdue: u64,
    /// Pieces whose time is not over and that nobody answered yet.
    pub waiting: u64,
}

/// Overdue pieces of one owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OverdueOf {
    /// Who answers for the backlog items that the pieces speak of; `None` where none of these has an
    /// owner, or they speak of none.
    pub owner: Option<String>,
    /// Overdue pieces. One that speaks of items of two owners counts for both.
    pub overdue: u64,
    /// Those of them that are critical.
    pub critical: u64,
}

/// A piece of feedback that waits for an answer beyond its time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaitingPiece {
    /// Its id.
    pub event_id: String,
    /// When it was given, RFC 3339 UTC.
    pub given_at: String,
    /// Its class.
    pub class: String,
    /// Hours beyond its time.
    pub overdue_hours: f64,
    /// Who answers for what it speaks of.
    pub owners: Vec<String>,
    /// The backlog items that it speaks of.
    pub items: Vec<String>,
    /// Its words.
    pub text: String,
}
