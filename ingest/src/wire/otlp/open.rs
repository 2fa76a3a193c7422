//! A body to the bytes of its records, with those of the resource and scope that they share. Records
//! are decoded one by one: a damaged one is refused alone.

use prost::bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Encoding;
use crate::http::problem::Problem;
use crate::wire::split::{Elements, as_text, place};

/// Records of one resource and scope, each as it came.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) resource: Bytes,
    pub(super) scope: Bytes,
    pub(super) records: Vec<Bytes>,
}

/// A part of a body.
#[derive(Debug)]
pub(super) enum Opened {
    Block(Block),
    /// One in which no records can be found, and why.
    Unreadable(Bytes, String),
}

/// Opens a body.
pub(super) fn open(
    body: &[u8],
    encoding: Encoding,
    records_max: usize,
) -> Result<Vec<Opened>, Problem> {
    let body = Bytes::copy_from_slice(body);
    let mut found = Found {
        parts: Vec::new(),
        left: records_max,
        records_max,
    };
    match encoding {
        Encoding::Protobuf => protobuf(&body, &mut found)?,
        Encoding::Json => json(&body, &mut found)?,
    }
    Ok(found.parts)
}

/// What was found so far. It never holds more than the records that one request may have, however
/// many empty ones a body is made of.
struct Found {
    parts: Vec<Opened>,
    left: usize,
    records_max: usize,
}

impl Found {
    fn count(&mut self, records: usize) -> Result<(), Problem> {
        let left = self.left.checked_sub(records);
        let over = || Problem::over("too_many_events", self.records_max, "log records");
        self.left = left.ok_or_else(over)?;
        Ok(())
    }

    fn unreadable(&mut self, raw: Bytes, message: String) -> Result<(), Problem> {
        self.count(1)?;
        self.parts.push(Opened::Unreadable(raw, message));
        Ok(())
    }

    fn block(&mut self, block: Block) {
        if !block.records.is_empty() {
            self.parts.push(Opened::Block(block));
        }
    }
}

fn protobuf(body: &Bytes, found: &mut Found) -> Result<(), Problem> {
    for of_resource in fields(body) {
        match of_resource {
            Ok((1, raw)) => match resource_logs(&raw, found)? {
                Ok(()) => {}
                Err(Damaged(message)) => found.unreadable(raw, message.to_owned())?,
            },
            Ok(_) => {}
            Err(Damaged(message)) => {
                let message = format!("the body is no request of logs: {message}");
                return Err(Problem::unreadable(message));
            }
        }
    }
    Ok(())
}

/// The records of a resource; damaged where its scopes cannot be told apart.
fn resource_logs(raw: &Bytes, found: &mut Found) -> Result<Result<(), Damaged>, Problem> {
    let Ok(resource) = last(raw, 1) else {
        return Ok(Err(Damaged("a resource that cannot be read")));
    };
    for of_scope in fields(raw) {
        let Ok((2, raw)) = of_scope else { continue };
        let Ok(scope) = last(&raw, 1) else {
            found.unreadable(raw, "a scope that cannot be read".to_owned())?;
            continue;
        };
        let mut records = Vec::new();
        for record in fields(&raw) {
            if let Ok((2, record)) = record {
                found.count(1)?;
                records.push(record);
            }
        }
        let resource = resource.clone();
        found.block(Block {
            resource,
            scope,
            records,
        });
    }
    Ok(Ok(()))
}

/// The last value of a field, once all the others were seen to be whole.
fn last(message: &Bytes, number: u64) -> Result<Bytes, Damaged> {
    let mut found = Bytes::new();
    for field in fields(message) {
        let (its_number, value) = field?;
        if its_number == number {
            found = value;
        }
    }
    Ok(found)
}

/// A message of protobuf that is no such.
#[derive(Debug)]
struct Damaged(&'static str);

/// The fields of a message by their numbers; those of a fixed length have no bytes.
fn fields(message: &Bytes) -> impl Iterator<Item = Result<(u64, Bytes), Damaged>> {
    let (message, mut at, mut is_over) = (message.clone(), 0, false);
    std::iter::from_fn(move || {
        if is_over || at == message.len() {
            return None;
        }
        let field = field(&message, &mut at);
        is_over = field.is_err();
        Some(field)
    })
}

fn field(message: &Bytes, at: &mut usize) -> Result<(u64, Bytes), Damaged> {
    const SHORT: Damaged = Damaged("it ends within a field");
    let key = varint(message, at)?;
    let length = match key & 7 {
        0 => {
            varint(message, at)?;
            return Ok((key >> 3, Bytes::new()));
        }
        1 => 8,
        2 => usize::try_from(varint(message, at)?).map_err(|_| SHORT)?,
        5 => 4,
        _ => return Err(Damaged("a field of an unknown wire type")),
    };
    let end = at.checked_add(length).filter(|end| *end <= message.len());
    let end = end.ok_or(SHORT)?;
    let value = message.slice(*at..end);
    *at = end;
    Ok((key >> 3, if key & 7 == 2 { value } else { Bytes::new() }))
}

fn varint(message: &[u8], at: &mut usize) -> Result<u64, Damaged> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let Some(byte) = message.get(*at) else {
            return Err(Damaged("it ends within a number"));
        };
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Damaged("a number of more than 64 bits"))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
struct JsonRequest<'a> {
    #[serde(borrow)]
    resource_logs: Option<Elements<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonResourceLogs<'a> {
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
    #[serde(borrow)]
    scope_logs: Option<Elements<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonScopeLogs<'a> {
    #[serde(borrow)]
    scope: Option<&'a RawValue>,
    #[serde(borrow)]
    log_records: Option<Elements<'a>>,
}

fn json(body: &Bytes, found: &mut Found) -> Result<(), Problem> {
    let marked = body.starts_with(b"\xEF\xBB\xBF");
    let body = body.slice(if marked { 3 } else { 0 }..);
    // A byte that is no UTF-8 spoils the record that it is in and no other.
    let text = as_text(&body);
    let unreadable = |error: serde_json::Error| {
        Problem::unreadable(format!("the body is no request of logs: {error}"))
    };
    let request: JsonRequest<'_> = serde_json::from_str(&text).map_err(unreadable)?;
    let bytes = |raw: &RawValue| body.slice(place(&text, raw));
    for raw in request.resource_logs.unwrap_or_default().list {
        let of_resource: JsonResourceLogs<'_> = match serde_json::from_str(raw.get()) {
            Ok(of_resource) => of_resource,
            Err(error) => {
                found.unreadable(bytes(raw), error.to_string())?;
                continue;
            }
        };
        for raw in of_resource.scope_logs.unwrap_or_default().list {
            let of_scope: JsonScopeLogs<'_> = match serde_json::from_str(raw.get()) {
                Ok(of_scope) => of_scope,
                Err(error) => {
                    found.unreadable(bytes(raw), error.to_string())?;
                    continue;
                }
            };
            let records = of_scope.log_records.unwrap_or_default().list;
            found.count(records.len())?;
            found.block(Block {
                resource: of_resource.resource.map_or_else(Bytes::new, bytes),
                scope: of_scope.scope.map_or_else(Bytes::new, bytes),
                records: records.into_iter().map(bytes).collect(),
            });
        }
    }
    Ok(())
}
