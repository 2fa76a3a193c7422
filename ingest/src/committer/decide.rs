//! What becomes of each record of a flush: decided once, written into the prepare frame, never
//! decided again.

use std::borrow::Cow;
use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use lake::{
    BacklogItem, EventColumns, Feedback, FeedbackLabel, FeedbackLink, LedgerDelta, Outcome,
    PlanEntry, Quarantined, REVISION, Refusal, RefusalReason, Refused, ReleaseMark, ReleaseRecord,
    ReleaseVerdict, RowId, Rows, Stamp, Table, utc_day,
};

use crate::batch::{Batch, Noted, Record, Replayed};
use crate::dedup::{Claim, Claims, Judgement, Taken, View};
use crate::error::{Error, Result};

/// Bytes of a conflicting record that quarantine keeps.
const CONFLICT_BYTES_MAX: usize = 1 << 20;

/// Decides on a flush piece by piece: what a piece takes, the next ones know.
#[derive(Debug)]
pub(crate) struct Decider<'n> {
    claims: Claims,
    node: &'n str,
    gained: Taken,
    tally: Tally,
}

/// A decided flush, apart from its rows.
#[derive(Debug)]
pub(crate) struct Decision {
    /// What the ledger gains.
    pub deltas: Vec<LedgerDelta>,
    /// What the index gains.
    pub gained: Taken,
}

impl<'n> Decider<'n> {
    /// Begins a flush of an ingest node.
    pub(crate) fn new(claims: Claims, node: &'n str) -> Self {
        Self {
            claims,
            node,
            gained: Taken::default(),
            tally: Tally::default(),
        }
    }

    /// Decides on batches, each with its WAL position, in order, and returns what tables gain.
    ///
    /// # Errors
    /// [`Error::Frame`] and [`Error::Lake`] when a record does not fit its form, which is a bug;
    /// [`Error::Index`] when the index cannot be read.
    pub(crate) fn decide(
        &mut self,
        batches: Vec<(i64, Batch<'_>)>,
        view: &View,
    ) -> Result<Vec<(Table, RecordBatch)>> {
        let rows = batches.iter().map(|(_, batch)| batch.records.len()).sum();
        let mut claims: Vec<Option<Claim>> = Vec::with_capacity(rows);
        for (_, batch) in &batches {
            for record in &batch.records {
                claims.push(self.claims.of(&batch.app, record)?);
            }
        }
        let judged = view
            .index()
            .judge(&claims, &[], &mut self.gained, usize::MAX);
        let mut judgements = judged.map_err(Error::index)?.into_iter();
        let mut sorted = Sorted {
            rows: TableRows::default(),
            tally: &mut self.tally,
        };
        for (position, batch) in &batches {
            for (frame_row, record) in (0..).zip(&batch.records) {
                let stamp = Stamp {
                    app: &batch.app,
                    protocol: &batch.protocol,
                    key_id: batch.key_id.as_deref(),
                    received_at: batch.received_at,
                    node: self.node,
                    position: *position,
                    frame_row,
                };
                sorted.sort_in(stamp, record, judgements.next().flatten())?;
            }
        }
        sorted.rows.into_batches().map_err(Error::lake("encoded"))
    }

    /// The whole decision.
    pub(crate) fn finish(self) -> Decision {
        Decision {
            deltas: self.tally.into_deltas(),
            gained: self.gained,
        }
    }
}

/// Rows by table. Events come in numbers and go to their columns at once; the others are few.
#[derive(Debug, Default)]
struct TableRows<'a> {
    events: EventColumns,
    feedback: Vec<(Stamp<'a>, Feedback<'a>)>,
    releases: Vec<(Stamp<'a>, ReleaseRecord)>,
    backlog: Vec<(Stamp<'a>, BacklogItem)>,
    marks: Vec<(Stamp<'a>, ReleaseMark)>,
    labels: Vec<(Stamp<'a>, FeedbackLabel)>,
    links: Vec<(Stamp<'a>, FeedbackLink)>,
    verdicts: Vec<(Stamp<'a>, ReleaseVerdict)>,
    plans: Vec<(Stamp<'a>, PlanEntry)>,
    quarantine: Vec<(Stamp<'a>, Quarantined)>,
}

impl TableRows<'_> {
    fn into_batches(self) -> lake::Result<Vec<(Table, RecordBatch)>> {
        let mut batches = Vec::new();
        if !self.events.is_empty() {
            batches.push((Table::Events, self.events.finish()?));
        }
        let others = [
            Rows::Feedback(self.feedback),
            Rows::Releases(self.releases),
            Rows::Backlog(self.backlog),
            Rows::Marks(self.marks),
            Rows::FeedbackLabels(self.labels),
            Rows::FeedbackLinks(self.links),
            Rows::Verdicts(self.verdicts),
            Rows::Plans(self.plans),
            Rows::Quarantine(self.quarantine),
        ];
        for rows in others.iter().filter(|rows| !rows.is_empty()) {
            batches.push((rows.table(), rows.to_batch()?));
        }
        Ok(batches)
    }
}

#[derive(Debug)]
struct Sorted<'a, 't> {
    rows: TableRows<'a>,
    tally: &'t mut Tally,
}

impl<'a> Sorted<'a, '_> {
    /// Puts one record where it belongs and counts it.
    fn sort_in(
        &mut self,
        stamp: Stamp<'a>,
        record: &Record<'a>,
        judgement: Option<Judgement>,
    ) -> Result<()> {
        let record = match record {
            Record::Replayed(replayed) => {
                self.settle(stamp, replayed, judgement);
                return Ok(());
            }
            Record::Noted(noted) => {
                if judgement != Some(Judgement::Duplicate) {
                    self.tally.note(&stamp, noted);
                }
                return Ok(());
            }
            record => record,
        };
        match judgement {
            Some(Judgement::Duplicate) => self.tally.add(&stamp, Outcome::Duplicate, None),
            Some(Judgement::Conflict) => {
                let refused = conflicting(record)?;
                self.quarantine(stamp, refused);
            }
            Some(Judgement::New) | None => self.store(stamp, record, None),
            Some(Judgement::Revision) => self.store(stamp, record, Some(REVISION)),
        }
        Ok(())
    }

    fn store(&mut self, stamp: Stamp<'a>, record: &Record<'a>, part: Option<&'static str>) {
        if let Record::Refused(refused) = record {
            return self.quarantine(stamp, refused.clone());
        }
        self.tally.add(&stamp, Outcome::Stored, part);
        self.put(stamp, record);
    }

    /// Takes a record out of quarantine: it was received before, and is now stored or a duplicate
    /// in place of quarantined. One whose id came meanwhile with other content stays there.
    fn settle(&mut self, stamp: Stamp<'a>, replayed: &Replayed<'a>, judgement: Option<Judgement>) {
        let (outcome, part) = match judgement {
            Some(Judgement::Conflict) => return,
            Some(Judgement::Duplicate) => (Outcome::Duplicate, None),
            Some(Judgement::Revision) => (Outcome::Stored, Some(REVISION)),
            Some(Judgement::New) | None => (Outcome::Stored, None),
        };
        self.tally.settle(&stamp, replayed.reason, outcome, part);
        self.put_settled(stamp, replayed.row.clone());
        if outcome == Outcome::Stored {
            self.put(stamp, &replayed.record);
        }
    }

    fn put_settled(&mut self, stamp: Stamp<'a>, row: RowId) {
        self.rows
            .quarantine
            .push((stamp, Quarantined::Replayed(row)));
    }

    fn put(&mut self, stamp: Stamp<'a>, record: &Record<'a>) {
        match record {
            Record::Event(event) => self.rows.events.push(&stamp, event),
            Record::Feedback(feedback) => self.rows.feedback.push((stamp, feedback.clone())),
            Record::Release(release) => self.rows.releases.push((stamp, release.clone())),
            Record::Backlog(item) => self.rows.backlog.push((stamp, item.clone())),
            Record::Mark(mark) => self.rows.marks.push((stamp, mark.clone())),
            Record::FeedbackLabel(label) => self.rows.labels.push((stamp, label.clone())),
            Record::FeedbackLink(link) => self.rows.links.push((stamp, link.clone())),
            Record::Verdict(verdict) => self.rows.verdicts.push((stamp, verdict.clone())),
            Record::Plan(entry) => self.rows.plans.push((stamp, entry.clone())),
            Record::Refused(_) | Record::Replayed(_) | Record::Noted(_) => {}
        }
    }

    fn quarantine(&mut self, stamp: Stamp<'a>, refused: Refused) {
        self.tally.add(
            &stamp,
            Outcome::Quarantined,
            Some(refused.refusal.reason.as_str()),
        );
        self.rows
            .quarantine
            .push((stamp, Quarantined::Refused(refused)));
    }
}

/// A record whose id came before with other content, as quarantine keeps it.
fn conflicting(record: &Record<'_>) -> Result<Refused> {
    let (event_id, raw) = match record {
        Record::Event(event) => (Some(event.event_id.to_string()), serde_json::to_vec(event)),
        Record::Feedback(given) => (Some(given.event_id.to_string()), serde_json::to_vec(given)),
        Record::Mark(mark) => (Some(mark.event_id.clone()), serde_json::to_vec(mark)),
        Record::Plan(entry) => (Some(entry.event_id.clone()), serde_json::to_vec(entry)),
        Record::FeedbackLabel(label) => (Some(label.event_id.clone()), serde_json::to_vec(label)),
        Record::FeedbackLink(link) => (Some(link.event_id.clone()), serde_json::to_vec(link)),
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
        &raw.map_err(Error::frame("encoded"))?,
        CONFLICT_BYTES_MAX,
    ))
}

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Counted {
    day: i32,
    app: String,
    protocol: String,
}

type Counts = BTreeMap<(Outcome, Option<Cow<'static, str>>), i64>;

/// Counts by day, app, protocol, outcome and part.
#[derive(Debug, Default)]
struct Tally {
    counts: BTreeMap<Counted, Counts>,
    /// Where the last record was counted: the next one most often goes to the same place.
    last: Option<(Counted, Counts)>,
}

impl Tally {
    /// Counts one record as received and as what became of it.
    fn add(&mut self, stamp: &Stamp<'_>, outcome: Outcome, part: Option<&'static str>) {
        let counts = self.counts(stamp);
        *counts.entry((Outcome::Received, None)).or_default() += 1;
        *counts.entry((outcome, part.map(Cow::from))).or_default() += 1;
    }

    /// Counts what is beside all that was received.
    fn note(&mut self, stamp: &Stamp<'_>, noted: &Noted) {
        let counts = self.counts(stamp);
        let reason = Some(Cow::from(noted.reason.clone()));
        let sum = counts.entry((noted.outcome, reason)).or_default();
        *sum = sum.saturating_add(noted.count);
    }

    /// Counts a record that was quarantined before as what becomes of it now.
    fn settle(
        &mut self,
        stamp: &Stamp<'_>,
        reason: RefusalReason,
        outcome: Outcome,
        part: Option<&'static str>,
    ) {
        let counts = self.counts(stamp);
        let before = (Outcome::Quarantined, Some(Cow::from(reason.as_str())));
        *counts.entry(before).or_default() -= 1;
        *counts.entry((outcome, part.map(Cow::from))).or_default() += 1;
    }

    /// The counters of the day, app and protocol of a record.
    fn counts(&mut self, stamp: &Stamp<'_>) -> &mut Counts {
        let day = utc_day(stamp.received_at);
        let same = self.last.as_ref().is_some_and(|(counted, _)| {
            counted.day == day && counted.app == stamp.app && counted.protocol == stamp.protocol
        });
        if !same {
            self.put_last();
        }
        let (_, counts) = self.last.get_or_insert_with(|| {
            let (app, protocol) = (stamp.app.to_owned(), stamp.protocol.to_owned());
            (Counted { day, app, protocol }, Counts::new())
        });
        counts
    }

    fn put_last(&mut self) {
        if let Some((counted, last)) = self.last.take() {
            let counts = self.counts.entry(counted).or_default();
            for (what, count) in last {
                *counts.entry(what).or_default() += count;
            }
        }
    }

    fn into_deltas(mut self) -> Vec<LedgerDelta> {
        self.put_last();
        let mut deltas = Vec::new();
        for (counted, counts) in self.counts {
            let received = counts.get(&(Outcome::Received, None)).copied();
            let others = counts.iter().filter(|((outcome, _), _)| {
                outcome.is_of_received() && *outcome != Outcome::Received
            });
            assert_eq!(
                received.unwrap_or_default(),
                others.map(|(_, count)| count).sum::<i64>(),
                "received = stored + duplicate + quarantined"
            );
            deltas.extend(
                counts
                    .into_iter()
                    .map(|((outcome, part), count)| LedgerDelta {
                        day: counted.day,
                        app: counted.app.clone(),
                        protocol: counted.protocol.clone(),
                        outcome,
                        reason: part.map(Cow::into_owned),
                        count,
                    }),
            );
        }
        deltas
    }
}
