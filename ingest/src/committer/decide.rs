//! What becomes of each record of a flush: decided once, written into the prepare frame, never
//! decided again.

use std::collections::BTreeMap;

use lake::{
    BacklogItem, Event, Feedback, LedgerDelta, Outcome, REVISION, Refusal, RefusalReason, Refused,
    ReleaseRecord, Rows, Stamp,
};

use crate::batch::{Batch, Record};
use crate::dedup::{Claims, Judgement, Known, judge};
use crate::error::{Error, Result};

/// Bytes of a conflicting record that quarantine keeps.
const CONFLICT_BYTES_MAX: usize = 1 << 20;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A decided flush.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    /// What the tables gain, the ledger apart.
    pub rows: Vec<Rows>,
    /// What the ledger gains.
    pub deltas: Vec<LedgerDelta>,
    /// What the index gains.
    pub gained: Known,
}

/// Decides on the batches of a flush, each with its WAL position, in order.
///
/// # Errors
/// [`Error::Encode`] and [`Error::Lake`] when a record does not fit its form, which is a bug.
pub(crate) fn decide(
    batches: Vec<(i64, Batch)>,
    known: &Known,
    claims: Claims,
    node: &str,
) -> Result<Decision> {
    let mut sorted = Sorted::default();
    let mut gained = Known::default();
    for (position, batch) in batches {
        let claimed: Vec<_> = batch
            .records
            .iter()
            .map(|r| claims.of(&batch, r))
            .collect::<Result<_>>()?;
        let Batch {
            app,
            protocol,
            key_id,
            received_at,
            records,
        } = batch;
        for ((frame_row, record), claim) in (0..).zip(records).zip(claimed) {
            let judgement = claim.map(|claim| {
                let judgement = judge(&[known, &gained], &claim);
                if matches!(judgement, Judgement::New | Judgement::Revision) {
                    gained.take(&claim);
                }
                judgement
            });
            let stamp = Stamp {
                app: app.clone(),
                protocol: protocol.clone(),
                key_id: key_id.clone(),
                received_at,
                node: node.to_owned(),
                position,
                frame_row,
            };
            sorted.sort_in(stamp, record, judgement)?;
        }
    }
    let deltas = sorted.tally.into_deltas();
    Ok(Decision {
        rows: sorted.rows.into_rows(),
        deltas,
        gained,
    })
}

/// Rows by table.
#[derive(Debug, Default)]
struct TableRows {
    events: Vec<(Stamp, Event)>,
    feedback: Vec<(Stamp, Feedback)>,
    releases: Vec<(Stamp, ReleaseRecord)>,
    backlog: Vec<(Stamp, BacklogItem)>,
    quarantine: Vec<(Stamp, Refused)>,
}

impl TableRows {
    fn into_rows(self) -> Vec<Rows> {
        let rows = [
            Rows::Events(self.events),
            Rows::Feedback(self.feedback),
            Rows::Releases(self.releases),
            Rows::Backlog(self.backlog),
            Rows::Quarantine(self.quarantine),
        ];
        rows.into_iter().filter(|rows| !rows.is_empty()).collect()
    }
}

#[derive(Debug, Default)]
struct Sorted {
    rows: TableRows,
    tally: Tally,
}

impl Sorted {
    /// Puts one record where it belongs and counts it.
    fn sort_in(
        &mut self,
        stamp: Stamp,
        record: Record,
        judgement: Option<Judgement>,
    ) -> Result<()> {
        match judgement {
            Some(Judgement::Duplicate) => self.tally.add(&stamp, Outcome::Duplicate, None),
            Some(Judgement::Conflict) => {
                let refused = conflicting(&record)?;
                self.quarantine(stamp, refused);
            }
            Some(Judgement::New) => self.store(stamp, record, None),
            Some(Judgement::Revision) => self.store(stamp, record, Some(REVISION)),
            None => match record {
                Record::Refused(refused) => self.quarantine(stamp, refused),
                record => self.store(stamp, record, None),
            },
        }
        Ok(())
    }

    fn store(&mut self, stamp: Stamp, record: Record, part: Option<&'static str>) {
        if let Record::Refused(refused) = record {
            return self.quarantine(stamp, refused);
        }
        self.tally.add(&stamp, Outcome::Stored, part);
        match record {
            Record::Event(event) => self.rows.events.push((stamp, event)),
            Record::Feedback(feedback) => self.rows.feedback.push((stamp, feedback)),
            Record::Release(release) => self.rows.releases.push((stamp, release)),
            Record::Backlog(item) => self.rows.backlog.push((stamp, item)),
            Record::Refused(_) => {}
        }
    }

    fn quarantine(&mut self, stamp: Stamp, refused: Refused) {
        self.tally.add(
            &stamp,
            Outcome::Quarantined,
            Some(refused.refusal.reason.as_str()),
        );
        self.rows.quarantine.push((stamp, refused));
    }
}

/// A record whose id came before with other content, as quarantine keeps it.
fn conflicting(record: &Record) -> Result<Refused> {
    let (event_id, raw) = match record {
        Record::Event(event) => (Some(event.event_id.clone()), serde_json::to_vec(event)),
        Record::Feedback(given) => (Some(given.event_id.clone()), serde_json::to_vec(given)),
        other => (None, serde_json::to_vec(other)),
    };
    let refusal = Refusal::new(
        lake::columns::EVENT_ID,
        RefusalReason::IdConflict,
        "the same event id came before with other content; the first wins, send this under a new id",
    );
    Ok(Refused::new(
        refusal,
        event_id,
        &raw.map_err(Error::Encode)?,
        CONFLICT_BYTES_MAX,
    ))
}

/// Counts by day, app, protocol, outcome and part.
#[derive(Debug, Default)]
struct Tally {
    counts: BTreeMap<(i32, String, String, Outcome, Option<&'static str>), i64>,
}

impl Tally {
    /// Counts one record as received and as what became of it.
    fn add(&mut self, stamp: &Stamp, outcome: Outcome, part: Option<&'static str>) {
        let day = i32::try_from(stamp.received_at.div_euclid(MICROS_PER_DAY)).unwrap_or(i32::MAX);
        for (outcome, part) in [(Outcome::Received, None), (outcome, part)] {
            let key = (
                day,
                stamp.app.clone(),
                stamp.protocol.clone(),
                outcome,
                part,
            );
            *self.counts.entry(key).or_default() += 1;
        }
    }

    fn into_deltas(self) -> Vec<LedgerDelta> {
        let of = |wanted: bool| -> i64 {
            let counts = self.counts.iter();
            counts
                .filter(|(key, _)| (key.3 == Outcome::Received) == wanted)
                .map(|(_, n)| n)
                .sum()
        };
        assert_eq!(
            of(true),
            of(false),
            "received = stored + duplicate + quarantined"
        );
        let counts = self.counts.into_iter();
        counts
            .map(|((day, app, protocol, outcome, part), count)| LedgerDelta {
                day,
                app,
                protocol,
                outcome,
                reason: part.map(str::to_owned),
                count,
            })
            .collect()
    }
}
