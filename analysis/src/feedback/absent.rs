//! Ids that people named and that are not there: most likely misspelled.

use std::collections::BTreeSet;

use lake::{Snapshot, Table, columns};
use polars::prelude::{IntoLazy as _, JoinArgs, JoinType, col, df, lit};

use crate::error::{Error, Result};
use crate::scan::{Tables, collect};

/// Those of some ids that no piece of an app's feedback has.
///
/// # Errors
/// [`Error::Scan`] when files cannot be read.
pub fn absent_feedback(
    snapshot: &Snapshot,
    app: &str,
    ids: &BTreeSet<String>,
) -> Result<BTreeSet<String>> {
    absent(snapshot, (Table::Feedback, columns::EVENT_ID), app, ids)
}

/// Those of some ids that no item of an app's backlog has.
///
/// # Errors
/// [`Error::Scan`] when files cannot be read.
pub fn absent_items(
    snapshot: &Snapshot,
    app: &str,
    ids: &BTreeSet<String>,
) -> Result<BTreeSet<String>> {
    absent(snapshot, (Table::Backlog, columns::ITEM_ID), app, ids)
}

fn absent(
    snapshot: &Snapshot,
    (table, column): (Table, &str),
    app: &str,
    ids: &BTreeSet<String>,
) -> Result<BTreeSet<String>> {
    let mut absent = ids.clone();
    if ids.is_empty() {
        return Ok(absent);
    }
    let named: Vec<&str> = ids.iter().map(String::as_str).collect();
    let named = df!(column => named).map_err(|source| Error::Scan {
        table: table.name(),
        source,
    })?;
    let rows = Tables::of(snapshot).all(table, &[columns::APP, column])?;
    let rows = rows.filter(col(columns::APP).eq(lit(app))).join(
        named.lazy(),
        [col(column)],
        [col(column)],
        JoinArgs::new(JoinType::Semi),
    );
    let found = collect(table, rows.select([col(column)]))?;
    let found_ids = found.texts(column)?;
    for row in 0..found.rows() {
        if let Some(id) = found_ids.get(row) {
            absent.remove(id);
        }
    }
    Ok(absent)
}
