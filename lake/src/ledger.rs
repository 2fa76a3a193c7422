//! The ledger's counters, summed over all flushes.
//!
//! Invariant: received = stored + duplicate + quarantined for each app and protocol, since the
//! ledger gains whole flushes. What a flush has not reached yet is pending in a WAL. What clients
//! say that they lost, and what is not kept, is counted beside that sum.

use std::collections::BTreeMap;

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::batch::Outcome;
use crate::columns;
use crate::error::Result;
use crate::schema::Table;
use crate::snapshot::{Pinned, Snapshot};

/// The reason of what was stored as a new revision of feedback known before.
pub const REVISION: &str = "revision";

/// What a counter counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Counter {
    /// The UTC day of the flush that counted.
    pub day: Date,
    /// The app.
    pub app: String,
    /// native, import, …
    pub protocol: String,
    /// received, stored, duplicate or quarantined; lost_by_client or declined.
    pub outcome: String,
    /// Why it was refused, `revision` of what was stored as one, or what was noted.
    pub reason: Option<String>,
}

/// The counters of a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    counts: BTreeMap<Counter, i64>,
    /// The WAL position up to which each node has counted.
    reached: BTreeMap<String, i64>,
}

impl Ledger {
    /// Sums the ledger of a snapshot. Reads files: call it off the reactor.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(snapshot: &Snapshot) -> Result<Self> {
        Self::of(snapshot.table(Table::Ledger))
    }

    /// Sums a pinned ledger. Reads files: call it off the reactor.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn of(pinned: &Pinned) -> Result<Self> {
        let names = [
            columns::APP,
            columns::PROTOCOL,
            columns::OUTCOME,
            columns::REASON,
            columns::COUNT,
            columns::RECEIVED_AT,
            columns::NODE,
            columns::POSITION,
        ];
        let mut ledger = Self::default();
        pinned.read(&names, |batch| ledger.add(batch))?;
        Ok(ledger)
    }

    fn add(&mut self, batch: &RecordBatch) {
        let text = |name: &str, row: usize| {
            let column = batch.column_by_name(name)?.as_string_opt::<i32>()?;
            (!column.is_null(row)).then(|| column.value(row).to_owned())
        };
        let number = |name: &str, row: usize| {
            let column = batch.column_by_name(name)?;
            let numbers = column.as_primitive_opt::<Int64Type>()?;
            Some(numbers.value(row))
        };
        let flushed_at = batch
            .column_by_name(columns::RECEIVED_AT)
            .and_then(|column| column.as_primitive_opt::<TimestampMicrosecondType>());
        for row in 0..batch.num_rows() {
            let counter = Counter {
                day: day_of(flushed_at.map_or(0, |column| column.value(row))),
                app: text(columns::APP, row).unwrap_or_default(),
                protocol: text(columns::PROTOCOL, row).unwrap_or_default(),
                outcome: text(columns::OUTCOME, row).unwrap_or_default(),
                reason: text(columns::REASON, row),
            };
            *self.counts.entry(counter).or_default() +=
                number(columns::COUNT, row).unwrap_or_default();
            if let (Some(node), Some(position)) =
                (text(columns::NODE, row), number(columns::POSITION, row))
            {
                let reached = self.reached.entry(node).or_insert(position);
                *reached = position.max(*reached);
            }
        }
    }

    /// The counters, in order.
    pub fn counters(&self) -> impl Iterator<Item = (&Counter, i64)> {
        self.counts.iter().map(|(counter, count)| (counter, *count))
    }

    /// The WAL position up to which a node's records are counted; `None` before its first flush.
    #[must_use]
    pub fn reached(&self, node: &str) -> Option<i64> {
        self.reached.get(node).copied()
    }

    /// The sum over the counters of an outcome that `keep` keeps.
    #[must_use]
    pub fn sum(&self, outcome: Outcome, keep: impl Fn(&Counter) -> bool) -> i64 {
        let counted = self
            .counters()
            .filter(|(c, _)| c.outcome == outcome.as_str() && keep(c));
        counted.map(|(_, count)| count).sum()
    }

    /// What this ledger gained since an earlier one.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let gain = |(counter, count): (&Counter, i64)| {
            let before = earlier.counts.get(counter).copied().unwrap_or_default();
            (count != before).then(|| (counter.clone(), count - before))
        };
        Self {
            counts: self.counters().filter_map(gain).collect(),
            reached: self.reached.clone(),
        }
    }
}

fn day_of(micros: i64) -> Date {
    let instant = Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH);
    instant.to_zoned(TimeZone::UTC).date()
}
