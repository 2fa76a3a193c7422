//! What a release is compared with.

use super::hours::{DAY_HOURS, Hour, Hours};
use crate::versions;

/// A release is a baseline when it had this share of the traffic before the release came.
const BASELINE_SHARE: f64 = 0.10;
/// How long before.
const BEFORE_HOURS: Hour = 7 * DAY_HOURS;
/// A release is in use from the first day on which this share of the traffic is on it: a handful of
/// testers weeks ahead is not its coming out.
const IN_USE_SHARE: f64 = 0.01;

/// The releases of a comparison, and the rule by which they were chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Baseline {
    pub(crate) releases: Vec<String>,
    pub(crate) rule: &'static str,
}

impl Baseline {
    /// Its name for people: the release, or how many were put together.
    pub(crate) fn name(&self) -> String {
        match self.releases.as_slice() {
            [one] => one.clone(),
            several => format!("{} earlier releases together", several.len()),
        }
    }
}

/// The first hour in which a release is in use.
pub(crate) fn in_use_from(hours: &Hours, release: &str) -> Option<Hour> {
    let first = hours.first_of(release)?;
    let last = hours.last_of(release)?;
    let is_in_use = |day: &Hour| {
        let end = day.saturating_add(DAY_HOURS);
        hours.share(release, *day, end) >= IN_USE_SHARE
    };
    let days = std::iter::successors(Some(first), |day| Some(day.saturating_add(DAY_HOURS)));
    let mut days = days.take_while(|day| *day <= last);
    let day = days.find(is_in_use).unwrap_or(first);
    // The first hour of that day in which it did anything.
    let mut hours = hours.each(release).map(|(hour, _)| hour);
    hours.find(|hour| *hour >= day)
}

/// The baseline of a release that is in use from `start` on.
///
/// The newest stable release older than it that had a tenth of the traffic in the week before; where
/// none had, the newest stable one of any age that had; else all other stable releases together.
/// `order` is all releases, oldest first.
pub(crate) fn choose(
    hours: &Hours,
    order: &[String],
    (release, start): (&str, Hour),
) -> Option<Baseline> {
    let from = start.saturating_sub(BEFORE_HOURS);
    let place = order.iter().position(|known| known == release);
    let is_stable = |known: &&String| *known != release && !versions::is_pre_release(known);
    let had_share = |known: &&String| hours.share(known, from, start) >= BASELINE_SHARE;
    let (older, newer) = order.split_at(place.unwrap_or(order.len()));
    let one = |found: &String, rule| Baseline {
        releases: vec![found.clone()],
        rule,
    };
    let mut stable_older = older.iter().rev().filter(is_stable);
    if let Some(found) = stable_older.find(had_share) {
        return Some(one(
            found,
            "the newest stable release before it that had a tenth of the traffic in the week before",
        ));
    }
    if let Some(found) = newer.iter().rev().filter(is_stable).find(had_share) {
        return Some(one(
            found,
            "the newest stable release that had a tenth of the traffic in the week before; none of those is older",
        ));
    }
    let had_any = |known: &&String| hours.traffic(hours.of(known, from, start)) > 0;
    let all: Vec<String> = order
        .iter()
        .filter(is_stable)
        .filter(had_any)
        .cloned()
        .collect();
    (!all.is_empty()).then_some(Baseline {
        releases: all,
        rule: "all other stable releases of the week before together; none had a tenth of the traffic",
    })
}

/// A baseline that was named by whoever asks.
pub(crate) fn named(release: &str) -> Baseline {
    Baseline {
        releases: vec![release.to_owned()],
        rule: "named by who asked",
    }
}
