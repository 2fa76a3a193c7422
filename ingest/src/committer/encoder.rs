//! Encoding beside deciding: two threads, so that a flush takes as long as the slower of the two.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use arrow::array::RecordBatch;
use lake::{Table, TableFiles};

use crate::error::{Error, Result};

/// Pieces that may wait to be encoded.
const PIECES_MAX: usize = 4;

/// The way to the encoding thread.
#[derive(Debug)]
pub(super) struct Encoder(SyncSender<(Table, RecordBatch)>);

impl Encoder {
    /// Hands rows over. After a failure, which [`encode_beside`] returns, they go nowhere.
    pub(super) fn send(&self, rows: (Table, RecordBatch)) {
        drop(self.0.send(rows));
    }
}

/// Runs `decide` and encodes what it sends, in order; returns the files that came of it.
///
/// # Errors
/// What `decide` or the encoding failed with.
pub(super) fn encode_beside(
    decide: impl FnOnce(&Encoder) -> Result<()>,
) -> Result<Vec<TableFiles>> {
    std::thread::scope(|scope| {
        let (sender, rows) = sync_channel(PIECES_MAX);
        let encoding = std::thread::Builder::new()
            .name("encoder".to_owned())
            .spawn_scoped(scope, move || encode(&rows))
            .map_err(|_| Error::TaskEnded)?;
        let encoder = Encoder(sender);
        let decided = decide(&encoder);
        drop(encoder);
        let encoded = encoding.join().map_err(|_| Error::TaskEnded)?;
        decided.and(encoded)
    })
}

fn encode(rows: &Receiver<(Table, RecordBatch)>) -> Result<Vec<TableFiles>> {
    let mut files: BTreeMap<Table, TableFiles> = BTreeMap::new();
    for (table, batch) in rows {
        let files = files.entry(table).or_insert_with(|| TableFiles::new(table));
        files.push_batch(&batch).map_err(Error::lake("encoded"))?;
    }
    Ok(files.into_values().collect())
}
