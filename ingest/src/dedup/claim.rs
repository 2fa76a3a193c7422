//! From a record, or from rows of a table, to the claims that they make. Both ways give the same
//! claim for the same record, or a restart would forget.

use std::borrow::Cow;

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampMicrosecondType};
use lake::{Rows, Stamp, Table, columns};
use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_128_with_seed};

use super::{Claim, Key};
use crate::batch::Record;
use crate::error::{Error, Result};

/// What a row says of its way and of who wrote it, not of the release or item.
const BESIDES: [&str; 7] = [
    columns::AUTHOR,
    columns::RECEIVED_AT,
    columns::PROTOCOL,
    columns::KEY_ID,
    columns::NODE,
    columns::POSITION,
    columns::FRAME_ROW,
];

/// Bytes of app and id that are put together without asking for memory.
const KEY_BYTES: usize = 256;

/// Makes claims. Keys are salted, so that nobody can craft two ids that fall together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claims {
    salt: u64,
}

impl Claims {
    /// Salts keys by the ingest node's name, which no client is told.
    pub(crate) fn new(node: &str) -> Self {
        Self {
            salt: xxh3_64(node.as_bytes()),
        }
    }

    /// The claim of a record of an app; `None` for one that was refused, or noted without an id.
    ///
    /// # Errors
    /// [`Error::Lake`] when a record does not fit its table, which is a bug.
    pub(crate) fn of(&self, app: &str, record: &Record<'_>) -> Result<Option<Claim>> {
        Ok(match record {
            Record::Event(event) => Some(Claim::Identified {
                key: self.key(app, &event.event_id),
                content: event.content,
                revisable: false,
            }),
            Record::Feedback(feedback) => Some(Claim::Identified {
                key: self.key(app, &feedback.event_id),
                content: content_of(&feedback.content_hash()),
                revisable: feedback.revisable,
            }),
            Record::Release(release) => {
                let rows = Rows::Releases(vec![(unstamped(app), release.clone())]);
                self.of_record(&rows)?
            }
            Record::Backlog(item) => {
                let rows = Rows::Backlog(vec![(unstamped(app), item.clone())]);
                self.of_record(&rows)?
            }
            Record::Refused(_) | Record::Verdict(_) => None,
            Record::Noted(noted) => noted.id.as_deref().map(|id| Claim::Identified {
                key: self.key(app, &["noted/", noted.outcome.as_str(), "/", id].concat()),
                content: 0,
                revisable: false,
            }),
            Record::Replayed(replayed) => self.of(app, &replayed.record)?,
            Record::Mark(mark) => {
                Some(self.of_fact((app, Table::Marks), &mark.event_id, &mark.content_hash))
            }
            Record::Plan(entry) => {
                Some(self.of_fact((app, Table::Plans), &entry.event_id, &entry.content_hash))
            }
            Record::FeedbackLabel(label) => {
                let table = Table::FeedbackLabels;
                Some(self.of_fact((app, table), &label.event_id, &label.content_hash))
            }
            Record::FeedbackLink(link) => {
                let table = Table::FeedbackLinks;
                Some(self.of_fact((app, table), &link.event_id, &link.content_hash))
            }
        })
    }

    /// The claim of a fact whose table has ids of its own.
    fn of_fact(&self, (app, table): (&str, Table), id: &str, content_hash: &str) -> Claim {
        Claim::Identified {
            key: self.key(app, &id_among_all(table, id)),
            content: content_of(content_hash),
            revisable: false,
        }
    }

    fn of_record(&self, rows: &Rows<'_>) -> Result<Option<Claim>> {
        let batch = rows.to_batch().map_err(Error::lake("encoded"))?;
        Ok(self.of_records(rows.table(), &batch)?.pop())
    }

    /// The claims of rows of `releases` or `backlog`, in their order.
    ///
    /// # Errors
    /// [`Error::Lake`] when a column is absent or of a type that the tables do not have.
    pub(crate) fn of_records(&self, table: Table, batch: &RecordBatch) -> Result<Vec<Claim>> {
        let apps = text_column(table, batch, columns::APP)?;
        let ids = text_column(table, batch, id_column(table))?;
        let mut hashers = vec![Xxh3::new(); batch.num_rows()];
        for name in content_columns(table) {
            hash_column(table, batch, &name, &mut hashers)?;
        }
        let keys = apps.iter().zip(ids.iter());
        Ok(keys
            .zip(hashers)
            .map(|((app, id), hasher)| Claim::Latest {
                key: self.key(app.unwrap_or_default(), id.unwrap_or_default()),
                content: hasher.digest(),
            })
            .collect())
    }

    /// The claims of rows of `events`, `feedback` or a table of facts that people say.
    ///
    /// # Errors
    /// As [`Claims::of_records`].
    pub(crate) fn of_identified(&self, table: Table, batch: &RecordBatch) -> Result<Vec<Claim>> {
        let apps = text_column(table, batch, columns::APP)?;
        let ids = text_column(table, batch, columns::EVENT_ID)?;
        let contents = text_column(table, batch, columns::CONTENT_HASH)?;
        let rows = apps.iter().zip(ids.iter()).zip(contents.iter());
        Ok(rows
            .map(|((app, id), content)| Claim::Identified {
                key: self.key(
                    app.unwrap_or_default(),
                    &id_among_all(table, id.unwrap_or_default()),
                ),
                content: content_of(content.unwrap_or_default()),
                revisable: false,
            })
            .collect())
    }

    fn key(&self, app: &str, id: &str) -> Key {
        // App names hold no NUL, so that no two pairs make the same bytes.
        let mut bytes = [0_u8; KEY_BYTES];
        let length = app.len() + 1 + id.len();
        let hash = match bytes.get_mut(..length) {
            Some(room) => {
                room[..app.len()].copy_from_slice(app.as_bytes());
                room[app.len() + 1..].copy_from_slice(id.as_bytes());
                xxh3_128_with_seed(room, self.salt)
            }
            None => xxh3_128_with_seed(&[app.as_bytes(), &[0], id.as_bytes()].concat(), self.salt),
        };
        let half = |shift: u32| u64::try_from((hash >> shift) & u128::from(u64::MAX)).unwrap_or(0);
        (half(0), half(64))
    }
}

/// An id of a fact that people say takes no id from events and feedback, which share theirs.
fn id_among_all(table: Table, id: &str) -> Cow<'_, str> {
    match table {
        // No id of an event holds a NUL and the name of a table before it by chance.
        Table::Marks | Table::Plans | Table::FeedbackLabels | Table::FeedbackLinks => {
            Cow::Owned([table.name(), "\0", id].concat())
        }
        _ => Cow::Borrowed(id),
    }
}

/// The column that tells records of an app apart.
pub(super) fn id_column(table: Table) -> &'static str {
    if table == Table::Releases {
        columns::VERSION
    } else {
        columns::ITEM_ID
    }
}

/// The columns that say what a release or backlog item is.
pub(super) fn content_columns(table: Table) -> Vec<String> {
    let schema = table.schema();
    let names = schema.fields().iter().map(|field| field.name().clone());
    names
        .filter(|name| !BESIDES.contains(&name.as_str()))
        .collect()
}

fn content_of(digits: &str) -> u64 {
    u64::from_str_radix(digits, 16).unwrap_or_else(|_| xxh3_64(digits.as_bytes()))
}

fn unstamped(app: &str) -> Stamp<'_> {
    Stamp {
        app,
        protocol: "",
        key_id: None,
        received_at: 0,
        node: "",
        position: 0,
        frame_row: 0,
    }
}

fn misfit(table: Table, name: &str) -> Error {
    let source = arrow::error::ArrowError::SchemaError(format!("column {name} is not as made"));
    Error::lake("read")(lake::Error::Rows {
        table: table.name(),
        source,
    })
}

fn text_column<'a>(
    table: Table,
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a arrow::array::StringArray> {
    let column = batch
        .column_by_name(name)
        .and_then(|column| column.as_string_opt::<i32>());
    column.ok_or_else(|| misfit(table, name))
}

/// Adds a column's cells to the rows' hashes, each with its length or a mark that it is null.
fn hash_column(table: Table, batch: &RecordBatch, name: &str, rows: &mut [Xxh3]) -> Result<()> {
    let column = batch
        .column_by_name(name)
        .ok_or_else(|| misfit(table, name))?;
    let cell: Box<dyn Fn(usize) -> Vec<u8>> = match column.data_type() {
        DataType::Utf8 => {
            let column = column.as_string::<i32>();
            Box::new(|row| column.value(row).as_bytes().to_vec())
        }
        DataType::Float64 => {
            let column = column.as_primitive::<Float64Type>();
            Box::new(|row| column.value(row).to_bits().to_le_bytes().to_vec())
        }
        DataType::Int64 => {
            let column = column.as_primitive::<Int64Type>();
            Box::new(|row| column.value(row).to_le_bytes().to_vec())
        }
        DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, _) => {
            let column = column.as_primitive::<TimestampMicrosecondType>();
            Box::new(|row| column.value(row).to_le_bytes().to_vec())
        }
        DataType::Boolean => {
            let column = column.as_boolean();
            Box::new(|row| vec![u8::from(column.value(row))])
        }
        _ => return Err(misfit(table, name)),
    };
    for (row, hasher) in rows.iter_mut().enumerate() {
        if column.is_null(row) {
            hasher.update(&[0]);
        } else {
            let bytes = cell(row);
            hasher.update(&[1]);
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(&bytes);
        }
    }
    Ok(())
}
