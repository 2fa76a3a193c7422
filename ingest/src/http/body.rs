//! A request's body, within its limits while it is read and while it is unpacked: nothing beyond a
//! limit is ever held, and nobody holds a body open for ever.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, web};
use futures::StreamExt as _;
use lake::EventLimits;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout, timeout_at};

use crate::error::Overload;
use crate::http::admission::{InFlight, NoRoom, Reservation};
use crate::http::packing::Packing;
use crate::http::problem::Problem;

/// The limits of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of a body as it is sent.
    #[serde(with = "lake::unit::bytes")]
    pub body_bytes_max: usize,
    /// Bytes of a body once it is unpacked.
    #[serde(with = "lake::unit::bytes")]
    pub unpacked_bytes_max: usize,
    /// Bytes of one event; a larger one goes to quarantine, cut at this size.
    #[serde(with = "lake::unit::bytes")]
    pub event_bytes_max: usize,
    /// How large the parts of one event may be.
    pub event: EventLimits,
    /// Events of one request.
    pub batch_events_max: usize,
    /// Bytes of all bodies that are in memory at once, packed and unpacked; beyond it requests meet
    /// an overload.
    #[serde(with = "lake::unit::bytes")]
    pub in_flight_bytes_max: usize,
    /// Bytes of bodies beyond these, for SDKs that never send again what was not taken (Sentry's).
    #[serde(with = "lake::unit::bytes")]
    pub reserved_bytes_max: usize,
    /// Requests that one key may send in a second; 0 for any number. A 429 asks to send less often.
    pub key_requests_per_second: u32,
    /// Events that one key may send in a second; 0 for any number.
    pub key_events_per_second: u32,
    /// Longest silence within a body.
    #[serde(with = "lake::unit::span")]
    pub body_stall_max: Duration,
    /// Longest time for the whole of a body: a client that drips bytes ends too.
    #[serde(with = "lake::unit::span")]
    pub body_time_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 20 << 20,
            unpacked_bytes_max: 64 << 20,
            event_bytes_max: 1 << 20,
            event: EventLimits::default(),
            batch_events_max: 10_000,
            in_flight_bytes_max: 96 << 20,
            reserved_bytes_max: 16 << 20,
            key_requests_per_second: 0,
            key_events_per_second: 0,
            body_stall_max: Duration::from_secs(30),
            body_time_max: Duration::from_secs(120),
        }
    }
}

impl Limits {
    /// What does not hold together, each with the key that it is about.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let rules = [
            (
                self.body_bytes_max > 0,
                "http.body_bytes_max must be above 0",
            ),
            (
                self.event_bytes_max > 0,
                "http.event_bytes_max must be above 0",
            ),
            (
                self.batch_events_max > 0,
                "http.batch_events_max must be above 0",
            ),
            (
                self.event_bytes_max <= self.unpacked_bytes_max,
                "http.event_bytes_max must fit in http.unpacked_bytes_max",
            ),
            (
                self.unpacked_bytes_max <= self.in_flight_bytes_max,
                "http.unpacked_bytes_max must fit in http.in_flight_bytes_max",
            ),
            (
                !self.body_stall_max.is_zero() && self.body_stall_max <= self.body_time_max,
                "http.body_stall_max must be above 0 and fit in http.body_time_max",
            ),
        ];
        let broken = rules.into_iter().filter(|(holds, _)| !holds);
        broken.map(|(_, problem)| problem.to_owned()).collect()
    }
}

/// A body as it was sent.
#[derive(Debug)]
pub(crate) struct Body {
    bytes: Vec<u8>,
    packing: Packing,
    reservation: Reservation,
}

/// A body as it is to be read, with its share of the bytes in flight.
#[derive(Debug)]
pub(crate) struct Unpacked {
    pub(crate) bytes: Vec<u8>,
    pub(crate) reservation: Reservation,
}

impl From<NoRoom> for Problem {
    fn from(NoRoom: NoRoom) -> Self {
        Overload::InFlight.into()
    }
}

/// Reads a body while it stays within its limit.
pub(crate) async fn read(
    request: &HttpRequest,
    mut payload: web::Payload,
    limits: &Limits,
    in_flight: &Arc<InFlight>,
) -> Result<Body, Problem> {
    let packing = Packing::declared(request.headers())?;
    let limit = limits.body_bytes_max;
    let too_large = || Problem::over("body_too_large", limit, "bytes");
    let declared = declared_bytes(request).unwrap_or_default();
    if declared > limit {
        return Err(too_large());
    }
    let mut reservation = in_flight.enter();
    // What is declared and never sent takes addresses and no memory.
    let mut bytes = Vec::with_capacity(declared.min(ROOM_BYTES_MAX));
    let stall = limits.body_stall_max;
    let end = Instant::now() + limits.body_time_max;
    loop {
        let chunk = match timeout_at(end, timeout(stall, payload.next())).await {
            Ok(Ok(None)) => break,
            Ok(Ok(Some(Ok(chunk)))) => chunk,
            Ok(Ok(Some(Err(error)))) => {
                return Err(Problem::unreadable(format!("the body broke off: {error}")));
            }
            Ok(Err(_)) => return Err(timed_out("body_stalled", "the body stalled")),
            Err(_) => return Err(timed_out("body_too_slow", "the body took too long")),
        };
        if bytes.len() + chunk.len() > limit {
            return Err(too_large());
        }
        reservation.grow(chunk.len())?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(Body {
        packing: packing.or_told_by(&bytes),
        bytes,
        reservation,
    })
}

/// Room that is made for a body before its bytes are there.
const ROOM_BYTES_MAX: usize = 1 << 20;

fn timed_out(error: &'static str, what: &str) -> Problem {
    let message = format!("{what}: send the same again");
    Problem::new(StatusCode::REQUEST_TIMEOUT, error, message)
}

/// Bytes of a body that is unpacked and checked where it was read.
const SMALL_BYTES: usize = 64 << 10;

impl Body {
    /// Whether unpacking and checking it holds nobody up.
    pub(crate) fn is_small(&self) -> bool {
        self.packing == Packing::Plain && self.bytes.len() <= SMALL_BYTES
    }

    /// The body as it was sent.
    pub(crate) fn packed(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes as they were sent.
    pub(crate) fn packed_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Unpacks the body while it stays within its limit.
    pub(crate) fn unpack(self, limits: &Limits) -> Result<Unpacked, Problem> {
        let Self {
            bytes: packed,
            packing,
            mut reservation,
        } = self;
        let bytes = match packing {
            Packing::Plain => packed,
            packing => packing.unpack(&packed, limits.unpacked_bytes_max, &mut reservation)?,
        };
        Ok(Unpacked { bytes, reservation })
    }
}

fn declared_bytes(request: &HttpRequest) -> Option<usize> {
    request
        .headers()
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use actix_web::ResponseError as _;
    use actix_web::test::TestRequest;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut to = GzEncoder::new(Vec::new(), Compression::fast());
        to.write_all(bytes).unwrap();
        to.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut to = ZlibEncoder::new(Vec::new(), Compression::fast());
        to.write_all(bytes).unwrap();
        to.finish().unwrap()
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut to = DeflateEncoder::new(Vec::new(), Compression::fast());
        to.write_all(bytes).unwrap();
        to.finish().unwrap()
    }

    fn br(bytes: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        let mut to = brotli::CompressorWriter::new(&mut packed, 4096, 5, 22);
        to.write_all(bytes).unwrap();
        drop(to);
        packed
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 3).unwrap()
    }

    type Pack = fn(&[u8]) -> Vec<u8>;

    /// Each packing, by the word of its header.
    const PACKERS: [(&str, Pack); 5] = [
        ("gzip", gzip),
        ("deflate", zlib),
        ("deflate", deflate),
        ("br", br),
        ("zstd", zstd),
    ];

    fn limits() -> Limits {
        Limits {
            body_bytes_max: 1000,
            unpacked_bytes_max: 100_000,
            ..Limits::default()
        }
    }

    async fn unpacked(encoding: Option<&str>, body: Vec<u8>) -> Result<Vec<u8>, (u16, String)> {
        let room = InFlight::new(17 << 20);
        let mut request = TestRequest::post().set_payload(body);
        if let Some(encoding) = encoding {
            request = request.insert_header((header::CONTENT_ENCODING, encoding));
        }
        let (request, mut inner) = request.to_http_parts();
        let payload = <web::Payload as actix_web::FromRequest>::from_request(&request, &mut inner);
        let payload = payload.await.unwrap();
        let body = match read(&request, payload, &limits(), &room).await {
            Ok(body) => body.unpack(&limits()).map(|unpacked| unpacked.bytes),
            Err(problem) => Err(problem),
        };
        assert_eq!(room.used(), 0, "each byte is given back");
        body.map_err(|problem| (problem.status_code().as_u16(), problem.error.to_owned()))
    }

    #[actix_web::test]
    async fn packing_is_told_by_header_and_by_first_bytes() {
        let plain = b"{\"name\":\"a\"}".to_vec();
        for nothing in [None, Some(""), Some("UTF-8"), Some("identity")] {
            assert_eq!(unpacked(nothing, plain.clone()).await, Ok(plain.clone()));
        }
        for (name, pack) in PACKERS {
            let found = unpacked(Some(name), pack(&plain)).await;
            assert_eq!(found, Ok(plain.clone()), "{name}");
        }
        assert_eq!(unpacked(None, gzip(&plain)).await, Ok(plain.clone()));
        assert_eq!(unpacked(None, zstd(&plain)).await, Ok(plain.clone()));
        for unknown in ["compress", "gzip, br", "\u{e9}"] {
            let refused = unpacked(Some(unknown), plain.clone()).await;
            assert_eq!(refused, Err((415, "unknown_encoding".to_owned())));
        }
    }

    #[actix_web::test]
    async fn bodies_over_a_limit_are_refused_before_and_after_unpacking() {
        let packed = Err((413, "body_too_large".to_owned()));
        assert_eq!(unpacked(None, vec![b' '; 1001]).await, packed);
        let bytes = |found: Result<Vec<u8>, _>| found.map(|bytes| bytes.len());
        assert_eq!(bytes(unpacked(None, vec![b' '; 1000]).await), Ok(1000));
        for (name, pack) in PACKERS {
            let bomb = pack(&vec![b' '; 100_001]);
            assert!(bomb.len() < 1000);
            let refused = bytes(unpacked(Some(name), bomb).await);
            assert_eq!(
                refused,
                Err((413, "unpacked_too_large".to_owned())),
                "{name}"
            );
            let most = pack(&vec![b' '; 100_000]);
            assert_eq!(
                bytes(unpacked(Some(name), most).await),
                Ok(100_000),
                "{name}"
            );
        }
    }

    #[actix_web::test]
    async fn broken_packings_are_unreadable() {
        let unreadable = Err((400, "unreadable".to_owned()));
        for (name, pack) in PACKERS {
            let whole = pack(b"{\"name\":\"a\",\"user_id\":\"u\",\"platform\":\"ios\"}");
            for end in 1..whole.len() {
                let found = unpacked(Some(name), whole[..end].to_vec()).await;
                assert_eq!(found, unreadable, "{name} cut at {end}");
            }
        }
        assert_eq!(unpacked(Some("gzip"), b"{}".to_vec()).await, unreadable);
    }

    #[actix_web::test]
    async fn window_of_a_decoder_is_counted() {
        let room = InFlight::new(1 << 20);
        let body = Body {
            bytes: br(b"{}"),
            packing: Packing::Brotli,
            reservation: room.enter(),
        };
        let refused = body.unpack(&limits()).unwrap_err();
        assert_eq!(refused.error, "overloaded");
        assert_eq!(room.used(), 0);
    }
}
