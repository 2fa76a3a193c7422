//! The events of a lake's files as columns of numbers.
//!
//! Columns that hold few texts are read as the dictionaries as which they lie in the files, so that
//! each text is looked at once a dictionary and not once a row.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, BooleanArray, DictionaryArray, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef};
use lake::{EventKind, Micros, columns};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Encoding;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};

use super::chunks::Chunks;
use super::names::{NONE, Names};
use crate::error::{Error, Result};

/// Rows that are held at once.
const ROWS_AT_ONCE: usize = 16 * 1024;

/// Columns that hold few texts.
const FEW: [&str; 10] = [
    columns::APP,
    columns::ENVIRONMENT,
    columns::CHANNEL,
    columns::PLATFORM,
    columns::RELEASE,
    columns::KIND,
    columns::NAME,
    columns::SESSION_STATUS,
    columns::PROTOCOL,
    columns::FINGERPRINT,
];

/// The place of the kind among them.
const KIND_AT: usize = 5;

/// Columns that hold few texts where few users send much.
const MAYBE_FEW: [&str; 2] = [columns::USER_ID, columns::ANONYMOUS_ID];

/// The others that rollups are made from.
const OTHERS: [&str; 11] = [
    columns::EVENT_ID,
    columns::SESSION_ID,
    columns::OCCURRED_AT,
    columns::RECEIVED_AT,
    columns::CLOCK_FLAG,
    columns::HANDLED,
    columns::SESSION_ERRORS,
    columns::SESSION_STARTED_AT,
    columns::SESSION_DURATION_MS,
    columns::SESSION_SEQUENCE,
    columns::SESSION_COUNT,
];

/// Texts as numbers; of a column that is read as it lies, through its dictionary.
#[derive(Debug, Default)]
pub(crate) struct Coded {
    pub(crate) numbers: Vec<u32>,
    /// The dictionary read last, and what its texts have become.
    dictionary: Option<StringArray>,
    known: Vec<u32>,
}

impl Coded {
    pub(crate) fn read(&mut self, column: Option<&ArrayRef>, rows: usize, names: &mut Names) {
        self.numbers.clear();
        let Some(column) = column else {
            self.numbers.resize(rows, NONE);
            return;
        };
        if let Some(texts) = column.as_string_opt::<i32>() {
            let numbers = texts
                .iter()
                .map(|text| text.map_or(NONE, |text| names.number(text)));
            self.numbers.extend(numbers);
            return;
        }
        let Some(coded) = column.as_dictionary_opt::<Int32Type>() else {
            self.numbers.resize(rows, NONE);
            return;
        };
        self.look_up(coded, names);
        let keys = coded.keys();
        let number = |key: i32| {
            let place = usize::try_from(key).unwrap_or(usize::MAX);
            self.known.get(place).copied().unwrap_or(NONE)
        };
        if keys.null_count() == 0 {
            self.numbers
                .extend(keys.values().iter().map(|key| number(*key)));
        } else {
            self.numbers
                .extend(keys.iter().map(|key| key.map_or(NONE, number)));
        }
    }

    /// Fills numbers that are [`NONE`] with those of a column.
    fn fill(&mut self, numbers: &mut [u32], column: Option<&ArrayRef>, names: &mut Names) {
        let missing = numbers.iter_mut().enumerate();
        let missing = missing.filter(|(_, number)| **number == NONE);
        if let Some(texts) = column.and_then(|column| column.as_string_opt::<i32>()) {
            for (row, number) in missing {
                *number = text_at(Some(texts), row).map_or(NONE, |text| names.number(text));
            }
        } else {
            self.read(column, numbers.len(), names);
            let found = numbers.iter_mut().zip(&self.numbers);
            for (number, found) in found.filter(|(number, _)| **number == NONE) {
                *number = *found;
            }
        }
    }

    fn look_up(&mut self, coded: &DictionaryArray<Int32Type>, names: &mut Names) {
        let Some(texts) = coded.values().as_string_opt::<i32>() else {
            self.known.clear();
            return;
        };
        let is_same = |known: &StringArray| {
            known.len() == texts.len() && known.value_data().as_ptr() == texts.value_data().as_ptr()
        };
        if self.dictionary.as_ref().is_some_and(is_same) {
            return;
        }
        self.known.clear();
        let numbers = texts
            .iter()
            .map(|text| text.map_or(NONE, |text| names.number(text)));
        self.known.extend(numbers);
        self.dictionary = Some(texts.clone());
    }
}

/// Rows of events, column by column.
#[derive(Debug, Default)]
pub(super) struct Events {
    pub(super) names: Names,
    rows: usize,
    few: [Coded; FEW.len()],
    known_users: Coded,
    anonymous_users: Coded,
    users: Vec<u32>,
    /// The anonymous ids that rows of kind `identify` tie to their users; empty where none does.
    tied: Vec<u32>,
    event_ids: Option<StringArray>,
    session_ids: Option<StringArray>,
    clock_flags: Option<StringArray>,
    handled: Option<BooleanArray>,
    occurred_at: Option<TimestampMicrosecondArray>,
    received_at: Option<TimestampMicrosecondArray>,
    session_started_at: Option<TimestampMicrosecondArray>,
    session_errors: Option<Int64Array>,
    session_duration_ms: Option<Int64Array>,
    session_sequence: Option<Int64Array>,
    session_count: Option<Int64Array>,
}

macro_rules! few {
    ($($name:ident = $place:literal;)+) => {
        $(pub(super) fn $name(&self, row: usize) -> u32 {
            self.few[$place].numbers.get(row).copied().unwrap_or(NONE)
        })+
    };
}

macro_rules! numbers {
    ($($name:ident),+) => {
        $(pub(super) fn $name(&self, row: usize) -> Option<i64> {
            let numbers = self.$name.as_ref()?;
            numbers.is_valid(row).then(|| numbers.value(row))
        })+
    };
}

impl Events {
    few! {
        app = 0;
        environment = 1;
        channel = 2;
        platform = 3;
        release = 4;
        kind = 5;
        name = 6;
        session_status = 7;
        protocol = 8;
        fingerprint = 9;
    }

    numbers!(
        session_started_at,
        session_errors,
        session_duration_ms,
        session_sequence,
        session_count
    );

    /// Rows that are held.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The user: the known id, else the anonymous one.
    pub(super) fn user(&self, row: usize) -> u32 {
        self.users.get(row).copied().unwrap_or(NONE)
    }

    /// The anonymous id that the row ties to its user.
    pub(super) fn tied(&self, row: usize) -> u32 {
        self.tied.get(row).copied().unwrap_or(NONE)
    }

    pub(super) fn event_id(&self, row: usize) -> &str {
        text_at(self.event_ids.as_ref(), row).unwrap_or_default()
    }

    pub(super) fn session_id(&self, row: usize) -> Option<&str> {
        text_at(self.session_ids.as_ref(), row)
    }

    pub(super) fn occurred_at(&self, row: usize) -> Micros {
        let instants = self.occurred_at.as_ref();
        instants.map_or(0, |instants| instants.value(row))
    }

    pub(super) fn received_at(&self, row: usize) -> Micros {
        let instants = self.received_at.as_ref();
        instants.map_or(0, |instants| instants.value(row))
    }

    pub(super) fn is_flagged(&self, row: usize) -> bool {
        let flags = self.clock_flags.as_ref();
        flags.is_some_and(|flags| flags.is_valid(row))
    }

    /// Whether the row says that the app did not catch its error.
    pub(super) fn is_unhandled(&self, row: usize) -> bool {
        let handled = self.handled.as_ref();
        handled.is_some_and(|handled| handled.is_valid(row) && !handled.value(row))
    }

    fn take(&mut self, batch: &RecordBatch) {
        self.rows = batch.num_rows();
        for (coded, name) in self.few.iter_mut().zip(FEW) {
            coded.read(batch.column_by_name(name), self.rows, &mut self.names);
        }
        let of = |name| batch.column_by_name(name);
        let names = &mut self.names;
        self.known_users
            .read(of(columns::USER_ID), self.rows, names);
        self.users.clone_from(&self.known_users.numbers);
        let anonymous = of(columns::ANONYMOUS_ID);
        self.anonymous_users.fill(&mut self.users, anonymous, names);
        self.take_ties(anonymous);
        self.event_ids = column(batch, columns::EVENT_ID);
        self.session_ids = column(batch, columns::SESSION_ID);
        self.clock_flags = column(batch, columns::CLOCK_FLAG);
        self.handled = column(batch, columns::HANDLED);
        self.occurred_at = column(batch, columns::OCCURRED_AT);
        self.received_at = column(batch, columns::RECEIVED_AT);
        self.session_started_at = column(batch, columns::SESSION_STARTED_AT);
        self.session_errors = column(batch, columns::SESSION_ERRORS);
        self.session_duration_ms = column(batch, columns::SESSION_DURATION_MS);
        self.session_sequence = column(batch, columns::SESSION_SEQUENCE);
        self.session_count = column(batch, columns::SESSION_COUNT);
    }

    fn take_ties(&mut self, anonymous: Option<&ArrayRef>) {
        self.tied.clear();
        let identify = self.names.number(EventKind::Identify.as_str());
        let kinds = self.few.get(KIND_AT).map_or(&[][..], |few| &few.numbers);
        let known = &self.known_users.numbers;
        for (row, (kind, user)) in kinds.iter().zip(known).enumerate() {
            if *kind == identify
                && *user != NONE
                && let Some(id) = anonymous.and_then(|ids| text_in(ids, row))
            {
                self.tied.resize(self.rows, NONE);
                if let Some(tied) = self.tied.get_mut(row) {
                    *tied = self.names.number(id);
                }
            }
        }
    }

    /// Reads a file, handing over its rows in pieces.
    ///
    /// # Errors
    /// [`Error::Rollup`] when the file cannot be read, and whatever `each` fails with.
    pub(super) fn read(
        &mut self,
        path: &Path,
        mut each: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let names = FEW.into_iter().chain(MAYBE_FEW).chain(OTHERS);
        for batch in coded_batches(path, names, (&FEW, &MAYBE_FEW))? {
            self.take(&batch?);
            each(self)?;
        }
        Ok(())
    }
}

pub(crate) fn column<T: Clone + 'static>(batch: &RecordBatch, name: &str) -> Option<T> {
    let column = batch.column_by_name(name)?;
    column.as_any().downcast_ref::<T>().cloned()
}

pub(crate) fn text_at(texts: Option<&StringArray>, row: usize) -> Option<&str> {
    let texts = texts?;
    texts.is_valid(row).then(|| texts.value(row))
}

/// The text of a row, read as it lies or through a dictionary.
fn text_in(column: &ArrayRef, row: usize) -> Option<&str> {
    if column.is_null(row) {
        return None;
    }
    if let Some(texts) = column.as_string_opt::<i32>() {
        return Some(texts.value(row));
    }
    let coded = column.as_dictionary_opt::<Int32Type>()?;
    let texts = coded.values().as_string_opt::<i32>()?;
    Some(texts.value(coded.key(row)?))
}

/// Some columns of a file, batch by batch, with dictionaries for those that hold few texts, and for
/// those that may where the file holds them as dictionaries alone.
///
/// # Errors
/// [`Error::Rollup`] when the file cannot be read, here or by a batch.
pub(super) fn coded_batches<'c>(
    path: &Path,
    columns: impl IntoIterator<Item = &'c str>,
    (few, maybe_few): (&[&str], &[&str]),
) -> Result<impl Iterator<Item = Result<RecordBatch>>> {
    let failed = Error::rollup(path, "read");
    let file = Chunks::open(path).map_err(|error| failed(error.into()))?;
    let plain = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(&failed)?;
    let lying = maybe_few
        .iter()
        .filter(|name| is_coded(plain.metadata(), name));
    let few: Vec<&str> = few.iter().chain(lying).copied().collect();
    let options = ArrowReaderOptions::new().with_schema(coded_schema(plain.schema(), &few));
    let coded = ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), options);
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, coded.map_err(&failed)?);
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns);
    let reader = builder
        .with_projection(mask)
        .with_batch_size(ROWS_AT_ONCE)
        .build();
    let batches = reader.map_err(&failed)?;
    Ok(batches.map(move |batch| batch.map_err(|error| failed(error.into()))))
}

/// Whether all pages of a column refer to a dictionary.
fn is_coded(file: &ParquetMetaData, name: &str) -> bool {
    let of_group = |group: &RowGroupMetaData| {
        let mut columns = group.columns().iter();
        let column = columns.find(|column| column.column_path().string() == name);
        let pages = column.and_then(|column| column.page_encoding_stats_mask());
        pages.is_some_and(|pages| pages.is_only(Encoding::RLE_DICTIONARY))
    };
    file.row_groups().iter().all(of_group)
}

/// The schema as it lies in a file, with dictionaries for columns that hold few texts.
pub(crate) fn coded_schema(plain: &SchemaRef, few: &[&str]) -> SchemaRef {
    let code = |field: &Arc<Field>| -> Arc<Field> {
        let is_few = few.contains(&field.name().as_str());
        if is_few && field.data_type() == &DataType::Utf8 {
            let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            Arc::new(field.as_ref().clone().with_data_type(kind))
        } else {
            Arc::clone(field)
        }
    };
    let fields: Vec<Arc<Field>> = plain.fields().iter().map(code).collect();
    Arc::new(Schema::new_with_metadata(fields, plain.metadata().clone()))
}

/// Reads when each event of a file happened and arrived.
///
/// # Errors
/// [`Error::Rollup`] when the file cannot be read.
pub(super) fn each_arrival(path: &Path, mut each: impl FnMut(Micros, Micros)) -> Result<()> {
    let failed = Error::rollup(path, "read");
    let file = Chunks::open(path).map_err(|error| failed(error.into()))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(&failed)?;
    let names = [columns::OCCURRED_AT, columns::RECEIVED_AT];
    let mask = ProjectionMask::columns(builder.parquet_schema(), names);
    for batch in builder.with_projection(mask).build().map_err(&failed)? {
        let batch = batch.map_err(|error| failed(error.into()))?;
        let instants = |name| column::<TimestampMicrosecondArray>(&batch, name);
        let occurred = instants(columns::OCCURRED_AT);
        if let (Some(occurred), Some(received)) = (occurred, instants(columns::RECEIVED_AT)) {
            for (occurred, received) in occurred.values().iter().zip(received.values()) {
                each(*occurred, *received);
            }
        }
    }
    Ok(())
}
