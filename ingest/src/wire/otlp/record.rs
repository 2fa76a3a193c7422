//! What a log record says: an event, or a line of a log.

use jiff::Timestamp;
use lake::{Field, Properties, RawEvent, Refusal, RefusalReason};

use super::data::{KeyValue, Log};
use super::shared::{Shared, Who};
use super::stack;
use super::value::{AnyValue, hexadecimal, name, quote};
use crate::http::sdk::Context;
use crate::wire::fingerprint;

/// The least severity of an error, and of one that ended the program.
const ERROR: i32 = 17;
const FATAL: i32 = 21;
/// Events by which the SDKs of phones tell that the app crashed.
const CRASHES: [&str; 2] = ["device.crash", "app.crash"];
/// Attributes beyond the limit of properties that a record may have, since some become fields.
const MORE_ATTRIBUTES: usize = 32;

/// The attributes that a record is read for.
#[derive(Default)]
struct Said {
    who: Who,
    event_id: Field<'static>,
    record_uid: Field<'static>,
    event_name: Field<'static>,
    exception_type: Field<'static>,
    exception_stack: Option<String>,
    is_exception: bool,
    has_escaped: bool,
    others: Vec<(String, AnyValue)>,
}

/// The event that a record is; `None` for a line of a log.
pub(super) fn event(
    log: Log,
    shared: &Shared,
    context: &Context,
) -> Result<Option<RawEvent<'static>>, Refusal> {
    let most = context.limits.properties_max;
    if log.attributes.len() > most + MORE_ATTRIBUTES {
        let message = format!("a record must have at most {most} attributes beside its ids");
        let refusal = Refusal::new("properties", RefusalReason::TooLarge, message);
        return Err(refusal);
    }
    let Log {
        attributes,
        event_name,
        ..
    } = log;
    let mut said = Said::of(attributes);
    if !event_name.is_empty() {
        said.event_name = Field::Text(event_name.into());
    }
    let named = match &said.event_name {
        Field::Text(name) if !name.trim().is_empty() => Some(name.to_string()),
        _ => None,
    };
    let session = match named.as_deref() {
        Some("session.start") => Some("ok"),
        Some("session.end") => Some("exited"),
        _ => None,
    };
    let session = session
        .filter(|_| said.who.session != Field::Absent || shared.who.session != Field::Absent);
    let is_crash = named.as_deref().is_some_and(|name| CRASHES.contains(&name));
    let is_error = said.is_exception || is_crash || log.severity_number >= ERROR;
    if !is_error && named.is_none() {
        return Ok(None);
    }
    let occurred_at = occurred_at(log.time_unix_nano, log.observed_time_unix_nano);
    let Some(properties) = properties(
        &said,
        log.body.as_ref(),
        (&log.trace_id, &log.span_id),
        shared,
    ) else {
        let message = "the attributes cannot be read".to_owned();
        return Err(Refusal::new("", RefusalReason::Unreadable, message));
    };
    let mut event = RawEvent {
        occurred_at,
        properties,
        ..of_shared(shared)
    };
    if is_error {
        said.put_error(&mut event, log.severity_number, named.as_deref());
    } else {
        event.name = said.event_name;
    }
    if let Some(status) = session.filter(|_| !is_error) {
        event.kind = Field::Text("session".into());
        event.status = Field::Text(status.into());
    }
    event.event_id = or(said.event_id, said.record_uid);
    event.session_id = or(
        std::mem::take(&mut said.who.session),
        shared.who.session.clone(),
    );
    put_who(&mut event, said.who, &shared.who);
    Ok(Some(event))
}

impl Said {
    fn of(attributes: Vec<KeyValue>) -> Self {
        let mut said = Self::default();
        for KeyValue { key, value } in attributes {
            let Some(value) = said.who.take(&key, value.unwrap_or_default()) else {
                continue;
            };
            let field = match key.as_str() {
                "event.id" => &mut said.event_id,
                "log.record.uid" => &mut said.record_uid,
                "event.name" => &mut said.event_name,
                _ => {
                    said.keep(key, value);
                    continue;
                }
            };
            *field = value.into_field();
        }
        said
    }

    /// Keeps an attribute that becomes a property, and notes what it says of an error.
    fn keep(&mut self, key: String, value: AnyValue) {
        if let Some(of_exception) = key.strip_prefix("exception.") {
            match of_exception {
                "type" => self.exception_type = value.clone().into_field(),
                "stacktrace" => self.exception_stack = value.text().map(str::to_owned),
                "escaped" => self.has_escaped = value.is_true() || value.is_text("true"),
                _ => {}
            }
            self.is_exception |= matches!(of_exception, "type" | "message" | "stacktrace");
        }
        let key = match key.as_str() {
            "client.address" => "$ip".to_owned(),
            "user_agent.original" => "$user_agent".to_owned(),
            _ => key,
        };
        self.others.push((key, value));
    }

    fn put_error(&self, event: &mut RawEvent<'static>, severity: i32, named: Option<&str>) {
        event.kind = Field::Text("error".into());
        let kind = match &self.exception_type {
            Field::Text(kind) if !kind.trim().is_empty() => Some(kind.to_string()),
            _ => None,
        };
        let is_crash = named.is_some_and(|name| CRASHES.contains(&name));
        event.handled = Field::Truth(!self.has_escaped && !is_crash);
        let level = match severity {
            FATAL.. => "fatal",
            13..ERROR => "warning",
            9..13 => "info",
            1..9 => "debug",
            _ if is_crash => "fatal",
            _ => "error",
        };
        event.level = Field::Text(level.into());
        let frames = self.exception_stack.as_deref().map(stack::frames);
        let exception = fingerprint::Exception {
            kind: kind.clone().unwrap_or_default().into(),
            frames: frames.unwrap_or_default(),
        };
        if let Some(fingerprint) = fingerprint::fingerprint(&[exception]) {
            event.fingerprint = Field::Text(fingerprint.into());
        }
        let name = kind.or_else(|| named.map(str::to_owned));
        event.name = name.map_or(Field::Absent, |name| Field::Text(name.into()));
    }
}

fn of_shared(shared: &Shared) -> RawEvent<'static> {
    RawEvent {
        kind: Field::Text("usage".into()),
        release: shared.release.clone(),
        build: shared.build.clone(),
        environment: shared.environment.clone(),
        platform: shared.platform.clone(),
        locale: shared.locale.clone(),
        sdk_name: shared.sdk_name.clone(),
        sdk_version: shared.sdk_version.clone(),
        of_nobody: true,
        ..RawEvent::default()
    }
}

fn put_who(event: &mut RawEvent<'static>, own: Who, shared: &Who) {
    event.user_id = or(
        or(own.user, own.end_user),
        or(shared.user.clone(), shared.end_user.clone()),
    );
    let own = or(or(own.pseudonym, own.installation), own.device);
    let others = [&shared.pseudonym, &shared.installation, &shared.device];
    event.anonymous_id = others
        .into_iter()
        .fold(own, |found, other| or(found, other.clone()));
}

fn or(first: Field<'static>, other: Field<'static>) -> Field<'static> {
    match first {
        Field::Absent => other,
        Field::Text(text) if text.trim().is_empty() => other,
        first => first,
    }
}

fn occurred_at(time: u64, observed: u64) -> Field<'static> {
    let nanos = if time > 0 { time } else { observed };
    let micros = i64::try_from(nanos / 1_000).ok().filter(|_| nanos > 0);
    let instant = micros.and_then(|micros| Timestamp::from_microsecond(micros).ok());
    instant.map_or(Field::Absent, |at| Field::Text(at.to_string().into()))
}

/// The properties of an event; `None` where they cannot be read.
fn properties(
    said: &Said,
    body: Option<&AnyValue>,
    (trace, span): (&[u8], &[u8]),
    shared: &Shared,
) -> Option<Properties<'static>> {
    let mut text = String::with_capacity(512);
    text.push_str(&shared.properties);
    if let Some(body) = body.filter(|body| body.value.is_some()) {
        name("body", &mut text);
        body.write(&mut text);
    }
    for (key, id) in [("trace_id", trace), ("span_id", span)] {
        if !id.is_empty() {
            name(key, &mut text);
            quote(&hexadecimal(id), &mut text);
        }
    }
    for (key, value) in &said.others {
        name(key, &mut text);
        value.write(&mut text);
    }
    text.push('}');
    match Properties::of_text(&text) {
        Some(Properties::Object { names, digest, .. }) => Some(Properties::Object {
            names,
            digest,
            text: text.into(),
        }),
        Some(_) => None,
        // A name that comes twice: the last value counts.
        None => serde_json::from_str(&text)
            .ok()
            .map(|value| Properties::of(&value)),
    }
}
