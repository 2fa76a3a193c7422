//! Sessions by day: of each session the update of that day that counts.
//!
//! | grain | app, environment, channel, platform, release, day, session |
//! |---|---|
//! | `session_id` | null for sessions that clients counted themselves |
//! | `rank` | 2 a terminal update, 1 an open one, 0 an error that was not caught, null another event |
//! | `updated_at`, `sequence`, `errors`, `event_id` | of the update kept |
//! | `status`, `duration_ms` | what it says |
//! | `user_key` | that of the update kept; where no update came, that of the last event |
//! | `started_at` | the earliest start that any update of the day says |
//! | `first_at` | the first update or uncaught error of the day |
//! | `broke` | whether an error of the day was not caught |
//! | `sessions` | how many sessions the row stands for |
//! | `seen_from`, `seen_to` | its first and last event of any kind; null for those counted |
//!
//! Merge rule: of a session's rows, on whatever days and releases, that with the greatest (`rank`,
//! `updated_at`, `sequence`, `errors`, `event_id`) is kept (of those without a rank the latest
//! `seen_to`), with the least `started_at`, `first_at` and `seen_from`, the greatest `seen_to`, and
//! `broke` if any did. A session belongs to the day of its start, which may be another than that of
//! its rows: an update may come five days later.

use std::cmp::Ordering;

use lake::Micros;

use super::day::Words;
use super::keyed::Keyed;
use super::names::{NONE, Names};
use super::source::Events;

/// An update of a session, an error in it that was not caught, or another event that only shows that
/// there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Update<'e> {
    rank: i64,
    at: Micros,
    sequence: i64,
    errors: i64,
    event_id: &'e str,
    status: u32,
    user: u32,
    started_at: Option<Micros>,
    duration_ms: Option<i64>,
}

/// Ranks: any other event tells less than an error, an error less than any update, an open update less
/// than a terminal one.
const SEEN: i64 = -1;
const BREAK: i64 = 0;
const OPEN: i64 = 1;
const TERMINAL: i64 = 2;

impl<'e> Update<'e> {
    /// What a row says of its session.
    pub(super) fn of(events: &'e Events, row: usize, words: Words) -> Self {
        let kind = events.kind(row);
        let status = events.session_status(row);
        let rank = if kind == words.session {
            if status == words.ok { OPEN } else { TERMINAL }
        } else if kind == words.error && events.is_unhandled(row) {
            BREAK
        } else {
            SEEN
        };
        let tells = rank > SEEN;
        Self {
            rank,
            at: events.occurred_at(row),
            sequence: events.session_sequence(row).unwrap_or(-1),
            errors: events.session_errors(row).unwrap_or(0),
            event_id: events.event_id(row),
            status: if tells { status } else { NONE },
            user: events.user(row),
            started_at: events.session_started_at(row).filter(|_| tells),
            duration_ms: events.session_duration_ms(row).filter(|_| tells),
        }
    }

    /// When it was told; `None` where nothing was.
    fn told_at(&self) -> Option<Micros> {
        (self.rank > SEEN).then_some(self.at)
    }
}

/// A session so far: the update that counts, and since when and until when it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) rank: i64,
    pub(super) at: Micros,
    pub(super) sequence: i64,
    pub(super) errors: i64,
    pub(super) event_id: String,
    pub(super) status: u32,
    pub(super) user: u32,
    pub(super) duration_ms: Option<i64>,
    pub(super) started_at: Option<Micros>,
    pub(super) first_at: Option<Micros>,
    pub(super) broke: bool,
    pub(super) seen: (Micros, Micros),
    /// The place of the user's day by which it was seen first.
    place: u32,
}

impl Kept {
    fn new(update: &Update<'_>, place: u32) -> Self {
        Self {
            place,
            rank: update.rank,
            at: update.at,
            sequence: update.sequence,
            errors: update.errors,
            event_id: update.event_id.to_owned(),
            status: update.status,
            user: update.user,
            duration_ms: update.duration_ms,
            started_at: update.started_at,
            first_at: update.told_at(),
            broke: update.rank == BREAK,
            seen: (update.at, update.at),
        }
    }

    fn take(&mut self, update: &Update<'_>) {
        let theirs = (update.rank, update.at, update.sequence, update.errors);
        let ours = (self.rank, self.at, self.sequence, self.errors);
        let order = theirs
            .cmp(&ours)
            .then_with(|| update.event_id.cmp(&self.event_id));
        if order == Ordering::Greater {
            (self.rank, self.at, self.sequence, self.errors) = theirs;
            update.event_id.clone_into(&mut self.event_id);
            self.status = update.status;
            self.user = update.user;
            self.duration_ms = update.duration_ms;
        }
        self.started_at = self.started_at.into_iter().chain(update.started_at).min();
        self.first_at = self.first_at.into_iter().chain(update.told_at()).min();
        self.broke |= update.rank == BREAK;
        self.seen = (self.seen.0.min(update.at), self.seen.1.max(update.at));
    }

    /// Whether more is known of the session than that there is one.
    fn is_told(&self) -> bool {
        self.rank > SEEN
    }

    /// Whether the session crashed, as far as the day tells: a terminal update is believed; without
    /// one, an error that was not caught ended the process.
    pub(super) fn has_crashed(&self, crashed: u32) -> bool {
        match self.rank {
            TERMINAL => self.status == crashed,
            OPEN => self.broke,
            _ => false,
        }
    }
}

/// Sessions that clients counted themselves: cell, user, status, start, errors.
pub(super) type Counted = (u32, u32, u32, Micros, i64);

/// The sessions of a day under way.
#[derive(Debug, Default)]
pub(super) struct SessionDay {
    pub(super) ids: Names,
    /// By cell and session.
    pub(super) sessions: Keyed<(u32, u32), Kept>,
    /// Sessions of a user's day, but for the user by whom the session was seen first.
    of_others: Keyed<(u32, u32), ()>,
    pub(super) counted: std::collections::BTreeMap<Counted, i64>,
}

impl SessionDay {
    /// Takes in that a session was seen in a cell, by a row of the user's day at `place`; whether
    /// that day has not seen it before.
    pub(super) fn see(
        &mut self,
        (cell, place): (u32, u32),
        session: &str,
        update: Update<'_>,
    ) -> bool {
        let number = self.ids.number(session);
        let make = || Kept::new(&update, place);
        let (at, is_new) = self.sessions.place((cell, number), make);
        let Some(kept) = self.sessions.at(at).filter(|_| !is_new) else {
            return is_new;
        };
        kept.take(&update);
        kept.place != place && self.of_others.note((place, number))
    }

    /// With room for as many sessions as another day has.
    pub(super) fn like(other: &Self) -> Self {
        Self {
            ids: Names::with_capacity(other.ids.len()),
            sessions: Keyed::with_capacity(other.sessions.rows().len()),
            ..Self::default()
        }
    }

    /// Adds sessions that a client counted itself.
    pub(super) fn count(&mut self, cell: u32, events: &Events, row: usize, count: i64) {
        let started_at = events.session_started_at(row);
        let started_at = started_at.unwrap_or_else(|| events.occurred_at(row));
        let status = events.session_status(row);
        let errors = events.session_errors(row).unwrap_or(0);
        let key = (cell, events.user(row), status, started_at, errors);
        let sum = self.counted.entry(key).or_default();
        *sum = sum.saturating_add(count);
    }
}

/// One row: a session, or several that a client counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) cell: u32,
    /// The number of the session's id; none of those that were counted.
    pub(super) session: Option<u32>,
    pub(super) user: u32,
    pub(super) status: u32,
    pub(super) started_at: Option<Micros>,
    /// The update that counts; none where only other events were seen.
    pub(super) kept: Option<&'a Kept>,
    /// The first event and the last; none of those that were counted.
    pub(super) seen: Option<(Micros, Micros)>,
    /// Errors that the update names; those of each session that was counted.
    pub(super) errors: Option<i64>,
    pub(super) count: i64,
}

impl Line<'_> {
    /// What the row tells; one that was counted and has no open status is terminal.
    pub(super) fn rank(&self, words: Words) -> Option<i64> {
        match (self.session, self.kept) {
            (Some(_), kept) => kept.map(|kept| kept.rank),
            (None, _) if self.status == words.ok => Some(OPEN),
            (None, _) => Some(TERMINAL),
        }
    }

    pub(super) fn updated_at(&self) -> Option<Micros> {
        match self.session {
            Some(_) => self.kept.map(|kept| kept.at),
            None => self.started_at,
        }
    }

    pub(super) fn first_at(&self) -> Option<Micros> {
        match self.session {
            Some(_) => self.kept.and_then(|kept| kept.first_at),
            None => self.started_at,
        }
    }
}

impl SessionDay {
    /// All rows, in no order.
    pub(super) fn lines(&self) -> Vec<Line<'_>> {
        let sessions = self
            .sessions
            .rows()
            .iter()
            .map(|((cell, session), kept)| Line {
                cell: *cell,
                session: Some(*session),
                user: kept.user,
                status: kept.status,
                started_at: kept.started_at,
                kept: kept.is_told().then_some(kept),
                seen: Some(kept.seen),
                errors: kept.is_told().then_some(kept.errors),
                count: 1,
            });
        let counted =
            self.counted
                .iter()
                .map(|((cell, user, status, started_at, errors), count)| Line {
                    cell: *cell,
                    session: None,
                    user: *user,
                    status: *status,
                    started_at: Some(*started_at),
                    kept: None,
                    seen: None,
                    errors: Some(*errors),
                    count: *count,
                });
        sessions.chain(counted).collect()
    }
}
