//! One version of each table, all at one committed position, fixed for a whole analysis.
//!
//! A flush commits its tables one after the other and the ledger last, so the ledger's position is
//! the one that every table has reached. A table that is ahead of it (a flush is under way, or a
//! process died in the midst of one) is stepped back to the version before.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use deltalake_core::DeltaTable;
use deltalake_core::kernel::LogicalFileView;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::clock::{Micros, parse_instant};
use crate::columns::{DAY, NODE, OCCURRED_AT, RECEIVED_AT};
use crate::commit::{day_of, reached};
use crate::encode::file_schema;
use crate::error::{Error, Result};
use crate::rollups::rollup_folder;
use crate::schema::Table;
use crate::tables::{Lake, failed};

/// A data file of a pinned table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Largest `received_at`, rounded up to a millisecond.
    pub received_to: Option<Micros>,
    /// The node that wrote all its rows, where one did and the table says so.
    pub node: Option<String>,
    /// When it was written.
    pub modified_at: Micros,
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
    folder: PathBuf,
    tables: Vec<Pinned>,
}

impl Snapshot {
    /// Where what is made from the events is kept. It may be removed at any time.
    #[must_use]
    pub fn rollup_folder(&self) -> PathBuf {
        rollup_folder(&self.folder)
    }

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

    /// Reads some columns of all rows, file by file; one that an older file lacks reads as null.
    /// `day` cannot be read: it is the folder's name.
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

/// Rows of a data file that are read at once.
const ROWS_AT_ONCE: usize = 8192;

pub(crate) fn read_file(
    table: Table,
    file: &PinnedFile,
    columns: Option<&[&str]>,
    each: &mut impl FnMut(&RecordBatch),
) -> Result<()> {
    for batch in batches_of(table, file, columns, ROWS_AT_ONCE)? {
        each(&batch?);
    }
    Ok(())
}

/// The rows of a data file, in pieces.
pub(crate) fn batches_of(
    table: Table,
    file: &PinnedFile,
    columns: Option<&[&str]>,
    rows_at_once: usize,
) -> Result<impl Iterator<Item = Result<RecordBatch>> + use<>> {
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
        .with_batch_size(rows_at_once)
        .build()
        .map_err(failed)?;
    let names: Vec<String> = match columns {
        Some(names) => names.iter().map(|name| (*name).to_owned()).collect(),
        None => file_schema(table)
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect(),
    };
    Ok(reader.map(move |batch| {
        let read = batch.and_then(|batch| with_columns(table, batch, &names));
        read.map_err(Error::rows(table))
    }))
}

/// A batch with the columns that its file lacks, in nulls: the file is older than they are.
fn with_columns(
    table: Table,
    batch: RecordBatch,
    names: &[String],
) -> std::result::Result<RecordBatch, ArrowError> {
    let schema = file_schema(table);
    let is_missing = |name: &&String| batch.column_by_name(name).is_none();
    let missing: Vec<_> = names
        .iter()
        .filter(is_missing)
        .filter_map(|name| schema.field_with_name(name).ok())
        .collect();
    if missing.is_empty() {
        return Ok(batch);
    }
    let mut fields = batch.schema().fields().to_vec();
    let mut columns = batch.columns().to_vec();
    for field in missing {
        fields.push(Arc::new(field.clone()));
        columns.push(new_null_array(field.data_type(), batch.num_rows()));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
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
        Ok(Snapshot {
            folder: self.folder().to_owned(),
            tables,
        })
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
    let bound = |which: &str, name: &str| -> Option<String> {
        let text = statistics.as_ref()?.get(which)?.get(name)?.as_str()?;
        Some(text.to_owned())
    };
    let instant = |which: &str, name: &str| parse_instant(&bound(which, name)?).ok();
    let occurred = instant("minValues", OCCURRED_AT)
        .zip(instant("maxValues", OCCURRED_AT))
        .map(|(first, last)| (first.div_euclid(1000) * 1000, last.saturating_add(1000)));
    let received_to = instant("maxValues", RECEIVED_AT).map(|last| last.saturating_add(1000));
    let node =
        bound("minValues", NODE).filter(|node| bound("maxValues", NODE).as_ref() == Some(node));
    let day = view
        .partition_values_map()
        .get(DAY)
        .cloned()
        .flatten()
        .and_then(|text| day_of(&text));
    PinnedFile {
        path: folder.join(view.path().as_ref()),
        day,
        rows: view
            .num_records()
            .and_then(|rows| u64::try_from(rows).ok())
            .unwrap_or_default(),
        bytes: u64::try_from(view.size()).unwrap_or_default(),
        occurred,
        received_to,
        node,
        modified_at: view.modification_time().saturating_mul(1000),
    }
}
