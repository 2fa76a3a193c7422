//! Import: history from a file, as batches like those of the wire.
//!
//! Invariant: batches are a pure function of the file, the destination and the options, so that a
//! second import of the same file brings the same event ids and stores nothing. Each row of the
//! file becomes exactly one record: checked, or refused with its raw bytes.
//!
//! The file is read once, from front to back, in bounded memory; the caller submits the batches and
//! draws the progress.

mod cell;
mod guard;
mod header;
mod instant;
mod issues;
mod links;
mod ndjson;
mod review;
mod sheet;
mod source;
pub(crate) mod stable_id;
mod table;
mod tracker;

use std::collections::BTreeMap;
use std::io;

use lake::{Arrival, Counter, EventLimits, Ledger, Micros, Outcome};

use crate::batch::{Batch, Record};
use crate::wire::native::Context;
use crate::wire::split::Content;

pub use guard::unguarded;
pub use ndjson::{LineContent, ndjson};
pub use review::{ReviewOptions, reviews};
pub use sheet::{WideRows, cells};
pub use table::{TableContent, table};

/// The protocol that imported rows are marked with.
pub const PROTOCOL: &str = "import";
/// Most records of one batch.
pub const BATCH_RECORDS_MAX: usize = 2_000;
/// Bytes of the file after which a batch is full.
const BATCH_BYTES: usize = 4 << 20;
/// The largest event; a refused row is kept up to this size.
const EVENT_BYTES_MAX: usize = 1 << 20;

/// Why a file cannot be imported. What was submitted before stays, and a rerun finds it as
/// duplicates.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Read(#[from] io::Error),
    /// The file is no table.
    #[error("the table cannot be read")]
    Csv(#[from] csv::Error),
    /// The file has no header, or none of the columns that are needed.
    #[error("{message}")]
    Header {
        /// What is missing, what there is, and how to name it.
        message: String,
    },
    /// A mapping of `field=column` does not fit.
    #[error("{message}")]
    Map {
        /// What does not fit, and what would.
        message: String,
    },
}

/// Where the rows of a file go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The app.
    pub app: String,
    /// The instant that the import runs at.
    pub received_at: Micros,
    /// Who imports releases and backlog items.
    pub author: Option<String>,
}

/// What the reader of a file has to say about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// The columns that each field is read from.
    pub columns: BTreeMap<String, Vec<String>>,
    /// Columns that nothing is read from.
    pub unmatched_columns: Vec<String>,
    /// Columns that name persons and are not stored.
    pub personal_columns: Vec<String>,
    /// Rows with bytes that are no UTF-8, kept with `U+FFFD` in their place.
    pub lossy_rows: u64,
    /// Rows with more cells than the header has.
    pub wide_rows: WideRows,
    /// Rows without an id of their own: one was derived from their content.
    pub derived_ids: u64,
    /// Other things to know.
    pub remarks: Vec<String>,
}

/// What became of a file, by the ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct ImportSummary {
    /// Rows of the file.
    pub read: u64,
    /// In a table, revisions included.
    pub stored: u64,
    /// Of the stored: revisions of feedback that was there before.
    pub updated: u64,
    /// There before.
    pub duplicate: u64,
    /// Refused and kept apart.
    pub quarantined: u64,
    /// How many were refused for which reason.
    pub reasons: BTreeMap<String, u64>,
}

impl ImportSummary {
    /// What became of `read` rows, told by what the ledger gained for the app from its state before
    /// the import to that after it. No other import of the same app runs at that time.
    #[must_use]
    pub fn between(before: &Ledger, after: &Ledger, app: &str, read: u64) -> Self {
        let gained = after.since(before);
        let is_ours = |counter: &Counter| counter.app == app && counter.protocol == PROTOCOL;
        let count = |sum: i64| u64::try_from(sum).unwrap_or_default();
        let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
        for (counter, gain) in gained.counters().filter(|(counter, _)| is_ours(counter)) {
            if counter.outcome == Outcome::Quarantined.as_str() {
                let reason = counter.reason.clone().unwrap_or_default();
                *reasons.entry(reason).or_default() += count(gain);
            }
        }
        Self {
            read,
            stored: count(gained.sum(Outcome::Stored, is_ours)),
            updated: count(gained.sum(Outcome::Stored, |c| is_ours(c) && c.reason.is_some())),
            duplicate: count(gained.sum(Outcome::Duplicate, is_ours)),
            quarantined: count(gained.sum(Outcome::Quarantined, is_ours)),
            reasons,
        }
    }
}

/// A row's record, and how many bytes of the file it took.
struct Row {
    record: Record<'static>,
    bytes: usize,
}

/// A file's rows, one after the other.
trait Rows: Send {
    fn next_row(&mut self, context: &Context<'_>) -> Result<Option<Row>, ImportError>;
    fn bytes_read(&self) -> u64;
    fn notes(&self) -> Notes;
}

/// A file that is being imported: an iterator over its batches.
pub struct Import {
    rows: Box<dyn Rows>,
    into: Destination,
    content: Content,
    rows_read: u64,
    is_done: bool,
}

impl std::fmt::Debug for Import {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Import")
            .field("into", &self.into)
            .field("rows_read", &self.rows_read)
            .finish_non_exhaustive()
    }
}

impl Import {
    fn new(rows: impl Rows + 'static, into: Destination, content: Content) -> Self {
        Self {
            rows: Box::new(rows),
            into,
            content,
            rows_read: 0,
            is_done: false,
        }
    }

    /// Bytes of the file that were read so far.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.rows.bytes_read()
    }

    /// Rows that were read so far.
    #[must_use]
    pub fn rows_read(&self) -> u64 {
        self.rows_read
    }

    /// What there is to say about the file; counts are complete after the last batch.
    #[must_use]
    pub fn notes(&self) -> Notes {
        self.rows.notes()
    }

    fn next_batch(&mut self) -> Result<Option<Batch<'static>>, ImportError> {
        let context = Context {
            app: &self.into.app,
            content: self.content,
            arrival: Arrival {
                received_at: self.into.received_at,
                sent_at: None,
                import: true,
            },
            author: self.into.author.as_deref(),
            event_bytes_max: EVENT_BYTES_MAX,
            limits: EventLimits::default(),
        };
        let mut records = Vec::new();
        let mut bytes = 0_usize;
        while records.len() < BATCH_RECORDS_MAX && bytes < BATCH_BYTES {
            let Some(row) = self.rows.next_row(&context)? else {
                self.is_done = true;
                break;
            };
            bytes = bytes.saturating_add(row.bytes);
            records.push(row.record);
            self.rows_read += 1;
        }
        Ok((!records.is_empty()).then(|| Batch {
            app: self.into.app.clone().into(),
            protocol: PROTOCOL.into(),
            key_id: None,
            received_at: self.into.received_at,
            records,
        }))
    }
}

impl Iterator for Import {
    type Item = Result<Batch<'static>, ImportError>;

    /// The next batch. After an error there is no further one.
    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let batch = self.next_batch();
        self.is_done |= batch.is_err();
        batch.transpose()
    }
}

#[cfg(test)]
mod tests;
