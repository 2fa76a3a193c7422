//! What can go wrong with the tables, named by what the caller does about it.

use std::path::PathBuf;

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The Delta log or the store refused; try again or look at the source.
    #[error("table {table} could not be {action}")]
    Table {
        /// The table.
        table: &'static str,
        /// What was tried, as a participle: "opened", "committed".
        action: &'static str,
        /// The cause.
        #[source]
        source: Box<deltalake_core::DeltaTableError>,
    },
    /// The table needs features that Shipwake must not write; use the tool that made it.
    #[error("table {table} needs {found}, Shipwake writes reader 1 / writer 2 tables only")]
    Protocol {
        /// The table.
        table: &'static str,
        /// What the table asks for.
        found: String,
    },
    /// Another process changed the inputs first; nothing was written, do it again.
    #[error("table {table} changed underneath: {file} is no longer active")]
    Conflict {
        /// The table.
        table: &'static str,
        /// The file that is gone.
        file: String,
    },
    /// Upkeep was asked to stop; nothing was changed by what it left undone.
    #[error("upkeep was stopped")]
    Stopped,
    /// The data folder is in use; talk to the process that holds it.
    #[error(
        "data folder {} is in use by {}",
        folder.display(),
        if holder.is_empty() { "another command" } else { holder }
    )]
    Held {
        /// The folder.
        folder: PathBuf,
        /// The address of the server that holds it, as found in the lock file; empty for a command.
        holder: String,
    },
    /// Reading or writing a file failed; look at the disk.
    #[error("{action} {path} failed")]
    File {
        /// What was tried: "reading", "writing".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Rows do not fit their schema: a bug of ours.
    #[error("rows of table {table} do not fit its schema")]
    Rows {
        /// The table.
        table: &'static str,
        /// The cause.
        #[source]
        source: arrow::error::ArrowError,
    },
    /// A Parquet file could not be read or written.
    #[error("parquet file of table {table} could not be {action}")]
    Parquet {
        /// The table.
        table: &'static str,
        /// What was tried, as a participle.
        action: &'static str,
        /// The cause.
        #[source]
        source: parquet::errors::ParquetError,
    },
}

/// The result of this crate's calls.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn rows(table: crate::Table) -> impl FnOnce(arrow::error::ArrowError) -> Self {
        move |source| Self::Rows {
            table: table.name(),
            source,
        }
    }

    pub(crate) fn parquet(
        table: crate::Table,
        action: &'static str,
    ) -> impl FnOnce(parquet::errors::ParquetError) -> Self {
        move |source| Self::Parquet {
            table: table.name(),
            action,
            source,
        }
    }
}
