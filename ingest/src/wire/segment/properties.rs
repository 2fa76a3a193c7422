//! What becomes the properties of an event: those of the message as they are written, and a few
//! others beside them.

use std::fmt;

use lake::{Field, Properties, Text};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Words by which an app names where it runs. Other values of a property of that name may mean
/// anything.
const ENVIRONMENTS: [&str; 13] = [
    "production",
    "prod",
    "staging",
    "stage",
    "development",
    "develop",
    "dev",
    "testing",
    "test",
    "qa",
    "preview",
    "sandbox",
    "local",
];

/// The members of an object, as they are written.
#[derive(Debug, Default)]
pub(super) struct Members<'a>(pub(super) Vec<(Text<'a>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsMembers;
        impl<'de> Visitor<'de> for AsMembers {
            type Value = Members<'de>;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(8);
                while let Some(member) = object.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(AsMembers)
    }
}

impl<'a> Members<'a> {
    /// `None` where it is no object, or has a name that is no text.
    pub(super) fn of(object: &'a RawValue) -> Option<Self> {
        serde_json::from_str(object.get()).ok()
    }
}

/// An object of members, as JSON text.
pub(super) fn joined(Members(members): &Members<'_>) -> String {
    let bytes = members
        .iter()
        .map(|(name, value)| name.len() + value.get().len() + 8);
    let mut text = String::with_capacity(bytes.sum::<usize>() + 2);
    text.push('{');
    for (name, value) in members {
        put(&mut text, name, value.get());
    }
    text.push('}');
    text
}

/// A text or a number; anything else is absent.
pub(super) fn scalar(value: &RawValue) -> Field<'_> {
    if value.get().starts_with(['{', '[']) {
        return Field::Absent;
    }
    match serde_json::from_str(value.get()) {
        Ok(found @ (Field::Text(_) | Field::Number(_))) => found,
        _ => Field::Absent,
    }
}

/// The environment that properties name.
pub(super) fn environment(properties: Option<&RawValue>) -> Field<'_> {
    let named = properties
        .filter(|properties| properties.get().contains("\"environment\""))
        .and_then(Members::of)
        .and_then(|Members(members)| members.into_iter().find(|(name, _)| *name == "environment"));
    match named.map(|(_, value)| scalar(value)) {
        Some(Field::Text(word)) if ENVIRONMENTS.contains(&word.to_lowercase().as_str()) => {
            Field::Text(word)
        }
        _ => Field::Absent,
    }
}

/// What is put beside the members of an object.
#[derive(Debug)]
pub(super) enum Addition<'a> {
    /// A value as it is written.
    Raw(&'a RawValue),
    /// JSON text.
    Made(String),
}

impl Addition<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Raw(value) => value.get(),
            Self::Made(text) => text,
        }
    }
}

/// Properties with others beside them, unless one of that name is there. The others do not count
/// towards the limit of names. `None` where the properties cannot be read strictly.
pub(super) fn join<'a>(
    own: Option<&'a RawValue>,
    additions: &[(&str, Addition<'_>)],
) -> Option<Properties<'a>> {
    let text = own.map_or("{}", RawValue::get);
    if additions.is_empty() || !text.starts_with('{') {
        return own.map_or(Some(Properties::Absent), |own| {
            Properties::of_text(own.get())
        });
    }
    let is_there = |name: &str| {
        own.filter(|own| own.get().contains(&["\"", name, "\""].concat()))
            .and_then(Members::of)
            .is_some_and(|Members(members)| members.iter().any(|(found, _)| **found == *name))
    };
    let bytes = additions
        .iter()
        .map(|(name, value)| name.len() + value.text().len() + 8);
    let mut all = String::with_capacity(text.len() + bytes.sum::<usize>());
    all.push_str(text.strip_suffix('}')?.trim_ascii_end());
    let mut added = 0;
    for (name, value) in additions {
        if !is_there(name) {
            put(&mut all, name, value.text());
            added += 1;
        }
    }
    all.push('}');
    match Properties::of_text(&all)? {
        Properties::Object { names, digest, .. } => Some(Properties::Object {
            names: names.saturating_sub(added).max(1),
            digest,
            text: all.into(),
        }),
        _ => None,
    }
}

/// Puts a member behind those of an object under way.
fn put(object: &mut String, name: &str, value: &str) {
    if !object.ends_with('{') {
        object.push(',');
    }
    // A name that needs no escape is most often all there is.
    if name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-' | b'.'))
    {
        object.push('"');
        object.push_str(name);
        object.push('"');
    } else {
        object.push_str(&serde_json::Value::from(name).to_string());
    }
    object.push(':');
    object.push_str(value);
}
