//! Who moved from one release to another, and who stayed behind.

use std::collections::{BTreeMap, BTreeSet};

use super::people::{People, places};
use super::{points, stage};
use crate::days::{Days, Window};
use crate::facts::Facts;
use crate::findings::{AdoptionStage, Behind, ForecastRecord, UpgradeFlow, Upgrades};
use crate::stats::proportion;
use crate::versions;

/// A group of fewer users is not told: who it is could be guessed.
const USERS_MIN: u64 = 5;

pub(super) fn of(facts: &Facts, people: &People, days: &Days, window: Window) -> Upgrades {
    let current = current(facts, days, window);
    let behind = current.map_or_else(Vec::new, |place| behind(facts, window, place));
    Upgrades {
        flows: flows(facts, people, window),
        current: current.and_then(|place| facts.order.get(place).cloned()),
        behind,
        forecasts: ForecastRecord::default(),
    }
}

/// Place of the newest release that is adopted; a pre-release is nobody's duty.
fn current(facts: &Facts, days: &Days, window: Window) -> Option<usize> {
    facts
        .order
        .iter()
        .enumerate()
        .rev()
        .find_map(|(place, release)| {
            if !facts.activity.by_release.contains_key(release) || versions::is_pre_release(release)
            {
                return None;
            }
            let stage = stage::of(&points(facts, days, release, window));
            (stage == Some(AdoptionStage::Adopted)).then_some(place)
        })
}

/// Users who were on `from`, active again in the window, and what they were then on.
#[derive(Debug, Default)]
struct Leaving {
    again: u64,
    moved: BTreeMap<usize, u64>,
}

fn flows(facts: &Facts, people: &People, window: Window) -> Vec<UpgradeFlow> {
    let mut leaving: BTreeMap<usize, Leaving> = BTreeMap::new();
    for days in people.users() {
        let (mut again, mut moves) = (BTreeSet::new(), BTreeSet::new());
        let known: Vec<(i32, usize)> = days
            .iter()
            .filter_map(|seen| Some((seen.day, seen.newest?)))
            .collect();
        for pair in known.windows(2) {
            let [(_, from), (day, to)] = pair else {
                continue;
            };
            if window.holds(*day) {
                again.insert(*from);
                if from != to {
                    moves.insert((*from, *to));
                }
            }
        }
        for from in again {
            leaving.entry(from).or_default().again += 1;
        }
        for (from, to) in moves {
            *leaving
                .entry(from)
                .or_default()
                .moved
                .entry(to)
                .or_default() += 1;
        }
    }
    let name = |place: usize| facts.order.get(place).cloned().unwrap_or_default();
    let mut flows: Vec<((u64, usize, usize), UpgradeFlow)> = leaving
        .iter()
        .flat_map(|(from, leaving)| {
            leaving.moved.iter().map(|(to, users)| {
                let flow = UpgradeFlow {
                    from: name(*from),
                    to: name(*to),
                    is_upgrade: to > from,
                    users: *users,
                    share: proportion::estimate(*users, leaving.again),
                };
                ((*users, *from, *to), flow)
            })
        })
        .collect();
    flows.retain(|((users, _, _), _)| *users >= USERS_MIN);
    flows.sort_by(|(a, _), (b, _)| b.cmp(a));
    flows.into_iter().map(|(_, flow)| flow).collect()
}

fn behind(facts: &Facts, window: Window, current: usize) -> Vec<Behind> {
    let seen = &facts.activity.users;
    let places = places(facts);
    // The newest release in the window of each user, in all and by platform.
    let mut newest: BTreeMap<(Option<u32>, u32), usize> = BTreeMap::new();
    for sighting in seen.sightings.iter().filter(|seen| window.holds(seen.day)) {
        let Some(place) = places.get(&sighting.release).copied() else {
            continue;
        };
        for platform in [None, Some(sighting.platform)] {
            let known = newest.entry((platform, sighting.id)).or_insert(place);
            *known = place.max(*known);
        }
    }
    let mut counted: BTreeMap<Option<&str>, (u64, BTreeMap<usize, u64>)> = BTreeMap::new();
    for ((platform, _), place) in newest {
        let platform = platform.and_then(|platform| seen.names.text(platform));
        let (users, on) = counted.entry(platform).or_default();
        *users += 1;
        if place < current {
            *on.entry(place).or_default() += 1;
        }
    }
    counted
        .into_iter()
        .filter(|(_, (users, _))| *users >= USERS_MIN)
        .map(|(platform, (users, on))| {
            let behind = on.values().sum();
            let mostly = on.iter().max_by_key(|(place, users)| (**users, **place));
            Behind {
                platform: platform.map(str::to_owned),
                users: behind,
                share: proportion::estimate(behind, users),
                mostly_on: mostly.and_then(|(place, _)| facts.order.get(*place).cloned()),
            }
        })
        .collect()
}
