//! Replay of quarantine: after a fix, what was refused is checked again as it came, under the app,
//! protocol, key and arrival of then, and what passes now is taken.
//!
//! **What is counted.** A replayed event was received once, before. The flush that takes it counts
//! one quarantined less and one stored (or duplicate) more, and adds the row that settles it in
//! `quarantine`; received stays what it was. So received = stored + duplicate + quarantined +
//! pending holds throughout: while a replayed event waits in the WAL, it is pending and received
//! beside being quarantined. One that is refused again stays where it is, and nothing is counted.
//!
//! **Never twice.** Replays run one after the other, each behind a flush, on what the tables then
//! say; a crash in between leaves a batch in the WAL, which the next start flushes first. An event
//! without an id gets one from its row, so that not even the loss of the settling row could store
//! it twice.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use lake::{EventLimits, QuarantineFilter, QuarantineRow, RefusalReason, Snapshot, Text};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use utoipa::ToSchema;

use crate::batch::{Batch, Record, Replayed};
use crate::committer::off_reactor;
use crate::draft::Receipt;
use crate::engine::Ingest;
use crate::error::{Error, Result};
use crate::keys::{KeyError, KeyStore};
use crate::privacy::Sender;
use crate::wire::native::{self, Context};

/// Records of one batch.
const BATCH_RECORDS_MAX: usize = 1_000;
/// Bytes of raw events of one batch, and of those that wait to become one.
const BATCH_BYTES: usize = 4 << 20;

/// What to replay.
#[derive(Debug, Clone, Default)]
pub struct Replay {
    /// Which rows.
    pub filter: QuarantineFilter,
    /// Says what would be, and takes nothing.
    pub is_dry_run: bool,
    /// The person of each key, by the key's id: the author of releases and backlog items.
    pub authors: BTreeMap<String, String>,
    /// The largest event.
    pub event_bytes_max: usize,
    /// How large its parts may be.
    pub limits: EventLimits,
}

/// The person of each key, by the key's id.
///
/// # Errors
/// When the keys cannot be read.
pub fn authors(keys: &KeyStore) -> std::result::Result<BTreeMap<String, String>, KeyError> {
    let keys = keys.list()?.into_iter();
    Ok(keys.filter_map(|key| Some((key.id, key.person?))).collect())
}

/// What became of the rows that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplaySummary {
    /// Open rows of quarantine.
    pub found: u64,
    /// Passed, and stored now.
    pub stored: u64,
    /// Passed, and was sent again meanwhile.
    pub duplicate: u64,
    /// Refused again, or their id was taken meanwhile with other content: they stay.
    pub refused: u64,
    /// Cannot be checked again, since their bytes are gone or they came from a file: they stay.
    pub left: u64,
    /// Whether nothing was taken because the caller asked so.
    pub dry_run: bool,
}

impl Ingest {
    /// Checks rows of quarantine again and takes those that pass; the tables hold them when this
    /// returns.
    ///
    /// # Errors
    /// As [`Ingest::flush`] and [`Ingest::append`]; what was taken before stays taken, and a
    /// further replay goes on from there.
    ///
    /// # Cancel safety
    /// What was handed over is taken whether or not the caller still waits; the rest is not.
    pub async fn replay(&self, replay: &Replay) -> Result<ReplaySummary> {
        let _turn = self.replays().lock().await;
        self.flush().await?;
        let snapshot = self.lake().snapshot().await.map_err(Error::lake("read"))?;
        let (groups, mut queue) = mpsc::channel(1);
        let filter = replay.filter.clone();
        let reading = off_reactor(move || read(&snapshot, &filter, &groups));
        let mut summary = ReplaySummary {
            dry_run: replay.is_dry_run,
            ..ReplaySummary::default()
        };
        let taking = async {
            while let Some(rows) = queue.recv().await {
                self.take(rows, replay, &mut summary).await?;
            }
            // The reader ends once nobody listens.
            drop(queue);
            Ok::<(), Error>(())
        };
        let (read, taken) = tokio::join!(reading, taking);
        taken.and(read)?;
        self.flush().await?;
        Ok(summary)
    }

    /// Takes rows that came together.
    async fn take(
        &self,
        rows: Vec<QuarantineRow>,
        replay: &Replay,
        summary: &mut ReplaySummary,
    ) -> Result<()> {
        let Some(first) = rows.first().map(Envelope::of) else {
            return Ok(());
        };
        let mut records = Vec::with_capacity(rows.len());
        for row in rows {
            summary.found += 1;
            match checked(row, replay) {
                Again::Passed(replayed) => records.push(Record::Replayed(replayed)),
                Again::Refused => summary.refused += 1,
                Again::Left => summary.left += 1,
            }
        }
        let mut batch = Batch {
            app: first.app.into(),
            protocol: first.protocol.into(),
            key_id: first.key_id.map(Text::from),
            received_at: first.received_at,
            records,
        };
        let draft = self.draft(&mut batch, &Sender::default())?;
        for receipt in draft.receipts() {
            match receipt {
                Receipt::Accepted => summary.stored += 1,
                Receipt::Duplicate => summary.duplicate += 1,
                Receipt::Rejected => summary.refused += 1,
                Receipt::Noted => {}
            }
        }
        if replay.is_dry_run {
            return Ok(());
        }
        self.append(draft).await
    }
}

/// What rows of one batch have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Envelope {
    app: String,
    protocol: String,
    key_id: Option<String>,
    received_at: lake::Micros,
}

impl Envelope {
    fn of(row: &QuarantineRow) -> Self {
        Self {
            app: row.app.clone(),
            protocol: row.protocol.clone(),
            key_id: row.key_id.clone(),
            received_at: row.received_at,
        }
    }
}

/// Hands on rows in groups that can become one batch each.
fn read(
    snapshot: &Snapshot,
    filter: &QuarantineFilter,
    groups: &mpsc::Sender<Vec<QuarantineRow>>,
) -> Result<()> {
    let (mut group, mut bytes): (Vec<QuarantineRow>, usize) = (Vec::new(), 0);
    let read = snapshot.open_quarantine(filter, |row| {
        let is_alike = group
            .last()
            .is_none_or(|last| Envelope::of(last) == Envelope::of(&row));
        let is_full = group.len() >= BATCH_RECORDS_MAX || bytes >= BATCH_BYTES;
        if !is_alike || is_full {
            bytes = 0;
            if groups.blocking_send(std::mem::take(&mut group)).is_err() {
                return ControlFlow::Break(());
            }
        }
        bytes += row.raw.len();
        group.push(row);
        ControlFlow::Continue(())
    });
    read.map_err(Error::lake("read"))?;
    // Fails only when the taking has failed, which then says why.
    drop(groups.blocking_send(group));
    Ok(())
}

/// What checking a row again came to.
enum Again {
    Passed(Box<Replayed<'static>>),
    Refused,
    Left,
}

fn checked(row: QuarantineRow, replay: &Replay) -> Again {
    let reason = RefusalReason::from_word(&row.reason);
    let (Some(sent_as), Some(reason), false) = (row.sent_as, reason, row.raw.is_empty()) else {
        return Again::Left;
    };
    let author = row.key_id.as_ref().and_then(|key| replay.authors.get(key));
    let context = Context {
        app: &row.app,
        content: sent_as.into(),
        arrival: native::live(row.received_at, None),
        author: author.map(String::as_str),
        event_bytes_max: replay.event_bytes_max,
        limits: replay.limits,
    };
    let mut record = native::check(&row.raw, &context).into_owned();
    let made = || format!("replay-{}", row.id).into();
    match &mut record {
        Record::Refused(_) => return Again::Refused,
        Record::Event(event) if !event.id_given => event.event_id = made(),
        Record::Feedback(feedback) if !feedback.id_given => feedback.event_id = made(),
        _ => {}
    }
    Again::Passed(Box::new(Replayed {
        row: row.id,
        reason,
        record,
    }))
}

#[cfg(test)]
mod tests;
