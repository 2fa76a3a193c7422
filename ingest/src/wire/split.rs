//! A body to the bytes of its events. Every form is told by the content, never by a header: one
//! object, an array, an object around an array, or one object a line (NDJSON).
//!
//! Invariant: the pieces are ranges of the body as it came, so that what is refused is kept with
//! its own bytes. Nothing is built in memory but the ranges, and those are limited in number.
//!
//! Why events are cut out before they are parsed: an element of an array can be too deep, hold a
//! lone surrogate or bytes that are no UTF-8, and still have a clear beginning and end. It is then
//! refused alone.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use lake::{Micros, SentAs, parse_instant};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::cut::cut;

/// What a body is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Usage events, errors, session updates, identifies.
    Events,
    /// Feedback.
    Feedback,
    /// Release records.
    Releases,
    /// Backlog items.
    Backlog,
    /// Marks of releases.
    Marks,
    /// Entries of plans.
    Plans,
    /// Labels of feedback.
    FeedbackLabels,
    /// Links of feedback to backlog items.
    FeedbackLinks,
}

impl From<SentAs> for Content {
    fn from(sent_as: SentAs) -> Self {
        match sent_as {
            SentAs::Events => Self::Events,
            SentAs::Feedback => Self::Feedback,
            SentAs::Releases => Self::Releases,
            SentAs::Backlog => Self::Backlog,
            SentAs::Marks => Self::Marks,
            SentAs::Plans => Self::Plans,
            SentAs::FeedbackLabels => Self::FeedbackLabels,
            SentAs::FeedbackLinks => Self::FeedbackLinks,
        }
    }
}

impl Content {
    /// What it is sent as.
    pub(crate) fn sent_as(self) -> SentAs {
        match self {
            Self::Events => SentAs::Events,
            Self::Feedback => SentAs::Feedback,
            Self::Releases => SentAs::Releases,
            Self::Backlog => SentAs::Backlog,
            Self::Marks => SentAs::Marks,
            Self::Plans => SentAs::Plans,
            Self::FeedbackLabels => SentAs::FeedbackLabels,
            Self::FeedbackLinks => SentAs::FeedbackLinks,
        }
    }

    /// The names of the list in an object around one.
    pub(super) fn list_names(self) -> [&'static str; 3] {
        match self {
            Self::Events => ["events", "batch", "items"],
            Self::Feedback => ["feedback", "events", "batch"],
            Self::Releases => ["releases", "items", "batch"],
            Self::Backlog => ["backlog", "items", "batch"],
            Self::Marks => ["marks", "items", "batch"],
            Self::Plans => ["plans", "items", "batch"],
            Self::FeedbackLabels => ["labels", "items", "batch"],
            Self::FeedbackLinks => ["links", "items", "batch"],
        }
    }

    /// Fields that show that an object is itself what is sent, whatever lists it holds.
    pub(super) fn own_fields(self) -> &'static [&'static str] {
        match self {
            Self::Events => &["name", "event_id", "user_id", "anonymous_id"],
            Self::Feedback => &["score", "text", "event_id"],
            Self::Releases | Self::Marks | Self::Plans => &["version"],
            Self::Backlog | Self::FeedbackLinks => &["item_id"],
            Self::FeedbackLabels => &["feedback_id"],
        }
    }
}

/// A body, cut into its events.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Split {
    /// Where each event lies in the body.
    pub(crate) pieces: Vec<Range<usize>>,
    /// When the sender says that it sent the body.
    pub(crate) sent_at: Option<Micros>,
    /// The app that the body names.
    pub(crate) app: Option<String>,
    /// What the sender should know.
    pub(crate) warnings: Vec<String>,
}

/// Why a body cannot be cut into events.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SplitError {
    /// There is nothing in it.
    #[error("the body is empty: send one JSON object, an array of them, or one a line")]
    Empty,
    /// It is no JSON.
    #[error("{message}")]
    Unreadable {
        /// What and where.
        message: String,
        /// From 1.
        line: usize,
        /// From 1; 0 before the first character of a line.
        column: usize,
    },
    /// It holds too many events.
    #[error("the body holds more than {limit} events")]
    TooMany {
        /// The most that are taken.
        limit: usize,
    },
}

impl From<serde_json::Error> for SplitError {
    fn from(error: serde_json::Error) -> Self {
        let message = format!("the body is no JSON: {error}");
        Self::Unreadable {
            message,
            line: error.line(),
            column: error.column(),
        }
    }
}

/// Cuts a body into its events.
pub(crate) fn split(body: &[u8], content: Content, limit: usize) -> Result<Split, SplitError> {
    cut(body, content, limit).unwrap_or_else(|| split_slowly(body, content, limit))
}

/// Cuts a body of any form, or says what is wrong with it.
pub(crate) fn split_slowly(
    body: &[u8],
    content: Content,
    limit: usize,
) -> Result<Split, SplitError> {
    let start = if body.starts_with(b"\xEF\xBB\xBF") {
        3
    } else {
        0
    };
    let text = as_text(&body[start..]);
    if text.trim_ascii().is_empty() {
        return Err(SplitError::Empty);
    }
    let mut split = match one_value(&text, content, limit) {
        Err(SplitError::Unreadable { .. }) if is_lines(&text) => lines(&text, limit)?,
        other => other?,
    };
    for piece in &mut split.pieces {
        *piece = piece.start + start..piece.end + start;
    }
    Ok(split)
}

/// The body as text of the same length: a byte that is no UTF-8 becomes `?`. Only the cutting sees
/// this text; the events are parsed from the bytes as they came.
pub(super) fn as_text(body: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut text = String::with_capacity(body.len());
            for chunk in body.utf8_chunks() {
                text.push_str(chunk.valid());
                text.extend(chunk.invalid().iter().map(|_| '?'));
            }
            Cow::Owned(text)
        }
    }
}

/// The elements of an array, as they are written.
#[derive(Default)]
pub(super) struct Elements<'a> {
    pub(super) list: Vec<&'a RawValue>,
    /// Whether there are more than any limit allows.
    pub(super) overflow: bool,
}

/// More than any limit that can be set: the refusal comes from the setting.
const ELEMENTS_MAX: usize = 1_000_000;

impl<'de: 'a, 'a> Deserialize<'de> for Elements<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Elements<'de>;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
                let mut elements = Elements::default();
                while elements.list.len() < ELEMENTS_MAX {
                    match from.next_element::<&RawValue>()? {
                        Some(element) => elements.list.push(element),
                        None => return Ok(elements),
                    }
                }
                while from.next_element::<IgnoredAny>()?.is_some() {
                    elements.overflow = true;
                }
                Ok(elements)
            }
        }
        deserializer.deserialize_seq(List)
    }
}

/// The fields of an object that the cutting needs, as they are written. The others are passed over:
/// an object may hold millions of them.
#[derive(Default)]
struct Fields<'a>(BTreeMap<&'static str, &'a RawValue>);

const FIELDS: [&str; 20] = [
    "events",
    "feedback",
    "releases",
    "backlog",
    "marks",
    "labels",
    "links",
    "feedback_id",
    "batch",
    "items",
    "app",
    "sent_at",
    "name",
    "event_id",
    "user_id",
    "anonymous_id",
    "score",
    "text",
    "version",
    "item_id",
];

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
                let mut fields = Fields::default();
                while let Some(found) = from.next_key::<Cow<'_, str>>()? {
                    match FIELDS.into_iter().find(|name| *name == found) {
                        Some(name) => drop(fields.0.insert(name, from.next_value()?)),
                        None => drop(from.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Object)
    }
}

fn one_value(text: &str, content: Content, limit: usize) -> Result<Split, SplitError> {
    let whole: &RawValue = serde_json::from_str(text)?;
    match whole.get().as_bytes().first() {
        Some(b'[') => elements(text, whole, limit),
        Some(b'{') => object(text, whole, content, limit),
        _ => {
            let message = "the body must be a JSON object or an array of them".to_owned();
            Err(SplitError::Unreadable {
                message,
                line: 1,
                column: 1,
            })
        }
    }
}

fn elements(text: &str, array: &RawValue, limit: usize) -> Result<Split, SplitError> {
    let elements: Elements<'_> = serde_json::from_str(array.get())?;
    if elements.overflow || elements.list.len() > limit {
        return Err(SplitError::TooMany { limit });
    }
    let pieces = elements
        .list
        .into_iter()
        .map(|element| place(text, element))
        .collect();
    Ok(Split {
        pieces,
        ..Split::default()
    })
}

fn object(
    text: &str,
    object: &RawValue,
    content: Content,
    limit: usize,
) -> Result<Split, SplitError> {
    let single = || Split {
        pieces: vec![place(text, object)],
        ..Split::default()
    };
    // An object whose names cannot be read, or that is too deep, is refused as an event.
    let Ok(Fields(fields)) = serde_json::from_str::<Fields<'_>>(object.get()) else {
        return Ok(single());
    };
    let is_list = |name: &&str| {
        fields
            .get(*name)
            .is_some_and(|raw| raw.get().starts_with('['))
    };
    let list = content.list_names().into_iter().find(is_list);
    let is_own = content
        .own_fields()
        .iter()
        .any(|name| fields.contains_key(*name));
    let mut split = match list.and_then(|name| fields.get(name)) {
        Some(list) if !is_own => elements(text, list, limit)?,
        _ => single(),
    };
    split.app = fields
        .get("app")
        .and_then(|raw| serde_json::from_str(raw.get()).ok());
    match fields
        .get("sent_at")
        .filter(|raw| raw.get() != "null")
        .map(|raw| instant(raw))
    {
        None => {}
        Some(Ok(sent_at)) => split.sent_at = Some(sent_at),
        Some(Err(message)) => {
            split
                .warnings
                .push(format!("sent_at is left out of account, it is {message}"));
        }
    }
    Ok(split)
}

fn instant(raw: &RawValue) -> Result<Micros, String> {
    let text: String = serde_json::from_str(raw.get()).map_err(|_| "not text".to_owned())?;
    parse_instant(&text)
}

/// Where a piece of a text lies in it.
pub(super) fn place(text: &str, piece: &RawValue) -> Range<usize> {
    let start = piece.get().as_ptr().addr() - text.as_ptr().addr();
    start..start + piece.get().len()
}

fn filled_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n')
        .filter(|line| !line.trim_ascii().is_empty())
}

/// Whether a text that is no single JSON value is one object a line: there is more than one line,
/// and the first is a value of its own, or each begins like an object.
pub(super) fn is_lines(text: &str) -> bool {
    let mut lines = filled_lines(text);
    let Some(first) = lines.next() else {
        return false;
    };
    if lines.next().is_none() {
        return false;
    }
    serde_json::from_str::<&RawValue>(first).is_ok()
        || filled_lines(text).all(|line| line.starts_with('{'))
}

fn lines(text: &str, limit: usize) -> Result<Split, SplitError> {
    let mut split = Split::default();
    for line in filled_lines(text) {
        if split.pieces.len() == limit {
            return Err(SplitError::TooMany { limit });
        }
        let line = line.trim_ascii();
        let start = line.as_ptr().addr() - text.as_ptr().addr();
        split.pieces.push(start..start + line.len());
    }
    Ok(split)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(body: &[u8]) -> Result<Vec<String>, SplitError> {
        let split = split(body, Content::Events, 3)?;
        let text = |range: Range<usize>| String::from_utf8_lossy(&body[range]).into_owned();
        Ok(split.pieces.into_iter().map(text).collect())
    }

    fn check(body: &str, expected: &[&str]) {
        assert_eq!(pieces(body.as_bytes()).unwrap(), expected, "{body}");
    }

    fn unreadable_at(body: &[u8]) -> Option<(usize, usize)> {
        match pieces(body) {
            Err(SplitError::Unreadable { line, column, .. }) => Some((line, column)),
            _ => None,
        }
    }

    #[test]
    fn every_form_is_told_by_its_content() {
        check(r#" {"name":"a"} "#, &[r#"{"name":"a"}"#]);
        check("\u{feff}[{\"name\":\"a\"}]", &[r#"{"name":"a"}"#]);
        check(
            r#"[{"name":"é"}, 7 ,"x"]"#,
            &[r#"{"name":"é"}"#, "7", "\"x\""],
        );
        check(
            r#"{"events":[{"name":"a"},{"name":"b"}]}"#,
            &[r#"{"name":"a"}"#, r#"{"name":"b"}"#],
        );
        check(r#"{"batch":[{"name":"a"}]}"#, &[r#"{"name":"a"}"#]);
        check(
            "{\"name\":\"a\"}\r\n\n{\"name\":\"b\"}\n",
            &[r#"{"name":"a"}"#, r#"{"name":"b"}"#],
        );
        check("[]", &[]);
        check(r#"{"events":[]}"#, &[]);
    }

    #[test]
    fn event_that_holds_a_list_is_no_envelope() {
        let event = r#"{"name":"buy","user_id":"u","items":[1,2]}"#;
        check(event, &[event]);
        let nothing = r#"{"events":7}"#;
        check(nothing, &[nothing]);
    }

    #[test]
    fn bad_line_is_its_own_piece() {
        check(
            "{\"name\":\"a\"}\noops\n{\"name\"",
            &[r#"{"name":"a"}"#, "oops", "{\"name\""],
        );
        check(
            "{\"name\":\n{\"name\":\"b\"}",
            &["{\"name\":", r#"{"name":"b"}"#],
        );
    }

    #[test]
    fn element_that_cannot_be_parsed_keeps_its_own_bytes() {
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        check(&format!("[{deep},1]"), &[&deep, "1"]);
        let lone = r#"{"name":"\ud800"}"#;
        check(&format!("[{lone},1e999]"), &[lone, "1e999"]);
        let body = b"[{\"name\":\"a\xff\xfe\xC3\"},{\"name\":\"b\"}]";
        let split = split(body, Content::Events, 3).unwrap();
        assert_eq!(
            &body[split.pieces[0].clone()],
            b"{\"name\":\"a\xff\xfe\xC3\"}"
        );
        assert_eq!(&body[split.pieces[1].clone()], b"{\"name\":\"b\"}");
    }

    #[test]
    fn body_that_cannot_be_read_says_where() {
        assert_eq!(pieces(b""), Err(SplitError::Empty));
        assert_eq!(pieces(b" \n\t"), Err(SplitError::Empty));
        assert_eq!(unreadable_at(b"{\"name\":\n  oops}"), Some((2, 3)));
        assert_eq!(unreadable_at(b"[{\"name\":\"a\"}"), Some((1, 13)));
        for body in [
            &b"hello"[..],
            b"\0\0\0",
            b"7",
            b"\"x\"",
            b"null",
            b"{} {}",
            b"{\"a\":\"\0\"}",
        ] {
            assert!(unreadable_at(body).is_some(), "{body:?}");
        }
        assert!(unreadable_at("[".repeat(300_000).as_bytes()).is_some());
        assert!(unreadable_at("{\"a\":".repeat(300_000).as_bytes()).is_some());
    }

    #[test]
    fn too_many_events_are_refused_in_each_form() {
        let too_many = Err(SplitError::TooMany { limit: 3 });
        assert_eq!(pieces(b"[1,2,3,4]"), too_many);
        assert_eq!(pieces(b"{\"events\":[1,2,3,4]}"), too_many);
        assert_eq!(pieces(b"{}\n{}\n{}\n{}"), too_many);
        assert_eq!(pieces(b"[1,2,3]").unwrap().len(), 3);
    }

    #[test]
    fn envelope_says_when_it_was_sent_and_by_which_app() {
        let body = br#"{"sent_at":"2026-05-01T09:30:00Z","app":"shop","events":[]}"#;
        let found = split(body, Content::Events, 3).unwrap();
        assert_eq!(found.sent_at, Some(1_777_627_800_000_000));
        assert_eq!(found.app.as_deref(), Some("shop"));
        let bad = split(br#"{"sent_at":"soon","events":[]}"#, Content::Events, 3).unwrap();
        assert_eq!((bad.sent_at, bad.warnings.len()), (None, 1));
    }
}
