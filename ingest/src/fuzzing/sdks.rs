//! The readers of what other products' SDKs send.

use super::RECEIVED_AT;
use crate::batch::Record;
use crate::http::Limits;
use crate::http::sdk::Context;
use crate::wire::otlp::{self, Encoding};
use crate::wire::segment::{self, Around};

fn context(limits: &Limits) -> Context {
    Context {
        received_at: RECEIVED_AT,
        event_bytes_max: limits.event_bytes_max,
        batch_events_max: limits.batch_events_max,
        limits: limits.event,
    }
}

/// Reads a body of Segment's SDKs; `None` where it is refused as a whole.
#[must_use]
pub fn read_segment_body<'a>(body: &'a [u8], limits: &Limits) -> Option<Vec<Record<'a>>> {
    let read = segment::read(body, &Around::default(), &context(limits));
    read.ok().map(|reading| reading.records)
}

/// Reads a body of logs, and says how many lines it declined; `None` where it is refused as a whole.
#[must_use]
pub fn read_otlp_body(
    body: &[u8],
    is_json: bool,
    limits: &Limits,
) -> Option<(Vec<Record<'static>>, usize)> {
    let encoding = if is_json {
        Encoding::Json
    } else {
        Encoding::Protobuf
    };
    let read = otlp::read(body, encoding, &context(limits));
    read.ok().map(|logs| (logs.records, logs.declined))
}
