//! Who was active when, on what: distinct users and sessions by window, by day and by release.
//!
//! Rollups give the distinct (release, day, user) and (release, day, session); the counts are made of
//! those.

use std::collections::BTreeMap;

use arrow::array::Array as _;
use lake::{Micros, columns};
use xxhash_rust::xxh3::xxh3_128;

use crate::error::Result;
use crate::facts::Question;
use crate::facts::presence::Presence;
use crate::facts::sightings::Sighting;
use crate::facts::usage::Usage;
use crate::rollup::{
    EVENTS, FLAGGED, Keyed, NONE, Names, RECEIVED_DAY, Rollup, SESSIONS, at, releases,
};
use crate::scan::{UNKNOWN, count};

/// Distinct users and sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Active {
    pub(crate) users: u64,
    pub(crate) sessions: u64,
}

/// What the window's events say of the data themselves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Arrivals {
    pub(crate) events: u64,
    pub(crate) unknown_release: u64,
    pub(crate) flagged: u64,
    pub(crate) late: u64,
}

/// Activity in the windows known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Activity {
    /// By window index: 0 is the window asked about, −1 the one before.
    pub(crate) by_window: BTreeMap<i32, Active>,
    /// By release, in the window asked about; `unknown` for rows without one.
    pub(crate) by_release: BTreeMap<String, Active>,
    /// Distinct users by day.
    pub(crate) users_by_day: BTreeMap<i32, u64>,
    /// Distinct users by release and day.
    pub(crate) users_by_release_day: BTreeMap<(String, i32), u64>,
    /// Each user on each release, platform and day.
    pub(crate) users: Seen,
    /// The data themselves, in the window asked about.
    pub(crate) arrivals: Arrivals,
}

/// All sightings of users.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) sightings: Vec<Sighting>,
    /// What releases and platforms are called; `unknown` where a row had none.
    pub(crate) names: Names,
}

/// Protocols whose rows speak of the past by nature: they are never late.
const IMPORT: &str = "import";

impl Activity {
    /// Of the users that were seen, and of the sessions.
    pub(crate) fn load(
        question: &Question<'_>,
        mut seen: Seen,
        (presence, usage): (&Presence, &Usage),
    ) -> Result<Self> {
        let window = question.window;
        let (sessions, counted) = sessions(question, &mut seen.names)?;
        let mut activity = Self {
            arrivals: arrivals(question)?,
            users_by_day: usage.by_day().collect(),
            ..Self::default()
        };
        let (users, names) = (&seen.sightings, &seen.names);
        let name = |number: u32| names.text(number).unwrap_or_default().to_owned();
        for (index, users) in presence.by_window(window) {
            if index > -question.windows {
                activity.by_window.entry(index).or_default().users = users;
            }
        }
        let by_window = |seen: &Sighting| Some(window.index_of(seen.day));
        for (index, sessions) in count_by(&sessions, by_window) {
            activity.by_window.entry(index).or_default().sessions = sessions;
        }
        let of_window = |seen: &Sighting| window.holds(seen.day).then_some(seen.release);
        for (release, users) in count_by(users, of_window) {
            activity.by_release.entry(name(release)).or_default().users = users;
        }
        for (release, sessions) in count_by(&sessions, of_window) {
            activity
                .by_release
                .entry(name(release))
                .or_default()
                .sessions = sessions;
        }
        for ((release, day), sessions) in counted {
            let of_index = activity.by_window.entry(window.index_of(day)).or_default();
            of_index.sessions += sessions;
            if window.holds(day) {
                activity
                    .by_release
                    .entry(name(release))
                    .or_default()
                    .sessions += sessions;
            }
        }
        activity.users_by_release_day = count_by(users, |seen| Some((seen.release, seen.day)))
            .into_iter()
            .map(|((release, day), count)| ((name(release), day), count))
            .collect();
        activity.users = seen;
        Ok(activity)
    }

    /// Distinct users in the window asked about.
    pub(crate) fn window_users(&self) -> u64 {
        self.by_window.get(&0).map_or(0, |active| active.users)
    }
}

/// Distinct ids by key; sightings without a key are left out.
fn count_by<K: Copy + Ord>(
    sightings: &[Sighting],
    key: impl Fn(&Sighting) -> Option<K>,
) -> BTreeMap<K, u64> {
    let mut pairs: Vec<(K, u32)> = sightings
        .iter()
        .filter_map(|seen| Some((key(seen)?, seen.id)))
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    let mut counts = BTreeMap::new();
    for run in pairs.chunk_by(|a, b| a.0 == b.0) {
        if let Some((key, _)) = run.first() {
            counts.insert(*key, run.len() as u64);
        }
    }
    counts
}

/// Sessions by release and day that clients counted themselves.
type Counted = BTreeMap<(u32, i32), u64>;

fn sessions(question: &Question<'_>, names: &mut Names) -> Result<(Vec<Sighting>, Counted)> {
    let unknown = names.number(UNKNOWN);
    let mut ids: Keyed<u128, ()> = Keyed::default();
    let (mut seen, mut counted) = (Vec::new(), Counted::new());
    let (rollups, days) = (&question.rollups, question.known_days());
    let columns = [columns::RELEASE, columns::SESSION_ID, SESSIONS];
    rollups.read(
        Rollup::SessionDay,
        days,
        &columns,
        question.of(),
        names,
        |piece, _| {
            let (releases, day) = (releases(piece, unknown), piece.day());
            let (own, sums) = (piece.own_texts(columns::SESSION_ID), piece.counts(SESSIONS));
            for row in piece.rows() {
                let release = releases[row];
                match own.as_ref().filter(|own| own.is_valid(row)) {
                    Some(own) => seen.push(Sighting {
                        id: ids.place(xxh3_128(own.value(row).as_bytes()), || ()).0,
                        release,
                        platform: NONE,
                        day,
                    }),
                    None => {
                        let sum = counted.entry((release, day)).or_default();
                        *sum += count(at(sums.as_ref(), row));
                    }
                }
            }
            Ok(())
        },
    )?;
    Ok((seen, counted))
}

fn arrivals(question: &Question<'_>) -> Result<Arrivals> {
    let window = question.window;
    let mut arrivals = Arrivals::default();
    let columns = [columns::RELEASE, RECEIVED_DAY, EVENTS, FLAGGED];
    let days = (window.first, window.end());
    let mut names = Names::default();
    let (rollups, of) = (&question.rollups, question.of());
    rollups.read(
        Rollup::ArrivalDay,
        days,
        &columns,
        of,
        &mut names,
        |piece, _| {
            let (events, flagged) = (piece.counts(EVENTS), piece.counts(FLAGGED));
            let (releases, received) = (piece.texts(columns::RELEASE), piece.days(RECEIVED_DAY));
            for row in piece.rows() {
                let n = count(at(events.as_ref(), row));
                arrivals.events += n;
                arrivals.flagged += count(at(flagged.as_ref(), row));
                if releases[row] == NONE {
                    arrivals.unknown_release += n;
                }
                let received = received.as_ref().filter(|received| received.is_valid(row));
                if received.is_some_and(|received| received.value(row) >= window.end()) {
                    arrivals.late += n;
                }
            }
            Ok(())
        },
    )?;
    Ok(arrivals)
}

/// Whether a row arrived late: see [`Arrivals`].
pub(crate) fn arrived_late(received_at: Micros, protocol: &str, window_end: Micros) -> bool {
    received_at >= window_end && protocol != IMPORT
}
