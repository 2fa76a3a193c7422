//! The team's own words for where a backlog item stands; spaces, `_`, `-` and case do not matter.

use crate::words::normalise;

/// Words for a status of work that users have.
const SHIPPED: [&str; 12] = [
    "closed",
    "complete",
    "completed",
    "deployed",
    "done",
    "fixed",
    "implemented",
    "live",
    "merged",
    "released",
    "resolved",
    "shipped",
];

/// Words for a status of work under way.
const WORKED_ON: [&str; 8] = [
    "active",
    "development",
    "doing",
    "indevelopment",
    "inprogress",
    "started",
    "underway",
    "wip",
];

/// Whether users have it.
pub(crate) fn is_shipped(status: &str) -> bool {
    SHIPPED.contains(&letters(status).as_str())
}

/// Whether somebody works on it.
pub(crate) fn is_worked_on(status: &str) -> bool {
    WORKED_ON.contains(&letters(status).as_str())
}

/// A status in the form in which the words of a list are written.
pub(crate) fn letters(status: &str) -> String {
    let normal = normalise(status);
    let characters = normal.chars();
    characters.filter(|one| one.is_alphanumeric()).collect()
}
