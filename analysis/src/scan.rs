//! Lazy scans of the pinned files. A query names its columns, reads only files that can hold its
//! instants, and runs on the streaming engine; instants come out as plain microseconds.
//!
//! Invariant: files are listed, never searched for, so that a run reads exactly the pinned
//! versions. A column that an older file lacks reads as null.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::Field as ArrowField;
use lake::{Micros, Pinned, Snapshot, Table, columns};
use polars::prelude::*;
use polars::prelude::{Engine, PlRefPath};

use crate::days::Days;
use crate::error::{Error, Result};
use crate::findings::Segment;
use crate::rollup::{Rollup, Rollups, Wanted};

/// The tables of a snapshot.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    pinned: BTreeMap<Table, Pinned>,
    /// Where rollups are kept; they are made for one run alone where it is `None`.
    rollup_folder: Option<PathBuf>,
}

impl Tables {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let tables = Table::ALL
            .into_iter()
            .map(|table| snapshot.table(table).clone());
        Self {
            rollup_folder: Some(snapshot.rollup_folder()),
            ..Self::new(tables)
        }
    }

    pub(crate) fn new(pinned: impl IntoIterator<Item = Pinned>) -> Self {
        Self {
            pinned: pinned
                .into_iter()
                .map(|pinned| (pinned.table, pinned))
                .collect(),
            rollup_folder: None,
        }
    }

    /// The rollups of the events before `until`, by days of a zone.
    ///
    /// # Errors
    /// When files cannot be read or written.
    pub(crate) fn rollups(&self, days: &Days, until: Micros) -> Result<Rollups> {
        let nothing = Pinned {
            table: Table::Events,
            version: 0,
            files: Vec::new(),
        };
        Rollups::up_to_date(Wanted {
            events: self.pinned.get(&Table::Events).unwrap_or(&nothing),
            days,
            zone: &days.zone_name(),
            until,
            folder: self.rollup_folder.as_deref(),
        })
    }

    /// A pinned table.
    pub(crate) fn pinned(&self, table: Table) -> Option<&Pinned> {
        self.pinned.get(&table)
    }

    /// (table, version) of each table.
    pub(crate) fn versions(&self) -> Vec<(String, u64)> {
        self.pinned
            .values()
            .map(|p| (p.table.name().to_owned(), p.version))
            .collect()
    }

    /// Rows with `occurred_at` in `[from, to)`.
    pub(crate) fn between(
        &self,
        table: Table,
        names: &[&str],
        (from, to): (Micros, Micros),
    ) -> Result<LazyFrame> {
        let files = self
            .pinned
            .get(&table)
            .map(|p| p.files_between(from, to))
            .unwrap_or_default();
        let scan = scan(table, files.iter().map(|file| file.path.as_path()), names)?;
        let at = || col(columns::OCCURRED_AT);
        Ok(scan.filter(at().gt_eq(lit(from)).and(at().lt(lit(to)))))
    }

    /// All rows.
    pub(crate) fn all(&self, table: Table, names: &[&str]) -> Result<LazyFrame> {
        let files = self
            .pinned
            .get(&table)
            .map(|p| p.files.as_slice())
            .unwrap_or_default();
        scan(table, files.iter().map(|file| file.path.as_path()), names)
    }

    /// All rows with all columns as the table has them, its day among them.
    pub(crate) fn whole(&self, table: Table) -> Result<LazyFrame> {
        let pinned = self
            .pinned
            .get(&table)
            .map(|p| p.files.as_slice())
            .unwrap_or_default();
        let names: Vec<Expr> = table
            .schema()
            .fields()
            .iter()
            .map(|field| col(field.name().as_str()))
            .collect();
        let paths = pinned.iter().map(|file| file.path.as_path());
        if !table.is_partitioned() {
            return Ok(files(table.name(), &table_schema(table), paths, None)?.select(names));
        }
        // The day is the name of the folder alone.
        let folder = pinned
            .first()
            .filter(|file| file.day.is_some())
            .and_then(|file| file.path.parent()?.parent());
        let lying = table_schema(table);
        let rows = files(table.name(), &lying, paths, folder.map(|_| PATH))?;
        let day = folder.map_or(lit(NULL), |folder| {
            let start = folder.as_os_str().len() + "/day=".len();
            let start = i64::try_from(start).unwrap_or(i64::MAX);
            col(PATH).str().slice(lit(start), lit(DATE_CHARS))
        });
        let day = day.cast(DataType::Date).alias(columns::DAY);
        Ok(rows.with_columns([day]).select(names))
    }
}

/// The column in which a scan says which file a row is of.
const PATH: &str = "shipwake_path";
/// Characters of a date.
const DATE_CHARS: i64 = 10;

fn scan<'a>(
    table: Table,
    paths: impl Iterator<Item = &'a Path>,
    names: &[&str],
) -> Result<LazyFrame> {
    let full = table_schema(table);
    let lazy = files(table.name(), &full, paths, None)?;
    let selected: Vec<Expr> = names
        .iter()
        .map(|name| match full.get(name) {
            Some(DataType::Datetime(..)) => col(*name).cast(DataType::Int64),
            _ => col(*name),
        })
        .collect();
    Ok(lazy.select(selected))
}

/// All rows of a rollup that lie in some files.
///
/// # Errors
/// [`Error::Scan`] when a file has a name that cannot be read.
pub(crate) fn rollup_rows<'a>(
    rollup: Rollup,
    paths: impl Iterator<Item = &'a Path>,
) -> Result<LazyFrame> {
    let schema = schema_of(rollup.schema().fields().iter());
    files(rollup.name(), &schema, paths, None)
}

/// All columns that lie in some files.
fn files<'a>(
    table: &'static str,
    full: &Schema,
    paths: impl Iterator<Item = &'a Path>,
    path_column: Option<&str>,
) -> Result<LazyFrame> {
    let failed = |source| Error::Scan { table, source };
    let paths: Vec<PlRefPath> = paths
        .map(PlRefPath::try_from_path)
        .collect::<PolarsResult<_>>()
        .map_err(failed)?;
    if paths.is_empty() {
        return Ok(DataFrame::empty_with_schema(full).lazy());
    }
    let args = ScanArgsParquet {
        schema: Some(Arc::new(full.clone())),
        glob: false,
        cache: false,
        allow_missing_columns: true,
        hive_options: HiveOptions::new_disabled(),
        include_file_paths: path_column.map(Into::into),
        ..ScanArgsParquet::default()
    };
    LazyFrame::scan_parquet_files(paths.into_iter().collect(), args).map_err(failed)
}

/// The columns as they lie in the files: `day` is the folder's name there, and left out.
fn table_schema(table: Table) -> Schema {
    let schema = table.schema();
    let lying =
        |field: &&Arc<ArrowField>| !(table.is_partitioned() && field.name() == columns::DAY);
    schema_of(schema.fields().iter().filter(lying))
}

fn schema_of<'a>(fields: impl Iterator<Item = &'a Arc<ArrowField>>) -> Schema {
    let fields = fields.map(|field| {
        let arrow = field.data_type();
        let kind = if arrow.is_string() {
            DataType::String
        } else if arrow.is_integer() {
            DataType::Int64
        } else if arrow.is_floating() {
            DataType::Float64
        } else if arrow.to_string() == "Date32" {
            DataType::Date
        } else if arrow.is_temporal() {
            DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
        } else if arrow.is_binary() {
            DataType::Binary
        } else {
            DataType::Boolean
        };
        Field::new(field.name().as_str().into(), kind)
    });
    fields.collect()
}

/// Runs a query on the streaming engine.
pub(crate) fn collect(table: Table, query: LazyFrame) -> Result<Frame> {
    let failed = |source| Error::Scan {
        table: table.name(),
        source,
    };
    // One plan in, one frame out: more come from queries with several sinks only.
    let frame = query
        .collect_with_engine(Engine::Streaming)
        .map_err(failed)?
        .unwrap_single();
    Ok(Frame::of(table, frame))
}

/// Rows that a query brought, read column by column.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    table: Table,
    frame: DataFrame,
}

impl Frame {
    /// In one chunk: looking a row up in a column of many means looking for its chunk first.
    fn of(table: Table, mut frame: DataFrame) -> Self {
        frame.rechunk_mut_par();
        Self { table, frame }
    }

    pub(crate) fn rows(&self) -> usize {
        self.frame.height()
    }

    pub(crate) fn texts(&self, name: &str) -> Result<&StringChunked> {
        self.column(name)?
            .str()
            .map_err(|source| self.failed(source))
    }

    pub(crate) fn integers(&self, name: &str) -> Result<&Int64Chunked> {
        self.column(name)?
            .i64()
            .map_err(|source| self.failed(source))
    }

    pub(crate) fn numbers(&self, name: &str) -> Result<&Float64Chunked> {
        self.column(name)?
            .f64()
            .map_err(|source| self.failed(source))
    }

    pub(crate) fn truths(&self, name: &str) -> Result<&BooleanChunked> {
        self.column(name)?
            .bool()
            .map_err(|source| self.failed(source))
    }

    fn column(&self, name: &str) -> Result<&Column> {
        self.frame
            .column(name)
            .map_err(|source| self.failed(source))
    }

    fn failed(&self, source: PolarsError) -> Error {
        Error::Scan {
            table: self.table.name(),
            source,
        }
    }
}

/// A count that tables and rollups hold as i64, which is never below 0.
pub(crate) fn count(value: Option<i64>) -> u64 {
    value
        .and_then(|value| u64::try_from(value).ok())
        .unwrap_or(0)
}

/// Rows of one app in one environment.
pub(crate) fn of_app(app: &str, environment: &str) -> Expr {
    col(columns::APP)
        .eq(lit(app))
        .and(col(columns::ENVIRONMENT).eq(lit(environment)))
}

/// Rows of a segment, as far as they say themselves.
pub(crate) fn of_segment(segment: &Segment) -> Expr {
    let is_it = |(column, text): (&str, &str)| col(column).eq(lit(text));
    segment.of_rows().map(is_it).fold(lit(true), Expr::and)
}

/// The user: the known id, else the anonymous one.
pub(crate) fn user() -> Expr {
    coalesce(&[col(columns::USER_ID), col(columns::ANONYMOUS_ID)])
}

/// The bucket of rows without a release: kept in totals, never a baseline.
pub(crate) const UNKNOWN: &str = "unknown";
