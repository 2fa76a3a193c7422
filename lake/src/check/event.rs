//! Checks usage events, errors, session updates and identifies, and what feedback shares with them:
//! where it came from, its instants and its id.

use super::fields::{
    Checked, EventLimits, instant, properties, refuse, required, short, truth, whole, word,
};
use super::raw::properties_digest;
use super::{Arrival, RawEvent};
use crate::batch::utc_day;
use crate::clock::Micros;
use crate::event::{ClockFlag, Event, EventKind, Origin, SessionStatus, SessionUpdate, Times};
use crate::refusal::RefusalReason;
use crate::text::Text;

/// Oldest client instant that is believed of live traffic.
pub(crate) const CLIENT_AGE_DAYS_MAX: i64 = 400;
/// Furthest client instant ahead of arrival that is believed of live traffic.
pub(crate) const CLIENT_AHEAD_DAYS_MAX: i64 = 1;

/// Most sessions that one row stands for: sums of such rows stay far from overflowing.
const SESSIONS_MAX: i64 = 1_000_000_000;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Checks a usage event, error, session update or identify.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_event<'a>(raw: &RawEvent<'a>, arrival: &Arrival) -> Checked<Event<'a>> {
    check_event_within(raw, arrival, &EventLimits::default())
}

/// As [`check_event`], within other limits.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn check_event_within<'a>(
    raw: &RawEvent<'a>,
    arrival: &Arrival,
    limits: &EventLimits,
) -> Checked<Event<'a>> {
    let kind =
        word(&raw.kind, "kind", "usage, session, error, identify")?.unwrap_or(EventKind::Usage);
    let origin = origin(raw, limits)?;
    let name = match (kind, short(limits, raw.name.clone(), "name")?) {
        (EventKind::Usage, name) => required(name, "name")?,
        (_, name) => name.unwrap_or_else(|| kind.as_str().into()),
    };
    if origin.user_id.is_none() && origin.anonymous_id.is_none() && !raw.of_nobody {
        let message = "user_id or anonymous_id is required";
        return refuse("user_id", RefusalReason::MissingField, message);
    }
    let session = if kind == EventKind::Session {
        Some(session(raw, &origin)?)
    } else {
        None
    };
    let (event_id, id_given) = event_id(raw, limits)?;
    let (properties, digest) = properties(limits, raw.properties.clone())?;
    let mut event = Event {
        event_id,
        id_given,
        kind,
        name,
        origin,
        times: times(instant(&raw.occurred_at, "occurred_at")?, arrival),
        level: short(limits, raw.level.clone(), "level")?,
        handled: truth(&raw.handled, "handled")?,
        fingerprint: short(limits, raw.fingerprint.clone(), "fingerprint")?,
        session,
        content: 0,
        properties,
    };
    event.content = content(&event, digest);
    Ok(event)
}

/// Hashes an event's content anew, after whom it is of or what its properties say was changed.
pub fn rehash_event(event: &mut Event<'_>) {
    let properties = event.properties.as_deref().map_or(0, properties_digest);
    event.content = content(event, properties);
}

/// An update of one session, or a count of many, which has no id.
fn session(raw: &RawEvent<'_>, origin: &Origin<'_>) -> Checked<SessionUpdate> {
    let count = whole(&raw.session_count, "session_count")?;
    match (count, &origin.session_id) {
        (None, None) => {
            let message = "session_id is required of an event of kind session";
            return refuse("session_id", RefusalReason::MissingField, message);
        }
        (Some(_), Some(_)) => {
            let message = "session_count is of many sessions, which have no session_id";
            return refuse("session_count", RefusalReason::OutOfRange, message);
        }
        (Some(count), None) if !(1..=SESSIONS_MAX).contains(&count) => {
            let message = format!("session_count must be 1..={SESSIONS_MAX}, got {count}");
            return refuse("session_count", RefusalReason::OutOfRange, message);
        }
        _ => {}
    }
    let allowed = "ok, exited, crashed, abnormal, unhandled";
    Ok(SessionUpdate {
        status: word(&raw.status, "status", allowed)?.unwrap_or(SessionStatus::Ok),
        errors: whole(&raw.errors, "errors")?.unwrap_or(0),
        started_at: instant(&raw.started_at, "started_at")?,
        duration_ms: whole(&raw.duration_ms, "duration_ms")?,
        sequence: whole(&raw.sequence, "sequence")?,
        count,
    })
}

/// Hash of what a client said. Each part goes in with its length or a mark that it is absent, so
/// that no two contents make the same bytes.
fn content(event: &Event<'_>, properties: u64) -> u64 {
    let mut bytes = Vec::with_capacity(256);
    let origin = &event.origin;
    let texts = [
        Some(&event.name),
        origin.user_id.as_ref(),
        origin.anonymous_id.as_ref(),
        origin.session_id.as_ref(),
        origin.release.as_ref(),
        origin.build.as_ref(),
        Some(&origin.environment),
        origin.channel.as_ref(),
        origin.platform.as_ref(),
        origin.locale.as_ref(),
        origin.sdk_name.as_ref(),
        origin.sdk_version.as_ref(),
        event.level.as_ref(),
        event.fingerprint.as_ref(),
    ];
    for text in texts {
        let length = text.map_or(u64::MAX, |text| text.len() as u64);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(text.map_or(&[], |text| text.as_bytes()));
    }
    let mut number = |number: Option<i64>| {
        bytes.push(u8::from(number.is_some()));
        bytes.extend_from_slice(&number.unwrap_or(0).to_le_bytes());
    };
    number(Some(event.kind as i64));
    number(event.times.client_at);
    number(event.handled.map(i64::from));
    let session = event.session.as_ref();
    number(session.map(|session| session.status as i64));
    number(session.map(|session| session.errors));
    number(session.and_then(|session| session.started_at));
    number(session.and_then(|session| session.duration_ms));
    number(session.and_then(|session| session.sequence));
    // Only where there is one: what was hashed before there were such rows keeps its hash.
    if let Some(count) = session.and_then(|session| session.count) {
        number(Some(count));
    }
    bytes.extend_from_slice(&properties.to_le_bytes());
    xxhash_rust::xxh3::xxh3_64(&bytes)
}

pub(super) fn origin<'a>(raw: &RawEvent<'a>, limits: &EventLimits) -> Checked<Origin<'a>> {
    let environment = short(limits, raw.environment.clone(), "environment")?;
    Ok(Origin {
        user_id: short(limits, raw.user_id.clone(), "user_id")?,
        anonymous_id: short(limits, raw.anonymous_id.clone(), "anonymous_id")?,
        session_id: short(limits, raw.session_id.clone(), "session_id")?,
        release: short(limits, raw.release.clone(), "release")?,
        build: short(limits, raw.build.clone(), "build")?,
        environment: environment.unwrap_or_else(|| "production".into()),
        channel: short(limits, raw.channel.clone(), "channel")?,
        platform: short(limits, raw.platform.clone(), "platform")?,
        locale: short(limits, raw.locale.clone(), "locale")?,
        sdk_name: short(limits, raw.sdk_name.clone(), "sdk_name")?,
        sdk_version: short(limits, raw.sdk_version.clone(), "sdk_version")?,
    })
}

/// The instants of an event, by the rules of the client's clock.
pub(super) fn times(client_at: Option<Micros>, arrival: &Arrival) -> Times {
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

pub(super) fn event_id<'a>(raw: &RawEvent<'a>, limits: &EventLimits) -> Checked<(Text<'a>, bool)> {
    Ok(match short(limits, raw.event_id.clone(), "event_id")? {
        Some(id) => (id, true),
        None => (uuid::Uuid::new_v4().to_string().into(), false),
    })
}
