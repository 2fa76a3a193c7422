//! What each local day of rollups is made from: which files hold its events, and a hash that
//! changes when those events do.
//!
//! A partition holds the events of one UTC day by the clients' own clocks, so it touches two or
//! three local days. As long as all its events lie there, rows and last arrival of the whole
//! partition stand for what it adds to each of them: they stay as they are when files are merged.
//! A partition that holds an event of another time (a clock that was far off and put right) is
//! counted day by day, or each such event would make its days as young as the partition.

use std::collections::BTreeMap;
use std::path::PathBuf;

use lake::{Micros, Pinned, PinnedFile};
use xxhash_rust::xxh3::Xxh3;

use super::source::each_arrival;
use crate::days::{DayFinder, Days};
use crate::error::Result;

/// The rules by which rollups are made; whoever changes what comes out of them raises it.
const VERSION: u32 = 6;
/// How far from its own UTC day a partition's local days reach: zones are up to 14 hours off.
const ZONE_REACH: Micros = 14 * 3_600_000_000;
const DAY: Micros = 86_400_000_000;

/// What a day is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Basis {
    /// The files that may hold its events.
    pub(crate) files: Vec<PathBuf>,
    /// Rows of theirs that say how much there is: it only grows unless something was taken out.
    pub(crate) rows: u64,
    /// The hash.
    pub(crate) hash: u64,
    /// No event of the files happened after it.
    pub(crate) last: Micros,
}

/// What the files of one partition add to a day.
#[derive(Debug, Clone, Copy, Default)]
struct Amount {
    rows: u64,
    received_to: Micros,
    last: Micros,
}

impl Amount {
    fn plus(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            received_to: self.received_to.max(other.received_to),
            last: self.last.max(other.last),
        }
    }
}

/// What each partition adds.
type Amounts = Vec<(Option<i32>, Amount)>;

/// The local days that a table of events has, and what each is made from.
///
/// # Errors
/// When a file must be looked into and cannot be read.
pub(crate) fn bases(events: &Pinned, days: &Days, zone: &str) -> Result<BTreeMap<i32, Basis>> {
    let mut partitions: BTreeMap<Option<i32>, Vec<&PinnedFile>> = BTreeMap::new();
    for file in &events.files {
        partitions.entry(file.day).or_default().push(file);
    }
    let mut found: BTreeMap<i32, (Basis, Amounts)> = BTreeMap::new();
    for (partition, files) in partitions {
        let of_days = match plain(partition, &files) {
            Some(span) => as_a_whole(&files, days, span),
            None => day_by_day(&files, days)?,
        };
        for (day, (paths, amount)) in of_days {
            let (basis, amounts) = found.entry(day).or_default();
            basis.files.extend(paths);
            basis.rows += amount.rows;
            basis.last = basis.last.max(amount.last);
            amounts.push((partition, amount));
        }
    }
    let hashed = found.into_iter().map(|(day, (mut basis, amounts))| {
        let mut hash = Xxh3::new();
        hash.update(&VERSION.to_le_bytes());
        hash.update(zone.as_bytes());
        for (partition, amount) in amounts {
            hash.update(&partition.unwrap_or(i32::MIN).to_le_bytes());
            hash.update(&amount.rows.to_le_bytes());
            hash.update(&amount.received_to.to_le_bytes());
        }
        basis.hash = hash.digest();
        (day, basis)
    });
    Ok(hashed.collect())
}

/// First and last instant of a partition, if all its events lie about its own day.
fn plain(partition: Option<i32>, files: &[&PinnedFile]) -> Option<(Micros, Micros)> {
    let from = i64::from(partition?) * DAY - ZONE_REACH;
    let to = from + DAY + 2 * ZONE_REACH;
    let mut span: Option<(Micros, Micros)> = None;
    for file in files {
        let (first, last) = file
            .occurred
            .filter(|(first, last)| *first >= from && *last < to)?;
        file.received_to?;
        let (least, greatest) = span.unwrap_or((first, last));
        span = Some((least.min(first), greatest.max(last)));
    }
    span
}

type OfDays = BTreeMap<i32, (Vec<PathBuf>, Amount)>;

/// A partition whose events lie about its own day.
fn as_a_whole(files: &[&PinnedFile], days: &Days, (first, last): (Micros, Micros)) -> OfDays {
    let rows = files.iter().map(|file| file.rows).sum();
    let received_to = files.iter().filter_map(|file| file.received_to).max();
    let amount = Amount {
        rows,
        received_to: received_to.unwrap_or_default(),
        last,
    };
    let mut of_days = OfDays::new();
    for day in days.day_of(first)..=days.day_of(last) {
        let holds = |file: &&&PinnedFile| {
            let occurred = file.occurred;
            occurred.is_none_or(|(f, l)| days.day_of(f) <= day && day <= days.day_of(l))
        };
        let paths = files.iter().filter(holds).map(|file| file.path.clone());
        of_days.insert(day, (paths.collect(), amount));
    }
    of_days
}

/// A partition that must be looked into.
fn day_by_day(files: &[&PinnedFile], days: &Days) -> Result<OfDays> {
    let mut of_days = OfDays::new();
    for file in files {
        let mut finder = DayFinder::new(days);
        let mut amounts: BTreeMap<i32, Amount> = BTreeMap::new();
        each_arrival(&file.path, |occurred_at, received_at| {
            let amount = amounts.entry(finder.day_of(occurred_at)).or_default();
            *amount = amount.plus(Amount {
                rows: 1,
                received_to: received_at,
                last: occurred_at,
            });
        })?;
        for (day, of_file) in amounts {
            let (paths, amount) = of_days.entry(day).or_default();
            paths.push(file.path.clone());
            *amount = amount.plus(of_file);
        }
    }
    Ok(of_days)
}
