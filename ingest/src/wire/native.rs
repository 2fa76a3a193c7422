//! The native form: JSON objects in the product's own field names.

use lake::{
    Arrival, EventLimits, Field, Micros, RawEvent, RawObject, Refusal, RefusalReason, Refused,
    check_backlog_within, check_event_within, check_feedback_within, check_label_within,
    check_link_within, check_mark_within, check_plan_entry_within, check_release_within,
};
use serde_json::Value;

use crate::batch::Record;
use crate::wire::split::{Content, Split};

/// What is known of a body's events besides their own words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The app that the events are for.
    pub(crate) app: &'a str,
    /// What the body is read as.
    pub(crate) content: Content,
    /// When it arrived, and whether it is history.
    pub(crate) arrival: Arrival,
    /// Who writes releases, marks, backlog items, labels and links; a body cannot say so itself.
    pub(crate) author: Option<&'a str>,
    /// The largest event; a refused one is kept up to this size.
    pub(crate) event_bytes_max: usize,
    /// How large its parts may be.
    pub(crate) limits: EventLimits,
}

/// Refuses an event of a body whose envelope names another app than the key's.
pub(crate) fn of_wrong_app(raw: &[u8], context: &Context<'_>) -> Record<'static> {
    refused(other_app(context.app), None, raw, context)
}

/// The app that a body names: in the object around the list, else in its first event.
pub(crate) fn declared_app(body: &[u8], split: &Split, event_bytes_max: usize) -> Option<String> {
    split.app.clone().or_else(|| {
        let first = split
            .pieces
            .first()
            .filter(|piece| piece.len() <= event_bytes_max)?;
        let object: RawObject = serde_json::from_slice(&body[first.clone()]).ok()?;
        object.get("app")?.as_str().map(str::to_owned)
    })
}

/// Checks the bytes of one event.
pub(crate) fn check<'a>(raw: &'a [u8], context: &Context<'_>) -> Record<'a> {
    if raw.len() > context.event_bytes_max {
        let max = context.event_bytes_max;
        let message = format!("an event must have at most {max} bytes, got {}", raw.len());
        return refused(
            Refusal::new("", RefusalReason::TooLarge, message),
            None,
            raw,
            context,
        );
    }
    if context.content == Content::Events
        && let Some(event) = RawEvent::parse(raw)
    {
        return check_raw_event(&event, raw, context);
    }
    match parse(raw) {
        Ok(object) => check_object(&object, raw, context),
        Err(refusal) => refused(refusal, None, raw, context),
    }
}

fn check_raw_event<'a>(event: &RawEvent<'a>, raw: &[u8], context: &Context<'_>) -> Record<'a> {
    let checked = match wrong_app(&event.app, context.app) {
        Some(refusal) => Err(refusal),
        None => check_event_within(event, &context.arrival, &context.limits),
    };
    let event_id = || match &event.event_id {
        Field::Text(id) => usable_id(id),
        _ => None,
    };
    checked.map_or_else(
        |refusal| refused(refusal, event_id(), raw, context),
        Record::Event,
    )
}

/// Checks an event that is parsed already; `raw` is what is kept if it is refused.
pub(crate) fn check_object(
    object: &RawObject,
    raw: &[u8],
    context: &Context<'_>,
) -> Record<'static> {
    let checked = match wrong_app(&Field::of_object(object, "app"), context.app) {
        Some(refusal) => Err(refusal),
        None => check_other(object, context),
    };
    let event_id = || usable_id(object.get("event_id")?.as_str()?);
    checked.unwrap_or_else(|refusal| refused(refusal, event_id(), raw, context))
}

fn check_other(object: &RawObject, context: &Context<'_>) -> Result<Record<'static>, Refusal> {
    let (author, limits) = (context.author.map(str::to_owned), &context.limits);
    Ok(match context.content {
        Content::Events => Record::Event(
            check_event_within(&RawEvent::of(object), &context.arrival, limits)?.into_owned(),
        ),
        Content::Feedback => {
            Record::Feedback(check_feedback_within(object, &context.arrival, limits)?.into_owned())
        }
        Content::Releases => {
            let mut release = check_release_within(object, limits)?;
            release.author = author;
            Record::Release(release)
        }
        Content::Backlog => {
            let mut item = check_backlog_within(object, limits)?;
            item.author = author;
            Record::Backlog(item)
        }
        Content::Marks => {
            let mut mark = check_mark_within(object, &context.arrival, limits)?;
            mark.author = author;
            Record::Mark(mark)
        }
        Content::Plans => {
            let mut entry = check_plan_entry_within(object, &context.arrival, limits)?;
            entry.author = author;
            Record::Plan(entry)
        }
        Content::FeedbackLabels => {
            let mut label = check_label_within(object, &context.arrival, limits)?;
            label.author = author;
            Record::FeedbackLabel(label)
        }
        Content::FeedbackLinks => {
            let mut link = check_link_within(object, &context.arrival, limits)?;
            link.author = author;
            Record::FeedbackLink(link)
        }
    })
}

/// One event's bytes as a JSON object.
pub(crate) fn parse(raw: &[u8]) -> Result<RawObject, Refusal> {
    let unreadable = |message: String| Refusal::new("", RefusalReason::Unreadable, message);
    match serde_json::from_slice(raw) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(unreadable("an event must be a JSON object".to_owned())),
        Err(error) => Err(unreadable(format!(
            "the event is no JSON that can be read: {error}"
        ))),
    }
}

pub(crate) fn refused(
    refusal: Refusal,
    event_id: Option<String>,
    raw: &[u8],
    context: &Context<'_>,
) -> Record<'static> {
    let refused = Refused::new(refusal, event_id, raw, context.event_bytes_max);
    // A file is imported again, whole: its rows need not be in this form.
    Record::Refused(if context.arrival.import {
        refused
    } else {
        refused.sent_as(context.content.sent_as())
    })
}

fn wrong_app(named: &Field<'_>, app: &str) -> Option<Refusal> {
    match named {
        Field::Absent => None,
        Field::Text(named) if named == app => None,
        _ => Some(other_app(app)),
    }
}

fn other_app(app: &str) -> Refusal {
    Refusal::new(
        "app",
        RefusalReason::WrongApp,
        format!("app must be {app:?}, the app of the key"),
    )
}

const EVENT_ID_CHARS_MAX: usize = 400;

/// An id that is no longer than one may be.
pub(super) fn usable_id(id: &str) -> Option<String> {
    (!id.is_empty() && id.chars().count() <= EVENT_ID_CHARS_MAX).then(|| id.to_owned())
}

/// What is known of live traffic.
pub(crate) fn live(received_at: Micros, sent_at: Option<Micros>) -> Arrival {
    Arrival {
        received_at,
        sent_at,
        import: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::split::split;

    const ARRIVAL: Arrival = Arrival {
        received_at: 1_777_627_800_000_000,
        sent_at: None,
        import: false,
    };

    fn checked(body: &[u8], content: Content) -> Vec<Record<'_>> {
        let author = Some("Ada");
        let context = Context {
            app: "shop",
            content,
            arrival: ARRIVAL,
            author,
            event_bytes_max: 1000,
            limits: EventLimits::default(),
        };
        let pieces = split(body, content, 100).unwrap().pieces.into_iter();
        pieces.map(|piece| check(&body[piece], &context)).collect()
    }

    fn refusal<'a>(record: &'a Record<'_>) -> Option<(&'a str, RefusalReason)> {
        match record {
            Record::Refused(refused) => Some((&refused.refusal.field, refused.refusal.reason)),
            _ => None,
        }
    }

    #[test]
    fn one_bad_event_among_good_ones_is_refused_alone_with_its_bytes() {
        let body = br#"[{"name":"a","user_id":"u"},{"event_id":"e7","name":"b"},{"name":"c","user_id":"u"}]"#;
        let records = checked(body, Content::Events);
        assert_eq!(refusal(&records[0]), None);
        assert_eq!(
            refusal(&records[1]),
            Some(("user_id", RefusalReason::MissingField))
        );
        assert_eq!(refusal(&records[2]), None);
        let Record::Refused(kept) = &records[1] else {
            panic!("not refused")
        };
        assert_eq!(kept.raw, r#"{"event_id":"e7","name":"b"}"#);
        assert_eq!(kept.event_id.as_deref(), Some("e7"));
    }

    #[test]
    fn hostile_elements_are_unreadable_each_for_itself() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(300), "]".repeat(300));
        let good = r#"{"name":"a","user_id":"u"}"#;
        for bad in [
            deep.as_str(),
            r#"{"name":"\udead"}"#,
            "7",
            "null",
            "[]",
            r#"{"name":1e999}"#,
        ] {
            let body = format!("[{good},{bad},{good}]");
            let records = checked(body.as_bytes(), Content::Events);
            let reasons: Vec<_> = records.iter().map(refusal).collect();
            assert_eq!(
                reasons,
                [None, Some(("", RefusalReason::Unreadable)), None],
                "{bad}"
            );
        }
        let records = checked(b"[{\"name\":\"\xff\",\"user_id\":\"u\"}]", Content::Events);
        let Record::Refused(kept) = &records[0] else {
            panic!("not refused")
        };
        assert_eq!(kept.raw_bytes(), b"{\"name\":\"\xff\",\"user_id\":\"u\"}");
    }

    #[test]
    fn event_over_its_limit_is_kept_up_to_it() {
        let large = format!(r#"[{{"name":"{}","user_id":"u"}}]"#, "é".repeat(1000));
        let records = checked(large.as_bytes(), Content::Events);
        assert_eq!(refusal(&records[0]), Some(("", RefusalReason::TooLarge)));
        let Record::Refused(kept) = &records[0] else {
            panic!("not refused")
        };
        assert_eq!(kept.raw_bytes(), &large.as_bytes()[1..1001]);
    }

    #[test]
    fn another_apps_event_is_refused() {
        let body = br#"[{"app":"shop","score":5},{"app":"bank","score":5},{"app":7,"score":5}]"#;
        let records = checked(body, Content::Feedback);
        let wrong = Some(("app", RefusalReason::WrongApp));
        assert_eq!(
            records.iter().map(refusal).collect::<Vec<_>>(),
            [None, wrong, wrong]
        );
    }

    #[test]
    fn author_is_the_keys_person_and_never_the_bodys() {
        let body = br#"{"version":"1.2.0","author":"Mallory"}"#;
        let records = checked(body, Content::Releases);
        let Record::Release(release) = &records[0] else {
            panic!("refused")
        };
        assert_eq!(release.author.as_deref(), Some("Ada"));
        let records = checked(
            br#"{"item_id":"A-1","title":"t","author":"M"}"#,
            Content::Backlog,
        );
        let Record::Backlog(item) = &records[0] else {
            panic!("refused")
        };
        assert_eq!(item.author.as_deref(), Some("Ada"));
    }

    #[test]
    fn app_is_found_in_the_envelope_or_in_the_first_event() {
        let found = |body: &[u8]| declared_app(body, &split(body, Content::Events, 9).unwrap(), 99);
        assert_eq!(
            found(br#"{"app":"a","events":[{"app":"b"}]}"#).as_deref(),
            Some("a")
        );
        assert_eq!(found(br#"[{"app":"b"}]"#).as_deref(), Some("b"));
        assert_eq!(found(b"[{}]"), None);
        assert_eq!(found(b"[]"), None);
    }
}
