//! What a sender is told: one outcome for each event, in the order in which they came.
//!
//! `accepted`, `duplicate` and `rejected` are the words of this answer alone; ledger, tables and
//! reports say stored, duplicate and quarantined.

use std::borrow::Cow;

use lake::RefusalReason;
use serde::Serialize;
use utoipa::ToSchema;

use crate::batch::Record;
use crate::draft::Receipt;

/// Said when an accepted event had no id of its own.
pub const NO_EVENT_ID: &str = "events without event_id: a retry may count them twice";

const ID_CONFLICT: &str = "this event_id came before with other content: the first one counts";

/// What is said of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerWord {
    /// On disk, to be stored.
    Accepted,
    /// It was there before: nothing to do, nothing to send again.
    Duplicate,
    /// Kept apart with its bytes; sending it again changes nothing.
    Rejected,
}

/// What became of one event.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EventAnswer<'a> {
    /// Its place in the request, from 0.
    pub index: usize,
    /// What became of it.
    pub outcome: AnswerWord,
    /// The event id (events, feedback, marks, plans, labels and links).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<Cow<'a, str>>,
    /// The version (releases, marks and plans).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Cow<'a, str>>,
    /// The item id (backlog, plans and links).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_id: Option<Cow<'a, str>>,
    /// The field at fault; empty when it is the event as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Cow<'a, str>>,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// What was found and what is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Cow<'a, str>>,
}

/// The answer to one request.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Answer<'a> {
    /// How many are on disk, to be stored.
    pub accepted: usize,
    /// How many were there before.
    pub duplicate: usize,
    /// How many were refused.
    pub rejected: usize,
    /// Each event's outcome.
    pub outcomes: Vec<EventAnswer<'a>>,
    /// What the sender should know.
    pub warnings: Vec<String>,
    /// Present and true when nothing was stored because the sender asked so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub dry_run: bool,
}

impl<'a> Answer<'a> {
    /// The answer for records that were checked and not submitted: what is not refused would be
    /// accepted.
    #[must_use]
    pub fn checked<'r>(
        records: impl IntoIterator<Item = &'r Record<'a>>,
        warnings: Vec<String>,
    ) -> Self
    where
        'a: 'r,
    {
        let mut answering = Answering::new(warnings, 0);
        records.into_iter().for_each(|record| answering.add(record));
        answering.finish()
    }

    /// The answer once the records were submitted, with a receipt for each, in order.
    #[must_use]
    pub fn received(mut self, receipts: &[Receipt]) -> Self {
        debug_assert_eq!(
            self.outcomes.len(),
            receipts.len(),
            "one receipt for each record"
        );
        for (event, receipt) in self.outcomes.iter_mut().zip(receipts) {
            event.receive(*receipt);
        }
        Self {
            warnings: self.warnings,
            dry_run: self.dry_run,
            ..Self::count(self.outcomes)
        }
    }

    fn count(outcomes: Vec<EventAnswer<'a>>) -> Self {
        let count = |word| {
            outcomes
                .iter()
                .filter(|event| event.outcome == word)
                .count()
        };
        Self {
            accepted: count(AnswerWord::Accepted),
            duplicate: count(AnswerWord::Duplicate),
            rejected: count(AnswerWord::Rejected),
            outcomes,
            warnings: Vec::new(),
            dry_run: false,
        }
    }
}

/// An answer under way: what it says of a record does not need the record any more.
#[derive(Debug)]
pub(crate) struct Answering<'a> {
    outcomes: Vec<EventAnswer<'a>>,
    warnings: Vec<String>,
    any_without_id: bool,
}

impl<'a> Answering<'a> {
    /// Begins an answer about so many records.
    pub(crate) fn new(warnings: Vec<String>, records: usize) -> Self {
        Self {
            outcomes: Vec::with_capacity(records),
            warnings,
            any_without_id: false,
        }
    }

    /// Speaks of the next record.
    pub(crate) fn add(&mut self, record: &Record<'a>) {
        self.any_without_id |= without_id(record);
        self.outcomes.push(describe(self.outcomes.len(), record));
    }

    /// Says something to the sender.
    pub(crate) fn warn(&mut self, words: impl IntoIterator<Item = String>) {
        self.warnings.extend(words);
    }

    /// The answer: what is not refused would be accepted.
    pub(crate) fn finish(mut self) -> Answer<'a> {
        if self.any_without_id {
            self.warnings.push(NO_EVENT_ID.to_owned());
        }
        Answer {
            warnings: self.warnings,
            ..Answer::count(self.outcomes)
        }
    }
}

impl EventAnswer<'_> {
    fn receive(&mut self, receipt: Receipt) {
        self.outcome = match receipt {
            Receipt::Accepted => AnswerWord::Accepted,
            Receipt::Duplicate => AnswerWord::Duplicate,
            Receipt::Rejected => AnswerWord::Rejected,
            // No answer of this form speaks of it.
            Receipt::Noted => AnswerWord::Accepted,
        };
        // A checked event that is then refused is one whose id came before with other content.
        if self.outcome == AnswerWord::Rejected && self.reason.is_none() {
            self.field = Some("event_id".into());
            self.reason = Some(RefusalReason::IdConflict.as_str());
            self.message = Some(ID_CONFLICT.into());
        }
    }
}

fn without_id(record: &Record<'_>) -> bool {
    match record.itself() {
        Record::Event(event) => !event.id_given,
        Record::Feedback(feedback) => !feedback.id_given,
        _ => false,
    }
}

fn describe<'a>(index: usize, record: &Record<'a>) -> EventAnswer<'a> {
    let mut answer = EventAnswer {
        index,
        outcome: AnswerWord::Accepted,
        event_id: None,
        version: None,
        item_id: None,
        field: None,
        reason: None,
        message: None,
    };
    match record.itself() {
        Record::Event(event) => answer.event_id = Some(event.event_id.to_cow()),
        Record::Feedback(feedback) => answer.event_id = Some(feedback.event_id.to_cow()),
        Record::Release(release) => answer.version = Some(release.version.clone().into()),
        Record::Backlog(item) => answer.item_id = Some(item.item_id.clone().into()),
        Record::Refused(refused) => {
            answer.outcome = AnswerWord::Rejected;
            answer.event_id = refused.event_id.clone().map(Cow::Owned);
            answer.field = Some(refused.refusal.field.clone().into());
            answer.reason = Some(refused.refusal.reason.as_str());
            answer.message = Some(refused.refusal.message.clone().into());
        }
        Record::Mark(mark) => {
            answer.event_id = Some(mark.event_id.clone().into());
            answer.version = Some(mark.version.clone().into());
        }
        Record::Plan(entry) => {
            answer.event_id = Some(entry.event_id.clone().into());
            answer.version = Some(entry.version.clone().into());
            answer.item_id = Some(entry.item_id.clone().into());
        }
        Record::FeedbackLabel(label) => answer.event_id = Some(label.event_id.clone().into()),
        Record::FeedbackLink(link) => {
            answer.event_id = Some(link.event_id.clone().into());
            answer.item_id = Some(link.item_id.clone().into());
        }
        Record::Verdict(verdict) => answer.version = Some(verdict.version.clone().into()),
        Record::Replayed(_) | Record::Noted(_) => {}
    }
    answer
}

#[cfg(test)]
mod tests {
    use lake::{Refusal, Refused};
    use serde_json::json;

    use super::*;

    fn refused() -> Record<'static> {
        let refusal = Refusal::new(
            "score",
            RefusalReason::OutOfRange,
            "score must be 1..=5, got 9",
        );
        Record::Refused(Refused::new(refusal, Some("e2".to_owned()), b"{}", 10))
    }

    fn feedback(id: Option<&str>) -> Record<'static> {
        let mut object = lake::RawObject::new();
        object.insert("score".to_owned(), json!(5));
        object.extend(id.map(|id| ("event_id".to_owned(), json!(id))));
        let arrival = lake::Arrival {
            received_at: 0,
            sent_at: None,
            import: false,
        };
        Record::Feedback(lake::check_feedback(&object, &arrival).unwrap()).into_owned()
    }

    #[test]
    fn each_event_has_its_outcome_and_a_refused_one_says_why() {
        let records = [feedback(Some("e1")), refused(), feedback(Some("e3"))];
        let receipts = [Receipt::Accepted, Receipt::Rejected, Receipt::Duplicate];
        let answer = Answer::checked(&records, Vec::new()).received(&receipts);
        let expected = json!({
            "accepted": 1, "duplicate": 1, "rejected": 1, "warnings": [],
            "outcomes": [
                {"index": 0, "outcome": "accepted", "event_id": "e1"},
                {"index": 1, "outcome": "rejected", "event_id": "e2", "field": "score",
                 "reason": "out_of_range", "message": "score must be 1..=5, got 9"},
                {"index": 2, "outcome": "duplicate", "event_id": "e3"},
            ],
        });
        assert_eq!(serde_json::to_value(&answer).unwrap(), expected);
    }

    #[test]
    fn event_without_id_is_warned_of_once() {
        let records = [feedback(None), feedback(None), refused()];
        let answer = Answer::checked(&records, Vec::new());
        assert_eq!((answer.accepted, answer.rejected), (2, 1));
        assert_eq!(answer.warnings, [NO_EVENT_ID]);
        assert_eq!(
            Answer::checked(&[feedback(Some("e"))], Vec::new())
                .warnings
                .len(),
            0
        );
    }

    #[test]
    fn conflict_that_the_engine_finds_is_explained() {
        let records = [feedback(Some("e1"))];
        let answer = Answer::checked(&records, Vec::new());
        let answer = answer.received(&[Receipt::Rejected]);
        assert_eq!(answer.rejected, 1);
        assert_eq!(answer.outcomes[0].reason, Some("id_conflict"));
    }
}
