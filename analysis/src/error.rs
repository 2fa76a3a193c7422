//! What can go wrong in an analysis, named by what the caller does about it.

use std::path::{Path, PathBuf};

use arrow::error::ArrowError;
use parquet::errors::ParquetError;
use polars::error::PolarsError;

use crate::feedback::kind::CoefficientsError;

/// The error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A table's files could not be read; look at the disk, then verify the lake.
    #[error("files of table {table} could not be read")]
    Scan {
        /// The table.
        table: &'static str,
        /// The cause.
        #[source]
        source: PolarsError,
    },
    /// The ledger could not be read; look at the disk, then verify the lake.
    #[error("the ledger could not be summed up")]
    Ledger(#[source] lake::Error),
    /// A stored record does not hold what its column says; write the record again.
    #[error("{column} of {id} in table {table} is not a JSON list")]
    Record {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The record's id.
        id: String,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// The coefficients that tell kinds of feedback apart are not those that were built in; install the
    /// program again.
    #[error("the program was damaged: its coefficients for kinds of feedback cannot be read")]
    Coefficients(#[source] CoefficientsError),
    /// The zone is not in the IANA database; correct the setting.
    #[error("zone {zone:?} is not a name of the IANA time zone database")]
    Zone {
        /// The name given.
        zone: String,
        /// The cause.
        #[source]
        source: jiff::Error,
    },
    /// An instant or a day lies outside the years that a calendar can hold; correct the request.
    #[error("instant or day is outside the years -9999 to 9999")]
    Calendar {
        /// The cause.
        #[source]
        source: jiff::Error,
    },
    /// A file of events or of a rollup could not be read or written; look at the disk. Rollups may be
    /// removed: they are made again.
    #[error("{} could not be {action}", path.display())]
    Rollup {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// The cause.
        #[source]
        source: ParquetError,
    },
    /// A rollup could not be kept; look at the disk.
    #[error("a rollup could not be kept")]
    RollupFile(#[source] lake::Error),
    /// Rows of a rollup do not fit it, which is a bug.
    #[error("rows of a rollup do not fit it")]
    RollupRows(#[source] ArrowError),
    /// There is no room for files that are needed for this run alone; look at the temporary folder.
    #[error("no temporary folder could be made")]
    Scratch(#[source] std::io::Error),
    /// A thread stopped, which is a bug.
    #[error("a computation stopped before its end")]
    Stopped,
    /// A segment holds too few users, or none, to say anything of them; ask for more days or more users.
    #[error(
        "fewer than {least} users of the segment ({segment}) were active from {days}: nothing is shown \
         of so few. Is it spelled as the app sends it? `shipwake sql 'SELECT platform, channel, \
         count(*) FROM events GROUP BY platform, channel'` lists what there is"
    )]
    SmallSegment {
        /// What was asked for.
        segment: String,
        /// The days.
        days: String,
        /// How many users it takes.
        least: u64,
    },
    /// Nothing is known of a release: none was seen, recorded or marked under that name; correct it.
    #[error("nothing is known of release {release:?} of {app}: {known}")]
    UnknownRelease {
        /// What was asked for.
        release: String,
        /// The app.
        app: String,
        /// Which releases are known.
        known: String,
    },
    /// A query cannot be answered; correct it.
    #[error(transparent)]
    Query(crate::sql::QueryError),
    /// The plan could not be made; correct the capacity or the item.
    #[error("no plan could be made")]
    Plan(#[source] crate::plan::PlanError),
    /// The plan for the releases ahead could not be made; correct the request or the item.
    #[error("no plan could be made")]
    Ahead(#[source] crate::plan::ahead::ProblemError),
}

impl Error {
    pub(crate) fn rollup(path: &Path, action: &'static str) -> impl Fn(ParquetError) -> Self {
        move |source| Self::Rollup {
            path: path.to_owned(),
            action,
            source,
        }
    }
}

/// The result of this crate's calls.
pub type Result<T> = std::result::Result<T, Error>;
