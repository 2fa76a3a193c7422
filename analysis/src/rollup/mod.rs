//! Rollups: events brought down to days once, so that what is asked again and again costs what is
//! new and not what is old.
//!
//! | rollup | one row | module |
//! |---|---|---|
//! | `rollup_user_day` | a user on a day, release, platform, channel and environment | [`user_day`] |
//! | `rollup_feature_day` | a user's uses of a feature, by the same | [`feature_day`] |
//! | `rollup_error_day` | a user's errors of a fingerprint, by the same | [`error_day`] |
//! | `rollup_session_day` | what a day's updates say of a session | [`session_day`] |
//! | `rollup_arrival_day` | events by day and day of arrival | [`arrival_day`] |
//! | `rollup_health_hour` | the health of an hour on a release, platform, channel and environment | [`health_hour`] |
//! | `rollup_identity_day` | ids that events of a day tie together, by the same | [`identity`] |
//! | `rollup_first_seen` | since when a user is known, by itself, on a release, with a feature | [`first_seen`] |
//! | `rollup_identity` | ids that are tied together | [`identity`] |
//!
//! What users say of themselves lies in files of its own, property by property ([`property_day`]).
//!
//! Days are local days of one zone; each zone has its own set. A day is made again only when the
//! events changed from which it was made ([`basis`]), or the rules. An event that was stored twice
//! counts once: of copies the one that was received first, as when upkeep merges the files. Users
//! are the ids as they were sent, so that no later alias changes a rollup; those who read them see
//! people in their place ([`persons`]).
//!
//! `sql/` says the same as portable SQL, which other engines run; a test holds both equal.
//!
//! The way of a row: [`source`] reads files as columns of numbers, [`day`] adds each row to the
//! rollups of its local day, [`rows`] puts a whole day in order, [`store`] keeps it.

mod arrival_day;
mod basis;
mod build;
mod chunks;
mod columns;
mod day;
mod earliest;
mod error_day;
mod feature_day;
mod first_seen;
mod health_hour;
mod identity;
mod keyed;
mod names;
mod once;
mod persons;
mod piece;
mod property_day;
mod rows;
mod session_day;
mod source;
mod store;
mod tally;
#[cfg(test)]
mod tests;
mod user_day;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use lake::{Micros, Pinned};
use tempfile::TempDir;

use crate::days::Days;
use crate::error::{Error, Result};
use crate::findings::Segment;
use basis::Basis;
use build::{Found, Work, build};
use persons::Counted;
use store::{Known, Store};

pub(crate) use columns::{
    ACTIVE_HOURS, BROKE, CRASHED_HOURS, CRASHED_SESSIONS, CRASHED_USERS, DURATION_MS,
    ERRORED_HOURS, ERRORED_SESSIONS, ERRORED_USERS, ERRORS, EVENTS, FIRST_AT, FLAGGED, HOUR,
    LAST_AT, LATE, LIVE, RANK, RECEIVED_DAY, RECEIVED_TO, Rollup, SEEN_FROM, SEEN_TO, SEQUENCE,
    SESSIONS, STARTED_AT, UPDATED_AT, UPDATES, UPDATES_WITH_USER, USER, USERS, USERS_AT_RISK, USES,
    WITH_SESSION, WITH_USER,
};
pub(crate) use health_hour::{HOUR as MICROS_PER_HOUR, LATE_HOURS, bits};
pub(crate) use keyed::Keyed;
pub(crate) use names::{NONE, Names};
pub(crate) use persons::Persons;
pub(crate) use piece::{Of, Piece, at, instant_at, releases};
pub(crate) use source::{Coded, coded_schema, column, text_at};

/// What rollups are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// The table of events.
    pub(crate) events: &'a Pinned,
    pub(crate) days: &'a Days,
    pub(crate) zone: &'a str,
    /// Events from then on are not known.
    pub(crate) until: Micros,
    /// Where rollups are kept; where it is `None` they are made for this run alone.
    pub(crate) folder: Option<&'a Path>,
}

/// An app, an environment and properties of users.
type Asked = (String, String, BTreeMap<String, String>);

/// The rollups of all days up to an instant, each made from the events as they are pinned.
#[derive(Debug)]
pub(crate) struct Rollups {
    by_day: BTreeMap<i32, BTreeMap<Rollup, PathBuf>>,
    first_seen: PathBuf,
    identity: PathBuf,
    /// Ties from then on are not known.
    until: Micros,
    /// Who is who, by app and environment, of those that were asked for.
    persons: Mutex<BTreeMap<(String, String), Arc<Persons>>>,
    /// Who is in a segment, of those that were asked for.
    members: Mutex<BTreeMap<Asked, Arc<BTreeSet<String>>>>,
    days: Days,
    /// What each day is made from, and where what is made of it is kept.
    made_from: BTreeMap<i32, (Basis, Store)>,
    /// How many days were made now.
    #[cfg(test)]
    made: usize,
    /// Holds what is made for this run alone.
    _scratch: TempDir,
}

impl Rollups {
    /// Makes what is not there.
    ///
    /// # Errors
    /// [`Error::Rollup`] and [`Error::RollupFile`] when files cannot be read or written.
    pub(crate) fn up_to_date(wanted: Wanted<'_>) -> Result<Self> {
        let scratch = TempDir::new().map_err(Error::Scratch)?;
        // Where nothing can be kept, a run still answers.
        let folder = wanted
            .folder
            .filter(|folder| lake::files::create_folders(folder).is_ok());
        let last_day = wanted.days.day_of(wanted.until.saturating_sub(1));
        let mut bases = basis::bases(wanted.events, wanted.days, wanted.zone)?;
        bases.retain(|day, _| *day <= last_day);
        let kept = Store::new(folder.unwrap_or(scratch.path()), wanted.zone);
        let dirty = absent(&bases, &kept);
        if !dirty.is_empty() {
            tracing::info!(
                days = dirty.len(),
                zone = wanted.zone,
                "making rollups of days"
            );
        }
        let found = make(wanted, &dirty, &kept, Micros::MAX)?;
        let all: Known = bases
            .iter()
            .map(|(day, basis)| (*day, (basis.hash, basis.rows)))
            .collect();
        let known = (&all, &dirty);
        let first_seen = found.first_seen.grown(first_seen::MADE, &kept, known)?;
        let identity = found.identity.grown(identity::MADE, &kept, known)?;
        // A day of which later events may be there.
        let end = wanted.days.start_of(last_day.saturating_add(1));
        let is_within = end.is_ok_and(|end| wanted.until < end);
        let mut made_from: BTreeMap<i32, (Basis, Store)> = bases
            .into_iter()
            .map(|(day, basis)| (day, (basis, kept.clone())))
            .collect();
        let last = made_from.get_mut(&last_day).filter(|_| is_within);
        if let Some((basis, store)) = last.filter(|(basis, _)| basis.last >= wanted.until) {
            let cut = Store::new(&scratch.path().join("cut"), wanted.zone);
            let only = BTreeMap::from([(last_day, basis.clone())]);
            make(wanted, &only, &cut, wanted.until)?;
            *store = cut;
        }
        let by_day = made_from
            .iter()
            .map(|(day, (basis, store))| (*day, paths(store, *day, basis.hash)))
            .collect();
        Ok(Self {
            by_day,
            first_seen,
            identity,
            until: wanted.until,
            persons: Mutex::default(),
            members: Mutex::default(),
            days: wanted.days.clone(),
            made_from,
            #[cfg(test)]
            made: dirty.len(),
            _scratch: scratch,
        })
    }

    /// Reads some columns of a rollup, of the days in `[first, end)`, handing over in pieces the rows
    /// of one app in one environment. Users are people: rows of several ids may be of one.
    ///
    /// # Errors
    /// [`Error::Rollup`] when a file cannot be read, and whatever `each` fails with.
    pub(crate) fn read(
        &self,
        rollup: Rollup,
        (first, end): (i32, i32),
        columns: &[&str],
        of: Of<'_>,
        names: &mut Names,
        mut each: impl FnMut(&Piece, &mut Names) -> Result<()>,
    ) -> Result<()> {
        let members = self.members(of)?;
        let persons = if columns.contains(&USER) || members.is_some() {
            self.persons(of)?
        } else {
            Arc::default()
        };
        let mut counted = Counted::by(&persons, members.as_deref());
        for path in self.files(rollup, first, end) {
            piece::read(path, columns, of, (names, &mut counted), &mut each)?;
        }
        Ok(())
    }

    /// Who is who among the users of one app in one environment.
    ///
    /// # Errors
    /// [`Error::Rollup`] when a file cannot be read.
    pub(crate) fn persons(&self, of: Of<'_>) -> Result<Arc<Persons>> {
        let mut known = self.persons.lock().map_err(|_| Error::Stopped)?;
        let key = (of.app.to_owned(), of.environment.to_owned());
        if let Some(persons) = known.get(&key) {
            return Ok(Arc::clone(persons));
        }
        let persons = Arc::new(identity::persons(&self.identity, of, self.until)?);
        known.insert(key, Arc::clone(&persons));
        Ok(persons)
    }

    /// Those whose properties are as the segment says; `None` where it says nothing of them.
    ///
    /// # Errors
    /// [`Error::Rollup`] when files cannot be read or written.
    pub(crate) fn members(&self, of: Of<'_>) -> Result<Option<Arc<BTreeSet<String>>>> {
        let properties = &of.segment.properties;
        if properties.is_empty() {
            return Ok(None);
        }
        let persons = self.persons(of)?;
        let mut known = self.members.lock().map_err(|_| Error::Stopped)?;
        let key = (
            of.app.to_owned(),
            of.environment.to_owned(),
            properties.clone(),
        );
        if let Some(members) = known.get(&key) {
            return Ok(Some(Arc::clone(members)));
        }
        let mut members: Option<BTreeSet<String>> = None;
        for (property, value) in properties {
            let mut last = property_day::Last::new();
            for (day, (basis, store)) in &self.made_from {
                let whole = (&self.days, self.until);
                let file = property_day::file((store, property), (*day, basis), whole)?;
                property_day::take(&file, of, &persons, &mut last)?;
            }
            last.retain(|user, (_, said)| {
                said == value
                    && members
                        .as_ref()
                        .is_none_or(|members| members.contains(user))
            });
            members = Some(last.into_keys().collect());
        }
        let members = Arc::new(members.unwrap_or_default());
        known.insert(key, Arc::clone(&members));
        Ok(Some(members))
    }

    /// Who is who, app by app and environment by environment.
    ///
    /// # Errors
    /// [`Error::Rollup`] when a file cannot be read.
    pub(crate) fn all_persons(&self) -> Result<Vec<(String, String, Arc<Persons>)>> {
        let all = identity::apps(&self.identity)?.into_iter();
        all.map(|(app, environment)| {
            let of = Of {
                app: &app,
                environment: &environment,
                segment: &Segment::default(),
            };
            let persons = self.persons(of)?;
            Ok((app, environment, persons))
        })
        .collect()
    }

    /// The files of a rollup with the days in `[first, end)`, by day.
    pub(crate) fn files(&self, rollup: Rollup, first: i32, end: i32) -> Vec<&Path> {
        match rollup {
            Rollup::FirstSeen => return vec![&self.first_seen],
            Rollup::Identity => return vec![&self.identity],
            _ => {}
        }
        let days = self.by_day.range(first..end.max(first));
        days.filter_map(|(_, paths)| paths.get(&rollup).map(PathBuf::as_path))
            .collect()
    }
}

/// The days of which a rollup is not there.
fn absent(bases: &BTreeMap<i32, Basis>, store: &Store) -> BTreeMap<i32, Basis> {
    let is_absent = |(day, basis): &(&i32, &Basis)| {
        let is_there = |rollup| {
            let path = store.of_day(rollup, **day, basis.hash);
            path.try_exists().unwrap_or(false)
        };
        !Rollup::BY_DAY.into_iter().all(is_there)
    };
    let absent = bases.iter().filter(is_absent);
    absent.map(|(day, basis)| (*day, basis.clone())).collect()
}

fn paths(store: &Store, day: i32, hash: u64) -> BTreeMap<Rollup, PathBuf> {
    let path = |rollup| (rollup, store.of_day(rollup, day, hash));
    Rollup::BY_DAY.into_iter().map(path).collect()
}

fn make(
    wanted: Wanted<'_>,
    bases: &BTreeMap<i32, Basis>,
    store: &Store,
    until: Micros,
) -> Result<Found> {
    let work = Work {
        days: wanted.days,
        bases,
        until,
    };
    build(work, &|day, rows| {
        let hash = bases.get(&day).map_or(0, |basis| basis.hash);
        for (rollup, batch) in rows {
            store::write(&store.of_day(*rollup, day, hash), batch, None)?;
        }
        Ok(())
    })
}
