//! The tables of who moved from which release to which, and who stayed behind.

use analysis::findings::WeeklyFindings;

use super::Kind::{Boolean, Integer, Number, Text};
use super::columns::{CI_HIGH, CI_LOW, by_window, estimate, window};
use super::{Cell, Layout, Written, col, opt, write};
use crate::error::Result;

/// Moves between releases.
pub(crate) const RELEASE_MOVES: Layout = Layout {
    file: "release_moves",
    grain: "one move from a release to another in one window",
    key: &["app", "week_start", "from_release", "to_release"],
    columns: by_window![
        col("from_release", Text, "", "The release before."),
        col("to_release", Text, "", "The release after."),
        col(
            "is_upgrade",
            Boolean,
            "",
            "Whether to_release is the newer one.",
        ),
        col("users", Integer, "users", "Distinct users who moved."),
        opt("ratio", Number, "ratio", "users / n."),
        CI_LOW,
        CI_HIGH,
        col(
            "n",
            Integer,
            "users",
            "Users who were on from_release and active again in the window.",
        ),
    ],
};

/// Moves between releases.
pub(crate) fn release_moves(findings: &WeeklyFindings) -> Result<Written> {
    let scope = &findings.scope;
    let rows: Vec<Vec<Cell>> = findings
        .upgrades
        .flows
        .iter()
        .map(|flow| {
            let mut row = window(scope);
            row.extend([
                Cell::text(&flow.from),
                Cell::text(&flow.to),
                Cell::Flag(flow.is_upgrade),
                Cell::Count(flow.users),
            ]);
            row.extend(estimate(&flow.share, 6));
            row.push(Cell::Count(flow.share.n));
            row
        })
        .collect();
    write(&RELEASE_MOVES, scope, rows)
}

/// Users on releases older than the current one.
pub(crate) const USERS_BEHIND: Layout = Layout {
    file: "users_behind",
    grain: "all users or those of one platform in one window",
    key: &["app", "week_start", "platform"],
    columns: by_window![
        col(
            "platform",
            Text,
            "",
            "The platform as sent; all for all users, unknown where none was sent.",
        ),
        opt(
            "current_release",
            Text,
            "",
            "The newest release that a tenth of the users have taken, pre-releases left out.",
        ),
        col(
            "users",
            Integer,
            "users",
            "Users whose newest release in the window is older than current_release.",
        ),
        opt("ratio", Number, "ratio", "users / n."),
        CI_LOW,
        CI_HIGH,
        col(
            "n",
            Integer,
            "users",
            "Users of the window with a known release.",
        ),
        opt(
            "mostly_on",
            Text,
            "",
            "The release that most of them are on.",
        ),
    ],
};

/// Users on releases older than the current one.
pub(crate) fn users_behind(findings: &WeeklyFindings) -> Result<Written> {
    let scope = &findings.scope;
    let upgrades = &findings.upgrades;
    let rows: Vec<Vec<Cell>> = upgrades
        .behind
        .iter()
        .map(|behind| {
            let mut row = window(scope);
            row.extend([
                Cell::text(behind.platform.as_deref().unwrap_or("all")),
                Cell::text_or_empty(upgrades.current.as_deref()),
                Cell::Count(behind.users),
            ]);
            row.extend(estimate(&behind.share, 6));
            row.push(Cell::Count(behind.share.n));
            row.push(Cell::text_or_empty(behind.mostly_on.as_deref()));
            row
        })
        .collect();
    write(&USERS_BEHIND, scope, rows)
}
