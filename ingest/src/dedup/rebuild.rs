//! The index as the tables tell it.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::Int64Type;
use lake::{Snapshot, Table, columns};

use super::claim::content_columns;
use super::{Claim, Claims, Index, Key, Taken, View};
use crate::error::{Error, Result};

/// Fills the index from a snapshot.
///
/// # Errors
/// [`Error::Lake`] when a table cannot be read, [`Error::File`] when a run cannot be written.
pub(crate) fn rebuild(snapshot: &Snapshot, claims: Claims, folder: &Path) -> Result<View> {
    let failed = |source| Error::File {
        action: "writing the index in",
        path: folder.to_owned(),
        source,
    };
    let view = View::new(Index::new(folder).map_err(failed)?);
    for table in [
        Table::Events,
        Table::Feedback,
        Table::Marks,
        Table::Plans,
        Table::FeedbackLabels,
        Table::FeedbackLinks,
    ] {
        let names = [columns::APP, columns::EVENT_ID, columns::CONTENT_HASH];
        read(snapshot, table, &names, |batch| {
            let mut known = Taken::default();
            for claim in claims.of_identified(table, batch)? {
                known.take(&claim);
            }
            view.absorb(known).map_err(failed)
        })?;
    }
    let mut known = Taken::default();
    for table in [Table::Releases, Table::Backlog] {
        let mut names = content_columns(table);
        names.extend([columns::POSITION, columns::FRAME_ROW].map(str::to_owned));
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut last: BTreeMap<Key, ((i64, i64), Claim)> = BTreeMap::new();
        read(snapshot, table, &names, |batch| {
            let claimed = claims.of_records(table, batch)?;
            for (row, claim) in claimed.into_iter().enumerate() {
                let Claim::Latest { key, .. } = claim else {
                    continue;
                };
                let at = (
                    number(batch, columns::POSITION, row),
                    number(batch, columns::FRAME_ROW, row),
                );
                if last.get(&key).is_none_or(|(before, _)| *before < at) {
                    last.insert(key, (at, claim));
                }
            }
            Ok(())
        })?;
        for (_, claim) in last.values() {
            known.take(claim);
        }
    }
    view.absorb(known).map_err(failed)?;
    Ok(view)
}

fn read(
    snapshot: &Snapshot,
    table: Table,
    names: &[&str],
    mut each: impl FnMut(&RecordBatch) -> Result<()>,
) -> Result<()> {
    let mut outcome = Ok(());
    let pinned = snapshot.table(table);
    pinned
        .read(names, |batch| {
            if outcome.is_ok() {
                outcome = each(batch);
            }
        })
        .map_err(Error::lake("read"))?;
    outcome
}

fn number(batch: &RecordBatch, name: &str, row: usize) -> i64 {
    batch
        .column_by_name(name)
        .and_then(|column| column.as_primitive_opt::<Int64Type>())
        .map_or(0, |column| column.value(row))
}
