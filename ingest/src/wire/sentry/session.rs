//! Sessions: updates of one, and counts of many.

use lake::{Field, RawEvent, Refusal, RefusalReason, check_event_within};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::sdk;
use super::json::{self, Building, Raw};
use super::{Around, hashed, unreadable};
use crate::batch::Record;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Update<'a> {
    #[serde(borrow)]
    sid: Raw<'a>,
    did: Raw<'a>,
    seq: Raw<'a>,
    timestamp: Raw<'a>,
    started: Raw<'a>,
    duration: Raw<'a>,
    status: Raw<'a>,
    errors: Raw<'a>,
    abnormal_mechanism: Raw<'a>,
    attrs: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Attributes<'a> {
    #[serde(borrow)]
    release: Raw<'a>,
    environment: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Counts<'a> {
    #[serde(borrow)]
    aggregates: Raw<'a>,
    attrs: Raw<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Bucket<'a> {
    #[serde(borrow)]
    started: Raw<'a>,
    did: Raw<'a>,
    exited: Raw<'a>,
    errored: Raw<'a>,
    abnormal: Raw<'a>,
    unhandled: Raw<'a>,
    crashed: Raw<'a>,
}

/// An update of one session.
pub(super) fn update<'a>(text: &'a str, raw: &[u8], around: &Around<'_>) -> Record<'a> {
    let sent: Update<'a> = match serde_json::from_str(text) {
        Ok(sent) => sent,
        Err(error) => return around.refused(unreadable(&error), None, raw),
    };
    let hash = hashed(&[raw]);
    let session_id = match json::field(sent.sid) {
        Field::Absent => Field::Text(hash.clone().into()),
        given => given,
    };
    let id = match &session_id {
        Field::Text(sid) => [sid.as_str(), "/", &hash[..16]].concat(),
        _ => hash,
    };
    let (status, told) = status(sent.status);
    let mut building = Building::default();
    building.put("abnormal_mechanism", sent.abnormal_mechanism);
    building.put("status", told);
    let event = RawEvent {
        event_id: Field::Text(id.clone().into()),
        session_id,
        occurred_at: json::instant(sent.timestamp.or(sent.started)),
        status,
        errors: match json::field(sent.errors) {
            Field::Absent if told.is_some() => Field::Number(1.into()),
            errors => errors,
        },
        started_at: json::instant(sent.started),
        duration_ms: milliseconds(sent.duration),
        sequence: json::field(sent.seq),
        ..of_attributes(sent.attrs, sent.did, around)
    };
    checked(event, building, around)
        .unwrap_or_else(|refusal| around.refused(refusal, Some(id), raw))
}

/// Counts of sessions by the minute in which they began: one row for each status.
pub(super) fn counts<'a>(
    text: &'a str,
    raw: &[u8],
    around: &Around<'_>,
    records: &mut Vec<Record<'a>>,
) {
    let sent: Counts<'a> = match serde_json::from_str(text) {
        Ok(sent) => sent,
        Err(error) => return records.push(around.refused(unreadable(&error), None, raw)),
    };
    let whole = around
        .sent_at
        .map(|sent_at| hashed(&[&sent_at.to_le_bytes(), raw]));
    for (place, raw_bucket) in json::list(sent.aggregates).into_iter().enumerate() {
        let id = |status: &str| {
            whole
                .as_ref()
                .map(|whole| format!("{whole}/{place}/{status}"))
        };
        count(raw_bucket, sent.attrs, &id, around, records);
    }
}

fn count<'a>(
    raw: &'a RawValue,
    attributes: Raw<'a>,
    id: &impl Fn(&str) -> Option<String>,
    around: &Around<'_>,
    records: &mut Vec<Record<'a>>,
) {
    if !json::is_object(raw) {
        let refusal = Refusal::new(
            "aggregates",
            RefusalReason::WrongType,
            "a count of sessions must be an object",
        );
        return records.push(around.refused(refusal, None, raw.get().as_bytes()));
    }
    let bucket: Bucket<'a> = match serde_json::from_str(raw.get()) {
        Ok(bucket) => bucket,
        Err(error) => {
            let refused = around.refused(unreadable(&error), None, raw.get().as_bytes());
            return records.push(refused);
        }
    };
    let statuses = [
        ("exited", "exited", bucket.exited),
        ("errored", "exited", bucket.errored),
        ("abnormal", "abnormal", bucket.abnormal),
        ("unhandled", "unhandled", bucket.unhandled),
        ("crashed", "crashed", bucket.crashed),
    ];
    for (theirs, status, sessions) in statuses {
        let sessions = json::field(sessions);
        if sessions == Field::Absent || sessions == Field::Number(0.into()) {
            continue;
        }
        let mut building = Building::default();
        if theirs != status {
            building.put_text("status", theirs);
        }
        let id = id(theirs);
        let event = RawEvent {
            event_id: id
                .clone()
                .map_or(Field::Absent, |id| Field::Text(id.into())),
            occurred_at: json::instant(bucket.started),
            started_at: json::instant(bucket.started),
            status: Field::Text(status.into()),
            errors: if theirs == status {
                Field::Absent
            } else {
                // At least one in each.
                sessions.clone()
            },
            session_count: sessions,
            ..of_attributes(attributes, bucket.did, around)
        };
        let record = checked(event, building, around);
        let refused = |refusal| around.refused(refusal, id, raw.get().as_bytes());
        records.push(record.unwrap_or_else(refused));
    }
}

fn of_attributes<'a>(raw: Raw<'a>, did: Raw<'a>, around: &Around<'_>) -> RawEvent<'a> {
    let attributes: Attributes<'a> = json::object(raw);
    let (sdk_name, sdk_version) = sdk(None, around);
    RawEvent {
        kind: Field::Text("session".into()),
        user_id: json::field(did),
        release: json::field(attributes.release),
        environment: json::field(attributes.environment),
        sdk_name,
        sdk_version,
        of_nobody: true,
        ..RawEvent::default()
    }
}

fn checked<'a>(
    mut event: RawEvent<'a>,
    properties: Building,
    around: &Around<'_>,
) -> Result<Record<'a>, Refusal> {
    event.properties = properties.properties()?;
    let arrival = around.context.arrival(around.sent_at);
    let checked = check_event_within(&event, &arrival, &around.context.limits)?;
    Ok(Record::Event(checked))
}

/// The status as a field of ours, and what was said where that is another word.
fn status(raw: Raw<'_>) -> (Field<'_>, Raw<'_>) {
    match json::field(raw) {
        Field::Text(word) => match word.as_str() {
            "ok" | "exited" | "crashed" | "abnormal" | "unhandled" => (Field::Text(word), None),
            _ => (Field::Text("exited".into()), raw),
        },
        other => (other, None),
    }
}

fn milliseconds(seconds: Raw<'_>) -> Field<'_> {
    match json::field(seconds) {
        Field::Number(seconds) => match seconds.as_f64().filter(|s| (0.0..=1e12).contains(s)) {
            #[expect(clippy::cast_possible_truncation, reason = "within the bounds above")]
            Some(whole) => Field::Number(((whole * 1e3).round() as i64).into()),
            None => Field::Number(seconds),
        },
        other => other,
    }
}
