//! Appending to a table: files first, then the one commit function.
//!
//! A commit does not skip a replay by itself, and an error can follow a commit that is in fact
//! durable. So each append carries (node, WAL position) as an application transaction, and
//! [`Lake::commit`] asks for it before it commits and again after every error: a position reached
//! is a commit done, whatever the call that made it said.

use std::time::Duration;

use deltalake_core::DeltaTable;
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake_core::kernel::{Action, Add, Transaction};
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use deltalake_core::writer::{DeltaWriter as _, RecordBatchWriter};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;
use serde::{Deserialize, Serialize};

use crate::batch::Rows;
use crate::columns::{CONTENT_HASH, EVENT_ID, MESSAGE, PROPERTIES, RAW, SESSION_ID, TEXT};
use crate::error::Result;
use crate::schema::Table;
use crate::tables::{Lake, failed};

/// A durable data file that no commit names yet. It can be kept in a WAL frame.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DataFile {
    add: Add,
}

impl DataFile {
    /// The file's path within its table's folder.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.add.path
    }

    /// The file as part of a commit that changes no data.
    pub(crate) fn rewritten(&self) -> Add {
        Add {
            data_change: false,
            ..self.add.clone()
        }
    }
}

/// What a commit came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitOutcome {
    /// The table has this new version.
    Committed {
        /// The new version.
        version: u64,
    },
    /// The table had reached the position before: nothing was written.
    AlreadyThere,
}

/// Attempts at a commit that meets other writers before the error is handed on.
const COMMIT_ATTEMPTS: u32 = 8;
/// Rows of a Parquet row group: small enough to skip by statistics, large enough to compress.
const ROW_GROUP_ROWS: usize = 256 * 1024;

pub(crate) fn writer_properties() -> WriterProperties {
    let level = ZstdLevel::try_new(3).unwrap_or_default();
    // Values that hardly repeat: a dictionary would be built and thrown away.
    let unique = [
        EVENT_ID,
        SESSION_ID,
        CONTENT_HASH,
        TEXT,
        PROPERTIES,
        RAW,
        MESSAGE,
    ];
    unique
        .into_iter()
        .fold(
            WriterProperties::builder()
                .set_compression(Compression::ZSTD(level))
                .set_max_row_group_row_count(Some(ROW_GROUP_ROWS)),
            |builder, column| {
                builder.set_column_dictionary_enabled(ColumnPath::from(column), false)
            },
        )
        .build()
}

/// A commit that neither retries nor makes checkpoints nor trims the log: the caller and upkeep do.
pub(crate) fn plain_commit() -> CommitProperties {
    CommitProperties::default()
        .with_max_retries(0)
        .with_create_checkpoint(false)
        .with_cleanup_expired_logs(Some(false))
}

pub(crate) async fn reached(delta: &DeltaTable, table: Table, node: &str) -> Result<Option<i64>> {
    let state = delta.snapshot().map_err(failed(table, "read"))?;
    state
        .transaction_version(delta.log_store().as_ref(), node)
        .await
        .map_err(failed(table, "read"))
}

impl Lake {
    /// Writes rows as durable Parquet files, one a day for partitioned tables, that become part of
    /// the table only by [`Lake::commit`].
    ///
    /// # Errors
    /// When the rows do not fit or the store refuses; files written before stay unreferenced.
    pub async fn write(&self, rows: &Rows) -> Result<Vec<DataFile>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        self.write_batch(rows.table(), rows.to_batch()?).await
    }

    pub(crate) async fn write_batch(
        &self,
        table: Table,
        batch: arrow::array::RecordBatch,
    ) -> Result<Vec<DataFile>> {
        let delta = self.cell(table).lock().await.clone();
        let mut writer = RecordBatchWriter::for_table(&delta)
            .map_err(failed(table, "written"))?
            .with_writer_properties(writer_properties());
        writer
            .write(batch)
            .await
            .map_err(failed(table, "written"))?;
        let adds = writer.flush().await.map_err(failed(table, "written"))?;
        Ok(adds.into_iter().map(|add| DataFile { add }).collect())
    }

    /// Makes files part of a table and marks that `node` has reached `position`. Doing it again is
    /// harmless.
    ///
    /// # Errors
    /// [`crate::Error::Table`] when the log refuses and the position was not reached all the same.
    pub async fn commit(
        &self,
        table: Table,
        files: &[DataFile],
        node: &str,
        position: i64,
    ) -> Result<CommitOutcome> {
        let mut delta = self.cell(table).lock().await;
        let mut attempt = 0;
        loop {
            delta.update_state().await.map_err(failed(table, "read"))?;
            if reached(&delta, table, node)
                .await?
                .is_some_and(|reached| reached >= position)
            {
                return Ok(CommitOutcome::AlreadyThere);
            }
            let tried = append(&mut delta, table, files, node, position).await;
            match tried {
                Ok(version) => return Ok(CommitOutcome::Committed { version }),
                Err(error) => {
                    delta.update_state().await.map_err(failed(table, "read"))?;
                    if reached(&delta, table, node)
                        .await?
                        .is_some_and(|at| at >= position)
                    {
                        let version = delta.version().unwrap_or_default();
                        return Ok(CommitOutcome::Committed { version });
                    }
                    attempt += 1;
                    if attempt >= COMMIT_ATTEMPTS {
                        return Err(failed(table, "committed")(error));
                    }
                    tokio::time::sleep(Duration::from_millis(10 << attempt)).await;
                }
            }
        }
    }

    /// The WAL position that a node has reached in a table.
    ///
    /// # Errors
    /// [`crate::Error::Table`] when the log cannot be read.
    pub async fn position(&self, table: Table, node: &str) -> Result<Option<i64>> {
        let mut delta = self.cell(table).lock().await;
        delta.update_state().await.map_err(failed(table, "read"))?;
        reached(&delta, table, node).await
    }
}

async fn append(
    delta: &mut DeltaTable,
    table: Table,
    files: &[DataFile],
    node: &str,
    position: i64,
) -> std::result::Result<u64, deltalake_core::DeltaTableError> {
    let actions = files
        .iter()
        .map(|file| Action::Add(file.add.clone()))
        .collect();
    let operation = DeltaOperation::Write {
        mode: SaveMode::Append,
        partition_by: table
            .is_partitioned()
            .then(|| vec![crate::columns::DAY.to_owned()]),
        predicate: None,
    };
    let properties = plain_commit().with_application_transaction(Transaction::new(node, position));
    let finalized = CommitBuilder::from(properties)
        .with_actions(actions)
        .build(Some(delta.snapshot()?), delta.log_store(), operation)
        .await?;
    let version = finalized.version();
    delta.state = Some(finalized.snapshot());
    Ok(version)
}
