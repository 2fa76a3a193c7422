//! Instants as exports write them: with a zone, or naive in a zone that the caller names.
//!
//! A date whose day and month could change places (`3/4/2025`) is refused, not guessed.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use lake::Micros;

/// Naive dates with a time of day that jiff's own reader does not know, as `strptime` has them.
const DATE_TIMES: [&str; 12] = [
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y-%m-%d %H:%M",
    "%d/%b/%y %I:%M %p",
    "%d/%b/%Y %I:%M %p",
    "%b %d, %Y %I:%M:%S %p",
    "%b %d, %Y %I:%M %p",
    "%b %d, %Y, %I:%M:%S %p",
    "%b %d, %Y, %I:%M %p",
    "%b %d, %Y %H:%M:%S",
    "%d %b %Y %H:%M:%S",
    "%d %b %Y %H:%M",
];
const DATES: [&str; 6] = [
    "%Y/%m/%d",
    "%Y年%m月%d日",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d %b %Y",
    "%d %B %Y",
];

/// Reads an instant. A text without a zone is taken as local time in `zone`, a date as its first
/// moment; a number counts seconds, milliseconds or microseconds since 1970 by its length.
pub(crate) fn read_instant(text: &str, zone: &TimeZone) -> Result<Micros, String> {
    let text = text.trim();
    if let Some(instant) = since_epoch(text) {
        return Ok(instant);
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant.as_microsecond());
    }
    let with_zone = Timestamp::strptime("%Y-%m-%d %H:%M:%S %z", text)
        .or_else(|_| Timestamp::strptime("%Y-%m-%d %H:%M:%S%.f%:z", text));
    if let Ok(instant) = with_zone {
        return Ok(instant.as_microsecond());
    }
    let civil = text
        .trim_end_matches(" UTC")
        .parse::<DateTime>()
        .ok()
        .or_else(|| {
            DATE_TIMES
                .iter()
                .find_map(|form| DateTime::strptime(form, text).ok())
        })
        .or_else(|| {
            DATES
                .iter()
                .find_map(|form| Date::strptime(form, text).ok())
                .map(DateTime::from)
        });
    let zone = if text.ends_with(" UTC") {
        &TimeZone::UTC
    } else {
        zone
    };
    civil
        .and_then(|civil| civil.to_zoned(zone.clone()).ok())
        .map(|zoned| zoned.timestamp().as_microsecond())
        .ok_or_else(|| {
            let text: String = text.chars().take(40).collect();
            format!("not an instant: {text:?}; write it like 2026-05-01 09:30:00 or 2026-05-01T09:30:00Z")
        })
}

/// An instant as the contract reads it.
pub(crate) fn write_instant(instant: Micros) -> Option<String> {
    Timestamp::from_microsecond(instant)
        .ok()
        .map(|instant| instant.to_string())
}

fn since_epoch(text: &str) -> Option<Micros> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    match text.len() {
        9 | 10 => number.checked_mul(1_000_000),
        12 | 13 => number.checked_mul(1_000),
        15 | 16 => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let instant = read_instant(text, &TimeZone::UTC).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(write_instant(instant).as_deref(), Some(expected), "{text}");
    }

    #[test]
    fn instants_of_known_exports_are_read() {
        check("2024-12-18 17:17:19", "2024-12-18T17:17:19Z");
        check("2024-12-18T17:17:19.25Z", "2024-12-18T17:17:19.25Z");
        check("2024-12-18T17:17:19+09:00", "2024-12-18T08:17:19Z");
        check("2024-12-18 17:17:19 +0900", "2024-12-18T08:17:19Z");
        check("2024-12-18 17:17:19 UTC", "2024-12-18T17:17:19Z");
        check("2024-12-18 17:17", "2024-12-18T17:17:00Z");
        check("2024-12-18", "2024-12-18T00:00:00Z");
        check("2024/12/18 17:17:19", "2024-12-18T17:17:19Z");
        check("Dec 18, 2024", "2024-12-18T00:00:00Z");
        check("December 18, 2024", "2024-12-18T00:00:00Z");
        check("18 Dec 2024", "2024-12-18T00:00:00Z");
        check("Dec 18, 2024, 5:17 PM", "2024-12-18T17:17:00Z");
        check("11/May/24 03:26 PM", "2024-05-11T15:26:00Z");
        check("2024年12月18日", "2024-12-18T00:00:00Z");
        check("1734542239", "2024-12-18T17:17:19Z");
        check("1734542239000", "2024-12-18T17:17:19Z");
        check(" 1734542239000000 ", "2024-12-18T17:17:19Z");
    }

    #[test]
    fn naive_instants_are_local_to_the_given_zone() {
        let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
        let read = |text| read_instant(text, &tokyo).ok().and_then(write_instant);
        assert_eq!(
            read("2021-12-15 23:09:33").as_deref(),
            Some("2021-12-15T14:09:33Z")
        );
        assert_eq!(read("2021-12-15").as_deref(), Some("2021-12-14T15:00:00Z"));
        assert_eq!(
            read("2021-12-15T00:00:00Z").as_deref(),
            Some("2021-12-15T00:00:00Z")
        );
    }

    #[test]
    fn what_could_be_two_dates_or_none_is_refused() {
        for text in [
            "",
            "soon",
            "3/4/2025",
            "2024-13-01",
            "5",
            "99999999999999999999",
            "2024-02-30",
        ] {
            assert!(read_instant(text, &TimeZone::UTC).is_err(), "{text:?}");
        }
    }
}
