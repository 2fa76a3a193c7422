//! The prepare frame: a decided flush, durable in the WAL before any table is told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use lake::{DataFile, Failpoint, Lake, Table};
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::step::{Cutoff, Step};
use crate::error::{Error, Result};

/// A decided flush whose data files are durable. Doing its commits again is harmless.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Prepare {
    /// Everything in the WAL before this position is covered by this flush or an earlier one.
    pub end: i64,
    /// Records that it decides on.
    pub rows: u64,
    /// The data files of each table, by its name; the ledger's hold the counters.
    pub files: BTreeMap<String, Vec<DataFile>>,
}

impl Prepare {
    fn files_of(&self, table: Table) -> &[DataFile] {
        self.files.get(table.name()).map_or(&[], Vec::as_slice)
    }

    /// Where the data files lie.
    pub(crate) fn paths(&self, lake: &Lake) -> BTreeSet<PathBuf> {
        let of = |table: Table| {
            let folder = lake.table_folder(table);
            let files = self.files_of(table).iter();
            files.map(move |file| folder.join(file.path()))
        };
        Table::ALL.into_iter().flat_map(of).collect()
    }

    /// Commits the files to their tables in order, the ledger last: its position says that the
    /// flush is whole, so it is committed even if it gains nothing.
    ///
    /// # Errors
    /// [`Error::Lake`] when a table refuses; the same frame is then committed again later.
    pub(crate) async fn commit(&self, lake: &Lake, node: &str, cutoff: &Cutoff) -> Result<()> {
        let mut tables = Table::ALL;
        if Failpoint::LedgerFirst.is_on() {
            tables.sort_by_key(|table| *table != Table::Ledger);
        }
        for table in tables {
            let files = self.files_of(table);
            if files.is_empty() && table != Table::Ledger {
                continue;
            }
            lake.commit(table, files, node, self.end)
                .await
                .map_err(Error::lake("committed"))?;
            cutoff.pass(Step::Committed(table))?;
        }
        Ok(())
    }

    /// Whether every data file is still there. Files of an old flush may have been compacted away;
    /// the tables then passed its end long ago.
    pub(crate) fn is_whole(&self, lake: &Lake) -> Result<bool> {
        for table in Table::ALL {
            for file in self.files_of(table) {
                let path = lake.table_folder(table).join(file.path());
                let there = path.try_exists().map_err(|source| Error::File {
                    action: "looking for",
                    path: path.clone(),
                    source,
                })?;
                if !there {
                    warn!(file = %path.display(), "data file of the last prepare frame is gone");
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}
