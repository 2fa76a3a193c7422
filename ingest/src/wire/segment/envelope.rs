//! A body to the bytes of its messages: one message, or an object around a list of them.

use lake::{Field, Micros, parse_instant};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::http::problem::Problem;
use crate::wire::split::{Elements, as_text, place};

/// A body, opened.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope<'a> {
    /// Each message as it came.
    pub(super) messages: Vec<&'a [u8]>,
    pub(super) write_key: Option<String>,
    pub(super) sent_at: Option<Micros>,
}

/// The members of a body that are around its messages, or of the one message that it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
struct Members<'a> {
    #[serde(borrow)]
    batch: Option<Elements<'a>>,
    #[serde(borrow)]
    write_key: Option<&'a RawValue>,
    #[serde(borrow)]
    sent_at: Option<&'a RawValue>,
}

/// Opens a body.
pub(super) fn open(body: &[u8], messages_max: usize) -> Result<Envelope<'_>, Problem> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    // A byte that is no UTF-8 spoils the message that it is in and no other.
    let text = as_text(body);
    let no_json = |error: serde_json::Error| {
        Problem::unreadable(format!("the body is no message and no batch: {error}"))
    };
    if !text.trim_ascii_start().starts_with('{') {
        let message = "the body must be a JSON object: a message, or one around a batch of them";
        return Err(Problem::unreadable(message));
    }
    let members: Members<'_> = serde_json::from_str(&text).map_err(no_json)?;
    let messages = match members.batch {
        None => vec![body],
        Some(batch) if batch.overflow || batch.list.len() > messages_max => {
            return Err(Problem::over("too_many_events", messages_max, "events"));
        }
        Some(batch) => {
            let places = batch.list.into_iter().map(|raw| place(&text, raw));
            places.filter_map(|place| body.get(place)).collect()
        }
    };
    Ok(Envelope {
        messages,
        write_key: members.write_key.and_then(words),
        sent_at: members
            .sent_at
            .and_then(words)
            .and_then(|text| parse_instant(&text).ok()),
    })
}

fn words(raw: &RawValue) -> Option<String> {
    match serde_json::from_str(raw.get()) {
        Ok(Field::Text(text)) if !text.is_empty() => Some(text.to_string()),
        _ => None,
    }
}
