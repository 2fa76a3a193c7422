//! What users last said of a property on a day: the plan they are on, the country they are in.
//!
//! | grain | app, environment, day, user |
//! |---|---|
//! | `value` | the property's last value of the day |
//! | `last_at` | when it was said |
//!
//! One set of files for each property that somebody asks about, made when it is asked for. A property
//! stands in an event's `properties`, or in their `$set`, where PostHog's SDKs put what they say of a
//! person; numbers and truths count as they are written, lists and objects do not. Merge rule: of rows
//! of a user the one with the greatest `last_at` and, at one instant, the greatest `value`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use lake::Micros;
use lake::columns::{ANONYMOUS_ID, APP, ENVIRONMENT, OCCURRED_AT, PROPERTIES, USER_ID};
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::basis::Basis;
use super::columns::{LAST_AT, USER};
use super::names::{NONE, Names};
use super::persons::Persons;
use super::piece::Of;
use super::source::{Coded, coded_batches, column, text_at};
use super::store::{self, Store};
use crate::days::{DayFinder, Days};
use crate::error::{Error, Result};

const VALUE: &str = "value";
/// Of what PostHog's SDKs say of a person.
const SET: &str = "$set";
/// Longer values are no segment.
const CHARS_MAX: usize = 200;

/// The last value of each user, and when it was said.
pub(super) type Last = BTreeMap<String, (Micros, String)>;

/// The file of a day, made where it is not there.
///
/// # Errors
/// [`Error::Rollup`] when files cannot be read or written.
pub(super) fn file(
    (store, property): (&Store, &str),
    (day, basis): (i32, &Basis),
    (days, until): (&Days, Micros),
) -> Result<PathBuf> {
    let hash = xxh3_64_with_seed(property.as_bytes(), basis.hash);
    let path = store.of_property(property, day, hash);
    if !path.try_exists().unwrap_or(false) {
        let rows = rows(property, (day, basis), (days, until))?;
        store::write(&path, &rows, None)?;
    }
    Ok(path)
}

/// Takes in the rows of a file that are of an app in an environment, by person.
///
/// # Errors
/// [`Error::Rollup`] when it cannot be read.
pub(super) fn take(path: &Path, of: Of<'_>, persons: &Persons, last: &mut Last) -> Result<()> {
    store::read(path, |batch| {
        let texts = [APP, ENVIRONMENT, USER, VALUE].map(|name| column::<StringArray>(batch, name));
        let [apps, environments, users, values] = texts.each_ref().map(Option::as_ref);
        let Some(instants) = column::<TimestampMicrosecondArray>(batch, LAST_AT) else {
            return;
        };
        for (row, at) in instants.values().iter().enumerate() {
            let is_asked = text_at(apps, row) == Some(of.app)
                && text_at(environments, row) == Some(of.environment);
            let pair = text_at(users, row).zip(text_at(values, row));
            if let Some((user, value)) = pair.filter(|_| is_asked) {
                note(last, persons.person(user), (*at, value));
            }
        }
    })
}

fn note(last: &mut Last, user: &str, (at, value): (Micros, &str)) {
    match last.get_mut(user) {
        Some(known) if (known.0, known.1.as_str()) >= (at, value) => {}
        Some(known) => *known = (at, value.to_owned()),
        None => {
            last.insert(user.to_owned(), (at, value.to_owned()));
        }
    }
}

fn rows(
    property: &str,
    (day, basis): (i32, &Basis),
    (days, until): (&Days, Micros),
) -> Result<RecordBatch> {
    let mut names = Names::default();
    let mut of: BTreeMap<(String, String), Last> = BTreeMap::new();
    let read = [
        APP,
        ENVIRONMENT,
        USER_ID,
        ANONYMOUS_ID,
        OCCURRED_AT,
        PROPERTIES,
    ];
    // As it stands in the text, so that most rows need not be read as JSON; but letters may be escaped.
    let needle = Value::from(property).to_string();
    let may_say = |text: &&str| text.contains(&needle) || text.contains(r"\u");
    for file in &basis.files {
        let mut finder = DayFinder::new(days);
        let mut coded: [Coded; 2] = Default::default();
        for batch in coded_batches(file, read, (&[APP, ENVIRONMENT], &[]))? {
            let batch = batch?;
            for (coded, name) in coded.iter_mut().zip([APP, ENVIRONMENT]) {
                coded.read(batch.column_by_name(name), batch.num_rows(), &mut names);
            }
            let texts =
                [USER_ID, ANONYMOUS_ID, PROPERTIES].map(|name| column::<StringArray>(&batch, name));
            let [known, anonymous, properties] = texts.each_ref().map(Option::as_ref);
            let instants: Option<TimestampMicrosecondArray> = column(&batch, OCCURRED_AT);
            let Some(instants) = instants else { continue };
            for (row, at) in instants.values().iter().enumerate() {
                let said = text_at(properties, row).filter(may_say);
                let user = text_at(known, row).or_else(|| text_at(anonymous, row));
                let Some((text, user)) = said.zip(user) else {
                    continue;
                };
                if *at >= until || finder.day_of(*at) != day {
                    continue;
                }
                if let Some(value) = value_of(text, property) {
                    let text = |coded: &Coded| {
                        let number = coded.numbers.get(row).copied().unwrap_or(NONE);
                        names.text(number).unwrap_or_default().to_owned()
                    };
                    let last = of.entry((text(&coded[0]), text(&coded[1]))).or_default();
                    note(last, user, (*at, &value));
                }
            }
        }
    }
    batch(&of)
}

/// The value of a property, where a text of properties says one.
fn value_of(text: &str, property: &str) -> Option<String> {
    let properties: Value = serde_json::from_str(text).ok()?;
    let value = properties
        .get(property)
        .or_else(|| properties.get(SET)?.get(property))?;
    let value = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => return None,
    };
    (value.chars().count() <= CHARS_MAX).then_some(value)
}

fn batch(of: &BTreeMap<(String, String), Last>) -> Result<RecordBatch> {
    let mut texts: [Vec<&str>; 4] = Default::default();
    let mut instants = Vec::new();
    for ((app, environment), last) in of {
        for (user, (at, value)) in last {
            for (column, text) in texts.iter_mut().zip([app, environment, user, value]) {
                column.push(text);
            }
            instants.push(*at);
        }
    }
    let text = |name| Field::new(name, DataType::Utf8, true);
    let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let mut fields = [APP, ENVIRONMENT, USER, VALUE].map(text).to_vec();
    fields.push(Field::new(LAST_AT, micros, true));
    let texts = texts.map(|texts| -> ArrayRef { Arc::new(StringArray::from(texts)) });
    let instants = TimestampMicrosecondArray::from(instants).with_timezone("UTC");
    let columns = texts.into_iter().chain([Arc::new(instants) as ArrayRef]);
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.collect())
        .map_err(Error::RollupRows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_a_text_a_number_or_a_truth() {
        let of = |text: &str| value_of(text, "plan");
        assert_eq!(of(r#"{"plan":"pro"}"#).as_deref(), Some("pro"));
        assert_eq!(of(r#"{"plan":3}"#).as_deref(), Some("3"));
        assert_eq!(of(r#"{"plan":true}"#).as_deref(), Some("true"));
        assert_eq!(of(r#"{"$set":{"plan":"free"}}"#).as_deref(), Some("free"));
        assert_eq!(
            of(r#"{"plan":"pro","$set":{"plan":"free"}}"#).as_deref(),
            Some("pro")
        );
        let long = format!(r#"{{"plan":"{}"}}"#, "x".repeat(CHARS_MAX + 1));
        for none in [
            r#"{"plan":null}"#,
            r#"{"plan":[1]}"#,
            r#"{"a":"plan"}"#,
            "no json",
            &long,
        ] {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
