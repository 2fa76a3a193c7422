//! A request's body, within its limits while it is read and while it is unpacked: nothing beyond a
//! limit is ever held.
//!
//! The packing is told by `Content-Encoding`, and gzip also by its first two bytes, since browsers
//! send gzip without saying so.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, web};
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};

use crate::http::admission::{InFlight, NoRoom, Reservation};
use crate::http::problem::Problem;

/// The limits of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of a body as it is sent.
    pub body_bytes_max: usize,
    /// Bytes of a body once it is unpacked.
    pub unpacked_bytes_max: usize,
    /// Bytes of one event; a larger one goes to quarantine, cut at this size.
    pub event_bytes_max: usize,
    /// Events of one request.
    pub batch_events_max: usize,
    /// Bytes of all bodies that are in memory at once, packed and unpacked; beyond it requests meet
    /// an overload.
    pub in_flight_bytes_max: usize,
    /// Longest silence within a body, in milliseconds.
    pub body_stall_ms_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 20 << 20,
            unpacked_bytes_max: 100 << 20,
            event_bytes_max: 1 << 20,
            batch_events_max: 10_000,
            in_flight_bytes_max: 256 << 20,
            body_stall_ms_max: 30_000,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Zlib,
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
    pub(crate) _reservation: Reservation,
}

impl From<NoRoom> for Problem {
    fn from(NoRoom: NoRoom) -> Self {
        Self::later(
            "too many bytes are in flight: send the same again",
            Duration::from_secs(1),
        )
    }
}

/// Reads a body while it stays within its limit.
pub(crate) async fn read(
    request: &HttpRequest,
    mut payload: web::Payload,
    limits: &Limits,
    in_flight: &Arc<InFlight>,
) -> Result<Body, Problem> {
    let packing = declared_packing(request)?;
    let limit = limits.body_bytes_max;
    let too_large = || Problem::over("body_too_large", limit, "bytes");
    if declared_bytes(request).is_some_and(|bytes| bytes > limit) {
        return Err(too_large());
    }
    let mut reservation = in_flight.enter();
    let mut bytes = Vec::new();
    let stall = Duration::from_millis(limits.body_stall_ms_max);
    loop {
        let chunk = match tokio::time::timeout(stall, payload.next()).await {
            Ok(None) => break,
            Ok(Some(Ok(chunk))) => chunk,
            Ok(Some(Err(error))) => {
                return Err(Problem::unreadable(format!("the body broke off: {error}")));
            }
            Err(_) => {
                let message = "the body stalled: send the same again";
                return Err(Problem::new(
                    StatusCode::REQUEST_TIMEOUT,
                    "body_stalled",
                    message,
                ));
            }
        };
        if bytes.len() + chunk.len() > limit {
            return Err(too_large());
        }
        reservation.grow(chunk.len())?;
        bytes.extend_from_slice(&chunk);
    }
    let packing = match packing {
        Packing::Plain if bytes.starts_with(&[0x1f, 0x8b]) => Packing::Gzip,
        other => other,
    };
    Ok(Body {
        bytes,
        packing,
        reservation,
    })
}

impl Body {
    /// Unpacks the body while it stays within its limit.
    pub(crate) fn unpack(self, limits: &Limits) -> Result<Unpacked, Problem> {
        let Self {
            bytes: packed,
            packing,
            mut reservation,
        } = self;
        let bytes = match packing {
            Packing::Plain => packed,
            Packing::Gzip => unpack(
                MultiGzDecoder::new(packed.as_slice()),
                "gzip",
                limits,
                &mut reservation,
            )?,
            Packing::Zlib => unpack(
                ZlibDecoder::new(packed.as_slice()),
                "deflate",
                limits,
                &mut reservation,
            )?,
        };
        Ok(Unpacked {
            bytes,
            _reservation: reservation,
        })
    }
}

fn unpack(
    mut from: impl Read,
    name: &str,
    limits: &Limits,
    reservation: &mut Reservation,
) -> Result<Vec<u8>, Problem> {
    let limit = limits.unpacked_bytes_max;
    let mut bytes = Vec::new();
    let mut chunk = vec![0_u8; 64 << 10];
    loop {
        let read = from.read(&mut chunk).map_err(|error| {
            Problem::unreadable(format!("the body is no whole {name}: {error}"))
        })?;
        if read == 0 {
            return Ok(bytes);
        }
        if bytes.len() + read > limit {
            return Err(Problem::over("unpacked_too_large", limit, "unpacked bytes"));
        }
        reservation.grow(read)?;
        bytes.extend_from_slice(&chunk[..read]);
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

/// What `Content-Encoding` says. Empty and `utf-8` mean nothing: some SDKs send them.
fn declared_packing(request: &HttpRequest) -> Result<Packing, Problem> {
    let Some(value) = request.headers().get(header::CONTENT_ENCODING) else {
        return Ok(Packing::Plain);
    };
    let name = String::from_utf8_lossy(value.as_bytes())
        .trim()
        .to_ascii_lowercase();
    match name.as_str() {
        "" | "identity" | "utf-8" => Ok(Packing::Plain),
        "gzip" | "x-gzip" => Ok(Packing::Gzip),
        "deflate" => Ok(Packing::Zlib),
        _ => {
            let message = "Content-Encoding must be gzip, deflate or identity";
            Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unknown_encoding",
                message,
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use actix_web::ResponseError as _;
    use actix_web::test::TestRequest;
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut to = GzEncoder::new(Vec::new(), Compression::fast());
        to.write_all(bytes).unwrap();
        to.finish().unwrap()
    }

    fn limits() -> Limits {
        Limits {
            body_bytes_max: 1000,
            unpacked_bytes_max: 100_000,
            ..Limits::default()
        }
    }

    async fn unpacked(encoding: Option<&str>, body: Vec<u8>) -> Result<Vec<u8>, (u16, String)> {
        let room = InFlight::new(1 << 20);
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
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(&plain).unwrap();
        let zlib = zlib.finish().unwrap();
        assert_eq!(unpacked(None, plain.clone()).await, Ok(plain.clone()));
        assert_eq!(unpacked(Some(""), plain.clone()).await, Ok(plain.clone()));
        assert_eq!(
            unpacked(Some("UTF-8"), plain.clone()).await,
            Ok(plain.clone())
        );
        assert_eq!(unpacked(None, gzip(&plain)).await, Ok(plain.clone()));
        assert_eq!(
            unpacked(Some("gzip"), gzip(&plain)).await,
            Ok(plain.clone())
        );
        assert_eq!(unpacked(Some("deflate"), zlib).await, Ok(plain.clone()));
        let refused = unpacked(Some("br"), plain).await;
        assert_eq!(refused, Err((415, "unknown_encoding".to_owned())));
    }

    #[actix_web::test]
    async fn bodies_over_a_limit_are_refused_before_and_after_unpacking() {
        let packed = Err((413, "body_too_large".to_owned()));
        assert_eq!(unpacked(None, vec![b' '; 1001]).await, packed);
        assert_eq!(
            unpacked(None, vec![b' '; 1000]).await.map(|b| b.len()),
            Ok(1000)
        );
        let bomb = gzip(&vec![b' '; 100_001]);
        assert!(bomb.len() < 1000);
        assert_eq!(
            unpacked(None, bomb).await,
            Err((413, "unpacked_too_large".to_owned()))
        );
        assert_eq!(
            unpacked(None, gzip(&vec![b' '; 100_000]))
                .await
                .map(|b| b.len()),
            Ok(100_000)
        );
    }

    #[actix_web::test]
    async fn broken_gzip_is_unreadable() {
        let whole = gzip(b"{\"name\":\"a\",\"user_id\":\"u\"}");
        let unreadable = Err((400, "unreadable".to_owned()));
        for end in 2..whole.len() {
            assert_eq!(
                unpacked(None, whole[..end].to_vec()).await,
                unreadable,
                "cut at {end}"
            );
        }
        assert_eq!(unpacked(Some("gzip"), b"{}".to_vec()).await, unreadable);
    }
}
