//! Who used what on which day, from the uses of features by day.

use std::collections::{BTreeMap, BTreeSet};

use lake::columns;

use crate::error::Result;
use crate::facts::{Facts, Question};
use crate::rollup::{NONE, Names, Rollup, USER, USES, at};
use crate::scan::count;

use super::Span;
use super::catalog::{NO_RELEASE, Order};

/// A user's uses of an event on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Use {
    pub(super) event: u32,
    pub(super) user: u32,
    pub(super) day: i32,
    pub(super) uses: u64,
}

/// The last days on which a user used an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Last {
    /// Of all days looked at.
    pub(super) day: i32,
    /// Of those before the window.
    pub(super) before: i32,
}

/// What was used.
#[derive(Debug)]
pub(super) struct Uses {
    /// What users, events and releases are called.
    pub(super) names: Names,
    /// The window asked about.
    span: Span,
    /// In the window and in the one before, by event, user and day.
    rows: Vec<Use>,
    /// By the user's number the user's events, in order, of all days looked at. Rows of a user lie
    /// together, so this is looked up where the row before was.
    last: Vec<Vec<(u32, Last)>>,
    /// By event the place of the oldest release on which it was seen; [`NO_RELEASE`] where it came
    /// without one alone.
    oldest: BTreeMap<u32, i32>,
}

impl Uses {
    pub(super) fn load(
        question: &Question<'_>,
        facts: &Facts,
        order: &Order,
        span: Span,
    ) -> Result<Self> {
        let mut names = facts.activity.users.names.clone();
        let mut rows = Vec::new();
        let mut last: Vec<Vec<(u32, Last)>> = Vec::new();
        let mut releases_of = Releases::default();
        let columns = [columns::RELEASE, columns::FEATURE, USER, USES];
        let (rollups, of) = (&question.rollups, question.of());
        let days = (span.first, span.end);
        rollups.read(
            Rollup::FeatureDay,
            days,
            &columns,
            of,
            &mut names,
            |piece, _| {
                let [releases, events, users] =
                    [columns::RELEASE, columns::FEATURE, USER].map(|name| piece.texts(name));
                let (uses, day) = (piece.counts(USES), piece.day());
                let window = span.window.index_of(day);
                for row in piece.rows() {
                    let (event, user) = (events[row], users[row]);
                    if event == NONE || user == NONE {
                        continue;
                    }
                    releases_of.note(event, releases[row]);
                    let of_user = at_number(&mut last, user);
                    let place = of_user.binary_search_by_key(&event, |known| known.0);
                    let place = place.unwrap_or_else(|place| {
                        of_user.insert(place, (event, Last::never()));
                        place
                    });
                    of_user[place].1.take(day, window < 0);
                    if window >= -1 {
                        let uses = at(uses.as_ref(), row);
                        rows.push(Use {
                            event,
                            user,
                            day,
                            uses: count(uses),
                        });
                    }
                }
                Ok(())
            },
        )?;
        let mut places: BTreeMap<u32, i32> = BTreeMap::new();
        let mut oldest: BTreeMap<u32, i32> = BTreeMap::new();
        for (event, release) in releases_of.pairs {
            let place = *places.entry(release).or_insert_with(|| {
                let version = names.text(release);
                version
                    .and_then(|version| order.place(version))
                    .unwrap_or(NO_RELEASE)
            });
            let known = oldest.entry(event).or_insert(place);
            *known = older(*known, place);
        }
        Ok(Self {
            names,
            span,
            rows: merged(rows),
            last,
            oldest,
        })
    }

    /// The names of the events with the most users in the window, most first; and how many there
    /// are.
    pub(super) fn most_used(&self, most: usize) -> (Vec<String>, u64) {
        let mut users: Vec<(u64, &str)> = self
            .rows
            .chunk_by(|a, b| a.event == b.event)
            .filter_map(|rows| {
                let event = self.names.text(rows.first()?.event)?;
                let of_user = rows.chunk_by(|a, b| a.user == b.user);
                let in_window = |rows: &&[Use]| {
                    rows.iter()
                        .any(|row| self.span.window.index_of(row.day) == 0)
                };
                let users = of_user.filter(in_window).count() as u64;
                (users > 0).then_some((users, event))
            })
            .collect();
        let all = users.len() as u64;
        users.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        users.truncate(most);
        let names = users.into_iter().map(|(_, event)| event.to_owned());
        (names.collect(), all)
    }

    /// All events that were seen.
    pub(super) fn events(&self) -> impl Iterator<Item = &str> {
        self.oldest
            .keys()
            .filter_map(|event| self.names.text(*event))
    }

    /// The place of the oldest release on which one of these events was seen; `None` where none was.
    pub(super) fn since(&self, events: &[String]) -> Option<i32> {
        let seen = self.numbers(events);
        let places = seen.filter_map(|event| self.oldest.get(&event).copied());
        places.reduce(older)
    }

    /// The numbers of those events that have one.
    pub(super) fn numbers(&self, events: &[String]) -> impl Iterator<Item = u32> {
        events.iter().filter_map(|event| self.names.find(event))
    }

    /// The uses of a feature with these events in the window and in the one before, by user and day.
    pub(super) fn of(&self, events: &[String]) -> Vec<Use> {
        let mut found: Vec<Use> = Vec::new();
        for event in self.numbers(events) {
            let from = self.rows.partition_point(|row| row.event < event);
            let rows = self.rows.get(from..).unwrap_or_default();
            let of_event = rows.iter().take_while(|row| row.event == event);
            found.extend(of_event.map(|row| Use {
                event: NONE,
                ..*row
            }));
        }
        merged(found)
    }

    /// The last days on which a user used one of these events.
    pub(super) fn last(&self, events: &[u32], user: u32) -> Last {
        let of_user = self.last.get(user as usize).map_or(&[][..], Vec::as_slice);
        let days = events.iter().filter_map(|event| {
            let place = of_user.binary_search_by_key(event, |known| known.0).ok()?;
            Some(of_user.get(place)?.1)
        });
        days.fold(Last::never(), |a, b| Last {
            day: a.day.max(b.day),
            before: a.before.max(b.before),
        })
    }

    /// Event and user, in order, of all uses on `first` or later.
    pub(super) fn users_since(&self, first: i32) -> Vec<(u32, u32)> {
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for (user, events) in (0..).zip(&self.last) {
            let recent = events.iter().filter(|(_, last)| last.day >= first);
            pairs.extend(recent.map(|(event, _)| (*event, user)));
        }
        pairs.sort_unstable();
        pairs
    }
}

/// The releases on which each event was seen, by their numbers.
#[derive(Debug, Default)]
struct Releases {
    pairs: BTreeSet<(u32, u32)>,
    /// By the event's number the release noted last: rows of one release lie together.
    noted: Vec<Option<u32>>,
}

impl Releases {
    fn note(&mut self, event: u32, release: u32) {
        let noted = at_number(&mut self.noted, event);
        if *noted != Some(release) {
            *noted = Some(release);
            self.pairs.insert((event, release));
        }
    }
}

/// What stands at a number; there is room for it.
fn at_number<T: Clone + Default>(rows: &mut Vec<T>, number: u32) -> &mut T {
    let place = number as usize;
    if place >= rows.len() {
        rows.resize(place + 1, T::default());
    }
    &mut rows[place]
}

impl Last {
    fn never() -> Self {
        Self {
            day: i32::MIN,
            before: i32::MIN,
        }
    }

    fn take(&mut self, day: i32, is_before: bool) {
        self.day = day.max(self.day);
        if is_before {
            self.before = day.max(self.before);
        }
    }
}

/// The older of two places; a release is older than none, which says nothing.
fn older(a: i32, b: i32) -> i32 {
    match (a, b) {
        (NO_RELEASE, other) | (other, NO_RELEASE) => other,
        (a, b) => a.min(b),
    }
}

/// In order, with one row for each event, user and day.
fn merged(mut rows: Vec<Use>) -> Vec<Use> {
    rows.sort_unstable();
    rows.dedup_by(|later, kept| {
        let same = (later.event, later.user, later.day) == (kept.event, kept.user, kept.day);
        if same {
            kept.uses += later.uses;
        }
        same
    });
    rows
}
