//! The inputs of a merge as sorted runs.
//!
//! A file that says that it is sorted is a run by itself and is read batch by batch. The others are
//! read piece by piece, and each piece is sorted; if there is more than one piece, they wait on disk
//! in scratch files until they are merged.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::order::{conform, is_sorted, sort};
use super::state::go_on;
use crate::error::{Error, Result};
use crate::files;
use crate::schema::Table;
use crate::snapshot::PinnedFile;

/// Bytes of rows that are sorted in memory at once.
const PIECE_BYTES: usize = if cfg!(test) { 1 << 20 } else { 8 << 20 };
/// Rows of a batch of an input file: of each one is held.
const BATCH_ROWS: usize = 512;
/// Rows of a batch of a scratch file, of which there may be many.
const SCRATCH_ROWS: usize = 256;

/// Batches of sorted rows.
pub(crate) type Run = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// Scratch files, removed when dropped.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: PathBuf,
    files: Vec<PathBuf>,
}

impl Scratch {
    /// Scratch files will lie in `folder`.
    pub(crate) fn new(folder: PathBuf) -> Self {
        let files = Vec::new();
        Self { folder, files }
    }

    fn keep(&mut self, table: Table, batch: &RecordBatch) -> Result<()> {
        let name = format!("run-{}.arrow", uuid::Uuid::new_v4());
        let path = self.folder.join(name);
        let failed = |source| Error::File {
            action: "writing",
            path: path.clone(),
            source,
        };
        let file = files::create_scratch(&path).map_err(failed)?;
        self.files.push(path.clone());
        let write = || {
            let mut writer = StreamWriter::try_new(BufWriter::new(file), batch.schema_ref())?;
            for from in (0..batch.num_rows()).step_by(SCRATCH_ROWS) {
                let rows = SCRATCH_ROWS.min(batch.num_rows() - from);
                writer.write(&batch.slice(from, rows))?;
            }
            writer.finish()
        };
        write().map_err(Error::rows(table))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for file in &self.files {
            if let Err(failure) = files::remove(file) {
                tracing::warn!("a scratch file stays: {failure}");
            }
        }
    }
}

/// The rows of files, those in `dropped` left out, as sorted runs.
pub(crate) fn runs(
    table: Table,
    files: &[PinnedFile],
    dropped: &[Vec<u64>],
    scratch: &mut Scratch,
    halted: &AtomicBool,
) -> Result<Vec<Run>> {
    let mut runs: Vec<Run> = Vec::new();
    let mut piece = Vec::new();
    let mut bytes = 0;
    for (file, dropped) in files.iter().zip(dropped) {
        let rows = Kept::open(table, &file.path, dropped.clone())?;
        if rows.is_sorted {
            runs.push(Box::new(rows));
            continue;
        }
        for batch in rows {
            go_on(halted)?;
            let batch = batch?;
            bytes += batch.get_array_memory_size();
            piece.push(batch);
            if bytes >= PIECE_BYTES {
                scratch.keep(table, &sorted(table, std::mem::take(&mut piece))?)?;
                bytes = 0;
            }
        }
    }
    if !piece.is_empty() {
        let batch = sorted(table, piece)?;
        let starts = (0..batch.num_rows()).step_by(BATCH_ROWS);
        runs.push(Box::new(starts.map(move |from| {
            Ok(batch.slice(from, BATCH_ROWS.min(batch.num_rows() - from)))
        })));
    }
    for path in &scratch.files {
        let file = open(path)?;
        let reader = StreamReader::try_new(BufReader::new(file), None);
        let reader = reader.map_err(Error::rows(table))?;
        runs.push(Box::new(
            reader.map(move |batch| batch.map_err(Error::rows(table))),
        ));
    }
    Ok(runs)
}

fn sorted(table: Table, batches: Vec<RecordBatch>) -> Result<RecordBatch> {
    let schema = crate::encode::file_schema(table);
    let all = concat_batches(&schema, &batches).map_err(Error::rows(table))?;
    drop(batches);
    sort(table, &all).map_err(Error::rows(table))
}

fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|source| Error::File {
        action: "reading",
        path: path.to_owned(),
        source,
    })
}

/// The rows of a file but for some.
pub(crate) struct Kept {
    table: Table,
    reader: parquet::arrow::arrow_reader::ParquetRecordBatchReader,
    /// The numbers of the rows to leave out, ascending.
    dropped: std::iter::Peekable<std::vec::IntoIter<u64>>,
    row: u64,
    is_sorted: bool,
}

impl Kept {
    pub(crate) fn open(table: Table, path: &Path, dropped: Vec<u64>) -> Result<Self> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(open(path)?);
        let builder = builder.map_err(Error::parquet(table, "read"))?;
        let is_sorted = is_sorted(table, builder.metadata());
        let reader = builder.with_batch_size(BATCH_ROWS).build();
        Ok(Self {
            table,
            reader: reader.map_err(Error::parquet(table, "read"))?,
            dropped: dropped.into_iter().peekable(),
            row: 0,
            is_sorted,
        })
    }

    fn keep(
        &mut self,
        batch: &RecordBatch,
    ) -> std::result::Result<RecordBatch, arrow::error::ArrowError> {
        let batch = conform(self.table, batch)?;
        let end = self.row + batch.num_rows() as u64;
        let kept = if self.dropped.peek().is_some_and(|&next| next < end) {
            let mut keep = |row| self.dropped.next_if_eq(&row).is_none();
            let mask: BooleanArray = (self.row..end).map(|row| Some(keep(row))).collect();
            filter_record_batch(&batch, &mask)?
        } else {
            batch
        };
        self.row = end;
        Ok(kept)
    }
}

impl Iterator for Kept {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.reader.next()?;
        let table = self.table;
        Some(
            batch
                .and_then(|batch| self.keep(&batch))
                .map_err(Error::rows(table)),
        )
    }
}
