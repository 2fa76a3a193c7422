//! One local day under way: what its events add to each rollup.

use lake::{EventKind, Micros, SessionStatus};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

use super::arrival_day::ArrivalDay;
use super::earliest;
use super::error_day::ErrorDay;
use super::feature_day::FeatureDay;
use super::health_hour::{HealthHour, Hours, hour_of};
use super::keyed::Keyed;
use super::names::{NONE, Names};
use super::once::Once;
use super::session_day::{SessionDay, Update};
use super::source::Events;
use super::user_day::UserDay;

/// App, environment, channel, platform and release: what every rollup is keyed by.
pub(super) type Cell = [u32; 5];

/// Words of the events that decide what a row adds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    pub(super) usage: u32,
    pub(super) error: u32,
    pub(super) session: u32,
    pub(super) ok: u32,
    pub(super) crashed: u32,
    import: u32,
}

/// Protocols whose rows speak of the past by nature: they are never late.
const IMPORT: &str = "import";

impl Words {
    pub(super) fn of(names: &mut Names) -> Self {
        Self {
            usage: names.number(EventKind::Usage.as_str()),
            error: names.number(EventKind::Error.as_str()),
            session: names.number(EventKind::Session.as_str()),
            ok: names.number(SessionStatus::Ok.as_str()),
            crashed: names.number(SessionStatus::Crashed.as_str()),
            import: names.number(IMPORT),
        }
    }
}

/// The rollups of a day under way.
#[derive(Debug, Default)]
pub(super) struct Day {
    /// Its first instant.
    pub(super) starts_at: Micros,
    pub(super) cells: Keyed<Cell, ()>,
    last_cell: Option<(Cell, u32)>,
    /// The events that were taken in.
    pub(super) seen: Once,
    pub(super) users: Keyed<(u32, u32), UserDay>,
    pub(super) features: Keyed<(u32, u32), FeatureDay>,
    pub(super) errors: Keyed<[u32; 3], ErrorDay>,
    pub(super) sessions: SessionDay,
    pub(super) arrivals: Keyed<(u32, u32), ArrivalDay>,
    pub(super) hours: Hours,
    /// Cell, anonymous id and user id, and when an event first named both.
    pub(super) ties: Keyed<[u32; 3], Micros>,
}

/// What identifies an event: its app and its id.
pub(super) fn event_hash(events: &Events, row: usize) -> u128 {
    let app = events.names.text(events.app(row)).unwrap_or_default();
    xxh3_128_with_seed(events.event_id(row).as_bytes(), xxh3_64(app.as_bytes()))
}

impl Day {
    /// With room for as much as another day holds.
    pub(super) fn like(other: &Self) -> Self {
        Self {
            seen: Once::with_capacity(other.seen.len()),
            users: Keyed::with_capacity(other.users.rows().len()),
            features: Keyed::with_capacity(other.features.rows().len()),
            sessions: SessionDay::like(&other.sessions),
            ..Self::default()
        }
    }

    /// The same with its first instant.
    pub(super) fn starting(self, starts_at: Micros) -> Self {
        Self { starts_at, ..self }
    }

    /// Takes a row in. A day in which an event came more than once must be made without its copies.
    pub(super) fn add(&mut self, events: &Events, row: usize, words: Words, received_day: i32) {
        self.seen.note(event_hash(events, row));
        let at = events.occurred_at(row);
        let cell = self.cell(events, row);
        let user = events.user(row);
        let (place, _) = self.users.place((cell, user), || UserDay::beginning(at));
        let tied = events.tied(row);
        if tied != NONE {
            earliest::note(&mut self.ties, [cell, tied, user], at);
        }
        let kind = events.kind(row);
        let session = events.session_id(row);
        let is_update = kind == words.session;
        let mut sessions = 0;
        if let Some(session) = session {
            let update = Update::of(events, row, words);
            sessions += i64::from(self.sessions.see((cell, place), session, update));
        } else if is_update && let Some(count) = events.session_count(row) {
            self.sessions.count(cell, events, row, count);
            sessions += count;
        }
        let hour = hour_of(self.starts_at, at);
        if let Some(user_day) = self.users.at(place) {
            user_day.take((at, hour), sessions, kind == words.error);
            let crashed = kind == words.error && session.is_none() && events.is_unhandled(row);
            user_day.crashed_hours |= u32::from(crashed) << hour;
        }
        if kind == words.usage {
            let key = (place, events.name(row));
            let feature = self.features.of(key, || FeatureDay::beginning(at));
            feature.map(|feature| feature.take(at)).unwrap_or_default();
        }
        if kind == words.error && events.fingerprint(row) != NONE {
            let key = [place, events.fingerprint(row), events.name(row)];
            let error = self.errors.of(key, || ErrorDay::beginning(at));
            error.map(|error| error.take(at)).unwrap_or_default();
        }
        let is_import = events.protocol(row) == words.import;
        let key = (cell, ArrivalDay::arrived(received_day, is_import));
        let arrival = self.arrivals.of(key, || ArrivalDay::beginning(at));
        if let Some(arrival) = arrival {
            arrival.take(events, row, is_update);
        }
        let delay = (!is_import).then(|| events.received_at(row).saturating_sub(at));
        if let Some(of_hour) = self.hours.of((cell, hour), HealthHour::default) {
            of_hour.take(delay);
        }
    }

    fn cell(&mut self, events: &Events, row: usize) -> u32 {
        let cell = [
            events.app(row),
            events.environment(row),
            events.channel(row),
            events.platform(row),
            events.release(row),
        ];
        if let Some((last, place)) = self.last_cell
            && last == cell
        {
            return place;
        }
        let (place, _) = self.cells.place(cell, || ());
        self.last_cell = Some((cell, place));
        place
    }
}
