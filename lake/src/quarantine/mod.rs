//! What was refused, row by row, and which rows a replay has settled.
//!
//! A row is never changed. When an event in quarantine is taken after all, the flush that takes it
//! adds a row that names the one it settles (`replay_of`); from then on neither of them is open.
//! Nothing is settled twice, since a replay reads the table behind the flush of the one before.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::ControlFlow;

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use serde::{Deserialize, Serialize};

use crate::clock::Micros;
use crate::columns;
use crate::error::Result;
use crate::refusal::{RefusalReason, Refused, SentAs};
use crate::schema::Table;
use crate::snapshot::{Pinned, PinnedFile, Snapshot, batches_of};

/// Rows that are in memory at once while raw bytes are read, of up to an event's limit each.
const ROWS_AT_ONCE: usize = 32;
const ROWS_WITHOUT_RAW: usize = 8_192;

/// A row of quarantine by where its event lay: node, WAL position and place in the frame.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RowId {
    /// The ingest node.
    pub node: String,
    /// The WAL position of the frame.
    pub position: i64,
    /// The order within the frame.
    pub frame_row: i64,
}

impl fmt::Display for RowId {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}/{}/{}", self.node, self.position, self.frame_row)
    }
}

impl RowId {
    /// The row that is spelled so.
    fn parse(text: &str) -> Option<Self> {
        let (rest, frame_row) = text.rsplit_once('/')?;
        let (node, position) = rest.rsplit_once('/')?;
        Some(Self {
            node: node.to_owned(),
            position: position.parse().ok()?,
            frame_row: frame_row.parse().ok()?,
        })
    }
}

/// What goes into `quarantine`.
#[derive(Debug, Clone, PartialEq)]
pub enum Quarantined {
    /// A refused event.
    Refused(Refused),
    /// The row of a refused event that was taken after all.
    Replayed(RowId),
}

impl Quarantined {
    pub(crate) fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Refused(refused) => Some(refused),
            Self::Replayed(_) => None,
        }
    }

    pub(crate) fn replay_of(&self) -> Option<&RowId> {
        match self {
            Self::Refused(_) => None,
            Self::Replayed(row) => Some(row),
        }
    }
}

/// Which rows are asked for; what is absent is not asked about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuarantineFilter {
    /// The app.
    pub app: Option<String>,
    /// Why it was refused.
    pub reason: Option<RefusalReason>,
}

/// An open row of quarantine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuarantineRow {
    /// Where its event lay.
    pub id: RowId,
    /// The app.
    pub app: String,
    /// native, import, …
    pub protocol: String,
    /// The id of the key that it came with.
    pub key_id: Option<String>,
    /// When it reached Shipwake.
    pub received_at: Micros,
    /// Why it was refused.
    pub reason: String,
    /// The field at fault.
    pub field: String,
    /// What was found and what is allowed.
    pub message: String,
    /// The event id where one could be read.
    pub event_id: Option<String>,
    /// What it was sent as.
    pub sent_as: Option<SentAs>,
    /// The bytes as they came.
    #[serde(skip)]
    pub raw: Vec<u8>,
}

impl Snapshot {
    /// Reads the open rows of quarantine, those that no replay has settled, in small pieces; ends
    /// when `each` breaks. Reads files: call it off the reactor.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn open_quarantine(
        &self,
        filter: &QuarantineFilter,
        mut each: impl FnMut(QuarantineRow) -> ControlFlow<()>,
    ) -> Result<()> {
        let pinned = self.table(Table::Quarantine);
        let settled = settled(pinned)?;
        for file in &pinned.files {
            let mut flow = ControlFlow::Continue(());
            read_rows(file, None, ROWS_AT_ONCE, &mut |batch| {
                for row in 0..batch.num_rows() {
                    let is_open = |found: &QuarantineRow| !settled.contains(&found.id);
                    if let Some(found) = row_of(batch, row, filter).filter(is_open) {
                        flow = each(found);
                    }
                    if flow.is_break() {
                        break;
                    }
                }
                flow
            })?;
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// The rows that replays have settled.
fn settled(pinned: &Pinned) -> Result<BTreeSet<RowId>> {
    let mut settled = BTreeSet::new();
    for file in &pinned.files {
        read_rows(
            file,
            Some(columns::REPLAY_OF),
            ROWS_WITHOUT_RAW,
            &mut |batch| {
                for row in 0..batch.num_rows() {
                    settled.extend(text(batch, columns::REPLAY_OF, row).and_then(RowId::parse));
                }
                ControlFlow::Continue(())
            },
        )?;
    }
    Ok(settled)
}

fn read_rows(
    file: &PinnedFile,
    column: Option<&str>,
    rows_at_once: usize,
    each: &mut impl FnMut(&RecordBatch) -> ControlFlow<()>,
) -> Result<()> {
    let columns = column.as_ref().map(std::slice::from_ref);
    for batch in batches_of(Table::Quarantine, file, columns, rows_at_once)? {
        let batch = batch?;
        if each(&batch).is_break() {
            break;
        }
    }
    Ok(())
}

fn text<'a>(batch: &'a RecordBatch, name: &str, row: usize) -> Option<&'a str> {
    let column = batch.column_by_name(name)?.as_string_opt::<i32>()?;
    (!column.is_null(row)).then(|| column.value(row))
}

/// A row that is asked for.
fn row_of(batch: &RecordBatch, row: usize, filter: &QuarantineFilter) -> Option<QuarantineRow> {
    let owned = |name: &str| text(batch, name, row).map(str::to_owned);
    let number = |name: &str| {
        let column = batch.column_by_name(name)?;
        Some(column.as_primitive_opt::<Int64Type>()?.value(row))
    };
    // A row without a reason settles another one.
    let (app, reason) = (owned(columns::APP)?, owned(columns::REASON)?);
    let is_asked_for = filter.app.as_ref().is_none_or(|asked| *asked == app)
        && filter.reason.is_none_or(|asked| asked.as_str() == reason);
    if !is_asked_for {
        return None;
    }
    let received = batch.column_by_name(columns::RECEIVED_AT)?;
    let raw = batch.column_by_name(columns::RAW)?.as_binary_opt::<i32>()?;
    Some(QuarantineRow {
        id: RowId {
            node: owned(columns::NODE)?,
            position: number(columns::POSITION)?,
            frame_row: number(columns::FRAME_ROW)?,
        },
        app,
        protocol: owned(columns::PROTOCOL)?,
        key_id: owned(columns::KEY_ID),
        received_at: received
            .as_primitive_opt::<TimestampMicrosecondType>()?
            .value(row),
        reason,
        field: owned(columns::FIELD).unwrap_or_default(),
        message: owned(columns::MESSAGE).unwrap_or_default(),
        event_id: owned(columns::EVENT_ID),
        sent_as: text(batch, columns::SENT_AS, row).and_then(SentAs::from_word),
        raw: if raw.is_null(row) {
            Vec::new()
        } else {
            raw.value(row).to_vec()
        },
    })
}

#[cfg(test)]
mod row_tests {
    use super::*;

    #[test]
    fn row_is_found_again_by_its_words() {
        let row = RowId {
            node: "a/b".to_owned(),
            position: 7,
            frame_row: 0,
        };
        assert_eq!(RowId::parse(&row.to_string()), Some(row));
        assert_eq!(RowId::parse("7/0"), None);
        assert_eq!(RowId::parse("a/b/x"), None);
    }
}
