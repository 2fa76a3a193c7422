//! How a body is packed, and its unpacking within a limit: neither the bytes nor the window of a
//! decoder go uncounted.
//!
//! The packing is told by `Content-Encoding`; gzip and zstd also by their first bytes, since
//! browsers send gzip without saying so.

use std::io::Read;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use brotli::Decompressor;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use zstd::stream::read::Decoder as ZstdDecoder;

use crate::http::admission::Reservation;
use crate::http::problem::Problem;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// RFC 8878, section 3.1.1.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// RFC 8878, section 3.1.1.1.2, recommends that decoders take windows of at least 8 MiB.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;
/// RFC 7932, section 9.1: a window is below 16 MiB.
const BROTLI_WINDOW_BYTES: usize = 16 << 20;
const SMALL_WINDOW_BYTES: usize = 128 << 10;
/// Bytes that are unpacked at once.
const CHUNK_BYTES: usize = 64 << 10;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    /// With the frame of zlib, as the standard has it, or without, as some clients do.
    Deflate,
    Brotli,
    Zstd,
}

impl Packing {
    /// What `Content-Encoding` says. Empty and `utf-8` mean nothing: some SDKs send them.
    pub(crate) fn declared(headers: &HeaderMap) -> Result<Self, Problem> {
        let Some(value) = headers.get(header::CONTENT_ENCODING) else {
            return Ok(Self::Plain);
        };
        let name = value.to_str().unwrap_or("?").trim().to_ascii_lowercase();
        match name.as_str() {
            "" | "identity" | "utf-8" => Ok(Self::Plain),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "deflate" => Ok(Self::Deflate),
            "br" => Ok(Self::Brotli),
            "zstd" => Ok(Self::Zstd),
            _ => {
                let message = "Content-Encoding must be gzip, deflate, br, zstd or identity";
                Err(Problem::new(
                    StatusCode::UNSUPPORTED_MEDIA_TYPE,
                    "unknown_encoding",
                    message,
                ))
            }
        }
    }

    /// What the first bytes say where no header does.
    pub(crate) fn or_told_by(self, bytes: &[u8]) -> Self {
        match self {
            Self::Plain if bytes.starts_with(&GZIP_MAGIC) => Self::Gzip,
            Self::Plain if bytes.starts_with(&ZSTD_MAGIC) => Self::Zstd,
            declared => declared,
        }
    }

    /// Unpacks a body of at most `bytes_max`.
    pub(crate) fn unpack(
        self,
        packed: &[u8],
        bytes_max: usize,
        reservation: &mut Reservation,
    ) -> Result<Vec<u8>, Problem> {
        let _window = reservation.beside(self.window_bytes())?;
        let mut sink = Sink {
            packing: self,
            bytes_max,
            reservation,
        };
        match self {
            Self::Plain => sink.fill(packed),
            Self::Gzip => sink.fill(MultiGzDecoder::new(packed)),
            Self::Deflate if has_zlib_frame(packed) => sink.fill(ZlibDecoder::new(packed)),
            Self::Deflate => sink.fill(DeflateDecoder::new(packed)),
            Self::Brotli => sink.fill(Decompressor::new(packed, CHUNK_BYTES)),
            Self::Zstd => {
                let mut decoder = ZstdDecoder::with_buffer(packed).map_err(|e| sink.broken(&e))?;
                let limited = decoder.window_log_max(ZSTD_WINDOW_LOG_MAX);
                limited.map_err(|e| sink.broken(&e))?;
                sink.fill(decoder)
            }
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Plain => "text",
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    fn window_bytes(self) -> usize {
        match self {
            Self::Plain => 0,
            Self::Gzip | Self::Deflate => SMALL_WINDOW_BYTES,
            Self::Brotli => BROTLI_WINDOW_BYTES,
            Self::Zstd => 1 << ZSTD_WINDOW_LOG_MAX,
        }
    }
}

/// RFC 1950, section 2.2: the method is 8 and the first two bytes are a multiple of 31.
fn has_zlib_frame(bytes: &[u8]) -> bool {
    matches!(bytes, [method, flags, ..]
        if method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31))
}

/// Where unpacked bytes go.
struct Sink<'a> {
    packing: Packing,
    bytes_max: usize,
    reservation: &'a mut Reservation,
}

impl Sink<'_> {
    fn fill(&mut self, mut from: impl Read) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        let mut chunk = vec![0_u8; CHUNK_BYTES];
        loop {
            let read = from.read(&mut chunk).map_err(|error| self.broken(&error))?;
            if read == 0 {
                return Ok(bytes);
            }
            if bytes.len() + read > self.bytes_max {
                let limit = self.bytes_max;
                return Err(Problem::over("unpacked_too_large", limit, "unpacked bytes"));
            }
            self.make_room(&mut bytes, read)?;
            bytes.extend_from_slice(&chunk[..read]);
        }
    }

    /// Grows a buffer that is full, once what it will take is reserved: it is the room that is
    /// memory, and not what lies in it.
    fn make_room(&mut self, bytes: &mut Vec<u8>, more: usize) -> Result<(), Problem> {
        let needed = bytes.len() + more;
        if needed > bytes.capacity() {
            let room = (2 * bytes.capacity()).min(self.bytes_max).max(needed);
            self.reservation.grow(room - bytes.capacity())?;
            bytes.reserve_exact(room - bytes.len());
        }
        Ok(())
    }

    fn broken(&self, error: &std::io::Error) -> Problem {
        let name = self.packing.name();
        Problem::unreadable(format!("the body is no whole {name}: {error}"))
    }
}
