//! What is happening: whether events are taken, what was counted, how the newest releases stand.

use analysis::findings::VerdictHistory;
use askama::Template;

use super::{Viewer, path_part};
use crate::day;
use crate::error::Result;
use crate::number;
use crate::page::ChipView;
use crate::text::{clean, short};
use crate::wording;

/// Most releases that are shown.
const RELEASES_MAX: usize = 8;
/// Longest reason of a verdict.
const REASON_CHARS_MAX: usize = 240;

/// Counters of one moment; `pending` where it can be told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// What reached the service.
    pub received: u64,
    /// In a table.
    pub stored: u64,
    /// There before.
    pub duplicate: u64,
    /// Refused and kept apart.
    pub quarantined: u64,
    /// On disk and not in the tables yet.
    pub pending: Option<u64>,
}

/// What is happening.
#[derive(Debug, Clone)]
pub struct Now<'a> {
    /// Whether events are taken.
    pub is_ready: bool,
    /// Why they are not, and what somebody should look at.
    pub reasons: Vec<String>,
    /// When the tables last gained something, RFC 3339.
    pub last_flush_at: Option<String>,
    /// Counted on this UTC day.
    pub today: Counted,
    /// Counted ever.
    pub ever: Counted,
    /// The verdicts that were given.
    pub verdicts: &'a VerdictHistory,
    /// The headline of the last week, where it is there.
    pub week: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "board/now.html")]
struct NowView<'a> {
    is_ready: bool,
    reasons: Vec<String>,
    flushed: String,
    counters: [(&'static str, &'static str, String, String); 4],
    pending: Option<String>,
    verdicts: Vec<VerdictView>,
    week: Option<&'a str>,
    query: String,
}

struct VerdictView {
    release: String,
    path: String,
    chip: ChipView,
    since: String,
    reason: String,
}

/// The part that says what is happening.
///
/// # Errors
/// [`crate::Error::Page`] if it can't be rendered.
pub fn now(viewer: &Viewer, found: &Now<'_>) -> Result<String> {
    let count = number::count;
    let (today, ever) = (&found.today, &found.ever);
    let view = NowView {
        is_ready: found.is_ready,
        reasons: found.reasons.iter().map(|reason| clean(reason)).collect(),
        flushed: found
            .last_flush_at
            .as_deref()
            .map_or_else(String::new, day::instant),
        counters: [
            (
                "received",
                "Received",
                count(today.received),
                count(ever.received),
            ),
            ("stored", "Stored", count(today.stored), count(ever.stored)),
            (
                "duplicate",
                "Duplicate",
                count(today.duplicate),
                count(ever.duplicate),
            ),
            (
                "quarantined",
                "Quarantined",
                count(today.quarantined),
                count(ever.quarantined),
            ),
        ],
        pending: ever.pending.map(count),
        verdicts: verdicts(found.verdicts),
        week: found.week,
        query: viewer.query(),
    };
    Ok(view.render()?)
}

/// The verdict that stands on each release, the one that was said last first.
fn verdicts(history: &VerdictHistory) -> Vec<VerdictView> {
    let mut shown: Vec<VerdictView> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for past in history.verdicts.iter().rev() {
        if shown.len() == RELEASES_MAX {
            break;
        }
        if seen.contains(&past.release.as_str()) {
            continue;
        }
        seen.push(&past.release);
        shown.push(VerdictView {
            release: clean(&past.release),
            path: path_part(&past.release),
            chip: wording::verdict(past.verdict).into(),
            since: day::instant(&past.evaluated_at),
            reason: short(&past.reason, REASON_CHARS_MAX),
        });
    }
    shown
}
