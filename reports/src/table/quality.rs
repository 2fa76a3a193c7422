//! The table of what came in and what became of it.

use analysis::findings::WeeklyFindings;

use super::Kind::{Integer, Text};
use super::columns::{by_window, window};
use super::{Cell, Layout, Written, col, one_of, opt, write};
use crate::error::Result;

/// What came in and what became of it.
pub(crate) const DATA_QUALITY: Layout = Layout {
    file: "data_quality",
    grain: "one protocol since the beginning, and the window's feedback and events",
    key: &["app", "week_start", "period", "source"],
    columns: by_window![
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
    write(&DATA_QUALITY, &findings.scope, rows)
}
