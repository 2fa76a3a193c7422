//! One field of a raw event: absent, of its type and within its limit, or refused by name.

use serde_json::Value;

use super::RawObject;
use crate::clock::{Micros, parse_instant};
use crate::refusal::{Refusal, RefusalReason};

/// Longest id, name, version or other short text, in characters.
pub(crate) const SHORT_TEXT_CHARS_MAX: usize = 400;
/// Longest text of a piece of feedback, in characters.
pub(crate) const TEXT_CHARS_MAX: usize = 10_000;
/// Most properties of an event.
pub(crate) const PROPERTIES_MAX: usize = 256;
/// Most entries of a list (dependencies, keywords, scope …).
pub(crate) const LIST_MAX: usize = 1_000;
pub(super) type Checked<T> = Result<T, Refusal>;

pub(super) fn refuse<T>(
    field: &str,
    reason: RefusalReason,
    message: impl Into<String>,
) -> Checked<T> {
    Err(Refusal::new(field, reason, message))
}

pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

pub(super) fn wrong_type<T>(field: &str, want: &str, found: &Value) -> Checked<T> {
    let message = format!("{field} must be {want}, got {}", kind_of(found));
    refuse(field, RefusalReason::WrongType, message)
}

pub(super) fn present<'a>(raw: &'a RawObject, field: &str) -> Option<&'a Value> {
    raw.get(field).filter(|value| !value.is_null())
}

/// A text field; numbers are taken as their text, since SDKs send numeric ids; empty is absent.
pub(super) fn text(raw: &RawObject, field: &str, chars_max: usize) -> Checked<Option<String>> {
    let value = match present(raw, field) {
        None => return Ok(None),
        Some(Value::String(value)) => value.clone(),
        Some(Value::Number(value)) => value.to_string(),
        Some(other) => return wrong_type(field, "text", other),
    };
    let chars = value.chars().count();
    if chars > chars_max {
        let message = format!("{field} must have at most {chars_max} characters, got {chars}");
        return refuse(field, RefusalReason::TooLarge, message);
    }
    Ok(if value.trim().is_empty() {
        None
    } else {
        Some(value)
    })
}

pub(super) fn short(raw: &RawObject, field: &str) -> Checked<Option<String>> {
    text(raw, field, SHORT_TEXT_CHARS_MAX)
}

pub(super) fn required(raw: &RawObject, field: &str) -> Checked<String> {
    match short(raw, field)? {
        Some(value) => Ok(value),
        None => refuse(
            field,
            RefusalReason::MissingField,
            format!("{field} is required"),
        ),
    }
}

pub(super) fn number(raw: &RawObject, field: &str) -> Checked<Option<f64>> {
    let value = match present(raw, field) {
        None => return Ok(None),
        Some(value @ Value::Number(number)) => match number.as_f64() {
            Some(number) => number,
            None => return wrong_type(field, "a number", value),
        },
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(value @ Value::String(text)) => match text.trim().parse::<f64>() {
            Ok(number) => number,
            Err(_) => return wrong_type(field, "a number", value),
        },
        Some(other) => return wrong_type(field, "a number", other),
    };
    if value.is_finite() {
        Ok(Some(value))
    } else {
        refuse(
            field,
            RefusalReason::OutOfRange,
            format!("{field} must be a finite number"),
        )
    }
}

pub(super) fn number_in(raw: &RawObject, field: &str, min: f64, max: f64) -> Checked<Option<f64>> {
    match number(raw, field)? {
        Some(value) if value < min || value > max => {
            let message = format!("{field} must be {min}..={max}, got {value}");
            refuse(field, RefusalReason::OutOfRange, message)
        }
        value => Ok(value),
    }
}

pub(super) fn whole(raw: &RawObject, field: &str) -> Checked<Option<i64>> {
    match present(raw, field) {
        None => Ok(None),
        Some(Value::Number(number)) if number.as_i64().is_some_and(|n| n >= 0) => {
            Ok(number.as_i64())
        }
        Some(other) => {
            let message = format!("{field} must be a whole number of 0 or more, got {other}");
            refuse(field, RefusalReason::OutOfRange, message)
        }
    }
}

pub(super) fn truth(raw: &RawObject, field: &str) -> Checked<Option<bool>> {
    match present(raw, field) {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(other) => wrong_type(field, "true or false", other),
    }
}

pub(super) fn instant(raw: &RawObject, field: &str) -> Checked<Option<Micros>> {
    match present(raw, field) {
        None => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => match parse_instant(text) {
            Ok(instant) => Ok(Some(instant)),
            Err(message) => refuse(
                field,
                RefusalReason::BadInstant,
                format!("{field} is {message}"),
            ),
        },
        Some(other) => wrong_type(field, "an instant in RFC 3339 text", other),
    }
}

pub(super) fn list(raw: &RawObject, field: &str) -> Checked<Vec<String>> {
    let values = match present(raw, field) {
        None => return Ok(Vec::new()),
        Some(Value::Array(values)) => values,
        Some(other) => return wrong_type(field, "a list of texts", other),
    };
    if values.len() > LIST_MAX {
        let message = format!(
            "{field} must have at most {LIST_MAX} entries, got {}",
            values.len()
        );
        return refuse(field, RefusalReason::TooLarge, message);
    }
    let mut entries = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Value::String(entry) if entry.trim().is_empty() => {}
            Value::String(entry) if entry.chars().count() <= SHORT_TEXT_CHARS_MAX => {
                entries.push(entry.trim().to_owned());
            }
            Value::Number(entry) => entries.push(entry.to_string()),
            other => return wrong_type(field, "a list of short texts", other),
        }
    }
    Ok(entries)
}

/// One of a closed list of words, as serde spells them.
pub(super) fn word<T: serde::de::DeserializeOwned>(
    raw: &RawObject,
    field: &str,
    allowed: &str,
) -> Checked<Option<T>> {
    match present(raw, field) {
        None => Ok(None),
        Some(value @ Value::String(found)) => match serde_json::from_value(value.clone()) {
            Ok(word) => Ok(Some(word)),
            Err(_) => {
                let found: String = found.chars().take(40).collect();
                let message = format!("{field} must be one of {allowed}, got {found:?}");
                refuse(field, RefusalReason::OutOfRange, message)
            }
        },
        Some(other) => wrong_type(field, "text", other),
    }
}

pub(super) fn properties(raw: &RawObject) -> Checked<Option<String>> {
    match present(raw, "properties") {
        None => Ok(None),
        Some(Value::Object(map)) if map.is_empty() => Ok(None),
        Some(Value::Object(map)) if map.len() > PROPERTIES_MAX => {
            let message = format!(
                "properties must have at most {PROPERTIES_MAX} names, got {}",
                map.len()
            );
            refuse("properties", RefusalReason::TooLarge, message)
        }
        Some(value @ Value::Object(_)) => Ok(Some(value.to_string())),
        Some(other) => wrong_type("properties", "an object", other),
    }
}

pub(super) fn json_text(raw: &RawObject, field: &str) -> Checked<Option<String>> {
    match present(raw, field) {
        None => Ok(None),
        Some(value @ Value::Array(list)) if list.len() <= LIST_MAX => Ok(Some(value.to_string())),
        Some(other) => wrong_type(field, "a list of at most 1000 entries", other),
    }
}
