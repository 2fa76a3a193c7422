//! What a batch says of all its events: the key, and when it was sent.

use std::ops::Range;

use lake::{Field, Micros, parse_instant};
use serde::Deserialize;

use super::sent::word;

/// The object around a batch; empty where there is none.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Envelope {
    pub(super) secret: Option<String>,
    pub(super) sent_at: Option<Micros>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Written<'a> {
    #[serde(borrow)]
    api_key: Field<'a>,
    #[serde(borrow)]
    token: Field<'a>,
    #[serde(borrow, rename = "$token")]
    token_too: Field<'a>,
    #[serde(borrow)]
    sent_at: Field<'a>,
}

impl Envelope {
    /// Reads what is around the events: they are cut out, and what is left is an object around an
    /// empty list.
    pub(super) fn of(body: &[u8], events: &[Range<usize>]) -> Self {
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return Self::of_text(body);
        };
        let before = body.get(..first.start).unwrap_or_default();
        let after = body.get(last.end..).unwrap_or_default();
        if before.trim_ascii().is_empty() {
            // One event, which is read by itself.
            return Self::default();
        }
        Self::of_text(&[before, after].concat())
    }

    fn of_text(text: &[u8]) -> Self {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        if !text.trim_ascii_start().starts_with(b"{") {
            return Self::default();
        }
        let written: Written<'_> = serde_json::from_slice(text).unwrap_or_default();
        Self {
            secret: secret([&written.api_key, &written.token, &written.token_too]),
            sent_at: instant(&written.sent_at),
        }
    }
}

/// The key among the fields that may hold it.
pub(super) fn secret<const N: usize>(fields: [&Field<'_>; N]) -> Option<String> {
    let found = fields.into_iter().find_map(word);
    found.map(|secret| secret.trim().to_owned())
}

/// An instant in RFC 3339, or in milliseconds since 1970 as older SDKs write it.
pub(super) fn instant(field: &Field<'_>) -> Option<Micros> {
    match field {
        Field::Text(text) => parse_instant(text).ok().or_else(|| millis(text)),
        Field::Number(number) => millis(&number.to_string()),
        _ => None,
    }
}

/// Milliseconds since 1970, as text.
pub(crate) fn millis(text: &str) -> Option<Micros> {
    let whole = text.split('.').next().unwrap_or_default();
    whole.trim().parse::<i64>().ok()?.checked_mul(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, events: &[&str], secret: Option<&str>, sent_at: Option<Micros>) {
        let places = events.iter().map(|event| {
            let start = body.find(event).unwrap();
            start..start + event.len()
        });
        let places: Vec<_> = places.collect();
        let expected = Envelope {
            secret: secret.map(str::to_owned),
            sent_at,
        };
        assert_eq!(Envelope::of(body.as_bytes(), &places), expected, "{body}");
    }

    #[test]
    fn what_is_around_the_events_is_read() {
        let at = Some(1_777_627_800_000_000);
        let body = r#"{"api_key":"k","batch":[{"a":1},{"b":2}],"sent_at":"2026-05-01T09:30:00Z"}"#;
        check(body, &[r#"{"a":1}"#, r#"{"b":2}"#], Some("k"), at);
        check(
            r#"{"batch":[{"a":1}],"token":" k ","sent_at":1777627800000}"#,
            &[r#"{"a":1}"#],
            Some("k"),
            at,
        );
        check(
            r#"{"batch":[],"$token":"k","sent_at":["x"]}"#,
            &[],
            Some("k"),
            None,
        );
        check(r#"[{"a":1}]"#, &[r#"{"a":1}"#], None, None);
        check(r#"{"api_key":"k"}"#, &[r#"{"api_key":"k"}"#], None, None);
        check(
            r#"{"api_key":7,"batch":[{"a":1}],"sent_at":"soon"}"#,
            &[r#"{"a":1}"#],
            None,
            None,
        );
    }
}
