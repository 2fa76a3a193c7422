//! Rollups on disk: a Parquet file for each day, named by the hash of what it was made from.
//!
//! `rollups/zone=Europe%2FBerlin/rollup_user_day/day=2026-05-01/0123456789abcdef.parquet`
//!
//! A file is whole or absent, and nobody changes one: a day whose events changed gets another name.
//! So readers and makers need no lock, two makers of one day write the same, and the whole folder may
//! be removed at any time. What no day is named by any more is removed by upkeep; erasing a person
//! removes everything.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::chunks::Chunks;
use super::columns::Rollup;
use crate::days::day_text;
use crate::error::{Error, Result};

/// A folder of rollups of one zone.
#[derive(Debug, Clone)]
pub(super) struct Store {
    folder: PathBuf,
}

/// Under which name a file says which days it knows of.
const DAYS: &str = "shipwake.days";

/// For each day the hash of what it was made from, and how many rows that were.
pub(super) type Known = BTreeMap<i32, (u64, u64)>;

/// A hash of all days and of what each was made from.
pub(super) fn hash_of(all: &Known) -> u64 {
    let mut hash = Xxh3::new();
    for (day, (basis, _)) in all {
        hash.update(&day.to_le_bytes());
        hash.update(&basis.to_le_bytes());
    }
    hash.digest()
}

impl Store {
    pub(super) fn new(root: &Path, zone: &str) -> Self {
        let zone = zone.replace('%', "%25").replace('/', "%2F");
        Self {
            folder: root.join(format!("zone={zone}")),
        }
    }

    pub(super) fn of_day(&self, rollup: Rollup, day: i32, hash: u64) -> PathBuf {
        let folder = self.folder.join(rollup.name());
        let folder = folder.join(format!("day={}", day_text(day)));
        folder.join(format!("{hash:016x}.parquet"))
    }

    pub(super) fn of_property(&self, property: &str, day: i32, hash: u64) -> PathBuf {
        let folder = self.folder.join("rollup_property_day");
        // Whatever it is called, its folder has a plain name.
        let folder = folder.join(format!("property={:016x}", xxh3_64(property.as_bytes())));
        let folder = folder.join(format!("day={}", day_text(day)));
        folder.join(format!("{hash:016x}.parquet"))
    }

    pub(super) fn of_all(&self, rollup: Rollup, hash: u64) -> PathBuf {
        let folder = self.folder.join(rollup.name());
        folder.join(format!("{hash:016x}.parquet"))
    }

    /// The files of a rollup that does not lie by days.
    pub(super) fn all(&self, rollup: Rollup) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.join(rollup.name()));
        let paths = entries
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path());
        paths
            .filter(|path| path.extension().is_some_and(|e| e == "parquet"))
            .collect()
    }
}

/// Bytes in memory up to which a file is not compressed: to set up a decompressor for each column of a
/// small file takes longer than to read its few bytes.
const PLAIN_MAX: usize = 64 << 10;

/// Writes a file, whole.
///
/// # Errors
/// [`Error::Rollup`] when it cannot be encoded or written.
pub(super) fn write(path: &Path, batch: &RecordBatch, known: Option<&Known>) -> Result<()> {
    let failed = Error::rollup(path, "written");
    let unique = [lake::columns::SESSION_ID, lake::columns::EVENT_ID];
    let compression = if batch.get_array_memory_size() > PLAIN_MAX {
        Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default())
    } else {
        Compression::UNCOMPRESSED
    };
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(1 << 20));
    let properties = unique.into_iter().fold(properties, |properties, column| {
        properties.set_column_dictionary_enabled(ColumnPath::from(column), false)
    });
    let days = known.map(|known| {
        let days = known
            .iter()
            .map(|(day, (hash, rows))| format!("{day}:{hash:x}:{rows}"));
        KeyValue::new(DAYS.to_owned(), days.collect::<Vec<_>>().join(","))
    });
    let properties = properties
        .set_key_value_metadata(days.map(|days| vec![days]))
        .build();
    let writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties));
    let bytes = writer.and_then(|mut writer| {
        writer.write(batch)?;
        writer.into_inner()
    });
    let bytes = bytes.map_err(&failed)?;
    let stored = path.parent().map_or(Ok(()), lake::files::create_folders);
    stored
        .and_then(|()| lake::files::replace(path, &bytes))
        .map_err(Error::RollupFile)
}

/// Which days a file knows of.
///
/// # Errors
/// [`Error::Rollup`] when it cannot be read.
pub(super) fn known(path: &Path) -> Result<Known> {
    let builder = open(path)?;
    let metadata = builder.metadata().file_metadata().key_value_metadata();
    let days = metadata.into_iter().flatten().find(|pair| pair.key == DAYS);
    let days = days
        .and_then(|pair| pair.value.as_deref())
        .unwrap_or_default();
    let read = |text: &str| {
        let (day, rest) = text.split_once(':')?;
        let (hash, rows) = rest.split_once(':')?;
        Some((
            day.parse().ok()?,
            (u64::from_str_radix(hash, 16).ok()?, rows.parse().ok()?),
        ))
    };
    Ok(days.split(',').filter_map(read).collect())
}

/// Reads a file in pieces.
///
/// # Errors
/// [`Error::Rollup`] when it cannot be read.
pub(super) fn read(path: &Path, mut each: impl FnMut(&RecordBatch)) -> Result<()> {
    let failed = Error::rollup(path, "read");
    for batch in open(path)?
        .with_batch_size(16 * 1024)
        .build()
        .map_err(&failed)?
    {
        each(&batch.map_err(|error| failed(error.into()))?);
    }
    Ok(())
}

fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<Chunks>> {
    let failed = Error::rollup(path, "read");
    let file = Chunks::open(path).map_err(|error| failed(error.into()))?;
    ParquetRecordBatchReaderBuilder::try_new(file).map_err(&failed)
}
