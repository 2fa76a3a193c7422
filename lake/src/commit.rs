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
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::failpoint::Failpoint;
use crate::files;
use crate::schema::Table;
use crate::tables::{LOG_FOLDER, Lake, failed};

/// A durable data file that no commit names yet. It can be kept in a WAL frame.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DataFile {
    add: Add,
}

impl DataFile {
    pub(crate) fn new(add: Add) -> Self {
        Self { add }
    }

    /// The file's path within its table's folder.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.add.path
    }

    pub(crate) fn bytes(&self) -> u64 {
        u64::try_from(self.add.size).unwrap_or_default()
    }

    /// Its partition, in days since 1970-01-01.
    pub(crate) fn day(&self) -> Option<i32> {
        day_of(
            self.add
                .partition_values
                .get(crate::columns::DAY)?
                .as_deref()?,
        )
    }

    /// The file as part of a commit that puts others' rows into it.
    pub(crate) fn rewritten(&self, data_change: bool) -> Add {
        Add {
            data_change,
            ..self.add.clone()
        }
    }
}

/// The day that a partition value names, in days since 1970-01-01.
pub(crate) fn day_of(text: &str) -> Option<i32> {
    let date: jiff::civil::Date = text.parse().ok()?;
    let instant = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(crate::batch::utc_day(instant.as_microsecond()))
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
            if self.has_reached(&delta, table, node, position).await? {
                return Ok(CommitOutcome::AlreadyThere);
            }
            let tried = append(&mut delta, table, files, node, position).await;
            match tried {
                Ok(version) => {
                    self.state().note_added(table, files);
                    return Ok(CommitOutcome::Committed { version });
                }
                Err(error) => {
                    delta.update_state().await.map_err(failed(table, "read"))?;
                    if self.has_reached(&delta, table, node, position).await? {
                        self.state().note_added(table, files);
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

    /// Whether a table has reached a position, on disk. The call that made the commit may have
    /// failed, or its process may have been killed, before the name of its log entry was on disk.
    async fn has_reached(
        &self,
        delta: &DeltaTable,
        table: Table,
        node: &str,
        position: i64,
    ) -> Result<bool> {
        let reached = reached(delta, table, node).await?;
        let has_reached = reached.is_some_and(|reached| reached >= position)
            && !Failpoint::LakeSkipTransactionCheck.is_on();
        if has_reached && !Failpoint::LakeSkipRecheckFsync.is_on() {
            files::sync_folder(&self.table_folder(table).join(LOG_FOLDER))?;
        }
        Ok(has_reached)
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
