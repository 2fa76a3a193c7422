//! The order of rows in files that stay, and what makes two rows copies of one event.

use std::sync::Arc;

use arrow::array::{AsArray as _, RecordBatch, StringArray};
use arrow::compute::{SortColumn, cast, lexsort_to_indices, take_record_batch};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::row::{RowConverter, Rows, SortField};
use parquet::file::metadata::{ParquetMetaData, SortingColumn};

use crate::columns::{
    APP, CONTENT_HASH, EVENT_ID, FEEDBACK_ID, FRAME_ROW, ITEM_ID, OCCURRED_AT, POSITION,
    RECEIVED_AT, RELEASE, VERSION,
};
use crate::encode::file_schema;
use crate::schema::Table;

/// The columns by which rows of a table are sorted.
pub(crate) fn order(table: Table) -> &'static [&'static str] {
    match table {
        Table::Events | Table::Feedback => &[APP, RELEASE, OCCURRED_AT, EVENT_ID],
        Table::Releases => &[APP, VERSION, RECEIVED_AT, POSITION, FRAME_ROW],
        Table::Backlog => &[APP, ITEM_ID, RECEIVED_AT, POSITION, FRAME_ROW],
        Table::Marks | Table::Verdicts | Table::Plans => {
            &[APP, VERSION, RECEIVED_AT, POSITION, FRAME_ROW]
        }
        Table::FeedbackLabels => &[APP, FEEDBACK_ID, RECEIVED_AT, POSITION, FRAME_ROW],
        Table::FeedbackLinks => &[APP, ITEM_ID, RECEIVED_AT, POSITION, FRAME_ROW],
        _ => &[RECEIVED_AT, POSITION],
    }
}

/// Columns whose equality makes two rows copies of one event: the first received stays.
pub(crate) fn identity(table: Table) -> &'static [&'static str] {
    match table {
        Table::Events
        | Table::Marks
        | Table::Plans
        | Table::FeedbackLabels
        | Table::FeedbackLinks => &[APP, EVENT_ID],
        Table::Feedback => &[APP, EVENT_ID, CONTENT_HASH],
        _ => &[],
    }
}

/// The order as Parquet notes it in each row group.
pub(crate) fn sorting_columns(table: Table) -> Vec<SortingColumn> {
    let schema = file_schema(table);
    let places = order(table)
        .iter()
        .filter_map(|name| schema.index_of(name).ok());
    let places = places.filter_map(|place| i32::try_from(place).ok());
    places
        .map(|column_idx| SortingColumn {
            column_idx,
            descending: false,
            nulls_first: true,
        })
        .collect()
}

/// Whether a file says that its rows are in the table's order.
pub(crate) fn is_sorted(table: Table, metadata: &ParquetMetaData) -> bool {
    let expected = sorting_columns(table);
    let fields = metadata.file_metadata().schema_descr();
    let names = file_schema(table);
    let same_columns = expected.iter().all(|sorted| {
        usize::try_from(sorted.column_idx).is_ok_and(|place| {
            place < fields.num_columns() && fields.column(place).name() == names.field(place).name()
        })
    });
    let groups = metadata.row_groups();
    same_columns
        && groups
            .iter()
            .all(|group| group.sorting_columns() == Some(&expected))
}

/// A batch read from a file, in the columns and types of the table without its day.
pub(crate) fn conform(table: Table, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = file_schema(table);
    if batch.schema_ref().fields() == schema.fields() {
        return RecordBatch::try_new(schema, batch.columns().to_vec());
    }
    let columns = schema
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
            Some(column) => cast(column, field.data_type()),
            None => Ok(arrow::array::new_null_array(
                field.data_type(),
                batch.num_rows(),
            )),
        });
    let columns = columns.collect::<Result<_, _>>()?;
    RecordBatch::try_new(schema, columns)
}

/// The rows of a batch in the table's order.
pub(crate) fn sort(table: Table, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let columns: Vec<SortColumn> = order(table)
        .iter()
        .filter_map(|name| batch.column_by_name(name))
        .map(|values| SortColumn {
            values: Arc::clone(values),
            options: None,
        })
        .collect();
    let places = lexsort_to_indices(&columns, None)?;
    take_record_batch(batch, &places)
}

/// Brings the columns of the order into a form in which rows compare as bytes.
#[derive(Debug)]
pub(crate) struct Keys {
    table: Table,
    converter: RowConverter,
}

impl Keys {
    pub(crate) fn new(table: Table) -> Result<Self, ArrowError> {
        let schema: SchemaRef = file_schema(table);
        let fields = order(table).iter().map(|name| {
            let field = schema.field_with_name(name)?;
            Ok(SortField::new(field.data_type().clone()))
        });
        let fields = fields.collect::<Result<_, ArrowError>>()?;
        Ok(Self {
            table,
            converter: RowConverter::new(fields)?,
        })
    }

    pub(crate) fn of(&self, batch: &RecordBatch) -> Result<Rows, ArrowError> {
        let columns = order(self.table).iter().map(|name| {
            let column = batch.column_by_name(name);
            let column = column.ok_or_else(|| ArrowError::SchemaError(format!("no column {name}")));
            column.map(Arc::clone)
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        self.converter.convert_columns(&columns)
    }
}

/// A column of texts of a batch.
pub(crate) fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a StringArray> {
    batch.column_by_name(name)?.as_string_opt::<i32>()
}
