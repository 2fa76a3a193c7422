//! Findings of a go/no-go check: whether a release is ready, by the data and by hand.

use serde::{Deserialize, Serialize};

use super::{RiskItem, Verdict};

/// Whether a release may go out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReleaseCheck {
    /// The app.
    pub app: String,
    /// The environment.
    pub environment: String,
    /// The release.
    pub release: String,
    /// When it is to go out, RFC 3339 UTC.
    pub planned_at: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// RFC 3339 UTC.
    pub evaluated_at: String,
    /// What all of it comes to: `fail` where a check that blocks fails or a required item is not signed.
    pub verdict: Verdict,
    /// What the data answer by themselves.
    pub checks: Vec<GoCheck>,
    /// What somebody signs.
    pub by_hand: Vec<HandCheck>,
    /// What was decided last.
    pub decision: Option<GoDecision>,
    /// The tables and their versions that were read.
    pub table_versions: Vec<(String, u64)>,
}

/// What the data are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoRule {
    /// Critical reports without an answer, of the last four weeks.
    CriticalReports,
    /// The health of the newest release in use.
    LastRelease,
    /// The health of this release where it is tried out.
    Staging,
    /// Whether what it is to hold is done.
    ScopeDone,
    /// Feedback of the last four weeks beyond its time without an answer.
    Answers,
    /// Whether it promises something that can be measured.
    Goals,
    /// Items that neither a goal nor an event of their own will show.
    Measurable,
    /// Items whose titles do not say when they are done.
    ClearScope,
    /// Whether its plan keeps within its capacity.
    Capacity,
}

/// One answer of the data.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GoCheck {
    /// What was asked.
    pub check: GoRule,
    /// How it stands.
    pub verdict: Verdict,
    /// Whether a failure speaks against the release; others are worth a word.
    pub is_blocking: bool,
    /// How many speak against it, in the check's unit (pieces, items, person-days).
    pub found: f64,
    /// Of how many.
    pub of: f64,
    /// The release that is spoken of, and why it stands so.
    pub about: Vec<String>,
    /// The items that are spoken of.
    pub items: Vec<RiskItem>,
}

/// One item that somebody signs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HandCheck {
    /// Its name.
    pub item: String,
    /// What is to be done.
    pub title: String,
    /// Who signs it.
    pub owner: Option<String>,
    /// Until when, RFC 3339 UTC.
    pub due_at: Option<String>,
    /// Whether that has passed, and nobody signed.
    pub is_overdue: bool,
    /// Whether the release may go out without it.
    pub is_optional: bool,
    /// Who signed it.
    pub signed_by: Option<String>,
    /// When, RFC 3339 UTC; `None` where it is not signed.
    pub signed_at: Option<String>,
    /// What was said of it.
    pub note: Option<String>,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GoDecision {
    /// `go` or `no_go`.
    pub decision: String,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// Who.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
}
