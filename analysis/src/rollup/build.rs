//! From files of events to the rollups of local days, several days at once.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use lake::Micros;

use super::basis::Basis;
use super::day::{Day, Words, event_hash};
use super::earliest::{Earliest, OfGroup};
use super::keyed::Keyed;
use super::names::Names;
use super::rows::{DayRows, finish};
use super::source::Events;
use super::{first_seen, identity};
use crate::days::{DayFinder, Days};
use crate::error::{Error, Result};

/// Days that are made together: a file that touches two of them is read once.
const GROUP_DAYS: usize = 8;

/// What rollups of some days are made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) days: &'a Days,
    /// What each day to be made is made from.
    pub(super) bases: &'a BTreeMap<i32, Basis>,
    /// Events from then on are not known.
    pub(super) until: Micros,
}

/// What the days that were made say of all days.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) first_seen: Earliest<5>,
    pub(super) identity: Earliest<4>,
}

/// The same of a group of days, by the numbers of its names.
#[derive(Debug, Default)]
struct FoundInGroup {
    first_seen: OfGroup<5>,
    identity: OfGroup<4>,
}

impl Found {
    fn absorb(&mut self, group: &FoundInGroup, names: &Names) {
        self.first_seen.absorb(&group.first_seen, names);
        self.identity.absorb(&group.identity, names);
    }
}

/// Makes the rollups of all days of `work`, handing over each day as it is whole; returns what these
/// days say of all days. Several threads call `each`.
///
/// # Errors
/// When a file cannot be read, and whatever `each` fails with.
pub(super) fn build(
    work: Work<'_>,
    each: &(dyn Fn(i32, &DayRows) -> Result<()> + Sync),
) -> Result<Found> {
    let days: Vec<i32> = work.bases.keys().copied().collect();
    let groups = Mutex::new(days.chunks(GROUP_DAYS));
    let known = Mutex::new(Found::default());
    let failure = Mutex::new(None);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let lock_failed = || Error::Stopped;
    std::thread::scope(|scope| {
        for _ in 0..threads.min(days.len().div_ceil(GROUP_DAYS)) {
            scope.spawn(|| {
                while let Some(group) = groups.lock().ok().and_then(|mut groups| groups.next()) {
                    let built = build_group(work, group, each).and_then(|(of_group, events)| {
                        let mut known = known.lock().map_err(|_| lock_failed())?;
                        known.absorb(&of_group, &events.names);
                        Ok(())
                    });
                    if let Err(error) = built {
                        if let Ok(mut failure) = failure.lock() {
                            failure.get_or_insert(error);
                        }
                        return;
                    }
                }
            });
        }
    });
    match failure.into_inner() {
        Ok(None) => known.into_inner().map_err(|_| lock_failed()),
        Ok(Some(error)) => Err(error),
        Err(_) => Err(lock_failed()),
    }
}

fn build_group(
    work: Work<'_>,
    group: &[i32],
    each: &(dyn Fn(i32, &DayRows) -> Result<()> + Sync),
) -> Result<(FoundInGroup, Events)> {
    let basis_of = |day: &i32| Some((*day, work.bases.get(day)?));
    let mut files: BTreeMap<&Path, i32> = BTreeMap::new();
    for (day, basis) in group.iter().filter_map(basis_of) {
        for file in &basis.files {
            let last = files.entry(file).or_insert(day);
            *last = day.max(*last);
        }
    }
    // In the order of the days, so that few are under way at once.
    let mut files: Vec<(&Path, i32)> = files.into_iter().collect();
    files.sort_by_key(|(path, last)| (*last, *path));
    let mut events = Events::default();
    let words = Words::of(&mut events.names);
    let mut known = FoundInGroup::default();
    let mut under_way: BTreeMap<i32, Day> = BTreeMap::new();
    // Days that follow each other are about as large.
    let mut like = Day::default();
    let mut waiting: BTreeMap<i32, Vec<&PathBuf>> = group
        .iter()
        .filter_map(basis_of)
        .map(|(day, basis)| (day, basis.files.iter().collect()))
        .collect();
    for (file, _) in files {
        let mut finder = DayFinder::new(work.days);
        let mut arrivals = DayFinder::new(work.days);
        events.read(file, |events| {
            for row in 0..events.rows() {
                let at = events.occurred_at(row);
                let day = finder.day_of(at);
                if at >= work.until || !waiting.contains_key(&day) {
                    continue;
                }
                let received_day = arrivals.day_of(events.received_at(row));
                let of_day = match under_way.entry(day) {
                    Entry::Occupied(of_day) => of_day.into_mut(),
                    Entry::Vacant(free) => {
                        let starts_at = work.days.start_of(day)?;
                        free.insert(std::mem::take(&mut like).starting(starts_at))
                    }
                };
                of_day.add(events, row, words, received_day);
            }
            Ok(())
        })?;
        waiting
            .values_mut()
            .for_each(|files| files.retain(|waiting| *waiting != file));
        let whole = waiting.iter().filter(|(_, files)| files.is_empty());
        for day in whole.map(|(day, _)| *day).collect::<Vec<i32>>() {
            waiting.remove(&day);
            let mut built = under_way.remove(&day).unwrap_or_default();
            let again = built.seen.again();
            if !again.rows().is_empty() {
                let files = work.bases.get(&day).map_or(&[][..], |basis| &basis.files);
                built = build_without_copies(work, (day, files), &again, &mut events, words)?;
            }
            like = Day::like(&built);
            first_seen::take(&mut known.first_seen, &built);
            identity::take(&mut known.identity, &built);
            let rows = finish(built, day, &events.names, words).map_err(Error::RollupRows)?;
            each(day, &rows)?;
        }
    }
    Ok((known, events))
}

/// Makes a day of which some events came more than once: of each the row that was received first
/// counts, as it does when upkeep merges the files.
fn build_without_copies(
    work: Work<'_>,
    (day, files): (i32, &[PathBuf]),
    again: &Keyed<u128, ()>,
    events: &mut Events,
    words: Words,
) -> Result<Day> {
    let mut first: BTreeMap<u128, (Micros, usize, usize)> = BTreeMap::new();
    each_row(work, (day, files), events, |events, (file, at, row)| {
        let hash = event_hash(events, row);
        if again.find(hash).is_some() {
            let received = (events.received_at(row), file, at);
            let held = first.entry(hash).or_insert(received);
            *held = received.min(*held);
        }
    })?;
    let mut built = Day::default().starting(work.days.start_of(day)?);
    let mut arrivals = DayFinder::new(work.days);
    each_row(work, (day, files), events, |events, (file, at, row)| {
        let held = first.get(&event_hash(events, row));
        if held.is_none_or(|held| (held.1, held.2) == (file, at)) {
            let received_day = arrivals.day_of(events.received_at(row));
            built.add(events, row, words, received_day);
        }
    })?;
    Ok(built)
}

/// Goes through the rows of a day: the number of the file, of the row in it, and of the row among
/// those that are held.
fn each_row(
    work: Work<'_>,
    (day, files): (i32, &[PathBuf]),
    events: &mut Events,
    mut each: impl FnMut(&Events, (usize, usize, usize)),
) -> Result<()> {
    for (file, path) in files.iter().enumerate() {
        let mut finder = DayFinder::new(work.days);
        let mut before = 0;
        events.read(path, |events| {
            for row in 0..events.rows() {
                let at = events.occurred_at(row);
                if at < work.until && finder.day_of(at) == day {
                    each(events, (file, before + row, row));
                }
            }
            before += events.rows();
            Ok(())
        })?;
    }
    Ok(())
}
