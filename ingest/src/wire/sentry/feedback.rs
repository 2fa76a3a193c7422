//! Feedback, in the form of an event and in the older one.

use lake::{Field, RawObject, check_feedback_within};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::{Contexts, Sent, event_id, locale, sdk, url, user};
use super::json::{self, Raw};
use super::{Around, hashed, unreadable};
use crate::batch::Record;

/// Where the product says that it was given.
const SOURCE: &str = "sentry";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Given<'a> {
    #[serde(borrow)]
    message: Raw<'a>,
    contact_email: Raw<'a>,
    name: Raw<'a>,
    url: Raw<'a>,
    source: Raw<'a>,
    associated_event_id: Raw<'a>,
    replay_id: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Report<'a> {
    #[serde(borrow)]
    event_id: Raw<'a>,
    name: Raw<'a>,
    email: Raw<'a>,
    comments: Raw<'a>,
}

/// Feedback in the form of an event.
pub(super) fn given(text: &str, raw: &[u8], around: &Around<'_>) -> Record<'static> {
    let sent: Sent<'_> = match serde_json::from_str(text) {
        Ok(sent) => sent,
        Err(error) => return around.refused(unreadable(&error), None, raw),
    };
    let given: Given<'_> = json::object(json::object::<Contexts<'_>>(sent.contexts).feedback);
    let kind = match given.associated_event_id {
        Some(_) => "bug_report",
        None => "comment",
    };
    let (sdk_name, sdk_version) = sdk(sent.sdk, around);
    let id = event_id(sent.event_id, around).unwrap_or_else(|| hashed(&[raw]));
    let fields = [
        ("text", json::field(given.message)),
        ("page", json::field(given.url.or_else(|| url(sent.request)))),
        ("user_id", user(sent.user)),
        ("release", json::field(sent.release)),
        ("build", json::field(sent.dist)),
        ("environment", json::field(sent.environment)),
        ("platform", json::field(sent.platform)),
        ("locale", locale(sent.contexts)),
        ("occurred_at", json::instant(sent.timestamp)),
        ("sdk_name", sdk_name),
        ("sdk_version", sdk_version),
    ];
    let properties = [
        ("contact_email", given.contact_email),
        ("name", given.name),
        ("source", given.source),
        ("associated_event_id", given.associated_event_id),
        ("replay_id", given.replay_id),
        ("tags", sent.tags),
    ];
    record(kind, id, fields, properties, (raw, around))
}

/// Feedback about one event, in the older form.
pub(super) fn report(text: &str, raw: &[u8], around: &Around<'_>) -> Record<'static> {
    let sent: Report<'_> = match serde_json::from_str(text) {
        Ok(sent) => sent,
        Err(error) => return around.refused(unreadable(&error), None, raw),
    };
    let (sdk_name, sdk_version) = sdk(None, around);
    // The event's own id is taken by the event.
    let about = json::text(sent.event_id).unwrap_or_default();
    let about = json::plain_id(about.trim());
    let id = [about.as_str(), "/", &hashed(&[raw])[..16]].concat();
    let fields = [
        ("text", json::field(sent.comments)),
        ("sdk_name", sdk_name),
        ("sdk_version", sdk_version),
    ];
    let properties = [
        ("contact_email", sent.email),
        ("name", sent.name),
        ("associated_event_id", sent.event_id),
    ];
    record("bug_report", id, fields, properties, (raw, around))
}

fn record<'f>(
    kind: &str,
    id: String,
    fields: impl IntoIterator<Item = (&'f str, Field<'f>)>,
    properties: impl IntoIterator<Item = (&'f str, Raw<'f>)>,
    (raw, around): (&[u8], &Around<'_>),
) -> Record<'static> {
    let mut object = RawObject::new();
    object.insert("event_id".to_owned(), id.clone().into());
    object.insert("kind".to_owned(), kind.into());
    object.insert("source".to_owned(), SOURCE.into());
    for (name, field) in fields {
        object.insert(name.to_owned(), value(field));
    }
    let properties: Map<String, Value> = properties
        .into_iter()
        .filter_map(|(name, raw)| {
            // Deep numbers that no float holds are the one thing that is no value.
            let value = serde_json::from_str(raw?.get()).ok()?;
            Some((name.to_owned(), value))
        })
        .collect();
    object.insert("properties".to_owned(), Value::Object(properties));
    let arrival = around.context.arrival(around.sent_at);
    match check_feedback_within(&object, &arrival, &around.context.limits) {
        Ok(feedback) => Record::Feedback(feedback.into_owned()),
        Err(refusal) => around.refused(refusal, Some(id), raw),
    }
}

fn value(field: Field<'_>) -> Value {
    match field {
        Field::Absent => Value::Null,
        Field::Truth(truth) => truth.into(),
        Field::Number(number) => Value::Number(number),
        Field::Text(text) => text.to_string().into(),
        Field::List => Value::Array(Vec::new()),
        Field::Object => Value::Object(Map::new()),
    }
}
