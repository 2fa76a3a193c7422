//! The framing of an envelope: a header line, then for each item a header line and a payload.
//!
//! A length that an item's header names is believed where the payload then ends with its line. One
//! that is wrong is put right where the line itself is a whole JSON text; otherwise the rest of the
//! envelope is broken, since nothing says where the next item begins.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

/// Bytes of a header line; beyond it there is none.
const HEADER_BYTES_MAX: usize = 64 << 10;

/// What an envelope says of all its items.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Header {
    pub(super) event_id: Value,
    pub(super) sent_at: Value,
    pub(super) sdk: Value,
    dsn: Value,
}

impl Header {
    /// The public key of the DSN: what stands before its host.
    pub(super) fn secret(&self) -> Option<String> {
        let (_, rest) = self.dsn.as_str()?.split_once("://")?;
        let (user, _) = rest.split_once('@')?;
        let key = user.split(':').next().unwrap_or_default();
        (!key.is_empty()).then(|| key.to_owned())
    }
}

/// One item.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) kind: Cow<'a, str>,
    /// How many things it holds, where its header says so.
    pub(super) count: Option<u64>,
    pub(super) payload: &'a [u8],
}

impl<'a> Item<'a> {
    /// An item without an envelope.
    pub(super) fn bare(kind: &'static str, payload: &'a [u8]) -> Self {
        Self {
            kind: kind.into(),
            count: None,
            payload,
        }
    }
}

/// What comes next in an envelope.
#[derive(Debug)]
pub(super) enum Next<'a> {
    Item(Item<'a>),
    /// The end of it, which cannot be cut into items.
    Broken {
        rest: &'a [u8],
        why: &'static str,
    },
}

#[derive(Deserialize)]
struct ItemHeader<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    length: Value,
    #[serde(default)]
    item_count: Value,
}

/// The items of an envelope, in order.
#[derive(Debug)]
pub(super) struct Items<'a> {
    rest: &'a [u8],
}

/// Reads the header; `None` where there is none.
pub(super) fn open(body: &[u8]) -> Option<(Header, Items<'_>)> {
    let (line, rest) = cut_line(body.trim_ascii_start());
    if line.len() > HEADER_BYTES_MAX || !line.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let header = serde_json::from_slice(line).ok()?;
    Some((header, Items { rest }))
}

impl<'a> Items<'a> {
    pub(super) fn next(&mut self) -> Option<Next<'a>> {
        // Empty lines between items are no items.
        let begun = self.rest.trim_ascii_start();
        if begun.is_empty() {
            return None;
        }
        let (line, behind) = cut_line(begun);
        let mut broken = |why| {
            self.rest = &[];
            Some(Next::Broken { rest: begun, why })
        };
        let header: Option<ItemHeader<'a>> = (line.len() <= HEADER_BYTES_MAX
            && line.starts_with(b"{"))
        .then(|| serde_json::from_slice(line).ok())
        .flatten();
        let Some(header) = header else {
            return broken("the header of an item must be an object with a type");
        };
        let by_length = match header.length {
            Value::Null => None,
            ref length => Some(
                length
                    .as_u64()
                    .and_then(|length| usize::try_from(length).ok())
                    .and_then(|length| cut_at(behind, length)),
            ),
        };
        let (payload, rest) = match by_length {
            Some(Some(cut)) => cut,
            None => cut_line(behind),
            Some(None) => {
                let (line, rest) = cut_line(behind);
                if serde_json::from_slice::<serde::de::IgnoredAny>(line).is_err() {
                    return broken("an item is not as long as its header says");
                }
                (line, rest)
            }
        };
        self.rest = rest;
        Some(Next::Item(Item {
            kind: header.kind,
            count: header.item_count.as_u64(),
            payload,
        }))
    }
}

/// The bytes up to the next line, and what is behind its end.
fn cut_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (line, rest) = match memchr::memchr(b'\n', bytes) {
        Some(at) => (&bytes[..at], &bytes[at + 1..]),
        None => (bytes, &[][..]),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

/// So many bytes, if a line ends behind them.
fn cut_at(bytes: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    let (payload, rest) = bytes.split_at_checked(length)?;
    match rest {
        [] => Some((payload, rest)),
        [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..] => Some((payload, rest)),
        _ => None,
    }
}
