//! Sessions reduced from their updates.
//!
//! Updates arrive out of order and more than once, so each session keeps one of them: a terminal
//! update beats an open one, then the latest counts, then the highest sequence, then the most
//! errors (Sentry's session model). A session has crashed when that update says `crashed`; or when
//! no terminal update ever came and an error of the session was not handled by the app: the process
//! died before it could say so. `unhandled`, `abnormal` and `exited` are believed as they stand. A
//! session belongs to the day of its start, to the release and to the user of the update kept.
//!
//! Some clients count sessions themselves: such a row stands for `session_count` of them that began
//! and ended alike, has no session id, and is an update of nothing but itself.
//!
//! How often users come and how long they stay is asked of all sessions that have an id, those
//! without any update among them: these began with their first event and belong to the user of the
//! last.

use std::collections::BTreeMap;

use arrow::array::Array as _;
use lake::{Micros, SessionStatus, columns};
use xxhash_rust::xxh3::xxh3_128;

use crate::days::Window;
use crate::error::Result;
use crate::facts::Question;
use crate::rollup::{
    BROKE, DURATION_MS, ERRORS, FIRST_AT, Keyed, NONE, Names, Piece, RANK, Rollup, SEEN_FROM,
    SEEN_TO, SEQUENCE, SESSIONS, STARTED_AT, UPDATED_AT, USER, at, instant_at, releases,
};
use crate::scan::{UNKNOWN, count};
use crate::stats::mean::Moments;

/// Sessions and the crashed ones among them; or users and those of them with a crashed session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Crashes {
    pub(crate) all: u64,
    pub(crate) crashed: u64,
    /// Those in which something went wrong, crashes included.
    pub(crate) errored: u64,
}

impl Crashes {
    pub(crate) fn free(self) -> u64 {
        self.all.saturating_sub(self.crashed)
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            all: self.all + other.all,
            crashed: self.crashed + other.crashed,
            errored: self.errored + other.errored,
        }
    }
}

/// A session, or several that began and ended alike.
#[derive(Debug, Clone, Copy)]
struct Session {
    release: u32,
    user: u32,
    has_crashed: bool,
    has_erred: bool,
    sessions: u64,
    day: i32,
}

/// Sessions that began in the windows known.
#[derive(Debug)]
pub(crate) struct Sessions {
    names: Names,
    sessions: Vec<Session>,
    /// By release and day of start; `unknown` for sessions without a release.
    pub(crate) by_release_day: BTreeMap<String, BTreeMap<i32, Crashes>>,
    /// Users by window index.
    pub(crate) users_by_window: BTreeMap<i32, Crashes>,
    /// Sessions of each user, by window index.
    pub(crate) per_user: BTreeMap<i32, Moments>,
    /// How many milliseconds each session lasted, sorted, by window index.
    pub(crate) lengths: BTreeMap<i32, Vec<i64>>,
}

/// A session may still be updated so many days after it began (Sentry's limit).
const UPDATES_LAST_DAYS: i32 = 5;

impl Sessions {
    pub(crate) fn load(question: &Question<'_>) -> Result<Self> {
        let (from, to) = question.span()?;
        Self::starting_in(question, from, to)
    }

    /// Sessions that began in `[from, to)`.
    pub(crate) fn starting_in(question: &Question<'_>, from: Micros, to: Micros) -> Result<Self> {
        let mut names = Names::default();
        let days = (
            question.days.day_of(from).saturating_sub(UPDATES_LAST_DAYS),
            question.days.day_of(to).saturating_add(UPDATES_LAST_DAYS),
        );
        let reduced = Reduced::read(question, days, &mut names)?;
        let crashed = names.number(SessionStatus::Crashed.as_str());
        let fine = [SessionStatus::Ok, SessionStatus::Exited];
        let fine = fine.map(|status| names.number(status.as_str()));
        let sessions: Vec<Session> = reduced
            .all()
            .filter(|told| from <= told.start() && told.start() < to)
            .map(|told| Session {
                release: told.release,
                user: told.user,
                has_crashed: told.has_crashed(crashed),
                has_erred: told.has_erred(fine) || told.has_crashed(crashed),
                sessions: told.sessions,
                day: question.days.day_of(told.start()),
            })
            .collect();
        let window = question.window;
        let users_by_window = users_by(&sessions, |session| Some(window.index_of(session.day)));
        let begun = reduced.by_id.rows().iter().map(|row| &row.1);
        let begun = begun
            .filter(|told| from <= told.start() && told.start() < to)
            .map(|told| (window.index_of(question.days.day_of(told.start())), told));
        let (per_user, lengths) = habits(begun);
        Ok(Self {
            by_release_day: by_release_day(&sessions, &names),
            names,
            sessions,
            users_by_window,
            per_user,
            lengths,
        })
    }

    /// Sessions of all releases that began on days for which `holds` is true.
    pub(crate) fn on_days(&self, holds: impl Fn(i32) -> bool) -> Crashes {
        self.by_release_day
            .values()
            .flatten()
            .filter(|(day, _)| holds(**day))
            .fold(Crashes::default(), |sum, (_, crashes)| sum.plus(*crashes))
    }

    /// Sessions of one release that began on days for which `holds` is true.
    pub(crate) fn of_release(&self, release: &str, holds: impl Fn(i32) -> bool) -> Crashes {
        self.by_release_day
            .get(release)
            .into_iter()
            .flatten()
            .filter(|(day, _)| holds(**day))
            .fold(Crashes::default(), |sum, (_, crashes)| sum.plus(*crashes))
    }

    /// Sessions by release and the window in which they began.
    pub(crate) fn by_release_window(&self, window: Window) -> BTreeMap<(String, i32), Crashes> {
        let mut sums: BTreeMap<(String, i32), Crashes> = BTreeMap::new();
        for (release, days) in &self.by_release_day {
            for (day, crashes) in days {
                let key = (release.clone(), window.index_of(*day));
                let sum = sums.entry(key).or_default();
                *sum = sum.plus(*crashes);
            }
        }
        sums
    }

    /// Users by release and the window in which their sessions on it began.
    pub(crate) fn users_by_release_window(
        &self,
        window: Window,
    ) -> BTreeMap<(String, i32), Crashes> {
        let key = |session: &Session| Some((session.release, window.index_of(session.day)));
        let users = users_by(&self.sessions, key).into_iter();
        let named = users.map(|((release, index), users)| {
            let release = self.names.text(release).unwrap_or_default();
            ((release.to_owned(), index), users)
        });
        named.collect()
    }

    /// Users with a session on a release, and those of them for whom one crashed.
    pub(crate) fn users_of_release(&self, release: &str) -> Crashes {
        let is_it = |session: &Session| self.names.text(session.release) == Some(release);
        let users = users_by(&self.sessions, |session| is_it(session).then_some(()));
        users.get(&()).copied().unwrap_or_default()
    }
}

impl Session {
    fn crashes(&self) -> Crashes {
        Crashes {
            all: self.sessions,
            crashed: if self.has_crashed { self.sessions } else { 0 },
            errored: if self.has_erred { self.sessions } else { 0 },
        }
    }
}

fn by_release_day(sessions: &[Session], names: &Names) -> BTreeMap<String, BTreeMap<i32, Crashes>> {
    let mut by_number: BTreeMap<(u32, i32), Crashes> = BTreeMap::new();
    for session in sessions {
        let crashes = by_number.entry((session.release, session.day)).or_default();
        *crashes = crashes.plus(session.crashes());
    }
    let mut by_release_day: BTreeMap<String, BTreeMap<i32, Crashes>> = BTreeMap::new();
    for ((release, day), crashes) in by_number {
        let release = names.text(release).unwrap_or_default();
        by_release_day
            .entry(release.to_owned())
            .or_default()
            .insert(day, crashes);
    }
    by_release_day
}

/// By window index: sessions per user, and how long sessions lasted.
fn habits<'a>(
    begun: impl Iterator<Item = (i32, &'a Told)>,
) -> (BTreeMap<i32, Moments>, BTreeMap<i32, Vec<i64>>) {
    let mut lengths: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
    let mut users: Vec<(i32, u32)> = Vec::new();
    for (index, told) in begun {
        if told.user != NONE {
            users.push((index, told.user));
        }
        if let Some(length) = told.length_ms() {
            lengths.entry(index).or_default().push(length);
        }
    }
    lengths.values_mut().for_each(|all| all.sort_unstable());
    (per_user(users), lengths)
}

/// By window index: how many sessions each user had, of the users who had any.
fn per_user(mut sessions: Vec<(i32, u32)>) -> BTreeMap<i32, Moments> {
    sessions.sort_unstable();
    let mut moments: BTreeMap<i32, Moments> = BTreeMap::new();
    for of_user in sessions.chunk_by(|a, b| a == b) {
        if let Some((index, _)) = of_user.first() {
            let of_index = moments.entry(*index).or_default();
            *of_index = of_index.plus(&Moments::of(&[of_user.len() as f64]));
        }
    }
    moments
}

/// By key: distinct users, and those of them with a crashed session.
fn users_by<K: Copy + Ord>(
    sessions: &[Session],
    key: impl Fn(&Session) -> Option<K>,
) -> BTreeMap<K, Crashes> {
    let named = sessions.iter().filter(|session| session.user != NONE);
    let mut rows: Vec<(K, u32, bool)> = named
        .filter_map(|session| Some((key(session)?, session.user, session.has_crashed)))
        .collect();
    rows.sort_unstable();
    let mut users: BTreeMap<K, Crashes> = BTreeMap::new();
    for of_user in rows.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        if let Some((key, _, has_crashed)) = of_user.last() {
            let crashes = users.entry(*key).or_default();
            crashes.all += 1;
            crashes.crashed += u64::from(*has_crashed);
        }
    }
    users
}

/// What is told of a session.
#[derive(Debug, Clone)]
struct Told {
    /// Rank, instant, sequence and errors.
    order: (i64, Micros, i64, i64),
    event_id: Box<str>,
    release: u32,
    user: u32,
    status: u32,
    broke: bool,
    duration_ms: Option<i64>,
    started_at: Option<Micros>,
    first_at: Option<Micros>,
    /// The first event and the last.
    seen: (Micros, Micros),
    sessions: u64,
}

/// Ranks of [`crate::rollup`]: below it no update ever came.
const OPEN: i64 = 1;
/// The rank of sessions of which only other events came.
const SEEN: i64 = -1;
const MICROS_PER_MS: i64 = 1000;

impl Told {
    fn take(&mut self, other: Self) {
        let started_at = self.started_at.into_iter().chain(other.started_at).min();
        let first_at = self.first_at.into_iter().chain(other.first_at).min();
        let seen = (self.seen.0.min(other.seen.0), self.seen.1.max(other.seen.1));
        let broke = self.broke || other.broke;
        if (other.order, &other.event_id) > (self.order, &self.event_id) {
            *self = other;
        }
        (self.started_at, self.first_at, self.broke) = (started_at, first_at, broke);
        self.seen = seen;
    }

    /// When it began: what its updates say, else the first of them; without any, its first event.
    fn start(&self) -> Micros {
        let told = self.first_at.filter(|_| self.order.0 >= OPEN);
        self.started_at.or(told).unwrap_or(self.seen.0)
    }

    /// How long it lasted: as its last update says, else from its beginning to its last event.
    /// `None` while it is open, and where no time passed between its events.
    fn length_ms(&self) -> Option<i64> {
        let is_open = self.order.0 == OPEN;
        if is_open && !self.broke {
            return None;
        }
        let told = self.duration_ms.filter(|length| !is_open && *length >= 0);
        told.or_else(|| {
            let from = self.start().min(self.seen.0);
            let length = self.seen.1.saturating_sub(from) / MICROS_PER_MS;
            (length > 0).then_some(length)
        })
    }

    /// Whether it names an error, or did not end in one of the ways that are fine.
    fn has_erred(&self, fine: [u32; 2]) -> bool {
        self.order.3 > 0 || self.broke || self.status != NONE && !fine.contains(&self.status)
    }

    fn has_crashed(&self, crashed: u32) -> bool {
        self.status == crashed || self.order.0 == OPEN && self.broke
    }
}

/// Sessions, each with what all days tell of it.
#[derive(Debug, Default)]
struct Reduced {
    /// By a hash of the session's id.
    by_id: Keyed<u128, Told>,
    counted: Vec<Told>,
}

impl Reduced {
    fn read(question: &Question<'_>, days: (i32, i32), names: &mut Names) -> Result<Self> {
        let unknown = names.number(UNKNOWN);
        let mut reduced = Self::default();
        let columns = [
            columns::RELEASE,
            columns::SESSION_ID,
            columns::EVENT_ID,
            columns::STATUS,
            USER,
            RANK,
            UPDATED_AT,
            SEQUENCE,
            ERRORS,
            STARTED_AT,
            FIRST_AT,
            BROKE,
            SESSIONS,
            DURATION_MS,
            SEEN_FROM,
            SEEN_TO,
        ];
        let (rollups, of) = (&question.rollups, question.of());
        rollups.read(Rollup::SessionDay, days, &columns, of, names, |piece, _| {
            reduced.take(piece, unknown);
            Ok(())
        })?;
        Ok(reduced)
    }

    fn take(&mut self, piece: &Piece, unknown: u32) {
        let releases = releases(piece, unknown);
        let (users, statuses) = (piece.texts(USER), piece.texts(columns::STATUS));
        let [ids, event_ids] =
            [columns::SESSION_ID, columns::EVENT_ID].map(|name| piece.own_texts(name));
        let [ranks, sequences, errors, counts, durations] =
            [RANK, SEQUENCE, ERRORS, SESSIONS, DURATION_MS].map(|name| piece.counts(name));
        let [updated, started, first, seen_from, seen_to] =
            [UPDATED_AT, STARTED_AT, FIRST_AT, SEEN_FROM, SEEN_TO].map(|name| piece.instants(name));
        let broke = piece.truths(BROKE);
        for row in piece.rows() {
            let rank = at(ranks.as_ref(), row).unwrap_or(SEEN);
            let first_at = instant_at(first.as_ref(), row);
            // A client that counts its sessions says when they began, and nothing else.
            let seen = |seen| instant_at(seen, row).or(first_at).unwrap_or_default();
            let seen = (seen(seen_from.as_ref()), seen(seen_to.as_ref()));
            let event_id = event_ids.as_ref().filter(|ids| ids.is_valid(row));
            let told = Told {
                order: (
                    rank,
                    instant_at(updated.as_ref(), row).unwrap_or(seen.1),
                    at(sequences.as_ref(), row).unwrap_or(-1),
                    at(errors.as_ref(), row).unwrap_or_default(),
                ),
                event_id: event_id.map_or_else(Box::default, |ids| ids.value(row).into()),
                release: releases[row],
                user: users[row],
                status: statuses[row],
                broke: broke.as_ref().is_some_and(|broke| broke.value(row)),
                duration_ms: at(durations.as_ref(), row),
                started_at: instant_at(started.as_ref(), row),
                first_at,
                seen,
                sessions: count(at(counts.as_ref(), row)),
            };
            let Some(ids) = ids.as_ref().filter(|ids| ids.is_valid(row)) else {
                self.counted.push(told);
                continue;
            };
            let key = xxh3_128(ids.value(row).as_bytes());
            let known = self.by_id.find(key).and_then(|place| self.by_id.at(place));
            match known {
                Some(known) => known.take(told),
                None => {
                    self.by_id.place(key, || told);
                }
            }
        }
    }

    /// Those of which an update came.
    fn all(&self) -> impl Iterator<Item = &Told> {
        let of_ids = self.by_id.rows().iter().map(|row| &row.1);
        let all = of_ids.chain(&self.counted);
        all.filter(|told| told.order.0 >= OPEN)
    }
}
