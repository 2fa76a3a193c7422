//! The ledger summed up: what came in and what became of it.

use std::collections::BTreeMap;

use arrow::array::{Array as _, Int64Array, RecordBatch, StringArray};
use serde::Serialize;

use crate::batch::Outcome;
use crate::columns::{APP, COUNT, OUTCOME, PROTOCOL, REASON};
use crate::error::Result;
use crate::schema::Table;
use crate::snapshot::Snapshot;

/// The ledger's reason for what was stored as a new revision of feedback known before.
pub const REVISION: &str = "revision";

/// The counters of one app and protocol since the beginning. Of what is in the tables,
/// received = stored + duplicate + quarantined.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LedgerTotals {
    /// The app.
    pub app: String,
    /// native, import, …
    pub protocol: String,
    /// Reached Shipwake.
    pub received: u64,
    /// In a table.
    pub stored: u64,
    /// Of those stored, new revisions of feedback known before.
    pub revisions: u64,
    /// There before.
    pub duplicate: u64,
    /// Refused and kept apart.
    pub quarantined: u64,
    /// Why, and how many of each.
    pub reasons: BTreeMap<String, u64>,
}

impl LedgerTotals {
    fn gain(&mut self, outcome: &str, reason: Option<&str>, count: u64) {
        if outcome == Outcome::Received.as_str() {
            self.received += count;
        } else if outcome == Outcome::Stored.as_str() {
            self.stored += count;
            if reason == Some(REVISION) {
                self.revisions += count;
            }
        } else if outcome == Outcome::Duplicate.as_str() {
            self.duplicate += count;
        } else if outcome == Outcome::Quarantined.as_str() {
            self.quarantined += count;
            *self.reasons.entry(reason.unwrap_or_default().to_owned()).or_default() += count;
        }
    }
}

impl Snapshot {
    /// The ledger's totals by app and protocol, of one app or of all.
    ///
    /// # Errors
    /// When a file of the ledger cannot be read.
    pub fn ledger(&self, app: Option<&str>) -> Result<Vec<LedgerTotals>> {
        let mut totals: BTreeMap<(String, String), LedgerTotals> = BTreeMap::new();
        self.table(Table::Ledger).read(&[APP, PROTOCOL, OUTCOME, REASON, COUNT], |batch| {
            let (apps, protocols) = (texts(batch, APP), texts(batch, PROTOCOL));
            let (outcomes, reasons) = (texts(batch, OUTCOME), texts(batch, REASON));
            let counts = batch.column_by_name(COUNT).and_then(|c| c.as_any().downcast_ref());
            let counts: Option<&Int64Array> = counts;
            for row in 0..batch.num_rows() {
                let at = |column: Option<&StringArray>| {
                    column.filter(|c| c.is_valid(row)).map(|c| c.value(row).to_owned())
                };
                let key = (at(apps).unwrap_or_default(), at(protocols).unwrap_or_default());
                if app.is_some_and(|app| app != key.0) {
                    continue;
                }
                let count = counts.map_or(0, |c| u64::try_from(c.value(row)).unwrap_or_default());
                let entry = totals.entry(key).or_insert_with_key(|(app, protocol)| LedgerTotals {
                    app: app.clone(),
                    protocol: protocol.clone(),
                    ..LedgerTotals::default()
                });
                entry.gain(&at(outcomes).unwrap_or_default(), at(reasons).as_deref(), count);
            }
        })?;
        Ok(totals.into_values().collect())
    }
}

fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a StringArray> {
    batch.column_by_name(name)?.as_any().downcast_ref()
}
