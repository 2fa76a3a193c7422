//! The readers of bytes as fuzz targets call them: WAL frames, packed bodies, JSON bodies, bodies of
//! other products' SDKs. They are the product's own, opened by the feature `fuzzing` for
//! `tests/fuzz` and for the bench of decoders, and for nothing else.

mod sdks;

use std::ops::Range;
use std::path::Path;

use actix_web::ResponseError as _;
use lake::SentAs;

use crate::batch::{Batch, Envelope, Payload, Record};
use crate::error::Result;
use crate::http::admission::InFlight;
use crate::http::packing::Packing;
use crate::wal::frame::{FrameHeader, FrameKind};
use crate::wal::reader::{Found, SegmentReader, span_of};
use crate::wal::segment::{SEGMENT_HEADER_SPAN, SegmentHeader, Span};
use crate::wire::native::{self, Context};
use crate::wire::split::{self, Content, Split};

pub use sdks::{read_otlp_body, read_segment_body};

/// What lies next in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A whole frame.
    Frame(Frame),
    /// A stretch that holds none.
    Damage {
        /// Where it begins.
        from: i64,
        /// Where it ends.
        to: i64,
    },
}

/// A frame of the WAL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its WAL position.
    pub position: i64,
    /// The position behind it.
    pub end: i64,
    /// The end of what was durable when it was written.
    pub durable: i64,
    /// Whether it is a request's batch, and not a decided flush.
    pub is_batch: bool,
    /// Records in the payload.
    pub rows: u32,
    /// What it holds.
    pub payload: Vec<u8>,
}

impl Frame {
    /// The frame as it is written.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let header = FrameHeader {
            kind: if self.is_batch {
                FrameKind::Batch
            } else {
                FrameKind::Prepare
            },
            rows: self.rows,
            length: u32::try_from(self.payload.len()).unwrap_or(u32::MAX),
            position: self.position,
            durable: self.durable,
        };
        let mut bytes = Vec::new();
        header.encode(&self.payload, &mut bytes);
        bytes
    }
}

/// A segment's bytes and its frames: each payload becomes a frame behind the one before.
#[must_use]
pub fn segment(start: i64, payloads: &[&[u8]]) -> (Vec<u8>, Vec<Frame>) {
    let head = SegmentHeader {
        node: 7,
        start,
        durable: start,
    };
    let mut bytes = head.encode();
    let mut frames = Vec::new();
    for (row, payload) in (0_u32..).zip(payloads) {
        let position = start + span_of(bytes.len());
        let mut frame = Frame {
            position,
            end: position,
            durable: position,
            is_batch: row % 3 != 2,
            rows: row,
            payload: payload.to_vec(),
        };
        bytes.extend(frame.encode());
        frame.end = start + span_of(bytes.len());
        frames.push(frame);
    }
    (bytes, frames)
}

/// Where the first frame of a segment lies.
#[must_use]
pub fn first_position(start: i64) -> i64 {
    start + SEGMENT_HEADER_SPAN
}

/// Reads a segment's file of so many bytes as the WAL does.
///
/// # Errors
/// When the file cannot be read.
pub fn read_segment(path: &Path, start: i64, bytes: usize) -> Result<Vec<Piece>> {
    let span = Span {
        path: path.to_owned(),
        start,
        end: start + span_of(bytes),
        bytes: bytes as u64,
        damaged: false,
    };
    let mut reader = SegmentReader::open(&span, start)?;
    let mut pieces = Vec::new();
    while let Some(found) = reader.next()? {
        pieces.push(match found {
            Found::Damage { from, to } => Piece::Damage { from, to },
            Found::Frame(frame) => Piece::Frame(Frame {
                position: frame.position,
                end: frame.end,
                durable: frame.durable,
                is_batch: frame.kind == FrameKind::Batch,
                rows: frame.rows,
                payload: frame.payload,
            }),
        });
    }
    Ok(pieces)
}

/// What unpacking a body came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// The bytes, or the status and the word of the answer.
    pub outcome: std::result::Result<Vec<u8>, (u16, &'static str)>,
    /// Bytes that are still counted as in flight once the request is over.
    pub left_in_flight: usize,
}

/// Unpacks a body by the word of its `Content-Encoding`, within a limit of its own and one of all
/// bytes in flight.
///
/// # Panics
/// When the word is none that a header may hold.
#[must_use]
pub fn unpack(
    encoding: &'static str,
    packed: &[u8],
    bytes_max: usize,
    in_flight_max: usize,
) -> Unpacked {
    let mut headers = actix_web::http::header::HeaderMap::new();
    headers.insert(
        actix_web::http::header::CONTENT_ENCODING,
        actix_web::http::header::HeaderValue::from_static(encoding),
    );
    let refused =
        |problem: crate::http::problem::Problem| (problem.status_code().as_u16(), problem.error);
    let room = InFlight::new(in_flight_max);
    let outcome = Packing::declared(&headers).and_then(|packing| {
        let mut reservation = room.enter();
        packing.unpack(packed, bytes_max, &mut reservation)
    });
    Unpacked {
        outcome: outcome.map_err(refused),
        left_in_flight: room.used(),
    }
}

/// The instant at which every body of a fuzz target arrives.
pub const RECEIVED_AT: lake::Micros = 1_777_627_800_000_000;

fn context(sent_as: SentAs, event_bytes_max: usize) -> Context<'static> {
    Context {
        app: "shop",
        content: sent_as.into(),
        arrival: native::live(RECEIVED_AT, None),
        author: Some("Ada"),
        event_bytes_max,
        limits: lake::EventLimits::default(),
    }
}

/// A body as it was cut and checked.
#[derive(Debug)]
pub struct Checked<'a> {
    /// Where each event lies in the body.
    pub pieces: Vec<Range<usize>>,
    /// What became of each.
    pub records: Vec<Record<'a>>,
}

/// Cuts a body into events and checks each; the words of the refusal where it cannot be cut.
///
/// # Errors
/// When the body is empty, no JSON, or holds more than `events_max` events.
///
/// # Panics
/// When the fast and the slow way of cutting do not agree.
pub fn check(
    body: &[u8],
    sent_as: SentAs,
    events_max: usize,
    event_bytes_max: usize,
) -> std::result::Result<Checked<'_>, String> {
    let content = Content::from(sent_as);
    let split = split::split(body, content, events_max);
    let slowly = split::split_slowly(body, content, events_max);
    if let (Ok(fast), Ok(slow)) = (&split, &slowly) {
        assert_eq!(fast, slow, "where both cut, they cut in the same places");
    }
    let split: Split = split.map_err(|error| error.to_string())?;
    let context = context(sent_as, event_bytes_max);
    let pieces = split.pieces.iter();
    let records = pieces.map(|piece| native::check(&body[piece.clone()], &context));
    let records = records.collect();
    Ok(Checked {
        pieces: split.pieces,
        records,
    })
}

/// Checks one event by the reader of objects, which takes more than the fast one.
#[must_use]
pub fn check_slowly(raw: &[u8], sent_as: SentAs, event_bytes_max: usize) -> Record<'static> {
    let context = context(sent_as, event_bytes_max);
    match native::parse(raw) {
        Ok(object) => native::check_object(&object, raw, &context),
        Err(refusal) => native::refused(refusal, None, raw, &context),
    }
}

/// The records of a Sentry envelope or, where it is `bare`, of an event; the words of the refusal
/// where it cannot be read as a whole.
///
/// # Errors
/// When there is no header, or nothing.
pub fn sentry(
    body: &[u8],
    is_bare: bool,
    event_bytes_max: usize,
) -> std::result::Result<Vec<Record<'_>>, String> {
    let context = crate::http::sdk::Context {
        received_at: RECEIVED_AT,
        event_bytes_max,
        batch_events_max: 10_000,
        limits: lake::EventLimits::default(),
    };
    let read = if is_bare {
        crate::wire::sentry::read_event(body, &context)
    } else {
        crate::wire::sentry::read_envelope(body, &context)
    };
    read.map(|read| read.reading.records)
        .map_err(|problem| problem.to_string())
}

/// The piece of feedback of a plain form, taken or refused; `None` where it holds none.
#[must_use]
pub fn form(body: &[u8], event_bytes_max: usize) -> Option<Record<'static>> {
    let context = crate::http::sdk::Context {
        received_at: RECEIVED_AT,
        event_bytes_max,
        batch_events_max: 1,
        limits: lake::EventLimits::default(),
    };
    let sent = crate::http::form::read(body, &context).ok()?;
    Some(sent.record)
}

/// A body of PostHog's SDKs, read.
#[derive(Debug)]
pub struct PosthogRead {
    /// The records, or the status and the word of the answer.
    pub outcome: std::result::Result<Vec<Record<'static>>, (u16, &'static str)>,
    /// Bytes that are still counted as in flight once the request is over.
    pub left_in_flight: usize,
}

/// Unfolds and reads a body of PostHog's SDKs, within a limit of unpacked bytes and of bytes an
/// event.
#[must_use]
pub fn read_posthog(
    body: &[u8],
    compression: Option<&str>,
    (unpacked_bytes_max, event_bytes_max): (usize, usize),
) -> PosthogRead {
    let room = InFlight::new(64 << 20);
    let limits = crate::http::body::Limits {
        unpacked_bytes_max,
        event_bytes_max,
        ..crate::http::body::Limits::default()
    };
    let asked = crate::wire::posthog::unfold::Asked {
        data: None,
        compression: compression.map(str::to_owned),
    };
    let body = crate::http::body::Unpacked {
        bytes: body.to_vec(),
        reservation: room.enter(),
    };
    let read = crate::wire::posthog::unfold::unfold(body, &asked, &limits).and_then(|body| {
        let records = decode_posthog(&body.bytes, &limits)?;
        Ok(records.into_iter().map(Record::into_owned).collect())
    });
    PosthogRead {
        outcome: read.map_err(|problem| (problem.status_code().as_u16(), problem.error)),
        left_in_flight: room.used(),
    }
}

fn decode_posthog<'a>(
    body: &'a [u8],
    limits: &crate::http::body::Limits,
) -> std::result::Result<Vec<Record<'a>>, crate::http::problem::Problem> {
    let context = crate::http::sdk::Context {
        received_at: RECEIVED_AT,
        event_bytes_max: limits.event_bytes_max,
        batch_events_max: limits.batch_events_max,
        limits: limits.event,
    };
    let request = crate::wire::posthog::Request::default();
    Ok(crate::wire::posthog::read(body, &request, &context)?.records)
}

/// How many events of a plain body of PostHog's SDKs are read, and how many of them are refused:
/// the work of a request on its body, without the copies that a fuzz target needs.
#[must_use]
pub fn count_posthog(body: &[u8]) -> (usize, usize) {
    let records = decode_posthog(body, &crate::http::body::Limits::default()).unwrap_or_default();
    let is_refused = |record: &&Record<'_>| matches!(record, Record::Refused(_));
    (records.len(), records.iter().filter(is_refused).count())
}

/// A batch as the payload of a frame.
///
/// # Errors
/// Never, for what a check let through.
pub fn to_payload(batch: &Batch<'_>) -> Result<Vec<u8>> {
    let envelope = Envelope {
        app: &batch.app,
        protocol: &batch.protocol,
        key_id: batch.key_id.as_deref(),
        received_at: batch.received_at,
    };
    let mut payload = Payload::new(&envelope, batch.records.len())?;
    for record in &batch.records {
        payload.push(record)?;
    }
    Ok(payload.finish())
}

/// The batch of a frame's payload.
///
/// # Errors
/// When the payload is none.
pub fn of_payload(payload: &[u8]) -> Result<Batch<'_>> {
    Batch::of_payload(payload)
}
