//! The ledger's files become sums: one row a counter, day of counting and node.
//!
//! What readers take from the ledger stays: the sum of each counter by day, and the furthest
//! position of each node. Each node gets a file of its own, since the bounds of a file name the
//! first and the last node only.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array as _, AsArray as _, Date32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{Date32Type, Int64Type, TimestampMicrosecondType};

use super::output::{Output, Place};
use super::runs::Kept;
use crate::batch::utc_day;
use crate::columns::{APP, COUNT, DAY, NODE, OUTCOME, POSITION, PROTOCOL, REASON, RECEIVED_AT};
use crate::commit::DataFile;
use crate::error::{Error, Result};
use crate::schema::Table;
use crate::snapshot::PinnedFile;

/// What is summed together, within a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Counted {
    counted_on: i32,
    day: Option<i32>,
    texts: [Option<String>; 4],
}

/// Columns of [`Counted::texts`].
const TEXTS: [&str; 4] = [APP, PROTOCOL, OUTCOME, REASON];

#[derive(Debug, Clone, Copy)]
struct Sum {
    count: i64,
    received_at: i64,
    position: Option<i64>,
}

type Sums = BTreeMap<Counted, Sum>;

/// Writes the sums of ledger files. To be called off the reactor.
pub(crate) fn write(files: &[PinnedFile], place: &Place) -> Result<Vec<DataFile>> {
    let mut nodes: BTreeMap<Option<String>, Sums> = BTreeMap::new();
    for file in files {
        for batch in Kept::open(Table::Ledger, &file.path, Vec::new())? {
            add(&batch?, &mut nodes);
        }
    }
    let mut written = Vec::new();
    for (node, sums) in nodes {
        let name = |_| format!("part-{}", uuid::Uuid::new_v4());
        let mut output = Output::new(place.clone(), u64::MAX, name);
        output.push(&batch(node.as_deref(), &sums).map_err(Error::rows(Table::Ledger))?)?;
        written.extend(output.finish()?);
    }
    Ok(written)
}

fn add(batch: &RecordBatch, nodes: &mut BTreeMap<Option<String>, Sums>) {
    let text = |name: &str, row: usize| {
        let column = batch.column_by_name(name)?.as_string_opt::<i32>()?;
        column.is_valid(row).then(|| column.value(row).to_owned())
    };
    let number = |name: &str, row: usize| {
        let column = batch.column_by_name(name)?;
        let column = column.as_primitive_opt::<Int64Type>()?;
        column.is_valid(row).then(|| column.value(row))
    };
    let days = batch.column_by_name(DAY);
    let days = days.and_then(|column| column.as_primitive_opt::<Date32Type>());
    let instants = batch.column_by_name(RECEIVED_AT);
    let instants = instants.and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>());
    for row in 0..batch.num_rows() {
        let received_at = instants.map_or(0, |column| column.value(row));
        let counted = Counted {
            counted_on: utc_day(received_at),
            day: days.and_then(|column| column.is_valid(row).then(|| column.value(row))),
            texts: TEXTS.map(|name| text(name, row)),
        };
        let position = number(POSITION, row);
        let sums = nodes.entry(text(NODE, row)).or_default();
        let sum = sums.entry(counted).or_insert(Sum {
            count: 0,
            received_at,
            position,
        });
        sum.count += number(COUNT, row).unwrap_or_default();
        sum.received_at = sum.received_at.max(received_at);
        sum.position = sum.position.max(position);
    }
}

fn batch(
    node: Option<&str>,
    sums: &Sums,
) -> std::result::Result<RecordBatch, arrow::error::ArrowError> {
    let text = |at: usize| {
        let texts = sums.keys().map(|counted| counted.texts[at].as_deref());
        Arc::new(StringArray::from_iter(texts))
    };
    let instants = sums.values().map(|sum| sum.received_at);
    let instants = TimestampMicrosecondArray::from_iter_values(instants).with_timezone("UTC");
    RecordBatch::try_new(
        Table::Ledger.schema(),
        vec![
            Arc::new(Date32Array::from_iter(sums.keys().map(|c| c.day))),
            text(0),
            text(1),
            text(2),
            text(3),
            Arc::new(Int64Array::from_iter_values(sums.values().map(|s| s.count))),
            Arc::new(instants),
            Arc::new(StringArray::from_iter(sums.keys().map(|_| node))),
            Arc::new(Int64Array::from_iter(sums.values().map(|s| s.position))),
        ],
    )
}
