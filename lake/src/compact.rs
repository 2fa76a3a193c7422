//! Upkeep: many small files become one sorted file, and the log gets checkpoints.
//!
//! A compaction changes no data (`data_change = false`), but drops late copies of an event. The
//! conflict checks of other writers ignore such commits, so two compactions could both win; this
//! one therefore commits only on the version in which it saw all its inputs active, without
//! retries, and otherwise looks again.

use std::collections::BTreeMap;

use arrow::array::{Array as _, Date32Array, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{SortColumn, concat_batches, lexsort_to_indices, take_record_batch};
use deltalake_core::kernel::transaction::CommitBuilder;
use deltalake_core::kernel::{Action, Remove};
use deltalake_core::protocol::{DeltaOperation, checkpoints};
use tracing::info;

use crate::columns::{
    APP, CONTENT_HASH, DAY, EVENT_ID, FRAME_ROW, OCCURRED_AT, POSITION, RECEIVED_AT, RELEASE,
};
use crate::commit::plain_commit;
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::snapshot::{PinnedFile, read_file};
use crate::tables::{Lake, failed};

/// Files of at least this size are left alone.
pub(crate) const COMPACT_TARGET_BYTES: u64 = 32 * 1024 * 1024;
/// Bytes (compressed) that one compaction reads: bounds its memory.
pub(crate) const COMPACT_INPUT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Small files of a partition before upkeep compacts them.
pub(crate) const COMPACT_FILES_MIN: usize = 12;
/// Commits between two checkpoints of a table's log.
pub(crate) const CHECKPOINT_COMMITS: u64 = 64;

/// What a compaction did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CompactOutcome {
    /// Small files taken out.
    pub files_removed: usize,
    /// Files put in.
    pub files_added: usize,
    /// Late copies of events dropped.
    pub copies_dropped: u64,
}

impl Lake {
    /// Does what is due: compacts partitions with many small files, makes checkpoints. Cheap when
    /// nothing is due.
    ///
    /// # Errors
    /// As [`Lake::compact`].
    pub async fn upkeep(&self) -> Result<()> {
        for table in Table::ALL {
            self.compact(table, COMPACT_FILES_MIN).await?;
            self.checkpoint(table, CHECKPOINT_COMMITS).await?;
        }
        Ok(())
    }

    /// Merges the small files of each partition that has at least `files_min` of them.
    ///
    /// # Errors
    /// [`Error::Conflict`] when another writer changed the inputs meanwhile: nothing was written
    /// but an unreferenced file. Else as reading and writing.
    pub async fn compact(&self, table: Table, files_min: usize) -> Result<CompactOutcome> {
        let mut delta = self.cell(table).lock().await.clone();
        delta.update_state().await.map_err(failed(table, "read"))?;
        let mut partitions: BTreeMap<Option<i32>, Vec<PinnedFile>> = BTreeMap::new();
        for file in self.pin(table, &delta)?.files {
            if file.bytes < COMPACT_TARGET_BYTES {
                partitions.entry(file.day).or_default().push(file);
            }
        }
        let mut outcome = CompactOutcome::default();
        for (day, files) in partitions {
            if files.len() < files_min.max(2) {
                continue;
            }
            let mut bytes = 0;
            let group: Vec<PinnedFile> = files
                .into_iter()
                .take_while(|file| {
                    bytes += file.bytes;
                    bytes <= COMPACT_INPUT_BYTES_MAX
                })
                .collect();
            let done = self.merge(table, day, &group).await?;
            outcome.files_removed += done.files_removed;
            outcome.files_added += done.files_added;
            outcome.copies_dropped += done.copies_dropped;
        }
        if outcome.files_removed > 0 {
            let (removed, added) = (outcome.files_removed, outcome.files_added);
            info!(
                table = table.name(),
                removed, added, "compacted small files"
            );
        }
        Ok(outcome)
    }

    async fn merge(
        &self,
        table: Table,
        day: Option<i32>,
        group: &[PinnedFile],
    ) -> Result<CompactOutcome> {
        let inputs = group.to_vec();
        let merged = tokio::task::spawn_blocking(move || merged_rows(table, day, &inputs))
            .await
            .map_err(|source| Error::File {
                action: "compacting",
                path: self.table_folder(table),
                source: std::io::Error::other(source),
            })??;
        let Some((batch, copies_dropped)) = merged else {
            return Ok(CompactOutcome::default());
        };
        let files = self.write_batch(table, batch).await?;
        self.replace_files(table, group, &files).await?;
        let (files_removed, files_added) = (group.len(), files.len());
        Ok(CompactOutcome {
            files_removed,
            files_added,
            copies_dropped,
        })
    }

    /// Commits `added` in place of `removed`, if all of `removed` are still active.
    pub(crate) async fn replace_files(
        &self,
        table: Table,
        removed: &[PinnedFile],
        added: &[crate::DataFile],
    ) -> Result<()> {
        let mut delta = self.cell(table).lock().await;
        let folder = self.table_folder(table);
        let mut error = None;
        for _ in 0..4 {
            delta.update_state().await.map_err(failed(table, "read"))?;
            let state = delta.snapshot().map_err(failed(table, "read"))?;
            let mut removes: BTreeMap<std::path::PathBuf, Remove> = state
                .log_data()
                .iter()
                .map(|view| (folder.join(view.path().as_ref()), view.remove_action(false)))
                .collect();
            let mut actions = Vec::new();
            for file in removed {
                let Some(remove) = removes.remove(&file.path) else {
                    let file = file.path.display().to_string();
                    return Err(Error::Conflict {
                        table: table.name(),
                        file,
                    });
                };
                actions.push(Action::Remove(remove));
            }
            actions.extend(added.iter().map(|file| Action::Add(file.rewritten())));
            let target_size = i64::try_from(COMPACT_TARGET_BYTES).unwrap_or(i64::MAX);
            let operation = DeltaOperation::Optimize {
                predicate: None,
                target_size,
            };
            let tried = CommitBuilder::from(plain_commit())
                .with_actions(actions)
                .build(Some(state), delta.log_store(), operation)
                .await;
            match tried {
                Ok(finalized) => {
                    delta.state = Some(finalized.snapshot());
                    return Ok(());
                }
                Err(source) => error = Some(source),
            }
        }
        match error {
            Some(source) => Err(failed(table, "compacted")(source)),
            None => Ok(()),
        }
    }

    /// Makes a checkpoint of a table's log when `commits` have passed since the last, and trims
    /// entries that are older than the log's retention.
    ///
    /// # Errors
    /// [`Error::Table`] when the log refuses.
    pub async fn checkpoint(&self, table: Table, commits: u64) -> Result<()> {
        let mut delta = self.cell(table).lock().await.clone();
        delta.update_state().await.map_err(failed(table, "read"))?;
        let version = delta.version().unwrap_or_default();
        let last = last_checkpoint(&self.table_folder(table));
        if version < last + commits {
            return Ok(());
        }
        checkpoints::create_checkpoint(&delta, None)
            .await
            .map_err(failed(table, "checkpointed"))?;
        checkpoints::cleanup_metadata(&delta, None)
            .await
            .map_err(failed(table, "trimmed"))?;
        Ok(())
    }
}

fn last_checkpoint(folder: &std::path::Path) -> u64 {
    let text = std::fs::read_to_string(folder.join("_delta_log/_last_checkpoint"));
    let value = text
        .ok()
        .and_then(|t| serde_json::from_str::<serde_json::Value>(&t).ok());
    value
        .and_then(|v| v.get("version")?.as_u64())
        .unwrap_or_default()
}

/// Columns whose equality makes two rows copies of one event: the first received stays.
fn identity(table: Table) -> &'static [&'static str] {
    match table {
        Table::Events => &[APP, EVENT_ID],
        Table::Feedback => &[APP, EVENT_ID, CONTENT_HASH],
        _ => &[],
    }
}

fn merged_rows(
    table: Table,
    day: Option<i32>,
    files: &[PinnedFile],
) -> Result<Option<(RecordBatch, u64)>> {
    let failed = |source| Error::Rows {
        table: table.name(),
        source,
    };
    let mut batches = Vec::new();
    for file in files {
        read_file(table, file, None, &mut |batch| batches.push(batch.clone()))?;
    }
    let Some(schema) = batches.first().map(RecordBatch::schema) else {
        return Ok(None);
    };
    let all = concat_batches(&schema, &batches).map_err(failed)?;
    let first = first_copies(table, &all).map_err(failed)?;
    let dropped = u64::try_from(all.num_rows() - first.num_rows()).unwrap_or_default();
    let sorted = sort_by(&first, &[APP, RELEASE, OCCURRED_AT, EVENT_ID]).map_err(failed)?;
    let batch = with_day(table, sorted, day).map_err(failed)?;
    Ok(Some((batch, dropped)))
}

fn sort_by(
    batch: &RecordBatch,
    names: &[&str],
) -> std::result::Result<RecordBatch, arrow::error::ArrowError> {
    let columns: Vec<SortColumn> = names
        .iter()
        .filter_map(|name| batch.column_by_name(name))
        .map(|values| SortColumn {
            values: values.clone(),
            options: None,
        })
        .collect();
    let order = lexsort_to_indices(&columns, None)?;
    take_record_batch(batch, &order)
}

fn first_copies(
    table: Table,
    batch: &RecordBatch,
) -> std::result::Result<RecordBatch, arrow::error::ArrowError> {
    let keys = identity(table);
    if keys.is_empty() {
        return Ok(batch.clone());
    }
    let order = [keys, &[RECEIVED_AT, POSITION, FRAME_ROW]].concat();
    let ordered = sort_by(batch, &order)?;
    let columns: Vec<&StringArray> = keys
        .iter()
        .filter_map(|name| ordered.column_by_name(name)?.as_any().downcast_ref())
        .collect();
    let same = |a: usize, b: usize| {
        columns
            .iter()
            .all(|c| c.is_valid(a) == c.is_valid(b) && c.value(a) == c.value(b))
    };
    let kept = (0..ordered.num_rows()).filter(|&row| row == 0 || !same(row - 1, row));
    let kept = UInt32Array::from_iter_values(kept.filter_map(|row| u32::try_from(row).ok()));
    take_record_batch(&ordered, &kept)
}

/// Puts the partition column back, which the files do not hold.
fn with_day(
    table: Table,
    batch: RecordBatch,
    day: Option<i32>,
) -> std::result::Result<RecordBatch, arrow::error::ArrowError> {
    let rows = batch.num_rows();
    let columns = table
        .schema()
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            Some(column) => column.clone(),
            None if field.name() == DAY => std::sync::Arc::new(Date32Array::from(vec![day; rows])),
            None => arrow::array::new_null_array(field.data_type(), rows),
        })
        .collect();
    RecordBatch::try_new(table.schema(), columns)
}
