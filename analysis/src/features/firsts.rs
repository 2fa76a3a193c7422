//! When each user first could use a feature, and first did, from the first instants known.

use std::collections::{BTreeMap, BTreeSet};

use lake::columns;

use crate::error::Result;
use crate::rollup::{FIRST_AT, NONE, Rollup, USER, instant_at};

use super::Known;
use super::audience::LastActive;
use super::catalog::{Feature, NO_RELEASE};

/// First days.
#[derive(Debug)]
pub(super) struct Firsts {
    /// Event, user, and the day of the user's first use, in order; of the events asked for.
    uses: Vec<(u32, u32, i32)>,
    /// User, place of a release, and the user's first day on it, in order; at [`NO_RELEASE`] the
    /// user's first day of all.
    chances: Vec<(u32, i32, i32)>,
    /// By event the day on which anybody first used it; of all events.
    begun: BTreeMap<u32, i32>,
    /// When users were last active.
    pub(super) last_active: LastActive,
}

impl Firsts {
    /// What is known of all users and days, of the events of `features`.
    pub(super) fn load(known: &mut Known<'_>, features: &[Feature]) -> Result<Self> {
        let (question, span) = (known.question, known.span);
        let last_active = LastActive::of(&known.facts.activity.users, span.end);
        let asked: BTreeSet<u32> = features
            .iter()
            .flat_map(|feature| known.uses.numbers(&feature.events))
            .collect();
        let mut firsts = Self {
            uses: Vec::new(),
            chances: Vec::new(),
            begun: BTreeMap::new(),
            last_active,
        };
        let (order, mut places) = (&known.order, BTreeMap::from([(NONE, NO_RELEASE)]));
        let names = &mut known.uses.names;
        let texts = [USER, columns::RELEASE, columns::FEATURE];
        let columns = [texts[0], texts[1], texts[2], FIRST_AT];
        let (rollups, of) = (&question.rollups, question.of());
        rollups.read(
            Rollup::FirstSeen,
            (i32::MIN, i32::MAX),
            &columns,
            of,
            names,
            |piece, names| {
                let [users, releases, events] = texts.map(|name| piece.texts(name));
                let instants = piece.instants(FIRST_AT);
                for row in piece.rows() {
                    let known_at = |at: &i64| *at <= question.as_of;
                    let first = instant_at(instants.as_ref(), row).filter(known_at);
                    let Some(day) = first.map(|at| question.days.day_of(at)) else {
                        continue;
                    };
                    let (user, release, event) = (users[row], releases[row], events[row]);
                    if day >= span.end || user == NONE {
                        continue;
                    }
                    if event != NONE {
                        let begun = firsts.begun.entry(event).or_insert(day);
                        *begun = day.min(*begun);
                        if asked.contains(&event) {
                            firsts.uses.push((event, user, day));
                        }
                    } else if firsts.last_active.day(user).is_some() && !asked.is_empty() {
                        let place = *places.entry(release).or_insert_with(|| {
                            let version = names.text(release);
                            version
                                .and_then(|version| order.place(version))
                                .unwrap_or(NO_RELEASE)
                        });
                        firsts.chances.push((user, place, day));
                    }
                }
                Ok(())
            },
        )?;
        firsts.uses.sort_unstable();
        firsts.chances.sort_unstable();
        Ok(firsts)
    }

    /// The day on which anybody first used one of these events.
    pub(super) fn begun(&self, events: impl Iterator<Item = u32>) -> Option<i32> {
        events
            .filter_map(|event| self.begun.get(&event).copied())
            .min()
    }

    /// Each user's first use of one of these events, by user.
    pub(super) fn uses(&self, events: &[u32]) -> Vec<(u32, i32)> {
        let mut firsts: Vec<(u32, i32)> = Vec::new();
        for event in events {
            let from = self.uses.partition_point(|row| row.0 < *event);
            let rows = self.uses.get(from..).unwrap_or_default();
            let of_event = rows.iter().take_while(|row| row.0 == *event);
            firsts.extend(of_event.map(|row| (row.1, row.2)));
        }
        // The first day of each user comes first.
        firsts.sort_unstable();
        firsts.dedup_by_key(|row| row.0);
        firsts
    }

    /// Each user's first day on the release at a place or on a newer one, by user, where it is not
    /// before `from`. Of [`NO_RELEASE`] the first day of all.
    pub(super) fn chances(&self, since: i32, from: i32) -> Vec<(u32, i32)> {
        let of_user = self.chances.chunk_by(|a, b| a.0 == b.0);
        let first = |rows: &[(u32, i32, i32)]| {
            let user = rows.first()?.0;
            let on_it = rows.iter().filter(|row| row.1 >= since);
            let day = on_it.map(|row| row.2).min()?;
            (day >= from).then_some((user, day))
        };
        of_user.filter_map(first).collect()
    }
}
