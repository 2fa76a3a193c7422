//! Raw to checked: the one place that says which fields an event has, which are required and how
//! large they may be. A raw event is a JSON object in the native field names; every protocol is
//! first brought into that form.
//!
//! A check ends in a value or in one [`Refusal`], never in a panic and never in a silent repair.

use serde_json::{Map, Value};

use crate::batch::utc_day;
use crate::clock::{Micros, parse_instant};
use crate::event::{ClockFlag, Event, EventKind, Origin, SessionStatus, SessionUpdate, Times};
use crate::feedback::{Feedback, FeedbackKind, Scale};
use crate::planning::{BacklogItem, Factors, Goal, ReleaseRecord, Rollout};
use crate::refusal::{Refusal, RefusalReason};

/// An event as it came: a JSON object in native field names.
pub type RawObject = Map<String, Value>;

/// What is known of an event besides its own words.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// When it reached Shipwake.
    pub received_at: Micros,
    /// When the client says that it sent it; corrects the client's clock.
    pub sent_at: Option<Micros>,
    /// Whether it is history from a file: any day is believed, and feedback may be revised.
    pub import: bool,
}

/// Longest id, name, version or other short text, in characters.
pub const SHORT_TEXT_CHARS_MAX: usize = 400;
/// Longest text of a piece of feedback, in characters.
pub const TEXT_CHARS_MAX: usize = 10_000;
/// Most properties of an event.
pub const PROPERTIES_MAX: usize = 256;
/// Most entries of a list (dependencies, keywords, scope …).
pub const LIST_MAX: usize = 1_000;
/// Oldest client instant that is believed of live traffic.
pub const CLIENT_AGE_DAYS_MAX: i64 = 400;
/// Furthest client instant ahead of arrival that is believed of live traffic.
pub const CLIENT_AHEAD_DAYS_MAX: i64 = 1;

const MICROS_PER_DAY: i64 = 86_400_000_000;

type Checked<T> = Result<T, Refusal>;

fn refuse<T>(field: &str, reason: RefusalReason, message: impl Into<String>) -> Checked<T> {
    Err(Refusal::new(field, reason, message))
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn wrong_type<T>(field: &str, want: &str, found: &Value) -> Checked<T> {
    let message = format!("{field} must be {want}, got {}", kind_of(found));
    refuse(field, RefusalReason::WrongType, message)
}

fn present<'a>(raw: &'a RawObject, field: &str) -> Option<&'a Value> {
    raw.get(field).filter(|value| !value.is_null())
}

/// A text field; numbers are taken as their text, since SDKs send numeric ids; empty is absent.
fn text(raw: &RawObject, field: &str, chars_max: usize) -> Checked<Option<String>> {
    let value = match present(raw, field) {
        None => return Ok(None),
        Some(Value::String(value)) => value.clone(),
        Some(Value::Number(value)) => value.to_string(),
        Some(other) => return wrong_type(field, "text", other),
    };
    let chars = value.chars().count();
    if chars > chars_max {
        let message = format!("{field} must have at most {chars_max} characters, got {chars}");
        return refuse(field, RefusalReason::TooLarge, message);
    }
    Ok(if value.trim().is_empty() {
        None
    } else {
        Some(value)
    })
}

fn short(raw: &RawObject, field: &str) -> Checked<Option<String>> {
    text(raw, field, SHORT_TEXT_CHARS_MAX)
}

fn required(raw: &RawObject, field: &str) -> Checked<String> {
    match short(raw, field)? {
        Some(value) => Ok(value),
        None => refuse(
            field,
            RefusalReason::MissingField,
            format!("{field} is required"),
        ),
    }
}

fn number(raw: &RawObject, field: &str) -> Checked<Option<f64>> {
    let value = match present(raw, field) {
        None => return Ok(None),
        Some(value @ Value::Number(number)) => match number.as_f64() {
            Some(number) => number,
            None => return wrong_type(field, "a number", value),
        },
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(value @ Value::String(text)) => match text.trim().parse::<f64>() {
            Ok(number) => number,
            Err(_) => return wrong_type(field, "a number", value),
        },
        Some(other) => return wrong_type(field, "a number", other),
    };
    if value.is_finite() {
        Ok(Some(value))
    } else {
        refuse(
            field,
            RefusalReason::OutOfRange,
            format!("{field} must be a finite number"),
        )
    }
}

fn number_in(raw: &RawObject, field: &str, min: f64, max: f64) -> Checked<Option<f64>> {
    match number(raw, field)? {
        Some(value) if value < min || value > max => {
            let message = format!("{field} must be {min}..={max}, got {value}");
            refuse(field, RefusalReason::OutOfRange, message)
        }
        value => Ok(value),
    }
}

fn whole(raw: &RawObject, field: &str) -> Checked<Option<i64>> {
    match present(raw, field) {
        None => Ok(None),
        Some(Value::Number(number)) if number.as_i64().is_some_and(|n| n >= 0) => {
            Ok(number.as_i64())
        }
        Some(other) => {
            let message = format!("{field} must be a whole number of 0 or more, got {other}");
            refuse(field, RefusalReason::OutOfRange, message)
        }
    }
}

fn truth(raw: &RawObject, field: &str) -> Checked<Option<bool>> {
    match present(raw, field) {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(other) => wrong_type(field, "true or false", other),
    }
}

fn instant(raw: &RawObject, field: &str) -> Checked<Option<Micros>> {
    match present(raw, field) {
        None => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => match parse_instant(text) {
            Ok(instant) => Ok(Some(instant)),
            Err(message) => refuse(
                field,
                RefusalReason::BadInstant,
                format!("{field} is {message}"),
            ),
        },
        Some(other) => wrong_type(field, "an instant in RFC 3339 text", other),
    }
}

fn list(raw: &RawObject, field: &str) -> Checked<Vec<String>> {
    let values = match present(raw, field) {
        None => return Ok(Vec::new()),
        Some(Value::Array(values)) => values,
        Some(other) => return wrong_type(field, "a list of texts", other),
    };
    if values.len() > LIST_MAX {
        let message = format!(
            "{field} must have at most {LIST_MAX} entries, got {}",
            values.len()
        );
        return refuse(field, RefusalReason::TooLarge, message);
    }
    let mut entries = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Value::String(entry) if entry.trim().is_empty() => {}
            Value::String(entry) if entry.chars().count() <= SHORT_TEXT_CHARS_MAX => {
                entries.push(entry.trim().to_owned());
            }
            Value::Number(entry) => entries.push(entry.to_string()),
            other => return wrong_type(field, "a list of short texts", other),
        }
    }
    Ok(entries)
}

/// One of a closed list of words, as serde spells them.
fn word<T: serde::de::DeserializeOwned>(
    raw: &RawObject,
    field: &str,
    allowed: &str,
) -> Checked<Option<T>> {
    match present(raw, field) {
        None => Ok(None),
        Some(value @ Value::String(found)) => match serde_json::from_value(value.clone()) {
            Ok(word) => Ok(Some(word)),
            Err(_) => {
                let found: String = found.chars().take(40).collect();
                let message = format!("{field} must be one of {allowed}, got {found:?}");
                refuse(field, RefusalReason::OutOfRange, message)
            }
        },
        Some(other) => wrong_type(field, "text", other),
    }
}

fn properties(raw: &RawObject) -> Checked<Option<String>> {
    match present(raw, "properties") {
        None => Ok(None),
        Some(Value::Object(map)) if map.is_empty() => Ok(None),
        Some(Value::Object(map)) if map.len() > PROPERTIES_MAX => {
            let message = format!(
                "properties must have at most {PROPERTIES_MAX} names, got {}",
                map.len()
            );
            refuse("properties", RefusalReason::TooLarge, message)
        }
        Some(value @ Value::Object(_)) => Ok(Some(value.to_string())),
        Some(other) => wrong_type("properties", "an object", other),
    }
}

fn json_text(raw: &RawObject, field: &str) -> Checked<Option<String>> {
    match present(raw, field) {
        None => Ok(None),
        Some(value @ Value::Array(list)) if list.len() <= LIST_MAX => Ok(Some(value.to_string())),
        Some(other) => wrong_type(field, "a list of at most 1000 entries", other),
    }
}

fn origin(raw: &RawObject) -> Checked<Origin> {
    Ok(Origin {
        user_id: short(raw, "user_id")?,
        anonymous_id: short(raw, "anonymous_id")?,
        session_id: short(raw, "session_id")?,
        release: short(raw, "release")?,
        build: short(raw, "build")?,
        environment: short(raw, "environment")?.unwrap_or_else(|| "production".to_owned()),
        channel: short(raw, "channel")?,
        platform: short(raw, "platform")?,
        locale: short(raw, "locale")?,
        sdk_name: short(raw, "sdk_name")?,
        sdk_version: short(raw, "sdk_version")?,
    })
}

/// The instants of an event, by the rules of the client's clock.
fn times(client_at: Option<Micros>, arrival: &Arrival) -> Times {
    let received_at = arrival.received_at;
    let believable = |instant: Micros| {
        let age = received_at.saturating_sub(instant);
        if age > CLIENT_AGE_DAYS_MAX * MICROS_PER_DAY {
            Err(ClockFlag::TooOld)
        } else if age < -CLIENT_AHEAD_DAYS_MAX * MICROS_PER_DAY {
            Err(ClockFlag::Future)
        } else {
            Ok(instant)
        }
    };
    let Some(at) = client_at else {
        return Times {
            occurred_at: received_at,
            client_at: None,
            sent_at: arrival.sent_at,
            flag: Some(ClockFlag::Absent),
            day: utc_day(received_at),
        };
    };
    if arrival.import {
        let sent_at = arrival.sent_at;
        return Times {
            occurred_at: at,
            client_at,
            sent_at,
            flag: None,
            day: utc_day(at),
        };
    }
    let corrected = arrival
        .sent_at
        .map(|sent| at.saturating_add(received_at.saturating_sub(sent)));
    let (day, flag) = match believable(at) {
        Ok(at) => (utc_day(at), None),
        Err(flag) => (utc_day(received_at), Some(flag)),
    };
    let occurred_at = match (corrected.and_then(|at| believable(at).ok()), flag) {
        (Some(corrected), _) => corrected,
        (None, None) => at,
        (None, Some(_)) => received_at,
    };
    Times {
        occurred_at,
        client_at,
        sent_at: arrival.sent_at,
        flag,
        day,
    }
}

fn event_id(raw: &RawObject) -> Checked<(String, bool)> {
    Ok(match short(raw, "event_id")? {
        Some(id) => (id, true),
        None => (uuid::Uuid::new_v4().to_string(), false),
    })
}

/// Checks a usage event, error, session update or identify.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_event(raw: &RawObject, arrival: &Arrival) -> Checked<Event> {
    let kind = word(raw, "kind", "usage, session, error, identify")?.unwrap_or(EventKind::Usage);
    let origin = origin(raw)?;
    let name = match (kind, short(raw, "name")?) {
        (_, Some(name)) => name,
        (EventKind::Usage, None) => required(raw, "name")?,
        (_, None) => kind.as_str().to_owned(),
    };
    if origin.user_id.is_none() && origin.anonymous_id.is_none() {
        let message = "user_id or anonymous_id is required";
        return refuse("user_id", RefusalReason::MissingField, message);
    }
    let session = if kind == EventKind::Session {
        if origin.session_id.is_none() {
            let message = "session_id is required of an event of kind session";
            return refuse("session_id", RefusalReason::MissingField, message);
        }
        Some(SessionUpdate {
            status: word(raw, "status", "ok, exited, crashed, abnormal, unhandled")?
                .unwrap_or(SessionStatus::Ok),
            errors: whole(raw, "errors")?.unwrap_or(0),
            started_at: instant(raw, "started_at")?,
            duration_ms: whole(raw, "duration_ms")?,
            sequence: whole(raw, "sequence")?,
        })
    } else {
        None
    };
    let (event_id, id_given) = event_id(raw)?;
    Ok(Event {
        event_id,
        id_given,
        kind,
        name,
        origin,
        times: times(instant(raw, "occurred_at")?, arrival),
        level: short(raw, "level")?,
        handled: truth(raw, "handled")?,
        fingerprint: short(raw, "fingerprint")?,
        session,
        properties: properties(raw)?,
    })
}

fn scale(raw: &RawObject, kind: FeedbackKind) -> Checked<Scale> {
    let Some(text) = short(raw, "scale")? else {
        return Ok(kind.scale());
    };
    let ends = text.split_once(['-', '.', '–']).map(|(min, max)| {
        (
            min.trim().parse::<f64>(),
            max.trim_start_matches(['.', '=']).trim().parse::<f64>(),
        )
    });
    match ends {
        Some((Ok(min), Ok(max))) if min < max => Ok(Scale { min, max }),
        _ => refuse(
            "scale",
            RefusalReason::OutOfRange,
            "scale must be two numbers such as \"1-5\"",
        ),
    }
}

/// Checks a piece of feedback.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_feedback(raw: &RawObject, arrival: &Arrival) -> Checked<Feedback> {
    let given = number(raw, "score")?;
    let words = text(raw, "text", TEXT_CHARS_MAX)?;
    let allowed = "rating, csat, nps, ces, comment, bug_report, feature_request, reply";
    let default = if given.is_some() {
        FeedbackKind::Rating
    } else {
        FeedbackKind::Comment
    };
    let kind = word(raw, "kind", allowed)?.unwrap_or(default);
    if given.is_none() && words.is_none() {
        return refuse(
            "score",
            RefusalReason::MissingField,
            "score or text is required",
        );
    }
    let scale = match given {
        Some(_) => Some(scale(raw, kind)?),
        None => None,
    };
    if let Some(Scale { min, max }) = scale {
        number_in(raw, "score", min, max)?;
    }
    let parent_id = short(raw, "parent_id")?;
    if kind == FeedbackKind::Reply && parent_id.is_none() {
        let message = "parent_id is required of a reply: the event_id that it answers";
        return refuse("parent_id", RefusalReason::MissingField, message);
    }
    let (event_id, id_given) = event_id(raw)?;
    Ok(Feedback {
        event_id,
        id_given,
        kind,
        origin: origin(raw)?,
        times: times(instant(raw, "occurred_at")?, arrival),
        score: given,
        scale,
        text: words,
        feature: short(raw, "feature")?,
        page: text(raw, "page", TEXT_CHARS_MAX)?,
        survey_id: short(raw, "survey_id")?,
        question: text(raw, "question", TEXT_CHARS_MAX)?,
        parent_id,
        replied_at: instant(raw, "replied_at")?,
        votes: whole(raw, "votes")?,
        source: short(raw, "source")?.unwrap_or_else(|| "native".to_owned()),
        revisable: arrival.import,
        properties: properties(raw)?,
    })
}

fn goals(raw: &RawObject) -> Checked<Vec<Goal>> {
    let Some(value) = present(raw, "goals") else {
        return Ok(Vec::new());
    };
    match serde_json::from_value::<Vec<Goal>>(value.clone()) {
        Ok(goals) if goals.len() <= LIST_MAX && goals.iter().all(|g| g.target.is_finite()) => {
            Ok(goals)
        }
        Ok(_) => refuse(
            "goals",
            RefusalReason::OutOfRange,
            "goals must be finite and at most 1000",
        ),
        Err(error) => {
            let message =
                format!("goals must be a list of {{metric, target, baseline?, item?}}: {error}");
            refuse("goals", RefusalReason::WrongType, message)
        }
    }
}

/// Checks a release record.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_release(raw: &RawObject) -> Checked<ReleaseRecord> {
    Ok(ReleaseRecord {
        version: required(raw, "version")?,
        channel: short(raw, "channel")?,
        environment: short(raw, "environment")?.unwrap_or_else(|| "production".to_owned()),
        build: short(raw, "build")?,
        planned_at: instant(raw, "planned_at")?,
        released_at: instant(raw, "released_at")?,
        rollout: word::<Rollout>(raw, "rollout", "big_bang, push, pull, phased")?,
        stages: json_text(raw, "stages")?,
        scope: list(raw, "scope")?,
        goals: goals(raw)?,
        owner: short(raw, "owner")?,
        notes: text(raw, "notes", TEXT_CHARS_MAX)?,
        checklist: json_text(raw, "checklist")?,
        author: short(raw, "author")?,
    })
}

fn factors(raw: &RawObject) -> Checked<Factors> {
    let map = match present(raw, "factors") {
        None => return Ok(Factors::default()),
        Some(Value::Object(map)) => map,
        Some(other) => return wrong_type("factors", "an object", other),
    };
    let factor = |field: &str| {
        number_in(map, field, 0.0, 10.0).map_err(|refusal| Refusal {
            field: format!("factors.{field}"),
            ..refusal
        })
    };
    Ok(Factors {
        bug_fix: factor("bug_fix")?,
        strategic: factor("strategic")?,
        feasibility: factor("feasibility")?,
        dependencies: factor("dependencies")?,
        resources: factor("resources")?,
        cost: factor("cost")?,
        expected_return: factor("expected_return")?,
    })
}

/// Checks a backlog item.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_backlog(raw: &RawObject) -> Checked<BacklogItem> {
    Ok(BacklogItem {
        item_id: required(raw, "item_id")?,
        title: text(raw, "title", TEXT_CHARS_MAX)?.map_or_else(|| required(raw, "title"), Ok)?,
        kind: short(raw, "kind")?,
        status: short(raw, "status")?,
        effort_person_days: number_in(raw, "effort_person_days", 0.0, 100_000.0)?,
        team: short(raw, "team")?,
        owner: short(raw, "owner")?,
        depends_on: list(raw, "depends_on")?,
        factors: factors(raw)?,
        reach_users: number_in(raw, "reach_users", 0.0, 1e12)?,
        impact: number_in(raw, "impact", 0.0, 10.0)?,
        confidence: number_in(raw, "confidence", 0.0, 1.0)?,
        keywords: list(raw, "keywords")?,
        feature_events: list(raw, "feature_events")?,
        target: short(raw, "target")?,
        mandatory: truth(raw, "mandatory")?.unwrap_or(false),
        author: short(raw, "author")?,
    })
}
