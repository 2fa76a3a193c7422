//! The days of the synthetic data as instants.
//!
//! The data end just before the anchor, a Monday; everything in them is told in days since their
//! first Monday and seconds of the day, so that another anchor moves the data and changes nothing
//! else.

use anyhow::{Context as _, ensure};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// Seconds of a day.
pub(crate) const DAY_SECONDS: i64 = 86_400;

/// Where day 0 lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calendar {
    anchor: Date,
    start: i64,
    days: u32,
}

impl Calendar {
    /// The calendar of `days` days before `anchor`.
    ///
    /// # Errors
    /// When the zone is not UTC (days must be 24 hours long), when the anchor is no Monday or lies
    /// beyond the calendar.
    pub(crate) fn new(anchor: Date, days: u32, zone: &str) -> anyhow::Result<Self> {
        ensure!(zone == "UTC", "the sample's zone must be UTC, got {zone:?}");
        ensure!(
            anchor.weekday() == Weekday::Monday,
            "the anchor {anchor} is no Monday"
        );
        let midnight = anchor
            .to_zoned(TimeZone::UTC)
            .context("the anchor is out of range")?;
        let start = midnight.timestamp().as_second() - i64::from(days) * DAY_SECONDS;
        Ok(Self {
            anchor,
            start,
            days,
        })
    }

    /// The Monday at which the data end.
    pub(crate) fn anchor(&self) -> Date {
        self.anchor
    }

    /// How many days the data span.
    pub(crate) fn days(&self) -> u32 {
        self.days
    }

    /// Seconds since day 0 at which the data end.
    pub(crate) fn end(&self) -> i64 {
        i64::from(self.days) * DAY_SECONDS
    }

    /// An instant, RFC 3339 in UTC, from seconds since day 0.
    ///
    /// # Errors
    /// When the instant lies beyond the calendar.
    pub(crate) fn instant(&self, second: i64) -> anyhow::Result<String> {
        let instant = Timestamp::from_second(self.start + second)
            .context("an instant of the sample is out of range")?;
        Ok(instant.to_string())
    }
}

/// Seconds since day 0 of a second of a day.
pub(crate) fn second_of(day: u32, second: u64) -> i64 {
    i64::from(day) * DAY_SECONDS + i64::try_from(second).unwrap_or(0)
}

/// The Monday after the last complete week before `today`: the first day of the week that
/// holds it.
///
/// # Errors
/// When the week lies beyond the calendar.
pub(crate) fn anchor(today: Date) -> anyhow::Result<Date> {
    let since_monday = today.weekday().to_monday_zero_offset();
    today
        .checked_sub(Span::new().days(since_monday))
        .context("this week is out of range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_anchor_is_the_monday_of_this_week() {
        for (today, expected) in [
            ("2026-10-01", "2026-09-28"),
            ("2026-09-28", "2026-09-28"),
            ("2026-09-27", "2026-09-21"),
        ] {
            assert_eq!(
                anchor(today.parse().unwrap()).unwrap().to_string(),
                expected,
                "{today}"
            );
        }
    }

    #[test]
    fn the_data_end_just_before_the_anchor() {
        let monday = "2026-09-28".parse().unwrap();
        let calendar = Calendar::new(monday, 35, "UTC").unwrap();
        assert_eq!(calendar.instant(0).unwrap(), "2026-08-24T00:00:00Z");
        assert_eq!(
            calendar.instant(calendar.end() - 1).unwrap(),
            "2026-09-27T23:59:59Z"
        );
        assert!(Calendar::new("2026-09-29".parse().unwrap(), 35, "UTC").is_err());
    }
}
