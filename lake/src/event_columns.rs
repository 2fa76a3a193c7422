//! Events to the columns of their table, row by row.
//!
//! Why row by row: an event is wide and a flush holds many. Each is read once, while it is in the
//! processor's cache, and its cells go to the ends of columns that are written in order.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{
    ArrayBuilder, ArrayRef, BooleanBuilder, Date32Builder, Int64Builder, RecordBatch,
    StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field};

use crate::batch::Stamp;
use crate::clock::Micros;
use crate::error::{Error, Result};
use crate::event::{ClockFlag, Event, Origin};
use crate::schema::Table;

/// A column under way.
#[derive(Debug)]
enum Column {
    Text(StringBuilder),
    Count(Int64Builder),
    Instant(TimestampMicrosecondBuilder),
    Truth(BooleanBuilder),
    Day(Date32Builder),
}

impl Column {
    fn new(field: &Field) -> Self {
        match field.data_type() {
            DataType::Int64 => Self::Count(Int64Builder::new()),
            DataType::Timestamp(..) => {
                Self::Instant(TimestampMicrosecondBuilder::new().with_timezone("UTC"))
            }
            DataType::Boolean => Self::Truth(BooleanBuilder::new()),
            DataType::Date32 => Self::Day(Date32Builder::new()),
            _ => Self::Text(StringBuilder::new()),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        let builder: &mut dyn ArrayBuilder = match self {
            Self::Text(builder) => builder,
            Self::Count(builder) => builder,
            Self::Instant(builder) => builder,
            Self::Truth(builder) => builder,
            Self::Day(builder) => builder,
        };
        builder.finish()
    }
}

/// Events as columns under way.
#[derive(Debug)]
pub struct EventColumns {
    columns: Vec<Column>,
    rows: usize,
}

impl Default for EventColumns {
    fn default() -> Self {
        let schema = Table::Events.schema();
        Self {
            columns: schema.fields().iter().map(|f| Column::new(f)).collect(),
            rows: 0,
        }
    }
}

/// The columns of one row that have no cell yet, in the order of the schema.
struct Cells<'c>(std::slice::IterMut<'c, Column>);

impl Cells<'_> {
    fn text(&mut self, cell: Option<&str>) {
        match self.0.next() {
            Some(Column::Text(column)) => column.append_option(cell),
            other => unreachable!("{other:?} is no column of texts"),
        }
    }

    /// Sixteen hexadecimal digits.
    fn digits(&mut self, cell: u64) {
        match self.0.next() {
            Some(Column::Text(column)) => {
                let _infallible = write!(column, "{cell:016x}");
                column.append_value("");
            }
            other => unreachable!("{other:?} is no column of texts"),
        }
    }

    fn count(&mut self, cell: Option<i64>) {
        match self.0.next() {
            Some(Column::Count(column)) => column.append_option(cell),
            other => unreachable!("{other:?} is no column of counts"),
        }
    }

    fn instant(&mut self, cell: Option<Micros>) {
        match self.0.next() {
            Some(Column::Instant(column)) => column.append_option(cell),
            other => unreachable!("{other:?} is no column of instants"),
        }
    }

    fn truth(&mut self, cell: Option<bool>) {
        match self.0.next() {
            Some(Column::Truth(column)) => column.append_option(cell),
            other => unreachable!("{other:?} is no column of truths"),
        }
    }

    fn day(&mut self, cell: i32) {
        match self.0.next() {
            Some(Column::Day(column)) => column.append_value(cell),
            other => unreachable!("{other:?} is no column of days"),
        }
    }

    fn origin(&mut self, origin: &Origin<'_>) {
        self.text(origin.user_id.as_deref());
        self.text(origin.anonymous_id.as_deref());
        self.text(origin.session_id.as_deref());
        self.text(origin.release.as_deref());
        self.text(origin.build.as_deref());
        self.text(Some(&origin.environment));
        self.text(origin.channel.as_deref());
        self.text(origin.platform.as_deref());
        self.text(origin.locale.as_deref());
        self.text(origin.sdk_name.as_deref());
        self.text(origin.sdk_version.as_deref());
    }
}

impl EventColumns {
    /// Adds a row.
    pub fn push(&mut self, stamp: &Stamp<'_>, event: &Event<'_>) {
        let mut cells = Cells(self.columns.iter_mut());
        cells.day(event.times.day);
        cells.text(Some(stamp.app));
        cells.text(Some(&event.event_id));
        cells.text(Some(event.kind.as_str()));
        cells.text(Some(&event.name));
        cells.origin(&event.origin);
        cells.instant(Some(event.times.occurred_at));
        cells.instant(event.times.client_at);
        cells.instant(event.times.sent_at);
        cells.instant(Some(stamp.received_at));
        cells.text(event.times.flag.map(ClockFlag::as_str));
        cells.text(event.level.as_deref());
        cells.truth(event.handled);
        cells.text(event.fingerprint.as_deref());
        let session = event.session.as_ref();
        cells.text(session.map(|session| session.status.as_str()));
        cells.count(session.map(|session| session.errors));
        cells.instant(session.and_then(|session| session.started_at));
        cells.count(session.and_then(|session| session.duration_ms));
        cells.count(session.and_then(|session| session.sequence));
        cells.text(event.properties.as_deref());
        cells.digits(event.content);
        cells.text(Some(stamp.protocol));
        cells.text(stamp.key_id);
        cells.text(Some(stamp.node));
        cells.count(Some(stamp.position));
        cells.count(Some(stamp.frame_row));
        cells.count(session.and_then(|session| session.count));
        debug_assert!(cells.0.next().is_none(), "each column has its cell");
        self.rows += 1;
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The rows as one record batch in the table's schema.
    ///
    /// # Errors
    /// [`Error::Rows`] if the columns do not fit the schema, which is a bug.
    pub fn finish(mut self) -> Result<RecordBatch> {
        let columns = self.columns.iter_mut().map(Column::finish).collect();
        RecordBatch::try_new(Arc::clone(&Table::Events.schema()), columns).map_err(|source| {
            Error::Rows {
                table: Table::Events.name(),
                source,
            }
        })
    }
}
