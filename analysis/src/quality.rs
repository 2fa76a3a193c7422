//! What came in and what became of it: the ledger's counters, and how far the window's rows can be
//! trusted.

use std::collections::BTreeMap;

use lake::{Ledger, Outcome, REVISION, Table};

use crate::error::{Error, Result};
use crate::facts::activity::arrived_late;
use crate::facts::{Facts, Question};
use crate::findings::{LedgerLine, Quality};

pub(crate) fn quality(question: &Question<'_>, facts: &Facts) -> Result<Quality> {
    let window = question.window;
    let window_end = question.days.start_of(window.end())?;
    let arrivals = facts.activity.arrivals;
    let mut quality = Quality {
        ledger: ledger(question)?,
        feedback: 0,
        feedback_unknown_release: 0,
        events: arrivals.events,
        events_unknown_release: arrivals.unknown_release,
        clock_flagged: arrivals.flagged,
        late: arrivals.late,
    };
    for piece in facts.feedback.on_days(|day| window.holds(day)) {
        quality.feedback += 1;
        quality.feedback_unknown_release += u64::from(piece.release.is_none());
        quality.clock_flagged += u64::from(piece.flagged);
        quality.late += u64::from(arrived_late(piece.received_at, &piece.protocol, window_end));
    }
    Ok(quality)
}

/// The app's counters since the beginning, a line for each protocol.
fn ledger(question: &Question<'_>) -> Result<Vec<LedgerLine>> {
    let Some(pinned) = question.tables.pinned(Table::Ledger) else {
        return Ok(Vec::new());
    };
    let ledger = Ledger::of(pinned).map_err(Error::Ledger)?;
    // A replay of quarantine takes back what an earlier day counted: the sum counts, not its parts.
    let mut sums: BTreeMap<(&str, &str, Option<&str>), i64> = BTreeMap::new();
    for (counter, count) in ledger.counters() {
        if counter.app == question.settings.app {
            let key = (
                counter.protocol.as_str(),
                counter.outcome.as_str(),
                counter.reason.as_deref(),
            );
            *sums.entry(key).or_default() += count;
        }
    }
    let mut lines: BTreeMap<&str, LedgerLine> = BTreeMap::new();
    for ((protocol, outcome, reason), count) in sums {
        let line = lines.entry(protocol).or_insert_with(|| LedgerLine {
            protocol: protocol.to_owned(),
            ..LedgerLine::default()
        });
        let counted = u64::try_from(count).unwrap_or_default();
        if outcome == Outcome::Received.as_str() {
            line.received += counted;
        } else if outcome == Outcome::Stored.as_str() {
            line.stored += counted;
            if reason == Some(REVISION) {
                line.revisions += counted;
            }
        } else if outcome == Outcome::Duplicate.as_str() {
            line.duplicate += counted;
        } else if outcome == Outcome::Quarantined.as_str() && counted > 0 {
            line.quarantined += counted;
            line.reasons
                .push((reason.unwrap_or_default().to_owned(), counted));
        }
    }
    let mut lines: Vec<LedgerLine> = lines.into_values().collect();
    for line in &mut lines {
        line.reasons
            .sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    }
    Ok(lines)
}
