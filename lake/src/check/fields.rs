//! One field of a raw event: absent, of its type and within its limit, or refused by name.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::RawObject;
use super::raw::{Field, Properties, spelled};
use crate::clock::{Micros, parse_instant};
use crate::refusal::{Refusal, RefusalReason};
use crate::text::Text;

/// How large the parts of one event may be; one that is larger goes to quarantine as `too_large`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EventLimits {
    /// Longest id, name, version or other short text, in characters.
    pub short_text_chars_max: usize,
    /// Longest text of a piece of feedback, of a page, a question, a title or notes, in characters.
    pub text_chars_max: usize,
    /// Most properties of an event; how many names there are in all is not limited.
    pub properties_max: usize,
    /// Most entries of a list (dependencies, keywords, scope, goals …).
    pub list_entries_max: usize,
}

impl Default for EventLimits {
    fn default() -> Self {
        Self {
            short_text_chars_max: 400,
            text_chars_max: 10_000,
            properties_max: 256,
            list_entries_max: 1_000,
        }
    }
}

pub(super) type Checked<T> = Result<T, Refusal>;

pub(super) fn refuse<T>(
    field: &str,
    reason: RefusalReason,
    message: impl Into<String>,
) -> Checked<T> {
    Err(Refusal::new(field, reason, message))
}

pub(super) fn wrong_type<T>(name: &str, want: &str, found: &Field<'_>) -> Checked<T> {
    let message = format!("{name} must be {want}, got {}", found.kind());
    refuse(name, RefusalReason::WrongType, message)
}

/// A text field; numbers are taken as their text, since SDKs send numeric ids; empty is absent.
pub(super) fn text<'a>(
    field: Field<'a>,
    name: &str,
    chars_max: usize,
) -> Checked<Option<Text<'a>>> {
    let value = match field {
        Field::Absent => return Ok(None),
        Field::Text(value) => value,
        Field::Number(value) => value.to_string().into(),
        other => return wrong_type(name, "text", &other),
    };
    if value.len() > chars_max {
        let chars = value.chars().count();
        if chars > chars_max {
            let message = format!("{name} must have at most {chars_max} characters, got {chars}");
            return refuse(name, RefusalReason::TooLarge, message);
        }
    }
    Ok(Some(value).filter(|value| !value.trim_start().is_empty()))
}

pub(super) fn short<'a>(
    limits: &EventLimits,
    field: Field<'a>,
    name: &str,
) -> Checked<Option<Text<'a>>> {
    text(field, name, limits.short_text_chars_max)
}

/// A short text of its own.
pub(super) fn short_owned(
    limits: &EventLimits,
    raw: &RawObject,
    name: &str,
) -> Checked<Option<String>> {
    owned(raw, name, limits.short_text_chars_max)
}

/// A longer text of its own.
pub(super) fn text_owned(
    limits: &EventLimits,
    raw: &RawObject,
    name: &str,
) -> Checked<Option<String>> {
    owned(raw, name, limits.text_chars_max)
}

fn owned(raw: &RawObject, name: &str, chars_max: usize) -> Checked<Option<String>> {
    Ok(text(Field::of_object(raw, name), name, chars_max)?.map(|text| text.to_string()))
}

pub(super) fn required<T>(found: Option<T>, name: &str) -> Checked<T> {
    match found {
        Some(value) => Ok(value),
        None => refuse(
            name,
            RefusalReason::MissingField,
            format!("{name} is required"),
        ),
    }
}

pub(super) fn number(raw: &RawObject, name: &str) -> Checked<Option<f64>> {
    let found = Field::of_object(raw, name);
    let value = match &found {
        Field::Absent => return Ok(None),
        Field::Number(number) => number.as_f64(),
        Field::Text(text) if text.trim().is_empty() => return Ok(None),
        Field::Text(text) => text.trim().parse::<f64>().ok(),
        _ => None,
    };
    match value {
        None => wrong_type(name, "a number", &found),
        Some(value) if value.is_finite() => Ok(Some(value)),
        Some(_) => refuse(
            name,
            RefusalReason::OutOfRange,
            format!("{name} must be a finite number"),
        ),
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

pub(super) fn whole(field: &Field<'_>, name: &str) -> Checked<Option<i64>> {
    let found = match field {
        Field::Absent => return Ok(None),
        Field::Number(number) => match number.as_i64().filter(|n| *n >= 0) {
            Some(number) => return Ok(Some(number)),
            None => number.to_string(),
        },
        other => other.kind().to_owned(),
    };
    let message = format!("{name} must be a whole number of 0 or more, got {found}");
    refuse(name, RefusalReason::OutOfRange, message)
}

pub(super) fn truth(field: &Field<'_>, name: &str) -> Checked<Option<bool>> {
    match field {
        Field::Absent => Ok(None),
        Field::Truth(value) => Ok(Some(*value)),
        other => wrong_type(name, "true or false", other),
    }
}

pub(super) fn instant(field: &Field<'_>, name: &str) -> Checked<Option<Micros>> {
    match field {
        Field::Absent => Ok(None),
        Field::Text(text) if text.trim_start().is_empty() => Ok(None),
        Field::Text(text) => match parse_instant(text) {
            Ok(instant) => Ok(Some(instant)),
            Err(message) => refuse(
                name,
                RefusalReason::BadInstant,
                format!("{name} is {message}"),
            ),
        },
        other => wrong_type(name, "an instant in RFC 3339 text", other),
    }
}

pub(super) fn list(limits: &EventLimits, raw: &RawObject, field: &str) -> Checked<Vec<String>> {
    let most = limits.list_entries_max;
    let values = match raw.get(field) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(values)) => values,
        Some(other) => return wrong_type(field, "a list of texts", &Field::of(other)),
    };
    if values.len() > most {
        let message = format!(
            "{field} must have at most {most} entries, got {}",
            values.len()
        );
        return refuse(field, RefusalReason::TooLarge, message);
    }
    let mut entries = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Value::String(entry) if entry.trim().is_empty() => {}
            Value::String(entry) if entry.chars().count() <= limits.short_text_chars_max => {
                entries.push(entry.trim().to_owned());
            }
            Value::Number(entry) => entries.push(entry.to_string()),
            other => return wrong_type(field, "a list of short texts", &Field::of(other)),
        }
    }
    Ok(entries)
}

/// One of a closed list of words, as serde spells them.
pub(super) fn word<T: for<'de> Deserialize<'de>>(
    field: &Field<'_>,
    name: &str,
    allowed: &str,
) -> Checked<Option<T>> {
    match field {
        Field::Absent => Ok(None),
        Field::Text(found) => match spelled(found) {
            Some(word) => Ok(Some(word)),
            None => {
                let found: String = found.chars().take(40).collect();
                let message = format!("{name} must be one of {allowed}, got {found:?}");
                refuse(name, RefusalReason::OutOfRange, message)
            }
        },
        other => wrong_type(name, "text", other),
    }
}

/// The properties' JSON text and digest.
pub(super) fn properties<'a>(
    limits: &EventLimits,
    raw: Properties<'a>,
) -> Checked<(Option<Text<'a>>, u64)> {
    let most = limits.properties_max;
    match raw {
        Properties::Absent | Properties::Object { names: 0, .. } => Ok((None, 0)),
        Properties::Object { names, .. } if names > most => {
            let message = format!("properties must have at most {most} names, got {names}");
            refuse("properties", RefusalReason::TooLarge, message)
        }
        Properties::Object { text, digest, .. } => Ok((Some(text), digest)),
        Properties::Other(other) => wrong_type("properties", "an object", &other),
    }
}

pub(super) fn json_text(
    limits: &EventLimits,
    raw: &RawObject,
    field: &str,
) -> Checked<Option<String>> {
    let most = limits.list_entries_max;
    match raw.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value @ Value::Array(list)) if list.len() <= most => Ok(Some(value.to_string())),
        Some(other) => {
            let want = format!("a list of at most {most} entries");
            wrong_type(field, &want, &Field::of(other))
        }
    }
}
