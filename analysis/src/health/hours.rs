//! What the hours of an app say of its releases: who was there, and how late its events come.

use std::collections::BTreeMap;

use lake::{Micros, columns};

use crate::error::Result;
use crate::facts::Question;
use crate::facts::feedback::Feedback;
use crate::rollup::{
    CRASHED_SESSIONS, CRASHED_USERS, ERRORED_SESSIONS, ERRORED_USERS, EVENTS, HOUR, LATE,
    LATE_HOURS, LIVE, MICROS_PER_HOUR, Names, Rollup, SESSIONS, USERS, USERS_AT_RISK, at,
    instant_at,
};
use crate::scan::{UNKNOWN, count};

/// Hours since 1970-01-01T00:00Z.
pub(crate) type Hour = i64;

/// How many hours a day has, for windows that are whole days long.
pub(crate) const DAY_HOURS: Hour = 24;

/// The hour that holds an instant.
pub(crate) fn hour_of(instant: Micros) -> Hour {
    instant.div_euclid(MICROS_PER_HOUR)
}

/// The first instant of an hour.
pub(crate) fn start_of(hour: Hour) -> Micros {
    hour.saturating_mul(MICROS_PER_HOUR)
}

/// What happened in an hour, on one release or on several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) events: u64,
    pub(crate) users: u64,
    /// Users who had not crashed in an earlier hour of the day.
    pub(crate) users_at_risk: u64,
    pub(crate) crashed_users: u64,
    pub(crate) errored_users: u64,
    pub(crate) sessions: u64,
    pub(crate) crashed_sessions: u64,
    pub(crate) errored_sessions: u64,
}

impl Counts {
    const COLUMNS: [&'static str; 8] = [
        EVENTS,
        USERS,
        USERS_AT_RISK,
        CRASHED_USERS,
        ERRORED_USERS,
        SESSIONS,
        CRASHED_SESSIONS,
        ERRORED_SESSIONS,
    ];

    fn of(
        [
            events,
            users,
            users_at_risk,
            crashed_users,
            errored_users,
            sessions,
            crashed,
            errored,
        ]: [u64; 8],
    ) -> Self {
        Self {
            events,
            users,
            users_at_risk,
            crashed_users,
            errored_users,
            sessions,
            crashed_sessions: crashed,
            errored_sessions: errored,
        }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            events: self.events.saturating_add(other.events),
            users: self.users.saturating_add(other.users),
            users_at_risk: self.users_at_risk.saturating_add(other.users_at_risk),
            crashed_users: self.crashed_users.saturating_add(other.crashed_users),
            errored_users: self.errored_users.saturating_add(other.errored_users),
            sessions: self.sessions.saturating_add(other.sessions),
            crashed_sessions: self.crashed_sessions.saturating_add(other.crashed_sessions),
            errored_sessions: self.errored_sessions.saturating_add(other.errored_sessions),
        }
    }
}

/// Hours by release.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hours {
    by_release: BTreeMap<String, BTreeMap<Hour, Counts>>,
    /// Of the last fortnight: events that were sent as they happened, and of those the ones that came
    /// later than each of [`LATE_HOURS`].
    live: u64,
    late: [u64; LATE_HOURS.len()],
    /// Whether they count pieces of feedback, for want of events.
    is_of_feedback: bool,
    counts_sessions: bool,
}

/// How long back the delays of arrivals are looked at.
const DELAYS_OF_HOURS: Hour = 14 * DAY_HOURS;

impl Hours {
    /// The hours of some days.
    ///
    /// # Errors
    /// [`crate::Error::Rollup`] when a file cannot be read.
    pub(crate) fn load(question: &Question<'_>, days: (i32, i32)) -> Result<Self> {
        let mut hours = Self::default();
        let delays_from = hour_of(question.as_of) - DELAYS_OF_HOURS;
        let others = [columns::RELEASE, HOUR, LIVE];
        let columns: Vec<&str> = Counts::COLUMNS
            .into_iter()
            .chain(others)
            .chain(LATE)
            .collect();
        let (rollups, of) = (&question.rollups, question.of());
        let mut names = Names::default();
        rollups.read(
            Rollup::HealthHour,
            days,
            &columns,
            of,
            &mut names,
            |piece, names| {
                let releases = piece.texts(columns::RELEASE);
                let starts = piece.instants(HOUR);
                let counts = Counts::COLUMNS.map(|name| piece.counts(name));
                let (live, late) = (piece.counts(LIVE), LATE.map(|name| piece.counts(name)));
                let number = |counts: &Option<_>, row| count(at(counts.as_ref(), row));
                for row in piece.rows() {
                    let Some(start) = instant_at(starts.as_ref(), row) else {
                        continue;
                    };
                    let hour = hour_of(start);
                    let release = names.text(releases[row]).unwrap_or(UNKNOWN);
                    let of_release = match hours.by_release.get_mut(release) {
                        Some(known) => known,
                        None => hours.by_release.entry(release.to_owned()).or_default(),
                    };
                    let held = of_release.entry(hour).or_default();
                    *held = held.plus(Counts::of(counts.each_ref().map(|c| number(c, row))));
                    if hour >= delays_from {
                        hours.live += number(&live, row);
                        for (sum, late) in hours.late.iter_mut().zip(&late) {
                            *sum += number(late, row);
                        }
                    }
                }
                Ok(())
            },
        )?;
        let mut all = hours.by_release.values().flat_map(BTreeMap::values);
        hours.counts_sessions = all.any(|counts| counts.sessions > 0);
        Ok(hours)
    }

    /// Hours in which pieces of feedback came, where nothing else tells of releases.
    pub(crate) fn of_feedback(feedback: &Feedback) -> Self {
        let mut hours = Self {
            is_of_feedback: true,
            ..Self::default()
        };
        for piece in &feedback.pieces {
            let of_release = hours.by_release.entry(piece.release_name().to_owned());
            let counts = of_release
                .or_default()
                .entry(hour_of(piece.at))
                .or_default();
            counts.events += 1;
        }
        hours
    }

    pub(crate) fn is_of_feedback(&self) -> bool {
        self.is_of_feedback
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_release.is_empty()
    }

    /// Whether the app ever told of a crash or an error.
    pub(crate) fn tell_harm(&self) -> bool {
        let mut all = self.by_release.values().flat_map(BTreeMap::values);
        all.any(|counts| counts.errored_users + counts.crashed_users + counts.errored_sessions > 0)
    }

    /// What a release did in hours `[from, end)`.
    pub(crate) fn of(&self, release: &str, from: Hour, end: Hour) -> Counts {
        let hours = self.by_release.get(release);
        let hours = hours
            .into_iter()
            .flat_map(|hours| hours.range(from..end.max(from)));
        hours.fold(Counts::default(), |sum, (_, counts)| sum.plus(*counts))
    }

    /// What all releases did, the unknown one among them.
    pub(crate) fn of_all(&self, from: Hour, end: Hour) -> Counts {
        let all = self.by_release.keys();
        all.fold(Counts::default(), |sum, release| {
            sum.plus(self.of(release, from, end))
        })
    }

    /// Each hour of a release, in order.
    pub(crate) fn each(&self, release: &str) -> impl Iterator<Item = (Hour, Counts)> {
        let hours = self.by_release.get(release).into_iter().flatten();
        hours.map(|(hour, counts)| (*hour, *counts))
    }

    /// The releases seen, without those that name none.
    pub(crate) fn releases(&self) -> impl Iterator<Item = &str> {
        let all = self.by_release.keys().map(String::as_str);
        all.filter(|release| *release != UNKNOWN)
    }

    /// Whether the app sends sessions at all.
    pub(crate) fn counts_sessions(&self) -> bool {
        self.counts_sessions
    }

    /// What tells how much a release is used: its sessions, its events where the app sends none.
    pub(crate) fn traffic(&self, counts: Counts) -> u64 {
        if self.counts_sessions {
            counts.sessions
        } else {
            counts.events
        }
    }

    /// Share of the traffic that is on a release in hours `[from, end)`; 0 where there is none.
    pub(crate) fn share(&self, release: &str, from: Hour, end: Hour) -> f64 {
        let all = self.traffic(self.of_all(from, end));
        if all == 0 {
            return 0.0;
        }
        self.traffic(self.of(release, from, end)) as f64 / all as f64
    }

    /// The first hour of a release.
    pub(crate) fn first_of(&self, release: &str) -> Option<Hour> {
        self.by_release.get(release)?.keys().next().copied()
    }

    /// The first hour behind all that is known.
    pub(crate) fn end(&self) -> Option<Hour> {
        let last = self
            .by_release
            .keys()
            .filter_map(|release| self.last_of(release));
        last.max().map(|last| last.saturating_add(1))
    }

    /// The last hour of a release in which anything happened.
    pub(crate) fn last_of(&self, release: &str) -> Option<Hour> {
        self.by_release.get(release)?.keys().next_back().copied()
    }

    /// How many hours after it ended an hour is judged: the least of the known delays that at most one
    /// event in a hundred exceeds.
    pub(crate) fn reporting_delay(&self) -> Hour {
        if self.live == 0 {
            return REPORTING_DELAY_UNKNOWN;
        }
        let is_rare = |late: &u64| late.saturating_mul(100) <= self.live;
        let delays = LATE_HOURS.into_iter().zip(self.late);
        let mut rare = delays.filter(|(_, late)| is_rare(late));
        rare.next().map_or(REPORTING_DELAY_MAX, |(hours, _)| hours)
    }

    /// Share of the events of the last fortnight that came later than so many hours.
    pub(crate) fn later_than(&self, hours: Hour) -> f64 {
        let place = LATE_HOURS.iter().position(|late| *late == hours);
        let late = place.and_then(|place| self.late.get(place)).copied();
        late.unwrap_or(0) as f64 / self.live.max(1) as f64
    }
}

/// The delay where nothing says one (nothing was sent live).
const REPORTING_DELAY_UNKNOWN: Hour = 0;
/// Later arrivals are not waited for.
const REPORTING_DELAY_MAX: Hour = 24;
