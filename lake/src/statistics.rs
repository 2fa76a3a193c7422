//! What a commit says of a file: its rows, and the bounds and nulls of the columns by which readers
//! skip files.

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch};
use arrow::compute::{max, max_string, min, min_string};
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use serde_json::{Map, Value, json};

use crate::schema::Table;

/// The bounds of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Bounds {
    Text(Option<(String, String)>),
    Count(Option<(i64, i64)>),
    Instant(Option<(i64, i64)>),
}

/// Statistics of a file under way.
#[derive(Debug)]
pub(crate) struct Statistics {
    rows: usize,
    columns: Vec<(&'static str, Bounds, usize)>,
}

impl Statistics {
    /// Of no rows yet.
    pub(crate) fn new(table: Table) -> Self {
        let schema = table.schema();
        let columns = table.statistics_columns().iter().filter_map(|name| {
            let field = schema.field_with_name(name).ok()?;
            let bounds = match field.data_type() {
                DataType::Utf8 => Bounds::Text(None),
                DataType::Int64 => Bounds::Count(None),
                DataType::Timestamp(..) => Bounds::Instant(None),
                _ => return None,
            };
            Some((*name, bounds, 0))
        });
        Self {
            rows: 0,
            columns: columns.collect(),
        }
    }

    /// Takes rows in.
    pub(crate) fn add(&mut self, batch: &RecordBatch) {
        self.rows += batch.num_rows();
        for (name, bounds, nulls) in &mut self.columns {
            if let Some(column) = batch.column_by_name(name) {
                *nulls += column.null_count();
                bounds.widen(column);
            }
        }
    }

    /// The statistics as Delta spells them.
    pub(crate) fn to_json(&self) -> String {
        let mut least = Map::new();
        let mut most = Map::new();
        let mut nulls = Map::new();
        for (name, bounds, null_count) in &self.columns {
            if let Some((from, to)) = bounds.ends() {
                least.insert((*name).to_owned(), from);
                most.insert((*name).to_owned(), to);
            }
            nulls.insert((*name).to_owned(), json!(null_count));
        }
        json!({
            "numRecords": self.rows, "minValues": least, "maxValues": most, "nullCount": nulls,
        })
        .to_string()
    }
}

impl Bounds {
    fn widen(&mut self, column: &ArrayRef) {
        match self {
            Self::Text(ends) => {
                let Some(column) = column.as_string_opt::<i32>() else {
                    return;
                };
                if let (Some(from), Some(to)) = (min_string(column), max_string(column)) {
                    *ends = Some(match ends.take() {
                        None => (from.to_owned(), to.to_owned()),
                        Some((least, most)) => (
                            if from < least.as_str() {
                                from.to_owned()
                            } else {
                                least
                            },
                            if to > most.as_str() {
                                to.to_owned()
                            } else {
                                most
                            },
                        ),
                    });
                }
            }
            Self::Count(ends) => {
                let column = column.as_primitive_opt::<Int64Type>();
                widen(ends, column.and_then(|c| min(c).zip(max(c))));
            }
            Self::Instant(ends) => {
                let column = column.as_primitive_opt::<TimestampMicrosecondType>();
                widen(ends, column.and_then(|c| min(c).zip(max(c))));
            }
        }
    }

    /// The smallest and largest value. Instants are kept to the millisecond, rounded outwards.
    fn ends(&self) -> Option<(Value, Value)> {
        match self {
            Self::Text(ends) => ends.as_ref().map(|(from, to)| (json!(from), json!(to))),
            Self::Count(ends) => ends.map(|(from, to)| (json!(from), json!(to))),
            Self::Instant(ends) => {
                let (from, to) = (*ends)?;
                let up = to.div_euclid(1000) + i64::from(to.rem_euclid(1000) > 0);
                Some((instant(from.div_euclid(1000))?, instant(up)?))
            }
        }
    }
}

fn widen(ends: &mut Option<(i64, i64)>, new: Option<(i64, i64)>) {
    if let Some((from, to)) = new {
        *ends = Some(match *ends {
            None => (from, to),
            Some((least, most)) => (least.min(from), most.max(to)),
        });
    }
}

/// Milliseconds as an instant in RFC 3339, always with three digits behind the second.
fn instant(milliseconds: i64) -> Option<Value> {
    let instant = jiff::Timestamp::from_millisecond(milliseconds).ok()?;
    Some(json!(format!("{instant:.3}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_span_all_that_was_added_and_instants_round_outwards() {
        let mut count = None;
        widen(&mut count, Some((3, 5)));
        widen(&mut count, None);
        widen(&mut count, Some((-1, 4)));
        assert_eq!(count, Some((-1, 5)));
        let ends = Bounds::Instant(Some((1_500, 1_500))).ends();
        let expected = (
            json!("1970-01-01T00:00:00.001Z"),
            json!("1970-01-01T00:00:00.002Z"),
        );
        assert_eq!(ends, Some(expected));
        assert_eq!(Bounds::Instant(None).ends(), None);
    }
}
