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
//! | `rollup_first_seen` | since when a user is known, by itself, on a release, with a feature | [`first_seen`] |
//!
//! Days are local days of one zone; each zone has its own set. A day is made again only when the
//! events changed from which it was made ([`basis`]), or the rules. An event that was stored twice
//! counts once: of copies the one that was received first, as when upkeep merges the files. Users
//! are the ids as they were sent, so that no later alias changes a rollup.
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
mod error_day;
mod feature_day;
mod first_seen;
mod health_hour;
mod keyed;
mod names;
mod once;
mod piece;
mod rows;
mod session_day;
mod source;
mod store;
mod tally;
#[cfg(test)]
mod tests;
mod user_day;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lake::{Micros, Pinned};
use tempfile::TempDir;
use xxhash_rust::xxh3::Xxh3;

use crate::days::Days;
use crate::error::{Error, Result};
use basis::Basis;
use build::{Work, build};
use first_seen::FirstSeen;
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
pub(crate) use piece::{Of, Piece, at, instant_at, releases};
pub(crate) use source::{Coded, coded_schema, column};

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

/// The rollups of all days up to an instant, each made from the events as they are pinned.
#[derive(Debug)]
pub(crate) struct Rollups {
    by_day: BTreeMap<i32, BTreeMap<Rollup, PathBuf>>,
    first_seen: PathBuf,
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
        let absent = |(day, basis): &(&i32, &Basis)| {
            let is_there = |rollup| {
                let path = kept.of_day(rollup, **day, basis.hash);
                path.try_exists().unwrap_or(false)
            };
            !Rollup::BY_DAY.into_iter().all(is_there)
        };
        let dirty: BTreeMap<i32, Basis> = bases
            .iter()
            .filter(absent)
            .map(|(day, basis)| (*day, basis.clone()))
            .collect();
        if !dirty.is_empty() {
            tracing::info!(
                days = dirty.len(),
                zone = wanted.zone,
                "making rollups of days"
            );
        }
        let found = make(wanted, &dirty, &kept, Micros::MAX)?;
        let first_seen = first_seen_of(&kept, &bases, &dirty, found)?;
        let mut by_day: BTreeMap<i32, BTreeMap<Rollup, PathBuf>> = bases
            .iter()
            .map(|(day, basis)| (*day, paths(&kept, *day, basis.hash)))
            .collect();
        // A day of which later events may be there.
        let end = wanted.days.start_of(last_day.saturating_add(1));
        let is_within = end.is_ok_and(|end| wanted.until < end);
        let last = bases.get(&last_day).filter(|_| is_within);
        if let Some(basis) = last.filter(|basis| basis.last >= wanted.until) {
            let cut = Store::new(&scratch.path().join("cut"), wanted.zone);
            let only = BTreeMap::from([(last_day, basis.clone())]);
            make(wanted, &only, &cut, wanted.until)?;
            by_day.insert(last_day, paths(&cut, last_day, basis.hash));
        }
        Ok(Self {
            by_day,
            first_seen,
            #[cfg(test)]
            made: dirty.len(),
            _scratch: scratch,
        })
    }

    /// Reads some columns of a rollup, of the days in `[first, end)`, handing over in pieces the rows
    /// of one app in one environment.
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
        for path in self.files(rollup, first, end) {
            piece::read(path, columns, of, names, &mut each)?;
        }
        Ok(())
    }

    /// The files of a rollup with the days in `[first, end)`, by day.
    pub(crate) fn files(&self, rollup: Rollup, first: i32, end: i32) -> Vec<&Path> {
        if rollup == Rollup::FirstSeen {
            return vec![&self.first_seen];
        }
        let days = self.by_day.range(first..end.max(first));
        days.filter_map(|(_, paths)| paths.get(&rollup).map(PathBuf::as_path))
            .collect()
    }
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
) -> Result<FirstSeen> {
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

/// The file that says since when users are known, made from an earlier one where that is possible:
/// where it knows of no day that is gone or from which something was taken out.
fn first_seen_of(
    store: &Store,
    bases: &BTreeMap<i32, Basis>,
    made: &BTreeMap<i32, Basis>,
    mut found: FirstSeen,
) -> Result<PathBuf> {
    let all: Known = bases
        .iter()
        .map(|(day, basis)| (*day, (basis.hash, basis.rows)))
        .collect();
    let mut hash = Xxh3::new();
    for (day, (basis, _)) in &all {
        hash.update(&day.to_le_bytes());
        hash.update(&basis.to_le_bytes());
    }
    let path = store.of_all(Rollup::FirstSeen, hash.digest());
    if path.try_exists().unwrap_or(false) {
        return Ok(path);
    }
    let holds = |(day, (hash, rows)): (&i32, &(u64, u64))| {
        let now = all.get(day);
        now.is_some_and(|now| now.0 == *hash || now.1 >= *rows && made.contains_key(day))
    };
    let mut best: Option<(PathBuf, Known)> = None;
    for earlier in store.all(Rollup::FirstSeen) {
        let known = store::known(&earlier)?;
        let is_better = best
            .as_ref()
            .is_none_or(|(_, best)| known.len() > best.len());
        if is_better && known.iter().all(holds) {
            best = Some((earlier, known));
        }
    }
    let known = match best {
        Some((earlier, known)) => {
            store::read(&earlier, |batch| found.take_rows(batch))?;
            known
        }
        None => Known::new(),
    };
    for (day, (hash, _)) in &all {
        if !made.contains_key(day) && !known.contains_key(day) {
            for rollup in [Rollup::UserDay, Rollup::FeatureDay] {
                let file = store.of_day(rollup, *day, *hash);
                store::read(&file, |batch| found.take_day(rollup, batch))?;
            }
        }
    }
    let rows = found.rows().map_err(Error::RollupRows)?;
    store::write(&path, &rows, Some(&all))?;
    Ok(path)
}
