//! The one place below the program that may ask what time it is, and the form that instants take.

use jiff::Timestamp;

/// An instant: microseconds since 1970-01-01T00:00:00Z.
pub type Micros = i64;

/// A source of the present instant, so that tests can hold it still.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present instant.
    fn now(&self) -> Micros;
}

/// The clock of the machine.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Micros {
        Timestamp::now().as_microsecond()
    }
}

/// A clock that stands still.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(
    /// The instant that it shows.
    pub Micros,
);

impl Clock for FixedClock {
    fn now(&self) -> Micros {
        self.0
    }
}

/// Reads an RFC 3339 instant, or a civil date-time without zone, which is taken as UTC.
///
/// # Errors
/// A sentence that says which forms are understood.
pub fn parse_instant(text: &str) -> Result<Micros, String> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant.as_microsecond());
    }
    if let Ok(civil) = text.parse::<jiff::civil::DateTime>()
        && let Ok(zoned) = civil.to_zoned(jiff::tz::TimeZone::UTC)
    {
        return Ok(zoned.timestamp().as_microsecond());
    }
    Err(
        "not an instant: write it like 2026-05-01T09:30:00Z or 2026-05-01T11:30:00+02:00"
            .to_owned(),
    )
}
