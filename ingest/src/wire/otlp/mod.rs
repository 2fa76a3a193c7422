//! OpenTelemetry's logs (OTLP/HTTP), in protobuf and in JSON.
//!
//! | a log record that | is |
//! |---|---|
//! | has `exception.*` attributes or a severity of ERROR or more, or tells a crash | an event of kind error |
//! | is an event (`event_name`, else attribute `event.name`) named `session.start` or `session.end`, with a `session.id` | a session update: ok, or exited |
//! | is any other event | a usage event of that name |
//! | is none of these: a line of a log | declined |
//!
//! | theirs | ours |
//! |---|---|
//! | attribute `event.id`, else `log.record.uid`, else a hash of resource, scope and record as they came | `event_id` |
//! | `exception.type`, else the name of the event, else `error` | `name` of an error |
//! | `time_unix_nano`, else `observed_time_unix_nano` | `occurred_at` |
//! | `severity_number` (of errors) | `level` |
//! | `exception.escaped` true, an event `device.crash` or `app.crash` | `handled` false, of other errors true |
//! | `exception.type` and the frames of `exception.stacktrace` | `fingerprint` |
//! | `user.id`, else `enduser.id` | `user_id` |
//! | `enduser.pseudo.id`, else `app.installation.id`, else `device.id` | `anonymous_id` |
//! | `session.id` | `session_id` |
//! | `service.version` | `release` |
//! | `app.build_id` | `build` |
//! | `deployment.environment.name`, else `deployment.environment` | `environment` |
//! | a browser (`browser.*`, `telemetry.sdk.language` webjs), else a phone in `os.name`, else `os.type` | `platform` |
//! | `browser.language` | `locale` |
//! | `telemetry.sdk.name`, `.version` | `sdk_name`, `sdk_version` |
//! | `client.address`, `user_agent.original` | properties `$ip`, `$user_agent`, stored where the app asks for them |
//! | `service.name`, other attributes of the record | properties of these names |
//! | other attributes of the resource, up to 4 KiB; name and version of the scope | properties `resource`, `scope` |
//! | `body`, `trace_id`, `span_id` | properties of these names |
//!
//! Whom a record is of is looked for in the record first, then in its resource; where it is from, in
//! the resource. A record of nobody is taken: servers log many.
//!
//! **Lines of a log** are not what this service keeps, and an exporter sends all that there are.
//! They are answered as the protocol has it for what is not stored and must not come again: a 200
//! whose partial success says how many, and why. Nothing of them is kept, quarantine included; the
//! ledger counts them as `declined`, and requests with traces and metrics, too.
//!
//! Two records of one resource and scope that say the same to the nanosecond, and give no id, are
//! one event: a retry looks exactly so.

pub(crate) mod answer;
mod data;
mod open;
mod record;
mod shared;
mod stack;
mod value;

use lake::{Field, Refusal, RefusalReason, Refused};
use prost::bytes::Bytes;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::batch::Record;
use crate::http::problem::Problem;
use crate::http::sdk::Context;
use data::Log;
use open::{Block, Opened};
use shared::Shared;

/// How rows and counters name it.
pub(crate) const PROTOCOL: &str = "otlp";

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Protobuf,
    Json,
}

impl Encoding {
    /// The encoding of a body that no header names.
    pub(crate) fn told_by(body: &[u8]) -> Self {
        let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        // Not a new line: a request in protobuf begins with that byte.
        let mut rest = text
            .iter()
            .skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
        match rest.next() {
            Some(b'{') => Self::Json,
            _ => Self::Protobuf,
        }
    }

    fn decode<T: prost::Message + Default + DeserializeOwned>(
        self,
        bytes: &[u8],
    ) -> Result<T, String> {
        match self {
            Self::Protobuf => T::decode(bytes).map_err(|error| error.to_string()),
            Self::Json if bytes.is_empty() => Ok(T::default()),
            Self::Json => serde_json::from_slice(bytes).map_err(|error| error.to_string()),
        }
    }
}

/// What a body of logs holds.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    pub(crate) records: Vec<Record<'static>>,
    /// Lines of a log, which are not kept.
    pub(crate) declined: usize,
}

/// Reads a body.
///
/// # Errors
/// When it is no request of logs, or holds more records than may be in one request.
pub(crate) fn read(body: &[u8], encoding: Encoding, context: &Context) -> Result<Logs, Problem> {
    let opened = open::open(body, encoding, context.batch_events_max)?;
    let mut logs = Logs::default();
    for piece in opened {
        match piece {
            Opened::Block(block) => read_block(&block, encoding, context, &mut logs),
            Opened::Unreadable(raw, message) => {
                logs.records.push(unreadable(message, &raw, context));
            }
        }
    }
    Ok(logs)
}

fn read_block(block: &Block, encoding: Encoding, context: &Context, logs: &mut Logs) {
    let shared = match shared(block, encoding, context.event_bytes_max) {
        Ok(shared) => shared,
        Err(refusal) => {
            let records = block.records.iter();
            let records = records.map(|raw| refused(refusal.clone(), None, raw, context));
            logs.records.extend(records);
            return;
        }
    };
    let of_block = [xxh3_64(&block.resource), xxh3_64(&block.scope)];
    for raw in &block.records {
        match read_record(raw, &shared, of_block, encoding, context) {
            Some(record) => logs.records.push(record),
            None => logs.declined += 1,
        }
    }
}

fn shared(block: &Block, encoding: Encoding, bytes_max: usize) -> Result<Shared, Refusal> {
    let bytes = block.resource.len().max(block.scope.len());
    if bytes > bytes_max {
        let message = format!("a resource must have at most {bytes_max} bytes, got {bytes}");
        return Err(Refusal::new("resource", RefusalReason::TooLarge, message));
    }
    let unreadable = |message: String| {
        let message = format!("the resource or scope cannot be read: {message}");
        Refusal::new("resource", RefusalReason::Unreadable, message)
    };
    let resource = encoding.decode(&block.resource).map_err(unreadable)?;
    let scope = encoding.decode(&block.scope).map_err(unreadable)?;
    Ok(Shared::of(resource, scope))
}

/// One record; `None` for a line of a log.
fn read_record(
    raw: &Bytes,
    shared: &Shared,
    of_block: [u64; 2],
    encoding: Encoding,
    context: &Context,
) -> Option<Record<'static>> {
    let max = context.event_bytes_max;
    if raw.len() > max {
        let message = format!(
            "a log record must have at most {max} bytes, got {}",
            raw.len()
        );
        let refusal = Refusal::new("", RefusalReason::TooLarge, message);
        return Some(refused(refusal, None, raw, context));
    }
    let log: Log = match encoding.decode(raw) {
        Ok(log) => log,
        Err(message) => return Some(unreadable(message, raw, context)),
    };
    let mut event = match record::event(log, shared, context) {
        Ok(event) => event?,
        Err(refusal) => return Some(refused(refusal, None, raw, context)),
    };
    if event.event_id == Field::Absent {
        event.event_id = Field::Text(derived_id(of_block, raw).into());
    }
    let event_id = match &event.event_id {
        Field::Text(id) => crate::wire::native::usable_id(id),
        _ => None,
    };
    let checked = lake::check_event_within(&event, &context.arrival(None), &context.limits);
    Some(match checked {
        Ok(event) => Record::Event(event),
        Err(refusal) => refused(refusal, event_id, raw, context),
    })
}

const DERIVED: &str = "otlp-";

/// Whether an id was made of what a record says.
pub(crate) fn is_derived(id: &str) -> bool {
    let digits = id.strip_prefix(DERIVED).unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// The same for the same record of the same resource and scope.
fn derived_id(of_block: [u64; 2], raw: &[u8]) -> String {
    let mut hash = Xxh3::new();
    for part in of_block {
        hash.update(&part.to_le_bytes());
    }
    hash.update(raw);
    format!("{DERIVED}{:032x}", hash.digest128())
}

fn unreadable(message: String, raw: &[u8], context: &Context) -> Record<'static> {
    let message = format!("the log record cannot be read: {message}");
    let refusal = Refusal::new("", RefusalReason::Unreadable, message);
    refused(refusal, None, raw, context)
}

fn refused(
    refusal: Refusal,
    event_id: Option<String>,
    raw: &[u8],
    context: &Context,
) -> Record<'static> {
    Record::Refused(Refused::new(
        refusal,
        event_id,
        raw,
        context.event_bytes_max,
    ))
}

#[cfg(test)]
mod tests;
