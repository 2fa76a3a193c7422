//! What came in and what became of it: the ledger's counters, and how far the window's rows can be
//! trusted.

use std::collections::BTreeMap;

use lake::{Outcome, Table, columns};
use polars::prelude::{col, lit};

use crate::error::Result;
use crate::facts::activity::arrived_late;
use crate::facts::{Facts, Question};
use crate::findings::{LedgerLine, Quality};
use crate::scan::{collect, count};

/// The ledger's reason for what was stored as a new revision of feedback known before.
const REVISION: &str = "revision";

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

fn ledger(question: &Question<'_>) -> Result<Vec<LedgerLine>> {
    let names = [
        columns::APP,
        columns::PROTOCOL,
        columns::OUTCOME,
        columns::REASON,
        columns::COUNT,
    ];
    let query = question
        .tables
        .all(Table::Ledger, &names)?
        .filter(col(columns::APP).eq(lit(question.settings.app.as_str())))
        .group_by([
            col(columns::PROTOCOL),
            col(columns::OUTCOME),
            col(columns::REASON),
        ])
        .agg([col(columns::COUNT).sum()]);
    let frame = collect(Table::Ledger, query)?;
    let (protocols, outcomes) = (
        frame.texts(columns::PROTOCOL)?,
        frame.texts(columns::OUTCOME)?,
    );
    let (reasons, counts) = (
        frame.texts(columns::REASON)?,
        frame.integers(columns::COUNT)?,
    );
    let mut lines: BTreeMap<String, LedgerLine> = BTreeMap::new();
    for row in 0..frame.rows() {
        let protocol = protocols.get(row).unwrap_or_default().to_owned();
        let line = lines.entry(protocol.clone()).or_insert_with(|| LedgerLine {
            protocol,
            received: 0,
            stored: 0,
            revisions: 0,
            duplicate: 0,
            quarantined: 0,
            reasons: Vec::new(),
        });
        let (reason, counted) = (reasons.get(row), count(counts.get(row)));
        match outcomes.get(row) {
            Some(outcome) if outcome == Outcome::Received.as_str() => line.received += counted,
            Some(outcome) if outcome == Outcome::Stored.as_str() => {
                line.stored += counted;
                if reason == Some(REVISION) {
                    line.revisions += counted;
                }
            }
            Some(outcome) if outcome == Outcome::Duplicate.as_str() => line.duplicate += counted,
            Some(outcome) if outcome == Outcome::Quarantined.as_str() => {
                line.quarantined += counted;
                line.reasons
                    .push((reason.unwrap_or_default().to_owned(), counted));
            }
            _ => {}
        }
    }
    let mut lines: Vec<LedgerLine> = lines.into_values().collect();
    for line in &mut lines {
        line.reasons
            .sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    }
    Ok(lines)
}
