//! Lazy scans of the pinned files. A query names its columns, reads only files that can hold its
//! instants, and runs on the streaming engine; instants come out as plain microseconds.
//!
//! Invariant: files are listed, never searched for, so that a run reads exactly the pinned
//! versions. A column that an older file lacks reads as null.

use std::collections::BTreeMap;
use std::sync::Arc;

use lake::{Micros, Pinned, Snapshot, Table, columns};
use polars::prelude::*;
use polars::prelude::{Engine, PlRefPath};

use crate::error::{Error, Result};

/// The tables of a snapshot.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    pinned: BTreeMap<Table, Pinned>,
}

impl Tables {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        Self::new(
            Table::ALL
                .into_iter()
                .map(|table| snapshot.table(table).clone()),
        )
    }

    pub(crate) fn new(pinned: impl IntoIterator<Item = Pinned>) -> Self {
        Self {
            pinned: pinned
                .into_iter()
                .map(|pinned| (pinned.table, pinned))
                .collect(),
        }
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
}

fn scan<'a>(
    table: Table,
    paths: impl Iterator<Item = &'a std::path::Path>,
    names: &[&str],
) -> Result<LazyFrame> {
    let failed = |source| Error::Scan {
        table: table.name(),
        source,
    };
    let full = table_schema(table);
    let paths: Vec<PlRefPath> = paths
        .map(PlRefPath::try_from_path)
        .collect::<PolarsResult<_>>()
        .map_err(failed)?;
    let lazy = if paths.is_empty() {
        DataFrame::empty_with_schema(&full).lazy()
    } else {
        let args = ScanArgsParquet {
            schema: Some(Arc::new(full.clone())),
            glob: false,
            cache: false,
            allow_missing_columns: true,
            ..ScanArgsParquet::default()
        };
        LazyFrame::scan_parquet_files(paths.into_iter().collect(), args).map_err(failed)?
    };
    let selected: Vec<Expr> = names
        .iter()
        .map(|name| match full.get(name) {
            Some(DataType::Datetime(..)) => col(*name).cast(DataType::Int64),
            _ => col(*name),
        })
        .collect();
    Ok(lazy.select(selected))
}

/// The columns as they lie in the files: `day` is the folder's name there, and left out.
fn table_schema(table: Table) -> Schema {
    table
        .schema()
        .fields()
        .iter()
        .filter(|field| !(table.is_partitioned() && field.name() == columns::DAY))
        .map(|field| {
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
        })
        .collect()
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

/// Runs a query over rows that are already held.
pub(crate) fn collect_held(table: Table, query: LazyFrame) -> Result<Frame> {
    let failed = |source| Error::Scan {
        table: table.name(),
        source,
    };
    Ok(Frame::of(table, query.collect().map_err(failed)?))
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

    pub(crate) fn lazy(&self) -> LazyFrame {
        self.frame.clone().lazy()
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

/// A count that Polars brought as i64, which is never below 0.
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

/// The user: the known id, else the anonymous one.
pub(crate) fn user() -> Expr {
    coalesce(&[col(columns::USER_ID), col(columns::ANONYMOUS_ID)])
}

/// The release, with a name for rows that have none.
pub(crate) fn release() -> Expr {
    col(columns::RELEASE).fill_null(lit(UNKNOWN))
}

/// The bucket of rows without a release: kept in totals, never a baseline.
pub(crate) const UNKNOWN: &str = "unknown";
