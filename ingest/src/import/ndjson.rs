//! Events and feedback with one JSON object a line, in native field names. A line without an
//! `event_id` gets one that is derived from its content.

use std::io::{self, BufRead, BufReader};

use lake::{RawObject, Refusal, RefusalReason};
use serde_json::Value;

use crate::import::source::{File, Progress, text_of};
use crate::import::stable_id::StableIds;
use crate::import::{Destination, Import, ImportError, Notes, Row, Rows};
use crate::wire::native::{self, Context};
use crate::wire::split::Content;

/// What the lines of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineContent {
    /// Usage events, errors, session updates, identifies.
    Events,
    /// Feedback.
    Feedback,
}

struct Lines {
    text: BufReader<File>,
    progress: Progress,
    prefix: &'static str,
    ids: StableIds,
}

/// Opens a file with one JSON object a line.
///
/// # Errors
/// [`ImportError::Read`] when the file cannot be read.
pub fn ndjson(file: File, into: Destination, what: LineContent) -> Result<Import, ImportError> {
    let (text, progress) = text_of(file)?;
    let (prefix, content) = match what {
        LineContent::Events => ("event", Content::Events),
        LineContent::Feedback => ("feedback", Content::Feedback),
    };
    let text = BufReader::with_capacity(64 << 10, text);
    let rows = Lines {
        text,
        progress,
        prefix,
        ids: StableIds::default(),
    };
    Ok(Import::new(rows, into, content))
}

impl Rows for Lines {
    fn next_row(&mut self, context: &Context<'_>) -> Result<Option<Row>, ImportError> {
        loop {
            let Some(line) = read_line(&mut self.text, context.event_bytes_max)? else {
                return Ok(None);
            };
            let raw = line.kept.trim_ascii();
            if raw.is_empty() {
                continue;
            }
            let record = if line.bytes > context.event_bytes_max {
                let max = context.event_bytes_max;
                let message = format!("an event must have at most {max} bytes, got {}", line.bytes);
                let refusal = Refusal::new("", RefusalReason::TooLarge, message);
                native::refused(refusal, None, raw, context)
            } else {
                match native::parse(raw) {
                    Ok(object) => {
                        let object = self.with_id(object, context.app);
                        native::check_object(&object, raw, context)
                    }
                    Err(refusal) => native::refused(refusal, None, raw, context),
                }
            };
            return Ok(Some(Row {
                record,
                bytes: raw.len(),
            }));
        }
    }

    fn bytes_read(&self) -> u64 {
        self.progress.bytes_read()
    }

    fn notes(&self) -> Notes {
        Notes {
            derived_ids: self.ids.derived(),
            ..Notes::default()
        }
    }
}

impl Lines {
    fn with_id(&mut self, mut object: RawObject, app: &str) -> RawObject {
        let is_given = match object.get("event_id") {
            None | Some(Value::Null) => false,
            Some(Value::String(id)) => !id.trim().is_empty(),
            Some(_) => true,
        };
        if !is_given {
            object.remove("event_id");
            let mut content = String::new();
            write_sorted(&Value::Object(object.clone()), &mut content);
            let id = self.ids.next_id(self.prefix, &[app, &content]);
            object.insert("event_id".to_owned(), Value::from(id));
        }
        object
    }
}

/// JSON text with the names of each object in order, so that equal content has equal text.
fn write_sorted(value: &Value, to: &mut String) {
    match value {
        Value::Object(object) => {
            let mut names: Vec<&String> = object.keys().collect();
            names.sort();
            to.push('{');
            for name in names {
                to.push_str(&Value::from(name.as_str()).to_string());
                to.push(':');
                write_sorted(&object[name], to);
                to.push(',');
            }
            to.push('}');
        }
        Value::Array(list) => {
            to.push('[');
            for value in list {
                write_sorted(value, to);
                to.push(',');
            }
            to.push(']');
        }
        other => to.push_str(&other.to_string()),
    }
}

/// A line, of which no more than a limit is kept.
struct Line {
    kept: Vec<u8>,
    bytes: usize,
}

fn read_line(from: &mut impl BufRead, bytes_max: usize) -> io::Result<Option<Line>> {
    let mut line = Line {
        kept: Vec::new(),
        bytes: 0,
    };
    loop {
        let chunk = from.fill_buf()?;
        if chunk.is_empty() {
            return Ok((line.bytes > 0).then_some(line));
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(chunk.len(), |end| end + 1);
        let room = bytes_max.saturating_sub(line.kept.len());
        line.kept.extend_from_slice(&chunk[..taken.min(room)]);
        line.bytes = line.bytes.saturating_add(taken);
        from.consume(taken);
        if end.is_some() {
            // The end of the line is no part of the event.
            line.bytes -= 1;
            return Ok(Some(line));
        }
    }
}

#[cfg(test)]
mod line_tests {
    use super::*;

    #[test]
    fn long_line_is_cut_and_the_next_one_is_whole() {
        let mut from = BufReader::with_capacity(7, &b"0123456789abcdef\n\nxy\nz"[..]);
        let mut next = || {
            read_line(&mut from, 10)
                .unwrap()
                .map(|line| (line.kept, line.bytes))
        };
        assert_eq!(next(), Some((b"0123456789".to_vec(), 16)));
        assert_eq!(next(), Some((b"\n".to_vec(), 0)));
        assert_eq!(next(), Some((b"xy\n".to_vec(), 2)));
        assert_eq!(next(), Some((b"z".to_vec(), 1)));
        assert_eq!(next(), None);
    }

    #[test]
    fn order_of_names_does_not_change_the_content() {
        let sorted = |text: &str| {
            let mut to = String::new();
            write_sorted(&serde_json::from_str(text).unwrap(), &mut to);
            to
        };
        let first = sorted(r#"{"b":[1,{"y":2,"x":"é"}],"a":null}"#);
        assert_eq!(first, sorted(r#"{"a":null,"b":[1,{"x":"é","y":2}]}"#));
        assert_ne!(first, sorted(r#"{"a":null,"b":[1,{"x":"é","y":3}]}"#));
    }
}
