//! One value of an answer, as plain as it can be.

use lake::Micros;
use polars::prelude::{AnyValue, TimeUnit};

use crate::days::{day_text, instant_text};

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing is known.
    Null,
    /// True or false.
    Truth(bool),
    /// A whole number.
    Whole(i128),
    /// A number; it may be infinite or none at all.
    Number(f64),
    /// Text as it stands.
    Text(String),
    /// Bytes as they came.
    Bytes(Vec<u8>),
    /// A day, `YYYY-MM-DD`.
    Day(String),
    /// An instant, RFC 3339 in UTC.
    Instant(String),
    /// A span of time.
    Span(Micros),
    /// Several values.
    List(Vec<Self>),
}

impl Cell {
    pub(super) fn of(value: &AnyValue<'_>) -> Self {
        match value {
            AnyValue::Null => Self::Null,
            AnyValue::Boolean(truth) => Self::Truth(*truth),
            AnyValue::Float32(number) => Self::Number((*number).into()),
            AnyValue::Float64(number) => Self::Number(*number),
            AnyValue::Decimal(..) => value.extract::<f64>().map_or(Self::Null, Self::Number),
            AnyValue::String(text) => Self::Text((*text).to_owned()),
            AnyValue::StringOwned(text) => Self::Text(text.to_string()),
            AnyValue::Binary(bytes) => Self::Bytes(bytes.to_vec()),
            AnyValue::BinaryOwned(bytes) => Self::Bytes(bytes.clone()),
            AnyValue::Date(day) => Self::Day(day_text(*day)),
            AnyValue::Datetime(instant, unit, _) => {
                Self::Instant(instant_text(micros(*instant, *unit)))
            }
            AnyValue::DatetimeOwned(instant, unit, _) => {
                Self::Instant(instant_text(micros(*instant, *unit)))
            }
            AnyValue::Duration(span, unit) => Self::Span(micros(*span, *unit)),
            AnyValue::List(values) => {
                Self::List(values.iter().map(|value| Self::of(&value)).collect())
            }
            AnyValue::UInt64(whole) => Self::Whole((*whole).into()),
            other => match other.extract::<i64>() {
                Some(whole) if other.is_integer() => Self::Whole(whole.into()),
                _ => Self::Text(other.to_string()),
            },
        }
    }
}

fn micros(value: i64, unit: TimeUnit) -> Micros {
    match unit {
        TimeUnit::Nanoseconds => value.div_euclid(1000),
        TimeUnit::Microseconds => value,
        TimeUnit::Milliseconds => value.saturating_mul(1000),
    }
}
