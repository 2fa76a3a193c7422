//! Questions in SQL to a snapshot: `shipwake sql`.
//!
//! A query names tables of the lake, all of them by their own names, two views that count each event
//! and each piece of feedback once, and rollups, which are brought up to date for it. It is held to reading before Polars sees it
//! (`statement`); it runs on the streaming engine, and its rows come out in pieces, as plain
//! [`Cell`]s, so that an answer larger than memory can be written as it comes.

mod cell;
mod error;
mod near;
mod statement;
mod stream;
mod tables;

use jiff::tz::TimeZone;
use lake::{Micros, Snapshot, Table};
use polars::prelude::{
    Column, DataFrame, IntoLazy as _, LazyFrame, NamedFrom as _, PolarsError, PolarsResult,
    SchemaRef, Series,
};
use polars::sql::SQLContext;

use crate::error::{Error, Result};
use crate::rollup::Rollups;
use crate::scan::Tables;

pub use cell::Cell;
pub use error::QueryError;
pub use stream::Rows;

use statement::{Asked, Statement};
use tables::Sources;

/// A query that can be answered: what its rows will hold, and from which versions.
pub struct Answer {
    frame: LazyFrame,
    schema: SchemaRef,
    columns: Vec<String>,
    versions: Vec<(String, u64)>,
    /// Holds the files that are read.
    rollups: Option<Rollups>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer")
            .field("columns", &self.columns)
            .field("versions", &self.versions)
            .finish_non_exhaustive()
    }
}

impl Answer {
    /// The names of the columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Name and version of each table that is read.
    #[must_use]
    pub fn versions(&self) -> &[(String, u64)] {
        &self.versions
    }
}

/// Reads a query to a snapshot; rows that occurred after `as_of` (that came after it, in tables that
/// do not say when) are not known to it. Rollups have the days of `zone`.
///
/// # Errors
/// [`Error::Query`], which says what to correct; [`Error::Rollup`] and its like when rollups cannot be
/// made.
pub fn sql(
    snapshot: &Snapshot,
    query: &str,
    as_of: Option<Micros>,
    zone: &TimeZone,
) -> Result<Answer> {
    let tables = Tables::of(snapshot);
    answer(Sources::new(&tables, as_of, zone), query)
}

fn answer(sources: Sources<'_>, query: &str) -> Result<Answer> {
    let tables = sources.tables;
    let statement = statement::read(query).map_err(Error::Query)?;
    let taken = |name: &&String| tables::table_behind(name).is_some();
    if let Some(name) = statement.made_up.iter().find(taken) {
        return Err(Error::Query(QueryError::Taken(name.clone())));
    }
    let mut context = SQLContext::new();
    for name in &statement.tables {
        let rows = sources.named(name)?.ok_or_else(|| no_table(name))?;
        context.register(name, rows);
    }
    let asked = match &statement.asked {
        Asked::Tables => list_of_tables(tables),
        Asked::Columns(name) => list_of_columns(&sources, name)?,
        Asked::Rows => context.execute(query),
    };
    let (frame, schema) = asked
        .and_then(|mut frame| frame.collect_schema().map(|schema| (frame, schema)))
        .map_err(|error| Error::Query(explained(error, &statement, &sources)))?;
    // Counting a union without reading a column, the engine sums in a type that is not built in.
    let frame = frame.with_projection_pushdown(!statement.has_union);
    let columns = schema.iter_names().map(ToString::to_string).collect();
    Ok(Answer {
        frame,
        schema,
        columns,
        versions: versions(tables, &statement),
        rollups: sources.into_rollups(),
    })
}

fn no_table(name: &str) -> Error {
    let there = tables::all_names();
    Error::Query(QueryError::NoTable {
        name: name.to_owned(),
        near: near::nearest(name, &there),
        there,
    })
}

fn failed(error: PolarsError) -> Error {
    Error::Query(QueryError::failed(&error))
}

/// An error of the engine; where it speaks of a column that no table of the query has, that is said.
fn explained(error: PolarsError, statement: &Statement, sources: &Sources<'_>) -> QueryError {
    let mut there: Vec<String> = Vec::new();
    for name in &statement.tables {
        let rows = sources.described(name).ok().flatten();
        let schema = rows.and_then(|mut rows| rows.collect_schema().ok());
        for column in schema.iter().flat_map(|schema| schema.iter_names()) {
            if !there.iter().any(|known| known == column.as_str()) {
                there.push(column.to_string());
            }
        }
    }
    let said = error.to_string();
    let unknown = statement
        .columns
        .iter()
        .find(|name| !there.contains(name) && says(&said, name));
    match unknown {
        Some(name) if !there.is_empty() => QueryError::NoColumn {
            name: name.clone(),
            near: near::nearest(name, &there),
            there,
        },
        _ => QueryError::failed(&error),
    }
}

/// Whether a message speaks of a name, in quotes of some kind.
fn says(message: &str, name: &str) -> bool {
    ["\"", "'", "`"]
        .iter()
        .any(|quote| message.contains(&[quote, name, quote].concat()))
}

fn versions(tables: &Tables, statement: &Statement) -> Vec<(String, u64)> {
    let read: Vec<&str> = statement
        .tables
        .iter()
        .filter_map(|name| tables::table_behind(name))
        .map(Table::name)
        .collect();
    let is_read = |name: &str| read.contains(&name) || statement.asked == Asked::Tables;
    tables
        .versions()
        .into_iter()
        .filter(|(name, _)| is_read(name))
        .collect()
}

/// `SHOW TABLES`: each name, the table that it reads, and its version.
fn list_of_tables(tables: &Tables) -> PolarsResult<LazyFrame> {
    let names = tables::all_names();
    let behind: Vec<Option<Table>> = names
        .iter()
        .map(|name| tables::table_behind(name))
        .collect();
    let reads: Vec<&str> = behind.iter().flatten().map(|table| table.name()).collect();
    let versions: Vec<Option<u64>> = behind
        .iter()
        .map(|table| tables.pinned((*table)?).map(|pinned| pinned.version))
        .collect();
    let height = names.len();
    let columns: Vec<Column> = vec![
        Series::new("name".into(), names).into(),
        Series::new("reads".into(), reads).into(),
        Series::new("version".into(), versions).into(),
    ];
    DataFrame::new(height, columns).map(|frame| frame.lazy())
}

/// `DESCRIBE`: each column and what it holds.
fn list_of_columns(sources: &Sources<'_>, name: &str) -> Result<PolarsResult<LazyFrame>> {
    let mut rows = sources.described(name)?.ok_or_else(|| no_table(name))?;
    let schema = rows.collect_schema().map_err(failed)?;
    let names: Vec<&str> = schema.iter_names().map(|name| name.as_str()).collect();
    let kinds: Vec<String> = schema.iter_values().map(ToString::to_string).collect();
    let height = names.len();
    let columns: Vec<Column> = vec![
        Series::new("column".into(), names).into(),
        Series::new("holds".into(), kinds).into(),
    ];
    Ok(DataFrame::new(height, columns).map(|frame| frame.lazy()))
}

#[cfg(test)]
mod tests;
