//! One version of each table, all at one committed position, fixed for a whole analysis.
//!
//! A flush commits its tables one after the other and the ledger last, so the ledger's position is
//! the one that every table has reached. A table that is ahead of it (a flush is under way, or a
//! process died in the midst of one) is stepped back to the version before.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use arrow::array::RecordBatch;
use deltalake_core::DeltaTable;
use deltalake_core::kernel::LogicalFileView;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::clock::{Micros, parse_instant};
use crate::columns::{DAY, NODE, OCCURRED_AT};
use crate::commit::reached;
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::tables::{Lake, failed};

/// A data file of a pinned table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its partition, in days since 1970-01-01, for tables in one folder a day.
    pub day: Option<i32>,
    /// Its rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// Smallest and largest `occurred_at`, the latter rounded up to a millisecond.
    pub occurred: Option<(Micros, Micros)>,
}

/// One table at one version.
#[derive(Debug, Clone)]
pub struct Pinned {
    /// Which table.
    pub table: Table,
    /// Its version.
    pub version: u64,
    /// Its files, by path.
    pub files: Vec<PinnedFile>,
}

/// All tables, each at one version.
#[derive(Debug, Clone)]
pub struct Snapshot {
    tables: Vec<Pinned>,
}

impl Snapshot {
    /// One of the tables.
    ///
    /// # Panics
    /// Never: a snapshot holds each table.
    #[must_use]
    pub fn table(&self, table: Table) -> &Pinned {
        &self.tables[table as usize]
    }

    /// Name and version of each table.
    #[must_use]
    pub fn versions(&self) -> Vec<(String, u64)> {
        self.tables
            .iter()
            .map(|t| (t.table.name().to_owned(), t.version))
            .collect()
    }
}

impl Pinned {
    /// The files that may hold rows with `occurred_at` in `[from, to)`.
    #[must_use]
    pub fn files_between(&self, from: Micros, to: Micros) -> Vec<&PinnedFile> {
        self.files
            .iter()
            .filter(|file| {
                file.occurred
                    .is_none_or(|(first, last)| first < to && last >= from)
            })
            .collect()
    }

    /// Rows in all files.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Reads some columns of all rows, file by file. `day` cannot be read: it is the folder's name.
    ///
    /// # Errors
    /// [`Error::File`] and [`Error::Parquet`] when a file cannot be read.
    pub fn read(&self, columns: &[&str], mut each: impl FnMut(&RecordBatch)) -> Result<()> {
        for file in &self.files {
            read_file(self.table, file, Some(columns), &mut each)?;
        }
        Ok(())
    }
}

pub(crate) fn read_file(
    table: Table,
    file: &PinnedFile,
    columns: Option<&[&str]>,
    each: &mut impl FnMut(&RecordBatch),
) -> Result<()> {
    let failed = |source| Error::Parquet {
        table: table.name(),
        action: "read",
        source,
    };
    let handle = std::fs::File::open(&file.path).map_err(|source| Error::File {
        action: "reading",
        path: file.path.clone(),
        source,
    })?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(handle).map_err(failed)?;
    let mask = match columns {
        Some(names) => ProjectionMask::columns(builder.parquet_schema(), names.iter().copied()),
        None => ProjectionMask::all(),
    };
    let reader = builder
        .with_projection(mask)
        .with_batch_size(8192)
        .build()
        .map_err(failed)?;
    for batch in reader {
        each(&batch.map_err(|source| Error::Rows {
            table: table.name(),
            source,
        })?);
    }
    Ok(())
}

impl Lake {
    /// Pins one version of each table, all at the last position that a flush completed.
    ///
    /// # Errors
    /// [`Error::Table`] when a log cannot be read.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let mut ledger = self.cell(Table::Ledger).lock().await.clone();
        ledger
            .update_state()
            .await
            .map_err(failed(Table::Ledger, "read"))?;
        let nodes = self.nodes(&ledger)?;
        let complete = positions(&ledger, Table::Ledger, &nodes).await?;
        let mut tables = Vec::with_capacity(Table::ALL.len());
        for table in Table::ALL {
            let mut delta = if table == Table::Ledger {
                ledger.clone()
            } else {
                let mut delta = self.cell(table).lock().await.clone();
                delta.update_state().await.map_err(failed(table, "read"))?;
                delta
            };
            while ahead(&positions(&delta, table, &nodes).await?, &complete) {
                let before = delta.version().unwrap_or_default().saturating_sub(1);
                delta
                    .load_version(before)
                    .await
                    .map_err(failed(table, "read"))?;
            }
            tables.push(self.pin(table, &delta)?);
        }
        Ok(Snapshot { tables })
    }

    /// The nodes that have written here: those of the ledger, and this folder's own.
    fn nodes(&self, ledger: &DeltaTable) -> Result<BTreeSet<String>> {
        let state = ledger.snapshot().map_err(failed(Table::Ledger, "read"))?;
        let mut nodes = BTreeSet::new();
        for view in state.log_data().iter() {
            let statistics = statistics(&view);
            for bound in ["minValues", "maxValues"] {
                let node = statistics
                    .as_ref()
                    .and_then(|s| s.get(bound)?.get(NODE)?.as_str());
                nodes.extend(node.map(str::to_owned));
            }
        }
        nodes.extend(self.own_node());
        Ok(nodes)
    }

    pub(crate) fn pin(&self, table: Table, delta: &DeltaTable) -> Result<Pinned> {
        let state = delta.snapshot().map_err(failed(table, "read"))?;
        let folder = self.table_folder(table);
        let mut files: Vec<PinnedFile> = state
            .log_data()
            .iter()
            .map(|view| pinned_file(&folder, &view))
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Pinned {
            table,
            version: state.version(),
            files,
        })
    }
}

/// The position that each node has reached in a table.
async fn positions(
    delta: &DeltaTable,
    table: Table,
    nodes: &BTreeSet<String>,
) -> Result<BTreeMap<String, i64>> {
    let mut positions = BTreeMap::new();
    for node in nodes {
        if let Some(position) = reached(delta, table, node).await? {
            positions.insert(node.clone(), position);
        }
    }
    Ok(positions)
}

fn ahead(table: &BTreeMap<String, i64>, complete: &BTreeMap<String, i64>) -> bool {
    table
        .iter()
        .any(|(node, position)| complete.get(node).is_none_or(|done| position > done))
}

fn statistics(view: &LogicalFileView) -> Option<Value> {
    view.stats()
        .and_then(|text| serde_json::from_str(&text).ok())
}

fn pinned_file(folder: &std::path::Path, view: &LogicalFileView) -> PinnedFile {
    let statistics = statistics(view);
    let bound = |which: &str| {
        let text = statistics
            .as_ref()?
            .get(which)?
            .get(OCCURRED_AT)?
            .as_str()?;
        parse_instant(text).ok()
    };
    let occurred = bound("minValues")
        .zip(bound("maxValues"))
        .map(|(first, last)| (first.div_euclid(1000) * 1000, last.saturating_add(1000)));
    let day = view
        .partition_values_map()
        .get(DAY)
        .cloned()
        .flatten()
        .and_then(|text| {
            let date: jiff::civil::Date = text.parse().ok()?;
            let instant = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
            Some(crate::batch::utc_day(instant.as_microsecond()))
        });
    PinnedFile {
        path: folder.join(view.path().as_ref()),
        day,
        rows: view
            .num_records()
            .and_then(|rows| u64::try_from(rows).ok())
            .unwrap_or_default(),
        bytes: u64::try_from(view.size()).unwrap_or_default(),
        occurred,
    }
}
