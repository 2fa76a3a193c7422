//! Rows to Parquet files in memory, one a day, written to the store when they are whole.
//!
//! Memory holds what is encoded and one row group's pages, not the rows: a flush can push rows in
//! pieces as it reads them.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{AsArray as _, RecordBatch, UInt32Array};
use arrow::datatypes::{Date32Type, SchemaRef};
use arrow::error::ArrowError;
use deltalake_core::kernel::Add;
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutPayload};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;

use crate::batch::Rows;
use crate::columns::{
    CLIENT_AT, CONTENT_HASH, DAY, EVENT_ID, FRAME_ROW, MESSAGE, OCCURRED_AT, POSITION, PROPERTIES,
    RAW, RECEIVED_AT, SENT_AT, SESSION_ID, TEXT, USER_ID,
};
use crate::commit::DataFile;
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::statistics::Statistics;
use crate::tables::{Lake, failed};

/// Rows of a Parquet row group: small enough to skip by statistics, large enough to compress.
const ROW_GROUP_ROWS: usize = 256 * 1024;
/// Bytes of a row group of a file that stays: what its writer holds in memory.
const ROW_GROUP_BYTES: usize = 8 << 20;
/// Bytes of a page of a file that stays: what a reader holds of each column.
const PAGE_BYTES: usize = 128 << 10;

/// How hard to compress: what is flushed will be compacted, what is compacted stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// For files that upkeep merges soon.
    Flush,
    /// For files that stay.
    Keep,
}

pub(crate) fn properties(effort: Effort) -> WriterPropertiesBuilder {
    let level = match effort {
        Effort::Flush => 1,
        Effort::Keep => 3,
    };
    let level = ZstdLevel::try_new(level).unwrap_or_default();
    let builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS));
    let builder = match effort {
        Effort::Flush => builder,
        // Many such files are read at once when they are merged again.
        Effort::Keep => builder
            .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
            .set_data_page_size_limit(PAGE_BYTES)
            .set_dictionary_page_size_limit(PAGE_BYTES),
    };
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
    let builder = unique.into_iter().fold(builder, |builder, column| {
        builder.set_column_dictionary_enabled(ColumnPath::from(column), false)
    });
    // Values that grow from row to row: their differences are small.
    let growing = [
        OCCURRED_AT,
        CLIENT_AT,
        SENT_AT,
        RECEIVED_AT,
        POSITION,
        FRAME_ROW,
    ];
    let builder = growing.into_iter().fold(builder, |builder, column| {
        builder
            .set_column_dictionary_enabled(ColumnPath::from(column), false)
            .set_column_encoding(ColumnPath::from(column), Encoding::DELTA_BINARY_PACKED)
    });
    // Bounds of such values help no query.
    let unbounded = [
        EVENT_ID,
        SESSION_ID,
        USER_ID,
        CONTENT_HASH,
        TEXT,
        PROPERTIES,
        RAW,
        MESSAGE,
    ];
    unbounded.into_iter().fold(builder, |builder, column| {
        builder.set_column_statistics_enabled(ColumnPath::from(column), EnabledStatistics::None)
    })
}

/// Files of one table under way.
#[derive(Debug)]
pub struct TableFiles {
    table: Table,
    days: BTreeMap<Option<i32>, DayFile>,
}

#[derive(Debug)]
struct DayFile {
    writer: ArrowWriter<Vec<u8>>,
    statistics: Statistics,
}

impl TableFiles {
    /// Begins without a file.
    #[must_use]
    pub fn new(table: Table) -> Self {
        Self {
            table,
            days: BTreeMap::new(),
        }
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> Table {
        self.table
    }

    /// Whether nothing was pushed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// Bytes that it holds in memory, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let files = self.days.values();
        files
            .map(|file| file.writer.bytes_written() + file.writer.in_progress_size())
            .sum()
    }

    /// Encodes rows behind those that were pushed before.
    ///
    /// # Errors
    /// [`Error::Rows`] and [`Error::Parquet`] when rows do not fit the table, which is a bug.
    ///
    /// # Panics
    /// When the rows are another table's.
    pub fn push(&mut self, rows: &Rows<'_>) -> Result<()> {
        assert_eq!(rows.table(), self.table, "rows go to their own table");
        if rows.is_empty() {
            return Ok(());
        }
        self.push_batch(&rows.to_batch()?)
    }

    /// Encodes a batch in the table's schema behind what was pushed before.
    ///
    /// # Errors
    /// [`Error::Rows`] and [`Error::Parquet`] when rows do not fit the table, which is a bug.
    pub fn push_batch(&mut self, batch: &RecordBatch) -> Result<()> {
        if !self.table.is_partitioned() {
            return self.push_day(None, batch);
        }
        let table = self.table;
        let failed = |source| Error::Rows {
            table: table.name(),
            source,
        };
        let days = batch.column_by_name(DAY);
        let days = days.and_then(|column| column.as_primitive_opt::<Date32Type>());
        let days = days.ok_or_else(|| failed(ArrowError::SchemaError("no column day".into())))?;
        let days = days.clone();
        let first = days.iter().next().flatten();
        if days.iter().all(|day| day == first) {
            return self.push_day(first, batch);
        }
        let mut rows: BTreeMap<Option<i32>, Vec<u32>> = BTreeMap::new();
        for (row, day) in (0..).zip(days.iter()) {
            rows.entry(day).or_default().push(row);
        }
        for (day, rows) in rows {
            let rows = UInt32Array::from(rows);
            let of_day = arrow::compute::take_record_batch(batch, &rows).map_err(failed)?;
            self.push_day(day, &of_day)?;
        }
        Ok(())
    }

    fn push_day(&mut self, day: Option<i32>, batch: &RecordBatch) -> Result<()> {
        let table = self.table;
        let failed = |source| Error::Parquet {
            table: table.name(),
            action: "encoded",
            source,
        };
        let file = match self.days.entry(day) {
            std::collections::btree_map::Entry::Occupied(file) => file.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                let properties = properties(Effort::Flush).build();
                let writer = ArrowWriter::try_new(Vec::new(), file_schema(table), Some(properties));
                place.insert(DayFile {
                    writer: writer.map_err(failed)?,
                    statistics: Statistics::new(table),
                })
            }
        };
        file.statistics.add(batch);
        file.writer
            .write(&without_day(table, batch)?)
            .map_err(failed)
    }

    /// Ends the files: their bytes, and what a commit says of each.
    pub(crate) fn finish(self, now_ms: i64) -> Result<Vec<(DataFile, Vec<u8>)>> {
        let table = self.table;
        let failed = |source| Error::Parquet {
            table: table.name(),
            action: "encoded",
            source,
        };
        let mut files = Vec::with_capacity(self.days.len());
        for (day, file) in self.days {
            let bytes = file.writer.into_inner().map_err(failed)?;
            let path = path_in(day, &format!("part-{}", uuid::Uuid::new_v4()));
            let file = data_file(day, path, bytes.len() as u64, now_ms, &file.statistics);
            files.push((file, bytes));
        }
        Ok(files)
    }
}

/// Where a file of a day lies within its table's folder.
pub(crate) fn path_in(day: Option<i32>, name: &str) -> String {
    match day.map(date) {
        Some(date) => format!("{DAY}={date}/{name}.zstd.parquet"),
        None => format!("{name}.zstd.parquet"),
    }
}

/// A written file as a commit names it.
pub(crate) fn data_file(
    day: Option<i32>,
    path: String,
    bytes: u64,
    now_ms: i64,
    statistics: &Statistics,
) -> DataFile {
    let values = day.map(|day| (DAY.to_owned(), Some(date(day))));
    DataFile::new(Add {
        path,
        partition_values: values.into_iter().collect(),
        size: i64::try_from(bytes).unwrap_or(i64::MAX),
        modification_time: now_ms,
        data_change: true,
        stats: Some(statistics.to_json()),
        tags: None,
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
        clustering_provider: None,
    })
}

/// A day as Delta spells partition values.
fn date(day: i32) -> String {
    let epoch = jiff::civil::date(1970, 1, 1);
    let date = epoch.checked_add(jiff::Span::new().days(day));
    date.unwrap_or(epoch).to_string()
}

pub(crate) fn file_schema(table: Table) -> SchemaRef {
    let schema = table.schema();
    if !table.is_partitioned() {
        return schema;
    }
    let fields = schema.fields().iter().filter(|field| field.name() != DAY);
    Arc::new(arrow::datatypes::Schema::new(
        fields.cloned().collect::<Vec<_>>(),
    ))
}

fn without_day(table: Table, batch: &RecordBatch) -> Result<RecordBatch> {
    let mut batch = batch.clone();
    if table.is_partitioned()
        && let Ok(place) = batch.schema().index_of(DAY)
    {
        batch.remove_column(place);
    }
    RecordBatch::try_new(file_schema(table), batch.columns().to_vec()).map_err(|source| {
        Error::Rows {
            table: table.name(),
            source,
        }
    })
}

impl Lake {
    /// Ends files and makes them durable. They become part of the table only by [`Lake::commit`].
    ///
    /// # Errors
    /// When the store refuses; files written before stay unreferenced.
    pub async fn put(&self, files: TableFiles) -> Result<Vec<DataFile>> {
        let table = files.table();
        let store = self.cell(table).lock().await.log_store().object_store(None);
        let mut put = Vec::new();
        for (file, bytes) in files.finish(self.clock().now().div_euclid(1000))? {
            let refused = |source: object_store::Error| failed(table, "written")(source.into());
            let path = Path::parse(file.path()).map_err(|error| refused(error.into()))?;
            let stored = store.put(&path, PutPayload::from(bytes)).await;
            stored.map_err(refused)?;
            put.push(file);
        }
        Ok(put)
    }

    /// Writes rows as durable Parquet files, one a day for partitioned tables.
    ///
    /// # Errors
    /// As [`TableFiles::push`] and [`Lake::put`].
    pub async fn write(&self, rows: &Rows<'_>) -> Result<Vec<DataFile>> {
        let mut files = TableFiles::new(rows.table());
        files.push(rows)?;
        self.put(files).await
    }
}
