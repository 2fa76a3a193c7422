//! From the forms in which a body, or the query of a `GET`, holds its JSON to the JSON itself:
//! a form's `data=`, base 64, gzip within it, LZ-string.
//!
//! The form is told by the content; `compression=` is believed for LZ-string alone, which has no
//! mark of its own.

use std::borrow::Cow;

use url::form_urlencoded;

use super::lz64;
use crate::http::admission::Reservation;
use crate::http::body::{Limits, Unpacked};
use crate::http::door::from_base64;
use crate::http::packing::Packing;
use crate::http::problem::Problem;

/// Units of UTF-16 that LZ-string may unpack to: builds that pack so sent a few events at once.
const LZ64_UNITS_MAX: usize = 4 << 20;
/// The memory that they take, as units and as text.
const LZ64_BYTES: usize = 6 * LZ64_UNITS_MAX;

/// What the query of a request says of its body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The events themselves (GET).
    pub(crate) data: Option<String>,
    /// How they are packed.
    pub(crate) compression: Option<String>,
}

/// Whether a body is other than plain JSON.
pub(crate) fn is_folded(body: &[u8], asked: &Asked) -> bool {
    if body.is_empty() {
        asked.data.is_some()
    } else {
        !is_json(body)
    }
}

fn is_json(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    matches!(body.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Unfolds a body; one that is plain stays as it is.
///
/// # Errors
/// When it is in none of the known forms, or unfolds to more than its limit.
pub(crate) fn unfold(body: Unpacked, asked: &Asked, limits: &Limits) -> Result<Unpacked, Problem> {
    if !is_folded(&body.bytes, asked) {
        return Ok(body);
    }
    let Unpacked {
        bytes: folded,
        mut reservation,
    } = body;
    let (data, compression) = match &asked.data {
        Some(data) if folded.is_empty() => (Cow::Borrowed(data.as_bytes()), None),
        _ => of_form(&folded, &mut reservation)?,
    };
    let compression = compression.as_deref().or(asked.compression.as_deref());
    let bytes = plain(data.trim_ascii(), compression, limits, &mut reservation)?;
    if bytes.len() > limits.unpacked_bytes_max {
        let limit = limits.unpacked_bytes_max;
        return Err(Problem::over("unpacked_too_large", limit, "unpacked bytes"));
    }
    Ok(Unpacked { bytes, reservation })
}

/// The fields of a form that matter: the events, and how they are packed. A body without them is
/// itself what is packed.
fn of_form<'b>(
    body: &'b [u8],
    reservation: &mut Reservation,
) -> Result<(Cow<'b, [u8]>, Option<String>), Problem> {
    let is_form = body.starts_with(b"data=") || memchr::memmem::find(body, b"&data=").is_some();
    if !is_form {
        return Ok((Cow::Borrowed(body), None));
    }
    reservation.grow(body.len())?;
    let (mut data, mut compression) = (Vec::new(), None);
    for (name, value) in form_urlencoded::parse(body) {
        match &*name {
            "data" => data = value.into_owned().into_bytes(),
            "compression" => compression = Some(value.into_owned()),
            _ => {}
        }
    }
    Ok((Cow::Owned(data), compression))
}

fn plain(
    data: &[u8],
    compression: Option<&str>,
    limits: &Limits,
    reservation: &mut Reservation,
) -> Result<Vec<u8>, Problem> {
    reservation.grow(data.len())?;
    if is_json(data) {
        return Ok(data.to_vec());
    }
    // A plus is a space in a form; some clients write the alphabet that is safe in an address.
    let digits = data.iter().filter(|digit| !matches!(digit, b'\r' | b'\n'));
    let digits = digits.map(|digit| match digit {
        b' ' | b'-' => b'+',
        b'_' => b'/',
        digit => *digit,
    });
    let digits: Vec<u8> = digits.collect();
    if compression.is_some_and(|name| name.starts_with("lz")) {
        let _units = reservation.beside(LZ64_BYTES)?;
        let text = lz64::unpack(&digits, LZ64_UNITS_MAX).map_err(Problem::from)?;
        reservation.grow(text.len())?;
        return Ok(text.into_bytes());
    }
    let unpacked = std::str::from_utf8(&digits).ok().and_then(from_base64);
    let unpacked = unpacked.ok_or_else(unknown)?;
    match Packing::Plain.or_told_by(&unpacked) {
        Packing::Plain => Ok(unpacked),
        packing => packing.unpack(&unpacked, limits.unpacked_bytes_max, reservation),
    }
}

fn unknown() -> Problem {
    Problem::unreadable(
        "the body is neither JSON nor JSON in base 64, whether as it is or as data=",
    )
}

impl From<lz64::Broken> for Problem {
    fn from(broken: lz64::Broken) -> Self {
        match broken {
            lz64::Broken::Unreadable => Self::unreadable("the body is no whole LZ-string"),
            lz64::Broken::TooLarge => {
                Self::over("unpacked_too_large", LZ64_UNITS_MAX, "unpacked characters")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use actix_web::ResponseError as _;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::http::admission::InFlight;

    const JSON: &str = r#"{"event":"caf\u00e9?>","token":"k"}"#;
    /// The same in base 64.
    const BASE64: &str = "eyJldmVudCI6ImNhZlx1MDBlOT8+IiwidG9rZW4iOiJrIn0=";

    fn unfolded(body: &[u8], asked: &Asked) -> Result<Vec<u8>, (u16, &'static str)> {
        let limits = Limits {
            unpacked_bytes_max: 10_000,
            ..Limits::default()
        };
        let room = InFlight::new(64 << 20);
        let body = Unpacked {
            bytes: body.to_vec(),
            reservation: room.enter(),
        };
        let unfolded = unfold(body, asked, &limits).map(|body| body.bytes);
        assert_eq!(room.used(), 0, "each byte is given back");
        unfolded.map_err(|problem| (problem.status_code().as_u16(), problem.error))
    }

    fn asked(data: Option<&str>, compression: Option<&str>) -> Asked {
        Asked {
            data: data.map(str::to_owned),
            compression: compression.map(str::to_owned),
        }
    }

    fn base64(bytes: &[u8]) -> String {
        const DIGITS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for chunk in bytes.chunks(3) {
            let held = chunk
                .iter()
                .fold(0_u32, |held, byte| held << 8 | u32::from(*byte));
            let held = held << (8 * (3 - chunk.len()));
            for place in 0..=chunk.len() {
                let digit = held >> (18 - 6 * place) & 63;
                text.push(char::from(DIGITS[usize::try_from(digit).unwrap()]));
            }
        }
        text
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut to = GzEncoder::new(Vec::new(), Compression::best());
        to.write_all(bytes).unwrap();
        to.finish().unwrap()
    }

    #[test]
    fn every_form_comes_to_the_same_json() {
        let encode = |text: &str| text.replace('+', "%2B").replace('=', "%3D");
        let packed = base64(&gzip(JSON.as_bytes()));
        for (body, asked) in [
            (JSON.to_owned(), asked(None, None)),
            (
                format!("data={}", encode(BASE64)),
                asked(None, Some("base64")),
            ),
            (format!("ip=1&data={}", encode(BASE64)), asked(None, None)),
            (format!("data={BASE64}"), asked(None, None)),
            (
                format!("data={}&compression=gzip-js", encode(&packed)),
                asked(None, None),
            ),
            (
                format!(
                    "data={}",
                    form_urlencoded::byte_serialize(JSON.as_bytes()).collect::<String>()
                ),
                asked(None, None),
            ),
            (BASE64.to_owned(), asked(None, Some("base64"))),
            (BASE64.replace('+', "-").replace('=', ""), asked(None, None)),
            (String::new(), asked(Some(BASE64), None)),
            (String::new(), asked(Some(JSON), None)),
            (String::new(), asked(Some(&packed), Some("gzip-js"))),
        ] {
            let found = unfolded(body.as_bytes(), &asked);
            assert_eq!(found.as_deref(), Ok(JSON.as_bytes()), "{body} {asked:?}");
        }
    }

    #[test]
    fn lz_string_is_taken_where_the_query_or_the_form_says_so() {
        let packed = "N4IgpgbmB2AuIC4QEMQF8g==";
        let body = format!("data={packed}");
        let found = unfolded(body.as_bytes(), &asked(None, Some("lz64")));
        assert_eq!(found.as_deref(), Ok(br#"{"event":"a"}"#.as_slice()));
        let body = format!("data={packed}&compression=lz64");
        assert!(unfolded(body.as_bytes(), &asked(None, None)).is_ok());
        let broken = unfolded(b"data=N4Ig", &asked(None, Some("lz64")));
        assert_eq!(broken, Err((400, "unreadable")));
    }

    #[test]
    fn bombs_and_noise_are_refused() {
        let bomb = base64(&gzip(&[b' '; 10_001]));
        let too_large = Err((413, "unpacked_too_large"));
        assert_eq!(unfolded(bomb.as_bytes(), &asked(None, None)), too_large);
        let data = format!("data={}", bomb.replace('+', "%2B"));
        assert_eq!(unfolded(data.as_bytes(), &asked(None, None)), too_large);
        let plain = base64(&[b' '; 10_001]);
        assert_eq!(unfolded(plain.as_bytes(), &asked(None, None)), too_large);
        for noise in [
            "data=%",
            "data=***",
            "hello, world",
            "\u{0}",
            "data=%C3%28",
            "%",
        ] {
            let found = unfolded(noise.as_bytes(), &asked(None, None));
            assert_eq!(found, Err((400, "unreadable")), "{noise}");
        }
        let torn = base64(&gzip(JSON.as_bytes())[..30]);
        let found = unfolded(torn.as_bytes(), &asked(None, None));
        assert_eq!(found, Err((400, "unreadable")));
    }
}
