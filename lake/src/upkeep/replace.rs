//! The one way by which files of a table are replaced.

use std::collections::BTreeMap;
use std::path::PathBuf;

use deltalake_core::DeltaTable;
use deltalake_core::kernel::transaction::CommitBuilder;
use deltalake_core::kernel::{Action, Remove, Transaction};
use deltalake_core::protocol::DeltaOperation;

use super::plan::TARGET_BYTES;
use crate::commit::{DataFile, plain_commit};
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::snapshot::PinnedFile;
use crate::tables::{Lake, failed};

/// Attempts at a commit that meets other writers.
const ATTEMPTS: usize = 16;

/// Why rows left a table. How many did is kept in the table: as the version of the application
/// transaction of this name, which only grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gone {
    /// Late copies of an event that is there.
    Copies,
    /// A person's rows.
    Erased,
    /// Rows beyond the time or the bytes for which they are kept.
    Expired,
}

impl Gone {
    /// All reasons.
    pub const ALL: [Self; 3] = [Self::Copies, Self::Erased, Self::Expired];

    /// As it is spelled.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Copies => "copies",
            Self::Erased => "erased",
            Self::Expired => "expired",
        }
    }

    fn transaction(self) -> String {
        format!("shipwake-gone-{}", self.as_str())
    }
}

/// What a replacement means.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    gone: Vec<(Gone, u64)>,
    /// Whether a reader of changes is to see it: a compaction says the same in other files.
    is_data: bool,
}

impl Change {
    pub(crate) fn compaction(copies: u64) -> Self {
        Self {
            gone: vec![(Gone::Copies, copies)],
            is_data: false,
        }
    }

    pub(crate) fn removal(gone: Gone, rows: u64) -> Self {
        Self {
            gone: vec![(gone, rows)],
            is_data: true,
        }
    }

    fn operation(&self) -> DeltaOperation {
        if self.is_data {
            return DeltaOperation::Delete { predicate: None };
        }
        DeltaOperation::Optimize {
            predicate: None,
            target_size: i64::try_from(TARGET_BYTES).unwrap_or(i64::MAX),
        }
    }
}

impl Lake {
    /// Commits `added` in place of `removed`, if all of `removed` are still active.
    ///
    /// # Errors
    /// [`Error::Conflict`] when one of them is not: nothing was changed. [`Error::Table`] when the
    /// log refuses: it may have been changed or not.
    pub(crate) async fn replace_files(
        &self,
        table: Table,
        removed: &[PinnedFile],
        added: &[DataFile],
        change: Change,
    ) -> Result<()> {
        let mut delta = self.cell(table).lock().await;
        let folder = self.table_folder(table);
        let mut error = None;
        for _ in 0..ATTEMPTS {
            delta.update_state().await.map_err(failed(table, "read"))?;
            let state = delta.snapshot().map_err(failed(table, "read"))?;
            let mut active: BTreeMap<PathBuf, Remove> = state
                .log_data()
                .iter()
                .map(|view| {
                    let path = folder.join(view.path().as_ref());
                    (path, view.remove_action(change.is_data))
                })
                .collect();
            // An error can follow a commit that is in fact durable.
            let is_there = |file: &DataFile| active.contains_key(&folder.join(file.path()));
            if !added.is_empty() && added.iter().all(is_there) {
                self.state().note_removed(table, removed);
                self.state().note_added(table, added);
                return Ok(());
            }
            let mut actions = Vec::new();
            for file in removed {
                let Some(remove) = active.remove(&file.path) else {
                    return Err(Error::Conflict {
                        table: table.name(),
                        file: file.path.display().to_string(),
                    });
                };
                actions.push(Action::Remove(remove));
            }
            actions.extend(
                added
                    .iter()
                    .map(|f| Action::Add(f.rewritten(change.is_data))),
            );
            let mut properties = plain_commit();
            for &(gone, rows) in change.gone.iter().filter(|(_, rows)| *rows > 0) {
                let before = gone_of(&delta, table, gone).await?;
                let rows = i64::try_from(rows).unwrap_or(i64::MAX);
                let transaction = Transaction::new(gone.transaction(), before.saturating_add(rows));
                properties = properties.with_application_transaction(transaction);
            }
            let tried = CommitBuilder::from(properties)
                .with_actions(actions)
                .build(Some(state), delta.log_store(), change.operation())
                .await;
            match tried {
                Ok(finalized) => {
                    delta.state = Some(finalized.snapshot());
                    self.state().note_removed(table, removed);
                    self.state().note_added(table, added);
                    return Ok(());
                }
                Err(source) => error = Some(source),
            }
        }
        match error {
            Some(source) => Err(failed(table, "rewritten")(source)),
            None => Ok(()),
        }
    }
}

/// Rows that left a table for a reason, up to the version that `delta` stands at.
pub(crate) async fn gone_of(delta: &DeltaTable, table: Table, gone: Gone) -> Result<i64> {
    let state = delta.snapshot().map_err(failed(table, "read"))?;
    let rows = state
        .transaction_version(delta.log_store().as_ref(), gone.transaction())
        .await
        .map_err(failed(table, "read"))?;
    Ok(rows.unwrap_or_default())
}
