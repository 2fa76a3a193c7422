//! What is shown of a record as it arrives. Never its text or properties.

use serde::{Deserialize, Serialize};

use crate::batch::{Batch, Record};
use crate::engine::Receipt;

/// A record as it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// When it reached Shipwake, in microseconds since 1970-01-01T00:00:00Z.
    pub received_at: lake::Micros,
    /// The app.
    pub app: String,
    /// native, import, …
    pub protocol: String,
    /// Its kind: `usage`, `session`, `error`, `identify`, a feedback kind, `release`, `backlog`, or
    /// `refused` where it could not be read far enough to tell.
    pub kind: String,
    /// The event's name, the feedback's feature, the release's version or the item's id.
    pub name: Option<String>,
    /// The release that it speaks of.
    pub release: Option<String>,
    /// Its event id.
    pub event_id: Option<String>,
    /// `accepted`, `duplicate` or `rejected`.
    pub outcome: String,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// The field at fault.
    pub field: Option<String>,
    /// What was found, what is allowed.
    pub message: Option<String>,
}

impl Seen {
    pub(crate) fn of(batch: &Batch, record: &Record, receipt: Receipt) -> Self {
        let outcome = match receipt {
            Receipt::Accepted => "accepted",
            Receipt::Duplicate => "duplicate",
            Receipt::Rejected => "rejected",
        };
        let conflict = lake::RefusalReason::IdConflict.as_str();
        let mut seen = Self {
            received_at: batch.received_at,
            app: batch.app.clone(),
            protocol: batch.protocol.clone(),
            kind: String::new(),
            name: None,
            release: None,
            event_id: None,
            outcome: outcome.to_owned(),
            reason: (receipt == Receipt::Rejected).then(|| conflict.to_owned()),
            field: None,
            message: None,
        };
        match record {
            Record::Event(event) => {
                event.kind.as_str().clone_into(&mut seen.kind);
                seen.name = Some(event.name.clone());
                seen.release.clone_from(&event.origin.release);
                seen.event_id = Some(event.event_id.clone());
            }
            Record::Feedback(feedback) => {
                feedback.kind.as_str().clone_into(&mut seen.kind);
                seen.name.clone_from(&feedback.feature);
                seen.release.clone_from(&feedback.origin.release);
                seen.event_id = Some(feedback.event_id.clone());
            }
            Record::Release(release) => {
                "release".clone_into(&mut seen.kind);
                seen.name = Some(release.version.clone());
            }
            Record::Backlog(item) => {
                "backlog".clone_into(&mut seen.kind);
                seen.name = Some(item.item_id.clone());
            }
            Record::Refused(refused) => {
                "refused".clone_into(&mut seen.kind);
                seen.event_id.clone_from(&refused.event_id);
                seen.reason = Some(refused.refusal.reason.as_str().to_owned());
                seen.field = Some(refused.refusal.field.clone());
                seen.message = Some(refused.refusal.message.clone());
            }
        }
        seen
    }
}
