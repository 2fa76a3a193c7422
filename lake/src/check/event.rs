//! Checks usage events, errors, session updates and identifies, and what feedback shares with them:
//! where it came from, its instants and its id.

use super::fields::{Checked, instant, properties, refuse, required, short, truth, whole, word};
use super::{Arrival, RawObject};
use crate::batch::utc_day;
use crate::clock::Micros;
use crate::event::{ClockFlag, Event, EventKind, Origin, SessionStatus, SessionUpdate, Times};
use crate::refusal::RefusalReason;

/// Oldest client instant that is believed of live traffic.
pub(crate) const CLIENT_AGE_DAYS_MAX: i64 = 400;
/// Furthest client instant ahead of arrival that is believed of live traffic.
pub(crate) const CLIENT_AHEAD_DAYS_MAX: i64 = 1;

const MICROS_PER_DAY: i64 = 86_400_000_000;

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

pub(super) fn origin(raw: &RawObject) -> Checked<Origin> {
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

pub(super) fn event_id(raw: &RawObject) -> Checked<(String, bool)> {
    Ok(match short(raw, "event_id")? {
        Some(id) => (id, true),
        None => (uuid::Uuid::new_v4().to_string(), false),
    })
}
