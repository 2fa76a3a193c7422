//! Adoption: a release's share of the day's active users, day by day since it was first seen; of
//! the day's feedback authors where no events say who is active.
//!
//! A user on two releases in a day counts on both and once in the total, so shares may add up to
//! more than 1. Days to half count from first sight; a release that was there when the data began
//! has none, since nobody saw it arrive, and a day with very few users reaches nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::Grounds;
use crate::days::{Days, Window, day_text, days_between};
use crate::facts::Facts;
use crate::findings::{AdoptionPoint, AdoptionSeries};
use crate::settings::Settings;

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

/// Adoption of the newest releases in use, newest first.
pub(crate) fn series(
    facts: &Facts,
    settings: &Settings,
    days: &Days,
    window: Window,
) -> Vec<AdoptionSeries> {
    let grounds = Grounds::new(facts, settings);
    facts
        .order
        .iter()
        .rev()
        .filter(|release| grounds.share(release, window.first, window.end()) >= SHOWN_SHARE)
        .take(SHOWN)
        .map(|release| AdoptionSeries {
            release: release.clone(),
            unit: Unit::of(facts).as_str().to_owned(),
            points: points(facts, days, release, window),
            days_to_half: days_to_half(facts, days, release, window),
        })
        .filter(|series| !series.points.is_empty())
        .collect()
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
            AdoptionPoint {
                day: day_text(*day),
                days_since_first_seen: days_between(first, *day),
                on_release,
                total: *total,
                share: on_release as f64 / *total as f64,
            }
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
