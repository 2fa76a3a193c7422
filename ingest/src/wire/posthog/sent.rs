//! An event as SDKs send it, read once: the members that Shipwake knows, borrowed from the bytes.

use std::borrow::Cow;

use lake::{Field, Text};
use serde::Deserialize;
use sonic_rs::LazyValue;

/// Objects and lists within each other that are followed, as everywhere.
const DEPTH_MAX: usize = 120;

/// Any JSON value, as it is written.
pub(super) type Raw<'a> = Option<LazyValue<'a>>;

/// The object of one event; what other members it has is left alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent<'a> {
    #[serde(borrow)]
    pub(super) event: Field<'a>,
    #[serde(borrow)]
    pub(super) uuid: Field<'a>,
    #[serde(borrow)]
    pub(super) timestamp: Field<'a>,
    #[serde(borrow)]
    pub(super) distinct_id: Raw<'a>,
    #[serde(borrow, rename = "$distinct_id")]
    pub(super) distinct_id_too: Raw<'a>,
    #[serde(borrow)]
    pub(super) api_key: Field<'a>,
    #[serde(borrow)]
    pub(super) token: Field<'a>,
    #[serde(borrow, rename = "$token")]
    pub(super) token_too: Field<'a>,
    #[serde(borrow)]
    pub(super) sent_at: Field<'a>,
    #[serde(borrow)]
    pub(super) session_id: Raw<'a>,
    #[serde(borrow)]
    pub(super) window_id: Raw<'a>,
    #[serde(borrow)]
    pub(super) options: Raw<'a>,
    #[serde(borrow, rename = "$set")]
    pub(super) set: Raw<'a>,
    #[serde(borrow, rename = "$set_once")]
    pub(super) set_once: Raw<'a>,
    #[serde(borrow)]
    pub(super) properties: Raw<'a>,
}

/// What the newer protocol says of an event beside its properties.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Options<'a> {
    #[serde(borrow)]
    pub(super) process_person_profile: Raw<'a>,
    #[serde(borrow)]
    pub(super) cookieless_mode: Raw<'a>,
    #[serde(borrow)]
    pub(super) product_tour_id: Raw<'a>,
    /// One server calls it by the other name.
    #[serde(borrow, alias = "disable_skew_adjustment")]
    pub(super) disable_skew_correction: Raw<'a>,
}

/// The properties that become fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Known<'a> {
    #[serde(borrow)]
    pub(super) distinct_id: Raw<'a>,
    #[serde(borrow)]
    pub(super) token: Field<'a>,
    #[serde(borrow, rename = "$insert_id")]
    pub(super) insert_id: Field<'a>,
    #[serde(borrow, rename = "$time")]
    pub(super) time: Field<'a>,
    #[serde(borrow, rename = "$ignore_sent_at")]
    pub(super) ignore_sent_at: Field<'a>,
    #[serde(borrow, rename = "$user_id")]
    pub(super) user_id: Raw<'a>,
    #[serde(borrow, rename = "$device_id")]
    pub(super) device_id: Raw<'a>,
    #[serde(borrow, rename = "$anon_distinct_id")]
    pub(super) anon_distinct_id: Raw<'a>,
    #[serde(borrow)]
    pub(super) alias: Raw<'a>,
    #[serde(borrow, rename = "$is_identified")]
    pub(super) is_identified: Field<'a>,
    #[serde(borrow, rename = "$process_person_profile")]
    pub(super) process_person_profile: Field<'a>,
    #[serde(borrow, rename = "$group_type")]
    pub(super) group_type: Raw<'a>,
    #[serde(borrow, rename = "$group_key")]
    pub(super) group_key: Raw<'a>,
    #[serde(borrow, rename = "$session_id")]
    pub(super) session_id: Field<'a>,
    #[serde(borrow, rename = "$app_version")]
    pub(super) app_version: Field<'a>,
    #[serde(borrow, rename = "$release_id")]
    pub(super) release_id: Field<'a>,
    #[serde(borrow, rename = "$app_build")]
    pub(super) app_build: Field<'a>,
    #[serde(borrow, rename = "$environment")]
    pub(super) environment: Field<'a>,
    #[serde(borrow, rename = "environment")]
    pub(super) environment_too: Field<'a>,
    #[serde(borrow, rename = "$os")]
    pub(super) os: Field<'a>,
    #[serde(borrow, rename = "$locale")]
    pub(super) locale: Field<'a>,
    #[serde(borrow, rename = "$browser_language")]
    pub(super) browser_language: Field<'a>,
    #[serde(borrow, rename = "$lib")]
    pub(super) lib: Field<'a>,
    #[serde(borrow, rename = "$lib_version")]
    pub(super) lib_version: Field<'a>,
    #[serde(borrow, rename = "$exception_list")]
    pub(super) exceptions: Raw<'a>,
    #[serde(borrow, rename = "$exception_level")]
    pub(super) exception_level: Field<'a>,
    #[serde(borrow, rename = "$exception_fingerprint")]
    pub(super) exception_fingerprint: Field<'a>,
    #[serde(borrow, rename = "$set")]
    pub(super) set: Raw<'a>,
    #[serde(borrow, rename = "$set_once")]
    pub(super) set_once: Raw<'a>,
}

/// Reads one object; `None` where it cannot be read fast and strictly.
pub(super) fn object<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    (text.trim_ascii_start().starts_with('{') && !is_deep(text.as_bytes()))
        .then(|| sonic_rs::from_str(text).ok())
        .flatten()
}

/// Whether objects and lists lie within each other deeper than is followed. What is no JSON may
/// count as deep: the reader of objects, which is then asked, says what is wrong.
fn is_deep(json: &[u8]) -> bool {
    if memchr::memchr2_iter(b'{', b'[', json).count() <= DEPTH_MAX {
        return false;
    }
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH_MAX {
            return true;
        }
    }
    false
}

/// What is written of a value, unless it is null.
pub(super) fn written<'a>(raw: &Raw<'a>) -> Option<Cow<'a, str>> {
    let text = raw.as_ref()?.as_raw_cow();
    (text != "null").then_some(text)
}

/// A value as an id: text as it is, and anything else as it is written.
pub(super) fn id<'a>(raw: &Raw<'a>) -> Option<Text<'a>> {
    let text = written(raw)?;
    let id = match &text {
        text if !text.starts_with('"') => text.clone(),
        Cow::Borrowed(text) => match sonic_rs::from_str::<Field<'a>>(text) {
            Ok(Field::Text(id)) => id.to_cow(),
            _ => return None,
        },
        Cow::Owned(text) => Cow::Owned(sonic_rs::from_str::<String>(text).ok()?),
    };
    let id = match id.char_indices().nth(ID_CHARS_MAX) {
        Some((end, _)) => Cow::Owned(id.get(..end)?.to_owned()),
        None => id,
    };
    (!id.trim().is_empty()).then(|| match id {
        Cow::Borrowed(id) => Text::from(id),
        Cow::Owned(id) => Text::from(id),
    })
}

/// Longer ids are cut, as PostHog cuts them.
const ID_CHARS_MAX: usize = 200;

/// A text that is there.
pub(super) fn word<'f>(field: &'f Field<'_>) -> Option<&'f str> {
    match field {
        Field::Text(text) if !text.trim().is_empty() => Some(text),
        _ => None,
    }
}

/// Whether a property says yes or no: SDKs also write it as text.
pub(super) fn says(field: &Field<'_>) -> Option<bool> {
    match field {
        Field::Truth(truth) => Some(*truth),
        Field::Text(text) if matches!(text.as_str(), "true" | "1") => Some(true),
        Field::Text(text) if matches!(text.as_str(), "false" | "0") => Some(false),
        _ => None,
    }
}

/// The first of several fields that holds text or a number: a property of the app's own may have
/// one of the names and be something else.
pub(super) fn first<'a, const N: usize>(fields: [Field<'a>; N]) -> Field<'a> {
    let is_plain = |field: &Field<'_>| match field {
        Field::Text(text) => !text.trim().is_empty(),
        Field::Number(_) => true,
        _ => false,
    };
    fields.into_iter().find(is_plain).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_outside_of_strings() {
        let flat = format!("{{\"a\":[{}0]}}", "[],{},".repeat(500));
        assert!(!is_deep(flat.as_bytes()));
        let text = format!("{{\"a\":\"{}\\\"[\"}}", "[".repeat(500));
        assert!(!is_deep(text.as_bytes()));
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(500), "]".repeat(500));
        assert!(is_deep(deep.as_bytes()));
        assert!(object::<Sent<'_>>(&deep).is_none());
    }

    #[test]
    fn ids_are_text_whatever_they_are() {
        for (json, expected) in [
            (r#""u1""#, Some("u1")),
            (r#""caf\u00e9""#, Some("café")),
            ("42", Some("42")),
            (r#"{"a":1}"#, Some(r#"{"a":1}"#)),
            ("true", Some("true")),
            ("null", None),
            (r#""""#, None),
            (r#""  ""#, None),
        ] {
            let text = format!("{{\"distinct_id\":{json}}}");
            let sent: Sent<'_> = object(&text).unwrap();
            assert_eq!(id(&sent.distinct_id).as_deref(), expected, "{json}");
        }
        let long = format!("{{\"distinct_id\":\"{}\"}}", "é".repeat(300));
        let sent: Sent<'_> = object(&long).unwrap();
        assert_eq!(
            id(&sent.distinct_id).as_deref(),
            Some("é".repeat(200).as_str())
        );
    }
}
