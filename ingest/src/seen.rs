//! What is shown of a record as it arrives. Never its text or properties.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::batch::{Envelope, Record};
use crate::draft::Receipt;

/// A record as it arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Seen {
    /// When it reached Shipwake, in microseconds since 1970-01-01T00:00:00Z.
    #[schema(value_type = i64)]
    pub received_at: lake::Micros,
    /// The app.
    pub app: String,
    /// native, import, …
    pub protocol: String,
    /// Its kind: `usage`, `session`, `error`, `identify`, a feedback kind, `release`, `backlog`,
    /// `mark`, `label`, `link`, `refused` where it could not be read far enough to tell, or `lost_by_client` and `declined`,
    /// which are only counted.
    pub kind: String,
    /// The event's name, the feedback's feature, the release's version or the item's id.
    pub name: Option<String>,
    /// The release that it speaks of.
    pub release: Option<String>,
    /// Its event id.
    pub event_id: Option<String>,
    /// `accepted`, `duplicate` or `rejected`; `noted` of what is only counted.
    pub outcome: String,
    /// Why it was rejected.
    pub reason: Option<String>,
    /// The field at fault.
    pub field: Option<String>,
    /// What was found, what is allowed.
    pub message: Option<String>,
}

impl Seen {
    /// What can be said of a record before it is judged.
    pub(crate) fn of(envelope: &Envelope<'_>, record: &Record<'_>) -> Self {
        let mut seen = Self {
            received_at: envelope.received_at,
            app: envelope.app.to_owned(),
            protocol: envelope.protocol.to_owned(),
            kind: String::new(),
            name: None,
            release: None,
            event_id: None,
            outcome: String::new(),
            reason: None,
            field: None,
            message: None,
        };
        seen.describe(record.itself());
        seen
    }

    fn describe(&mut self, record: &Record<'_>) {
        match record {
            Record::Event(event) => {
                event.kind.as_str().clone_into(&mut self.kind);
                self.name = Some(event.name.to_string());
                self.release = event.origin.release.as_deref().map(str::to_owned);
                self.event_id = Some(event.event_id.to_string());
            }
            Record::Feedback(feedback) => {
                feedback.kind.as_str().clone_into(&mut self.kind);
                self.name.clone_from(&feedback.feature);
                self.release = feedback.origin.release.as_deref().map(str::to_owned);
                self.event_id = Some(feedback.event_id.to_string());
            }
            Record::Release(release) => {
                "release".clone_into(&mut self.kind);
                self.name = Some(release.version.clone());
            }
            Record::Backlog(item) => {
                "backlog".clone_into(&mut self.kind);
                self.name = Some(item.item_id.clone());
            }
            Record::Refused(refused) => {
                "refused".clone_into(&mut self.kind);
                self.event_id.clone_from(&refused.event_id);
                self.reason = Some(refused.refusal.reason.as_str().to_owned());
                self.field = Some(refused.refusal.field.clone());
                self.message = Some(refused.refusal.message.clone());
            }
            Record::Noted(noted) => {
                noted.outcome.as_str().clone_into(&mut self.kind);
                self.name = Some(noted.reason.clone());
            }
            Record::Mark(mark) => {
                "mark".clone_into(&mut self.kind);
                self.name = Some(mark.mark.as_str().to_owned());
                self.release = Some(mark.version.clone());
                self.event_id = Some(mark.event_id.clone());
            }
            Record::FeedbackLabel(label) => {
                "label".clone_into(&mut self.kind);
                self.name = Some(label.label.as_str().to_owned());
                self.event_id = Some(label.event_id.clone());
            }
            Record::FeedbackLink(link) => {
                "link".clone_into(&mut self.kind);
                self.name = Some(link.item_id.clone());
                self.event_id = Some(link.event_id.clone());
            }
            Record::Verdict(verdict) => {
                "verdict".clone_into(&mut self.kind);
                self.name = Some(verdict.verdict.clone());
                self.release = Some(verdict.version.clone());
            }
            Record::Plan(entry) => {
                "plan".clone_into(&mut self.kind);
                self.name = Some(entry.change.as_str().to_owned());
                self.release = Some(entry.version.clone());
                self.event_id = Some(entry.event_id.clone());
            }
            Record::Replayed(_) => {}
        }
    }

    /// The record as it was judged.
    pub(crate) fn told(mut self, receipt: Receipt) -> Self {
        let outcome = match receipt {
            Receipt::Accepted => "accepted",
            Receipt::Duplicate => "duplicate",
            Receipt::Rejected => "rejected",
            Receipt::Noted => "noted",
        };
        outcome.clone_into(&mut self.outcome);
        if receipt == Receipt::Rejected && self.reason.is_none() {
            self.reason = Some(lake::RefusalReason::IdConflict.as_str().to_owned());
        }
        self
    }
}
