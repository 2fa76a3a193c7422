//! Checks what a team says of feedback: labels, and links to backlog items.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fields::{
    Checked, EventLimits, instant, refuse, required, short_owned, text_owned, word,
};
use super::raw::Field;
use super::{Arrival, RawObject};
use crate::clock::Micros;
use crate::event::content_hash;
use crate::refusal::RefusalReason;
use crate::triage::{FeedbackLabel, FeedbackLink, LabelKind, LinkKind};

/// So far ahead a saying may lie, for clocks that differ.
const SAID_AHEAD_MAX: Micros = 86_400_000_000;

/// Checks a label of a piece of feedback.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_label_within(
    raw: &RawObject,
    arrival: &Arrival,
    limits: &EventLimits,
) -> Checked<FeedbackLabel> {
    let feedback_id = required(short_owned(limits, raw, "feedback_id")?, "feedback_id")?;
    let allowed = "bug_report, feature_request, praise, other, withdrawn";
    let label = needed::<LabelKind>(raw, "label", allowed)?;
    let at = At::read(raw, arrival)?;
    let event_id = short_owned(limits, raw, "event_id")?;
    let said = (&feedback_id, label);
    Ok(FeedbackLabel {
        event_id: event_id.unwrap_or_else(|| at.id("label", &said)),
        content_hash: at.hash(&said),
        label,
        labelled_at: at.counts,
        note: text_owned(limits, raw, "note")?,
        author: short_owned(limits, raw, "author")?,
        feedback_id,
    })
}

/// Checks a link of a piece of feedback to a backlog item, or of two items.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_link_within(
    raw: &RawObject,
    arrival: &Arrival,
    limits: &EventLimits,
) -> Checked<FeedbackLink> {
    let item_id = required(short_owned(limits, raw, "item_id")?, "item_id")?;
    let allowed = "confirmed, rejected, merged, withdrawn";
    let link = needed::<LinkKind>(raw, "link", allowed)?;
    let feedback_id = short_owned(limits, raw, "feedback_id")?;
    let into_item_id = short_owned(limits, raw, "into_item_id")?;
    let at = At::read(raw, arrival)?;
    fit_together(
        link,
        &item_id,
        feedback_id.as_deref(),
        into_item_id.as_deref(),
    )?;
    let event_id = short_owned(limits, raw, "event_id")?;
    let said = (&item_id, &feedback_id, &into_item_id, link);
    Ok(FeedbackLink {
        event_id: event_id.unwrap_or_else(|| at.id("link", &said)),
        content_hash: at.hash(&said),
        link,
        linked_at: at.counts,
        note: text_owned(limits, raw, "note")?,
        author: short_owned(limits, raw, "author")?,
        feedback_id,
        into_item_id,
        item_id,
    })
}

/// A merge speaks of two items, every other link of a piece and an item; what is withdrawn is one of
/// the two.
fn fit_together(
    link: LinkKind,
    item: &str,
    feedback: Option<&str>,
    into: Option<&str>,
) -> Checked<()> {
    match (link, feedback, into) {
        (LinkKind::Merged, _, None) => {
            let message =
                "into_item_id is required of a merge: the item that this one is over again";
            refuse("into_item_id", RefusalReason::MissingField, message)
        }
        (LinkKind::Merged, Some(_), _) => {
            let message =
                "feedback_id has no place in a merge, which speaks of two items: leave it out";
            refuse("feedback_id", RefusalReason::OutOfRange, message)
        }
        (LinkKind::Confirmed | LinkKind::Rejected, _, Some(_)) => {
            let message =
                "into_item_id goes with merged and with its withdrawal alone: leave it out";
            refuse("into_item_id", RefusalReason::OutOfRange, message)
        }
        (LinkKind::Withdrawn, Some(_), Some(_)) => {
            let message =
                "into_item_id and feedback_id do not go together: withdraw one link at a time";
            refuse("into_item_id", RefusalReason::OutOfRange, message)
        }
        (_, None, None) => {
            let message = "feedback_id is required: the piece that speaks of the item, or does not; \
                           of two items, give into_item_id";
            refuse("feedback_id", RefusalReason::MissingField, message)
        }
        (_, _, Some(into)) if into == item => {
            let message = "into_item_id must name another item than item_id";
            refuse("into_item_id", RefusalReason::OutOfRange, message)
        }
        _ => Ok(()),
    }
}

fn needed<T: DeserializeOwned>(raw: &RawObject, name: &str, allowed: &str) -> Checked<T> {
    match word::<T>(&Field::of_object(raw, name), name, allowed)? {
        Some(word) => Ok(word),
        None => {
            let message = format!("{name} is required: one of {allowed}");
            refuse(name, RefusalReason::MissingField, message)
        }
    }
}

/// When something was said.
struct At {
    /// As the sender says.
    said: Option<Micros>,
    /// That, or the moment of arrival.
    counts: Micros,
}

impl At {
    fn read(raw: &RawObject, arrival: &Arrival) -> Checked<Self> {
        let said = instant(&Field::of_object(raw, "at"), "at")?;
        let counts = said.unwrap_or(arrival.received_at);
        if !(0..=arrival.received_at.saturating_add(SAID_AHEAD_MAX)).contains(&counts) {
            let message = "at must lie between 1970 and a day from now: it is when it was said; leave \
                           it out for now";
            return refuse("at", RefusalReason::OutOfRange, message);
        }
        Ok(Self { said, counts })
    }

    /// An id of all that makes a saying.
    fn id(&self, prefix: &str, said: &impl Serialize) -> String {
        format!("{prefix}-{}", content_hash(&(said, self.counts)))
    }

    /// What was not said is no part of it: a retry arrives later.
    fn hash(&self, said: &impl Serialize) -> String {
        content_hash(&(said, self.said))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: Micros = 1_777_627_800_000_000;

    fn arrival(received_at: Micros) -> Arrival {
        Arrival {
            received_at,
            sent_at: None,
            import: false,
        }
    }

    fn object(value: Value) -> RawObject {
        match value {
            Value::Object(object) => object,
            other => unreachable!("{other} is no object"),
        }
    }

    fn link(value: Value) -> Result<FeedbackLink, (String, RefusalReason)> {
        check_link_within(&object(value), &arrival(NOW), &EventLimits::default())
            .map_err(|refusal| (refusal.field, refusal.reason))
    }

    fn label(value: Value, received_at: Micros) -> FeedbackLabel {
        let limits = EventLimits::default();
        check_label_within(&object(value), &arrival(received_at), &limits).unwrap()
    }

    #[test]
    fn a_merge_speaks_of_two_items_and_all_else_of_a_piece_and_an_item() {
        use RefusalReason::{MissingField, OutOfRange};
        let refused = |value: Value| link(value).unwrap_err();
        let (piece, item) = ("feedback_id".to_owned(), "into_item_id".to_owned());
        for (value, expected) in [
            (json!({"link": "merged"}), (item.clone(), MissingField)),
            (
                json!({"link": "merged", "into_item_id": "B", "feedback_id": "f"}),
                (piece.clone(), OutOfRange),
            ),
            (
                json!({"link": "merged", "into_item_id": "A"}),
                (item.clone(), OutOfRange),
            ),
            (
                json!({"link": "confirmed", "into_item_id": "B"}),
                (item.clone(), OutOfRange),
            ),
            (json!({"link": "rejected"}), (piece.clone(), MissingField)),
            (json!({"link": "withdrawn"}), (piece, MissingField)),
            (
                json!({"link": "withdrawn", "into_item_id": "B", "feedback_id": "f"}),
                (item, OutOfRange),
            ),
            (json!({}), ("link".to_owned(), MissingField)),
            (json!({"link": "maybe"}), ("link".to_owned(), OutOfRange)),
        ] {
            let mut value = value;
            value["item_id"] = json!("A");
            assert_eq!(refused(value.clone()), expected, "{value}");
        }
        assert_eq!(refused(json!({"link": "merged"})).0, "item_id");
        for value in [
            json!({"item_id": "A", "link": "withdrawn", "into_item_id": "B"}),
            json!({"item_id": "A", "link": "withdrawn", "feedback_id": "f"}),
            json!({"item_id": "A", "link": "merged", "into_item_id": "B"}),
        ] {
            assert!(link(value.clone()).is_ok(), "{value}");
        }
        let late = json!({"item_id": "A", "feedback_id": "f", "link": "rejected",
                          "at": "2100-01-01T00:00:00Z"});
        assert_eq!(refused(late), ("at".to_owned(), OutOfRange));
    }

    #[test]
    fn a_retry_says_the_same_and_another_moment_says_it_anew() {
        let bare = json!({"feedback_id": "f", "label": "praise"});
        let (first, later) = (label(bare.clone(), NOW), label(bare.clone(), NOW + 1));
        assert_eq!(first.content_hash, later.content_hash);
        assert_ne!(first.event_id, later.event_id);
        let mut named = bare.clone();
        named["event_id"] = json!("l1");
        assert_eq!(label(named, NOW).event_id, "l1");
        let mut said = bare;
        said["at"] = json!("2026-05-01T09:30:00Z");
        let (first, noted) = (label(said.clone(), NOW), {
            said["note"] = json!("=1+1");
            label(said.clone(), NOW + 5)
        });
        assert_eq!(
            (&first.event_id, &first.content_hash),
            (&noted.event_id, &noted.content_hash)
        );
        said["label"] = json!("other");
        assert_ne!(label(said, NOW).event_id, first.event_id);
    }
}
