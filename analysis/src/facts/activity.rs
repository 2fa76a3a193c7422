//! Who was active when, on what: distinct users and sessions by window, by day and by release.
//!
//! Polars brings the events down to distinct (release, day, user) and (release, window, session);
//! the counts are made of those. Copies of an event that were stored twice change nothing here.

use std::collections::BTreeMap;

use lake::{Micros, Table, columns};
use polars::prelude::{DataType, Expr, LazyFrame, col, len, lit};

use crate::error::Result;
use crate::facts::Question;
use crate::scan::{Frame, collect, count, of_app, release, user};

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
    /// The data themselves, in the window asked about.
    pub(crate) arrivals: Arrivals,
}

const DAY: &str = "civil_day";
const INDEX: &str = "window_index";
const USER: &str = "user";

/// Protocols whose rows speak of the past by nature: they are never late.
const IMPORT: &str = "import";

impl Activity {
    pub(crate) fn load(question: &Question<'_>) -> Result<Self> {
        let (from, to) = question.span()?;
        let names = [
            columns::APP,
            columns::ENVIRONMENT,
            columns::USER_ID,
            columns::ANONYMOUS_ID,
            columns::SESSION_ID,
            columns::RELEASE,
            columns::OCCURRED_AT,
        ];
        let settings = question.settings;
        let window = question.window;
        let day = question
            .days
            .day_expression(col(columns::OCCURRED_AT), from, to);
        let rows = question
            .tables
            .between(
                Table::Events,
                &names,
                (from, to.min(question.known_until())),
            )?
            .filter(of_app(&settings.app, &settings.environment))
            .select([
                day.alias(DAY),
                user().alias(USER),
                release().alias(columns::RELEASE),
                col(columns::SESSION_ID),
            ])
            .with_columns([window.index_expression(col(DAY)).alias(INDEX)]);
        let users = Seen::read(&distinct(&rows, USER, &[columns::RELEASE, DAY])?, USER, DAY)?;
        let session = columns::SESSION_ID;
        let keys = [columns::RELEASE, INDEX];
        let sessions = Seen::read(&distinct(&rows, session, &keys)?, session, INDEX)?;
        let mut activity = Self {
            arrivals: arrivals(question)?,
            ..Self::default()
        };
        for (index, users) in users.count_by(|seen| Some(window.index_of(seen.number))) {
            activity.by_window.entry(index).or_default().users = users;
        }
        for (index, sessions) in sessions.count_by(|seen| Some(seen.number)) {
            activity.by_window.entry(index).or_default().sessions = sessions;
        }
        let of_window = |seen: &Sighting| window.holds(seen.number).then_some(seen.release);
        for (release, count) in users.count_by(of_window) {
            activity
                .by_release
                .entry(users.release(release))
                .or_default()
                .users = count;
        }
        let of_window = |seen: &Sighting| (seen.number == 0).then_some(seen.release);
        for (release, count) in sessions.count_by(of_window) {
            activity
                .by_release
                .entry(sessions.release(release))
                .or_default()
                .sessions = count;
        }
        activity.users_by_day = users.count_by(|seen| Some(seen.number));
        activity.users_by_release_day = users
            .count_by(|seen| Some((seen.release, seen.number)))
            .into_iter()
            .map(|((release, day), count)| ((users.release(release), day), count))
            .collect();
        Ok(activity)
    }

    /// Distinct users in the window asked about.
    pub(crate) fn window_users(&self) -> u64 {
        self.by_window.get(&0).map_or(0, |active| active.users)
    }
}

/// The distinct ids per combination of keys; rows without the id say nothing. Events come many to
/// a user and day, so this is where they become few.
fn distinct(rows: &LazyFrame, id: &str, keys: &[&str]) -> Result<Frame> {
    let keys: Vec<Expr> = keys.iter().chain([&id]).map(|key| col(*key)).collect();
    let rows = rows.clone().filter(col(id).is_not_null());
    collect(
        Table::Events,
        rows.group_by(keys).agg([len().alias("rows")]),
    )
}

/// An id on a release on a day or in a window, all as plain numbers.
#[derive(Debug, Clone, Copy)]
struct Sighting {
    id: usize,
    release: usize,
    number: i32,
}

/// All sightings, and the names of the releases.
#[derive(Debug)]
struct Seen {
    sightings: Vec<Sighting>,
    releases: Vec<String>,
}

impl Seen {
    fn read(frame: &Frame, id: &str, number_name: &str) -> Result<Self> {
        let (ids, numbers) = (frame.texts(id)?, frame.integers(number_name)?);
        let names = frame.texts(columns::RELEASE)?;
        let (mut known_ids, mut known_releases) = (Numbered::default(), Numbered::default());
        let sightings = (0..frame.rows())
            .map(|row| Sighting {
                id: known_ids.number(ids.get(row).unwrap_or_default()),
                release: known_releases.number(names.get(row).unwrap_or_default()),
                number: number(numbers.get(row)),
            })
            .collect();
        Ok(Self {
            sightings,
            releases: known_releases.names(),
        })
    }

    fn release(&self, number: usize) -> String {
        self.releases.get(number).cloned().unwrap_or_default()
    }

    /// Distinct ids by key; sightings without a key are left out.
    fn count_by<K: Copy + Ord>(&self, key: impl Fn(&Sighting) -> Option<K>) -> BTreeMap<K, u64> {
        let mut pairs: Vec<(K, usize)> = self
            .sightings
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
}

/// Names by number, in the order in which they came.
#[derive(Debug, Default)]
#[expect(
    clippy::disallowed_types,
    reason = "looked up only: its order reaches nothing"
)]
struct Numbered<'a>(std::collections::HashMap<&'a str, usize>);

impl<'a> Numbered<'a> {
    fn number(&mut self, name: &'a str) -> usize {
        let next = self.0.len();
        *self.0.entry(name).or_insert(next)
    }

    fn names(self) -> Vec<String> {
        let mut names: Vec<(usize, &str)> = self.0.into_iter().map(|(name, n)| (n, name)).collect();
        names.sort_unstable();
        names.into_iter().map(|(_, name)| name.to_owned()).collect()
    }
}

fn number(value: Option<i64>) -> i32 {
    value
        .and_then(|value| i32::try_from(value).ok())
        .unwrap_or(i32::MIN)
}

fn arrivals(question: &Question<'_>) -> Result<Arrivals> {
    const EVENTS: &str = "events";
    const UNKNOWN: &str = "unknown_release";
    const FLAGGED: &str = "flagged";
    const LATE: &str = "late";
    let window = question.window;
    let from = question.days.start_of(window.first)?;
    let to = question.days.start_of(window.end())?;
    let names = [
        columns::APP,
        columns::ENVIRONMENT,
        columns::EVENT_ID,
        columns::RELEASE,
        columns::OCCURRED_AT,
        columns::RECEIVED_AT,
        columns::CLOCK_FLAG,
        columns::PROTOCOL,
    ];
    // A copy of an event counts once: as on time if one of the copies was.
    let flag = |condition: Expr| condition.fill_null(lit(false)).cast(DataType::Int64);
    let total = |name: &str| col(name).sum().alias(name);
    let settings = question.settings;
    let query = question
        .tables
        .between(
            Table::Events,
            &names,
            (from, to.min(question.known_until())),
        )?
        .filter(of_app(&settings.app, &settings.environment))
        .group_by([col(columns::EVENT_ID)])
        .agg([
            flag(col(columns::RELEASE).is_null()).max().alias(UNKNOWN),
            flag(col(columns::CLOCK_FLAG).is_not_null())
                .max()
                .alias(FLAGGED),
            flag(is_late(to)).min().alias(LATE),
        ])
        .select([
            len().cast(DataType::Int64).alias(EVENTS),
            total(UNKNOWN),
            total(FLAGGED),
            total(LATE),
        ]);
    let frame = collect(Table::Events, query)?;
    let read = |name: &str| Ok(count(frame.integers(name)?.get(0)));
    Ok(Arrivals {
        events: read(EVENTS)?,
        unknown_release: read(UNKNOWN)?,
        flagged: read(FLAGGED)?,
        late: read(LATE)?,
    })
}

/// Arrived after the window was over, by a protocol that sends as things happen.
fn is_late(window_end: Micros) -> Expr {
    col(columns::RECEIVED_AT)
        .gt_eq(lit(window_end))
        .and(col(columns::PROTOCOL).neq_missing(lit(IMPORT)))
}

/// Whether a row arrived late: see [`Arrivals`].
pub(crate) fn arrived_late(received_at: Micros, protocol: &str, window_end: Micros) -> bool {
    received_at >= window_end && protocol != IMPORT
}
