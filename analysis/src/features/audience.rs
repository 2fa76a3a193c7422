//! Who was active on some days, and on which release at the newest: who could use what.

use crate::facts::activity::Seen;
use crate::rollup::NONE;

use super::catalog::{NO_RELEASE, Order};

/// Below all places: not active.
const ABSENT: i32 = i32::MIN;

/// The users of some days.
#[derive(Debug)]
pub(super) struct Audience {
    /// By the user's number the place of the newest release.
    newest: Vec<i32>,
    /// The places of all who were active, in order.
    places: Vec<i32>,
}

impl Audience {
    /// The users who were active on the days that `holds` says.
    pub(super) fn of(seen: &Seen, order: &Order, holds: impl Fn(i32) -> bool) -> Self {
        let mut newest = vec![ABSENT; size(seen)];
        // Rows of one release lie together.
        let mut known = (NONE, NO_RELEASE);
        for sighting in seen.sightings.iter().filter(|seen| holds(seen.day)) {
            if sighting.release != known.0 {
                let version = seen.names.text(sighting.release);
                let place = version.and_then(|version| order.place(version));
                known = (sighting.release, place.unwrap_or(NO_RELEASE));
            }
            if let Some(place) = newest.get_mut(sighting.id as usize) {
                *place = known.1.max(*place);
            }
        }
        let active = newest.iter().copied().filter(|place| *place != ABSENT);
        let mut places: Vec<i32> = active.collect();
        places.sort_unstable();
        Self { newest, places }
    }

    /// How many were on the release at a place or on a newer one.
    pub(super) fn eligible(&self, since: i32) -> u64 {
        let before = self.places.partition_point(|place| *place < since);
        (self.places.len() - before) as u64
    }

    /// How many of these were.
    pub(super) fn eligible_of(&self, users: &[u32], since: i32) -> u64 {
        let is_eligible = |user: &&u32| {
            let newest = self.newest.get(**user as usize);
            newest.is_some_and(|place| *place >= since.max(NO_RELEASE))
        };
        users.iter().filter(is_eligible).count() as u64
    }
}

/// By the user's number the last day before `end` on which the user was active; nothing of users who
/// were not.
#[derive(Debug)]
pub(super) struct LastActive(Vec<i32>);

impl LastActive {
    pub(super) fn of(seen: &Seen, end: i32) -> Self {
        let mut last = vec![ABSENT; size(seen)];
        for sighting in seen.sightings.iter().filter(|seen| seen.day < end) {
            if let Some(day) = last.get_mut(sighting.id as usize) {
                *day = sighting.day.max(*day);
            }
        }
        Self(last)
    }

    pub(super) fn day(&self, user: u32) -> Option<i32> {
        let day = self.0.get(user as usize).copied();
        day.filter(|day| *day != ABSENT)
    }
}

/// One more than the greatest number of a user.
fn size(seen: &Seen) -> usize {
    let greatest = seen.sightings.iter().map(|seen| seen.id).max();
    greatest.map_or(0, |greatest| greatest as usize + 1)
}
