//! Files that stay, written to the store as they are produced.

use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::RecordBatch;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload};
use parquet::arrow::ArrowWriter;
use tokio::runtime::Handle;

use super::order::sorting_columns;
use crate::commit::DataFile;
use crate::encode::{Effort, data_file, file_schema, path_in, properties};
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::statistics::Statistics;
use crate::tables::failed;

/// Bytes that are handed to the store at once.
const PART_BYTES: usize = 1 << 20;

/// Where a table's files go. To be used off the reactor.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) table: Table,
    pub(crate) day: Option<i32>,
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) now_ms: i64,
    /// Whether rows come in the table's order, which the file then says.
    pub(crate) is_sorted: bool,
    pub(crate) runtime: Handle,
}

/// Files of one day under way: a new one begins when the last has reached its size.
pub(crate) struct Output<N> {
    place: Place,
    bytes_max: u64,
    name: N,
    open: Option<OpenFile>,
    done: Vec<DataFile>,
}

struct OpenFile {
    path: String,
    writer: ArrowWriter<Pipe>,
    statistics: Statistics,
}

impl<N: FnMut(usize) -> String> Output<N> {
    /// Files of about `bytes_max`, named by `name` of their number.
    pub(crate) fn new(place: Place, bytes_max: u64, name: N) -> Self {
        Self {
            place,
            bytes_max,
            name,
            open: None,
            done: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let table = self.place.table;
        let file = match &mut self.open {
            Some(file) => file,
            None => {
                let path = path_in(self.place.day, &(self.name)(self.done.len()));
                self.open.insert(OpenFile::create(&self.place, path)?)
            }
        };
        file.statistics.add(batch);
        let written = file.writer.write(batch);
        written.map_err(Error::parquet(table, "written"))?;
        let bytes = file.writer.bytes_written() + file.writer.in_progress_size();
        if bytes as u64 >= self.bytes_max {
            self.end()?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        if let Some(file) = self.open.take() {
            let table = self.place.table;
            let pipe = file.writer.into_inner();
            let bytes = pipe.map_err(Error::parquet(table, "written"))?.complete();
            let bytes = bytes.map_err(|source| failed(table, "written")(source.into()))?;
            self.done.push(data_file(
                self.place.day,
                file.path,
                bytes,
                self.place.now_ms,
                &file.statistics,
            ));
        }
        Ok(())
    }

    /// Ends the last file: all are durable now.
    pub(crate) fn finish(mut self) -> Result<Vec<DataFile>> {
        self.end()?;
        Ok(self.done)
    }
}

impl OpenFile {
    fn create(place: &Place, path: String) -> Result<Self> {
        let table = place.table;
        let refused = |source: object_store::Error| failed(table, "written")(source.into());
        let location = Path::parse(&path).map_err(|error| refused(error.into()))?;
        let upload = place.runtime.block_on(place.store.put_multipart(&location));
        let pipe = Pipe {
            upload: upload.map_err(refused)?,
            runtime: place.runtime.clone(),
            part: Vec::with_capacity(PART_BYTES),
            bytes: 0,
        };
        let sorting = place.is_sorted.then(|| sorting_columns(table));
        let properties = properties(Effort::Keep)
            .set_sorting_columns(sorting)
            .build();
        let writer = ArrowWriter::try_new(pipe, file_schema(table), Some(properties));
        Ok(Self {
            path,
            writer: writer.map_err(Error::parquet(table, "written"))?,
            statistics: Statistics::new(table),
        })
    }
}

/// Bytes on their way into the store.
struct Pipe {
    upload: Box<dyn MultipartUpload>,
    runtime: Handle,
    part: Vec<u8>,
    bytes: u64,
}

impl Pipe {
    fn send(&mut self) -> object_store::Result<()> {
        if self.part.is_empty() {
            return Ok(());
        }
        self.bytes += self.part.len() as u64;
        let part = std::mem::replace(&mut self.part, Vec::with_capacity(PART_BYTES));
        let payload = PutPayload::from(part);
        self.runtime.block_on(self.upload.put_part(payload))
    }

    fn complete(mut self) -> object_store::Result<u64> {
        self.send()?;
        self.runtime.block_on(self.upload.complete())?;
        Ok(self.bytes)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.part.extend_from_slice(bytes);
        if self.part.len() >= PART_BYTES {
            self.send().map_err(io::Error::other)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
