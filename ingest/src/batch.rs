//! What goes into the WAL: one request's checked events, as one frame.

use lake::{
    BacklogItem, Event, Feedback, FeedbackLabel, FeedbackLink, Micros, Outcome, PlanEntry,
    RefusalReason, Refused, ReleaseMark, ReleaseRecord, ReleaseVerdict, RowId, Text,
};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// One checked value, or one refused with its raw bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record<'a> {
    /// For `events`.
    Event(#[serde(borrow)] Event<'a>),
    /// For `feedback`.
    Feedback(#[serde(borrow)] Feedback<'a>),
    /// For `releases`.
    Release(ReleaseRecord),
    /// For `backlog`.
    Backlog(BacklogItem),
    /// For `quarantine`.
    Refused(Refused),
    /// One that lay in quarantine and is taken now.
    Replayed(#[serde(borrow)] Box<Replayed<'a>>),
    /// For the ledger alone.
    Noted(Noted),
    /// For `marks`.
    Mark(ReleaseMark),
    /// For `verdicts`: the program's own.
    Verdict(ReleaseVerdict),
    /// For `plans`.
    Plan(PlanEntry),
    /// For `feedback_labels`.
    FeedbackLabel(FeedbackLabel),
    /// For `feedback_links`.
    FeedbackLink(FeedbackLink),
}

/// A count that belongs to no row: what a client says that it lost, or what is not kept. It is
/// beside received = stored + duplicate + quarantined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// `lost_by_client` or `declined`.
    pub outcome: Outcome,
    /// Of what, and why.
    pub reason: String,
    /// How many.
    pub count: i64,
    /// What makes a retry known, where there is something; as long as the service runs, since no
    /// table holds it.
    pub id: Option<String>,
}

/// A value of `quarantine` that passed its check after all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replayed<'a> {
    /// Its row in quarantine, which is settled by this.
    pub row: RowId,
    /// The reason by which it was counted.
    pub reason: RefusalReason,
    /// What it is: neither refused nor replayed itself.
    #[serde(borrow)]
    pub record: Record<'a>,
}

impl Record<'_> {
    /// The value itself, whether or not it lay in quarantine.
    #[must_use]
    pub fn itself(&self) -> &Self {
        match self {
            Self::Replayed(replayed) => replayed.record.itself(),
            other => other,
        }
    }

    /// The same with its own memory.
    #[must_use]
    pub fn into_owned(self) -> Record<'static> {
        match self {
            Self::Event(event) => Record::Event(event.into_owned()),
            Self::Feedback(feedback) => Record::Feedback(feedback.into_owned()),
            Self::Release(release) => Record::Release(release),
            Self::Backlog(item) => Record::Backlog(item),
            Self::Refused(refused) => Record::Refused(refused),
            Self::Noted(noted) => Record::Noted(noted),
            Self::Mark(mark) => Record::Mark(mark),
            Self::Verdict(verdict) => Record::Verdict(verdict),
            Self::Plan(entry) => Record::Plan(entry),
            Self::FeedbackLabel(label) => Record::FeedbackLabel(label),
            Self::FeedbackLink(link) => Record::FeedbackLink(link),
            Self::Replayed(replayed) => Record::Replayed(Box::new(Replayed {
                row: replayed.row,
                reason: replayed.reason,
                record: replayed.record.into_owned(),
            })),
        }
    }
}

/// One request's records, borrowed from its body on the way in and from its frame on the way to the
/// tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Batch<'a> {
    /// The app that the key belongs to.
    #[serde(borrow)]
    pub app: Text<'a>,
    /// native, import, …
    #[serde(borrow)]
    pub protocol: Text<'a>,
    /// The id (never the secret) of the key.
    #[serde(borrow)]
    pub key_id: Option<Text<'a>>,
    /// When it reached Shipwake.
    pub received_at: Micros,
    /// The records in the order in which they came.
    #[serde(borrow)]
    pub records: Vec<Record<'a>>,
}

/// A batch apart from its records.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Envelope<'e> {
    /// The app that the key belongs to.
    pub(crate) app: &'e str,
    /// native, import, …
    pub(crate) protocol: &'e str,
    /// The id (never the secret) of the key.
    pub(crate) key_id: Option<&'e str>,
    /// When it reached Shipwake.
    pub(crate) received_at: Micros,
}

/// A batch on its way to being the payload of a frame: postcard, which has no field names, so that
/// a change of any field of a record needs a new kind of frame. Records are written as they come
/// and need not be kept.
#[derive(Debug)]
pub(crate) struct Payload(Vec<u8>);

/// Bytes of a record, about.
const RECORD_BYTES: usize = 256;

impl Payload {
    /// Begins the payload of a batch of exactly so many records.
    ///
    /// # Errors
    /// [`Error::Frame`] when the envelope does not fit its form, which is a bug.
    pub(crate) fn new(envelope: &Envelope<'_>, records: usize) -> Result<Self> {
        let room = Vec::with_capacity(128 + RECORD_BYTES * records);
        let begun = postcard::to_extend(&(envelope, records), room);
        begun.map(Self).map_err(Error::frame("encoded"))
    }

    /// Adds the next record.
    ///
    /// # Errors
    /// [`Error::Frame`] when the record does not fit its form, which is a bug.
    pub(crate) fn push(&mut self, record: &Record<'_>) -> Result<()> {
        let grown = postcard::to_extend(record, std::mem::take(&mut self.0));
        self.0 = grown.map_err(Error::frame("encoded"))?;
        Ok(())
    }

    /// The whole payload.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

impl<'a> Batch<'a> {
    /// The batch of a frame's payload.
    ///
    /// # Errors
    /// [`Error::Frame`] when the payload is none.
    pub(crate) fn of_payload(payload: &'a [u8]) -> Result<Self> {
        postcard::from_bytes(payload).map_err(Error::frame("decoded"))
    }
}

#[cfg(test)]
mod tests {
    use lake::{Refusal, RefusalReason};

    use super::*;

    #[test]
    fn payload_that_is_written_record_by_record_is_read_as_a_batch() {
        let refused = |field: &str| {
            let refusal = Refusal::new(field, RefusalReason::WrongType, "x");
            Record::Refused(Refused::new(refusal, None, b"{}", 10))
        };
        for count in [0, 1, 200] {
            let batch = Batch {
                app: "shop".into(),
                protocol: "native".into(),
                key_id: (count > 0).then(|| "k1".into()),
                received_at: -5,
                records: (0..count).map(|n| refused(&n.to_string())).collect(),
            };
            let envelope = Envelope {
                app: &batch.app,
                protocol: &batch.protocol,
                key_id: batch.key_id.as_deref(),
                received_at: batch.received_at,
            };
            let mut payload = Payload::new(&envelope, count).unwrap();
            for record in &batch.records {
                payload.push(record).unwrap();
            }
            assert_eq!(Batch::of_payload(&payload.finish()).unwrap(), batch);
        }
    }
}
