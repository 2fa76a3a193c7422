//! The ledger's counters, summed over all flushes.
//!
//! Invariant: received = stored + duplicate + quarantined for each app and protocol, since the
//! ledger gains whole flushes. What a flush has not reached yet is pending in a WAL.

use std::collections::BTreeMap;

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::Int64Type;

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
    /// The app.
    pub app: String,
    /// native, import, …
    pub protocol: String,
    /// received, stored, duplicate or quarantined.
    pub outcome: String,
    /// Why it was refused, or `revision` of what was stored as one.
    pub reason: Option<String>,
}

/// The counters of a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    counts: BTreeMap<Counter, i64>,
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
        let count = |row: usize| {
            let column = batch.column_by_name(columns::COUNT);
            column
                .and_then(|c| c.as_primitive_opt::<Int64Type>())
                .map_or(0, |c| c.value(row))
        };
        for row in 0..batch.num_rows() {
            let counter = Counter {
                app: text(columns::APP, row).unwrap_or_default(),
                protocol: text(columns::PROTOCOL, row).unwrap_or_default(),
                outcome: text(columns::OUTCOME, row).unwrap_or_default(),
                reason: text(columns::REASON, row),
            };
            *self.counts.entry(counter).or_default() += count(row);
        }
    }

    /// The counters, in order.
    pub fn counters(&self) -> impl Iterator<Item = (&Counter, i64)> {
        self.counts.iter().map(|(counter, count)| (counter, *count))
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
        }
    }
}
