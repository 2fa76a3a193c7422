//! Shipped features that few of those who could use them have used lately: candidates to simplify
//! or remove.
//!
//! A feature is given 30 days. From then on the last 30 days are looked at: of the users who were
//! active in them on a release that has it, how many used it.

use std::collections::BTreeSet;

use crate::days::day_text;
use crate::findings::{UnusedFeature, UnusedFeatures};
use crate::stats::proportion;

use super::Known;
use super::audience::Audience;
use super::catalog::Feature;
use super::firsts::Firsts;

/// Days that a feature is given, and that are looked at.
const DAYS: i32 = 30;

/// Most features that are listed.
const LISTED_MAX: usize = 200;

/// What is hardly used in the days up to the end of the window.
pub(super) fn of(known: &Known<'_>, firsts: &Firsts) -> UnusedFeatures {
    let end = known.span.end;
    let first = end.saturating_sub(DAYS);
    let looked_at = first..end;
    let seen = &known.facts.activity.users;
    let audience = Audience::of(seen, &known.order, |day| looked_at.contains(&day));
    let pairs = known.uses.users_since(first);
    let (settings, mut judged) = (known.question.settings, 0);
    let share_min = settings.features.used_share_min;
    let mut rows: Vec<UnusedFeature> = Vec::new();
    for feature in &all(known) {
        let Some((since, shipped)) = shipped(known, firsts, feature) else {
            continue;
        };
        let eligible = audience.eligible(since);
        if shipped.saturating_add(DAYS) > end || eligible < settings.min_n.users.max(1) {
            continue;
        }
        judged += 1;
        let users = audience.eligible_of(&users(known, &pairs, feature), since);
        let share = proportion::estimate(users, eligible);
        if share.value.is_none_or(|share| share >= share_min) {
            continue;
        }
        rows.push(UnusedFeature {
            feature: feature.name.clone(),
            events: feature.events.clone(),
            items: feature.items.clone(),
            release: known.order.version(since).map(str::to_owned),
            is_recorded: feature.recorded.is_some(),
            shipped_on: day_text(shipped),
            users,
            is_certain: share.high.is_some_and(|high| high < share_min),
            share,
            is_seen: firsts.begun(known.uses.numbers(&feature.events)).is_some(),
        });
    }
    rows.sort_by(|a, b| {
        let share = |row: &UnusedFeature| row.share.value.unwrap_or(0.0);
        b.is_recorded
            .cmp(&a.is_recorded)
            .then(share(a).total_cmp(&share(b)))
            .then_with(|| a.feature.cmp(&b.feature))
    });
    let more = rows.len().saturating_sub(LISTED_MAX) as u64;
    rows.truncate(LISTED_MAX);
    UnusedFeatures {
        share_min,
        days: DAYS.unsigned_abs(),
        first_day: day_text(first),
        last_day: day_text(end.saturating_sub(1)),
        judged,
        rows,
        more,
    }
}

/// Those that are named, and each event that was seen and is none of them.
fn all(known: &Known<'_>) -> Vec<Feature> {
    let named: BTreeSet<&str> = known
        .named
        .iter()
        .flat_map(|feature| &feature.events)
        .map(String::as_str)
        .collect();
    let others = known.uses.events().filter(|event| !named.contains(event));
    let others = others.map(|event| Feature::of_event(event.to_owned()));
    known.named.iter().cloned().chain(others).collect()
}

/// The place of the release from which on users have a feature, and the day on which it shipped;
/// `None` of one that is neither out nor seen.
fn shipped(known: &Known<'_>, firsts: &Firsts, feature: &Feature) -> Option<(i32, i32)> {
    let Some(place) = feature.recorded else {
        let since = known.uses.since(&feature.events)?;
        let begun = firsts.begun(known.uses.numbers(&feature.events))?;
        return Some((since, begun));
    };
    let version = known.order.version(place)?;
    let recorded = known.facts.notes.get(version)?.released_at;
    let out = recorded.or_else(|| known.facts.first_seen.get(version).copied())?;
    Some((place, known.question.days.day_of(out)))
}

/// The users of a feature among pairs of event and user, each once.
fn users(known: &Known<'_>, pairs: &[(u32, u32)], feature: &Feature) -> Vec<u32> {
    let mut users: Vec<u32> = Vec::new();
    for event in known.uses.numbers(&feature.events) {
        let from = pairs.partition_point(|pair| pair.0 < event);
        let rows = pairs.get(from..).unwrap_or_default();
        let of_event = rows.iter().take_while(|pair| pair.0 == event);
        users.extend(of_event.map(|pair| pair.1));
    }
    users.sort_unstable();
    users.dedup();
    users
}
