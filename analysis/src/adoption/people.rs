//! Each user's days: on which days active, and on which release at most.

use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::findings::AdoptionPoint;

/// A user on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UserDay {
    pub(super) user: u32,
    pub(super) day: i32,
    /// Place of the user's newest release that day in the order of releases; `None` where all that
    /// was sent that day had no release.
    pub(super) newest: Option<usize>,
}

/// All days of all users, by user and day.
#[derive(Debug)]
pub(super) struct People {
    days: Vec<UserDay>,
    /// Users by day and newest release.
    by_day: BTreeMap<i32, BTreeMap<Option<usize>, u64>>,
}

impl People {
    pub(super) fn of(facts: &Facts) -> Self {
        let seen = &facts.activity.users;
        let places = places(facts);
        Self::new(seen.sightings.iter().map(|seen| UserDay {
            user: seen.id,
            day: seen.day,
            newest: places.get(&seen.release).copied(),
        }))
    }

    pub(super) fn new(days: impl Iterator<Item = UserDay>) -> Self {
        let mut days: Vec<UserDay> = days.collect();
        // The newest last, and of each day the last is kept.
        days.sort_unstable();
        days.dedup_by(|later, kept| {
            let same = (later.user, later.day) == (kept.user, kept.day);
            if same {
                kept.newest = later.newest;
            }
            same
        });
        let mut by_day: BTreeMap<i32, BTreeMap<Option<usize>, u64>> = BTreeMap::new();
        for seen in &days {
            *by_day
                .entry(seen.day)
                .or_default()
                .entry(seen.newest)
                .or_default() += 1;
        }
        Self { days, by_day }
    }

    /// The first day on which anyone was active, of those read; the last of all days without users.
    pub(super) fn first_day(&self) -> i32 {
        self.by_day.keys().next().copied().unwrap_or(i32::MAX)
    }

    /// The days of each user, oldest first.
    pub(super) fn users(&self) -> impl Iterator<Item = &[UserDay]> {
        self.days.chunk_by(|a, b| a.user == b.user)
    }

    /// (day, users on this release or a newer one, users in all), by day.
    pub(super) fn shares(&self, place: usize) -> impl Iterator<Item = (i32, u64, u64)> {
        self.by_day.iter().map(move |(day, users)| {
            let newer = users.range(Some(place)..).map(|(_, users)| users).sum();
            (*day, newer, users.values().sum())
        })
    }

    /// Fills in the users on the release or a newer one, on the days since it was first seen.
    pub(super) fn add_shares(&self, points: &mut [AdoptionPoint], place: usize, first_day: i32) {
        if self.days.is_empty() {
            return;
        }
        let newer: BTreeMap<i32, u64> = self
            .shares(place)
            .map(|(day, newer, _)| (day, newer))
            .collect();
        for point in points {
            let since = i32::try_from(point.days_since_first_seen).unwrap_or(i32::MAX);
            let day = first_day.saturating_add(since);
            point.on_release_or_newer = Some(newer.get(&day).copied().unwrap_or(0));
        }
    }
}

/// The place in the order of releases by the number of the name; `unknown` has none.
pub(super) fn places(facts: &Facts) -> BTreeMap<u32, usize> {
    let names = &facts.activity.users.names;
    let places = facts.order.iter().enumerate();
    places
        .filter_map(|(place, release)| Some((names.find(release)?, place)))
        .collect()
}
