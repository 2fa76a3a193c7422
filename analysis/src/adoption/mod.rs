//! Adoption: a release's share of the day's active users, day by day since it was first seen; of
//! the day's feedback authors where no events say who is active.
//!
//! A user on two releases in a day counts on both and once in the total, so shares may add up to
//! more than 1. Days to half count from first sight; a release that was there when the data began
//! has none, since nobody saw it arrive, and a day with very few users reaches nothing.
//!
//! What needs each user's days ([`people`]) exists for active users alone: the share on a release or a
//! newer one, the time that users take ([`time_to_adopt`]), the forecast ([`ahead`]), and who moved or
//! stayed behind ([`upgrades`]). A release came out on the day in its record, else on the first day
//! with a hundredth of the day's data.

mod ahead;
mod by_age;
mod offered;
mod people;
mod stage;
mod time_to_adopt;
mod upgrades;

use std::collections::{BTreeMap, BTreeSet};

use lake::Micros;

use crate::compare::Grounds;
use crate::days::{Days, Window, day_text, days_between};
use crate::facts::Facts;
use crate::findings::{AdoptionPoint, AdoptionSeries, ForecastRecord, ShareForecast, Upgrades};
use crate::settings::Settings;

use people::People;

pub(crate) use by_age::{by_age, same_age, share_of};

/// So many of the newest releases are shown.
const SHOWN: usize = 5;

/// A release needs this share of the window's data to be shown.
const SHOWN_SHARE: f64 = 0.02;

/// A day with fewer users than this is no evidence that half of them are on a release.
const DAY_USERS_MIN: u64 = 5;

const HALF: f64 = 0.5;

/// Whom adoption is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    ActiveUsers,
    FeedbackAuthors,
}

impl Unit {
    pub(crate) fn of(facts: &Facts) -> Self {
        if facts.counts_users() {
            Self::ActiveUsers
        } else {
            Self::FeedbackAuthors
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ActiveUsers => "active_users",
            Self::FeedbackAuthors => "feedback_authors",
        }
    }
}

/// What a window shows of adoption.
#[derive(Debug)]
pub(crate) struct Adoption {
    /// Of the newest releases in use, newest first.
    pub(crate) series: Vec<AdoptionSeries>,
    pub(crate) upgrades: Upgrades,
}

impl Adoption {
    pub(crate) fn of(
        facts: &Facts,
        settings: &Settings,
        days: &Days,
        window: Window,
        as_of: Micros,
    ) -> Self {
        let grounds = Grounds::new(facts, settings);
        let known = Known::of(facts, &grounds, days, (window, as_of));
        let series = facts
            .order
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, release)| {
                grounds.share(release, window.first, window.end()) >= SHOWN_SHARE
            })
            .take(SHOWN)
            .map(|(rank, release)| known.series(rank, release))
            .filter(|series| !series.points.is_empty())
            .collect();
        let mut upgrades = upgrades::of(facts, &known.people, days, window);
        upgrades.forecasts = known.record;
        Self { series, upgrades }
    }
}

/// What the series of releases are made of.
struct Known<'a> {
    facts: &'a Facts,
    days: &'a Days,
    window: Window,
    people: People,
    /// The first day of which users are known.
    from: i32,
    /// When each release came out, by its place.
    out: Vec<Option<i32>>,
    forecasts: BTreeMap<usize, ShareForecast>,
    /// How all forecasts of the app did.
    record: ForecastRecord,
}

impl<'a> Known<'a> {
    fn of(
        facts: &'a Facts,
        grounds: &Grounds<'_>,
        days: &'a Days,
        (window, as_of): (Window, Micros),
    ) -> Self {
        let people = People::of(facts);
        let from = people.first_day();
        let out: Vec<Option<i32>> = facts
            .order
            .iter()
            .map(|release| came_out(facts, grounds, days, (release, from)))
            .collect();
        // Of the day in which `as_of` lies, only a part is known.
        let last_day = days
            .day_of(as_of.saturating_add(1))
            .min(window.end())
            .saturating_sub(1);
        let (forecasts, record) = ahead::forecasts(&people, &out, last_day);
        Self {
            facts,
            days,
            window,
            people,
            from,
            out,
            forecasts,
            record,
        }
    }

    /// When the release at a place came out.
    fn out(&self, rank: usize) -> Option<i32> {
        self.out.get(rank).copied().flatten()
    }

    /// The series of the release at a place.
    fn series(&self, rank: usize, release: &str) -> AdoptionSeries {
        let (facts, days, window) = (self.facts, self.days, self.window);
        let mut points = points(facts, days, release, window);
        let note = facts.notes.get(release);
        offered::add(&mut points, note, days);
        let first_day = first_day(facts, days, release);
        self.people.add_shares(&mut points, rank, first_day);
        add_sessions(&mut points, facts, release, first_day);
        stage::add(&mut points);
        AdoptionSeries {
            release: release.to_owned(),
            unit: Unit::of(facts).as_str().to_owned(),
            stage: points.last().and_then(|point| point.stage),
            points,
            days_to_half: days_to_half(facts, days, release, window),
            rollout: note.and_then(|note| note.rollout.clone()),
            time_to_adopt: self
                .out(rank)
                .filter(|out| *out > self.from)
                .and_then(|out| time_to_adopt::of(&self.people, rank, out, window.end())),
            forecast: self.forecasts.get(&rank).cloned(),
        }
    }
}

/// The day on which a release came out; `None` where it was there when the data began. When it came
/// into use is known only within the weeks that were read, which begin on `known_from`.
fn came_out(
    facts: &Facts,
    grounds: &Grounds<'_>,
    days: &Days,
    (release, known_from): (&str, i32),
) -> Option<i32> {
    let recorded = facts.notes.get(release).and_then(|note| note.released_at);
    let first_seen = first_day(facts, days, release);
    let in_use = || {
        (first_seen >= known_from)
            .then(|| grounds.in_use_from(release))
            .flatten()
    };
    let came_out = recorded
        .map(|at| days.day_of(at))
        .or_else(in_use)
        .unwrap_or(first_seen);
    let data_begin = days.day_of(facts.first_data()?);
    (came_out > data_begin).then_some(came_out)
}

fn first_day(facts: &Facts, days: &Days, release: &str) -> i32 {
    facts
        .first_seen
        .get(release)
        .map_or(i32::MAX, |at| days.day_of(*at))
}

/// Fills in the sessions that began on each day, on the release and in all.
fn add_sessions(points: &mut [AdoptionPoint], facts: &Facts, release: &str, first_day: i32) {
    let mut totals: ByDay = BTreeMap::new();
    for (day, crashes) in facts.sessions.by_release_day.values().flatten() {
        *totals.entry(*day).or_default() += crashes.all;
    }
    let own = facts.sessions.by_release_day.get(release);
    for point in points {
        let since = i32::try_from(point.days_since_first_seen).unwrap_or(i32::MAX);
        let day = first_day.saturating_add(since);
        point.sessions = own
            .and_then(|days| days.get(&day))
            .map_or(0, |crashes| crashes.all);
        point.total_sessions = totals.get(&day).copied().unwrap_or(0);
        point.session_share =
            (point.total_sessions > 0).then(|| point.sessions as f64 / point.total_sessions as f64);
    }
}

/// Days from first sight until half of the day's users were on the release.
pub(crate) fn days_to_half(
    facts: &Facts,
    days: &Days,
    release: &str,
    window: Window,
) -> Option<u32> {
    let first = days.day_of(*facts.first_seen.get(release)?);
    let points = points(facts, days, release, window);
    let data_begin = days.day_of(facts.first_data()?);
    let known_from = points.first()?.days_since_first_seen;
    if first <= data_begin || known_from > 0 {
        return None;
    }
    points
        .iter()
        .find(|point| point.total >= DAY_USERS_MIN && point.share >= HALF)
        .map(|point| point.days_since_first_seen)
}

fn points(facts: &Facts, days: &Days, release: &str, window: Window) -> Vec<AdoptionPoint> {
    let Some(first_seen) = facts.first_seen.get(release) else {
        return Vec::new();
    };
    let first = days.day_of(*first_seen);
    let (on_release, totals) = match Unit::of(facts) {
        Unit::ActiveUsers => active_users(facts, release),
        Unit::FeedbackAuthors => feedback_authors(facts, release),
    };
    totals
        .range(first..window.end().max(first))
        .filter(|(_, total)| **total > 0)
        .map(|(day, total)| {
            let on_release = on_release.get(day).copied().unwrap_or(0);
            let since = days_between(first, *day);
            AdoptionPoint::of_users(day_text(*day), since, (on_release, *total))
        })
        .collect()
}

type ByDay = BTreeMap<i32, u64>;

fn active_users(facts: &Facts, release: &str) -> (ByDay, ByDay) {
    let on_release = facts
        .activity
        .users_by_release_day
        .iter()
        .filter(|((known, _), _)| known == release)
        .map(|((_, day), users)| (*day, *users))
        .collect();
    (on_release, facts.activity.users_by_day.clone())
}

fn feedback_authors(facts: &Facts, release: &str) -> (ByDay, ByDay) {
    let mut on_release: BTreeMap<i32, BTreeSet<&str>> = BTreeMap::new();
    let mut all: BTreeMap<i32, BTreeSet<&str>> = BTreeMap::new();
    for piece in &facts.feedback.pieces {
        all.entry(piece.day).or_default().insert(&piece.author);
        if piece.release.as_deref() == Some(release) {
            on_release
                .entry(piece.day)
                .or_default()
                .insert(&piece.author);
        }
    }
    let count = |days: BTreeMap<i32, BTreeSet<&str>>| {
        days.into_iter()
            .map(|(day, authors)| (day, authors.len() as u64))
            .collect()
    };
    (count(on_release), count(all))
}
