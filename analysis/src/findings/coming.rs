//! Findings of what comes next, for those who asked for it.

use serde::Serialize;

use super::Scope;

/// The releases that are planned and not out yet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComingNext {
    /// What was looked at; the window is the one whose feedback counts.
    pub scope: Scope,
    /// By the instant for which they are planned, those without one last.
    pub releases: Vec<ComingRelease>,
    /// Fewer people than that are not told of.
    pub users_least: u64,
}

/// A release that is planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComingRelease {
    /// The version.
    pub release: String,
    /// For when it is planned, RFC 3339 UTC.
    pub planned_at: Option<String>,
    /// What it holds: what most people asked for first.
    pub items: Vec<ComingItem>,
}

/// Something that comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ComingItem {
    /// What it is.
    pub title: String,
    /// bug, feature, …
    pub kind: Option<String>,
    /// How many people asked for it; `None` where they are fewer than are told of.
    pub users: Option<u64>,
    /// Whether it is done already.
    pub is_done: bool,
}
