//! Civil days of a zone as plain numbers: days since 1970-01-01 by the zone's own clock. All
//! bucketing by day or week goes through here, on days of 23, 24 or 25 hours too.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use lake::Micros;
use polars::prelude::{Expr, lit};

use crate::error::{Error, Result};
use crate::period::Period;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// The calendar of one zone.
#[derive(Debug, Clone)]
pub(crate) struct Days {
    zone: TimeZone,
}

impl Days {
    pub(crate) fn in_zone(name: &str) -> Result<Self> {
        let zone = TimeZone::get(name).map_err(|source| Error::Zone {
            zone: name.to_owned(),
            source,
        })?;
        Ok(Self { zone })
    }

    pub(crate) fn of_zone(zone: TimeZone) -> Self {
        Self { zone }
    }

    /// The name of the zone, or its fixed offset.
    pub(crate) fn zone_name(&self) -> String {
        let name = self.zone.iana_name().map(str::to_owned);
        name.unwrap_or_else(|| format!("{:?}", self.zone))
    }

    /// The day that holds `instant`.
    pub(crate) fn day_of(&self, instant: Micros) -> i32 {
        let offset = Timestamp::from_microsecond(instant)
            .map_or(0, |at| i64::from(self.zone.to_offset(at).seconds()));
        day_number(instant.saturating_add(offset * MICROS_PER_SECOND))
    }

    /// The first instant of a day.
    pub(crate) fn start_of(&self, day: i32) -> Result<Micros> {
        let zoned = date(day)?
            .to_zoned(self.zone.clone())
            .map_err(|source| Error::Calendar { source })?;
        Ok(zoned.timestamp().as_microsecond())
    }

    /// The days of a window as a period.
    pub(crate) fn period(&self, window: Window) -> Result<Period> {
        Ok(Period {
            from: self.start_of(window.first)?,
            to: self.start_of(window.end())?,
            zone: self.zone.clone(),
            first_day: date(window.first)?,
            last_day: date(window.end().saturating_sub(1))?,
            iso_week: None,
        })
    }
}

/// The days of many instants that mostly lie on one day after the other.
#[derive(Debug)]
pub(crate) struct DayFinder<'a> {
    days: &'a Days,
    day: i32,
    /// The instants of that day.
    holds: std::ops::Range<Micros>,
}

impl<'a> DayFinder<'a> {
    pub(crate) fn new(days: &'a Days) -> Self {
        Self {
            days,
            day: 0,
            holds: 0..0,
        }
    }

    /// As [`Days::day_of`].
    pub(crate) fn day_of(&mut self, instant: Micros) -> i32 {
        if !self.holds.contains(&instant) {
            self.day = self.days.day_of(instant);
            let start = |day| self.days.start_of(day);
            let span =
                start(self.day).and_then(|from| Ok(from..start(self.day.saturating_add(1))?));
            // Where clocks go back over midnight, an instant of one day lies after the next began.
            let span = span.ok().filter(|span| span.contains(&instant));
            self.holds = span.unwrap_or_default();
        }
        self.day
    }
}

/// The quotient rounded down, as [`i64::div_euclid`]. Integer division rounds towards 0, so the
/// dividend is lifted above 0 first: by enough for anything that happened in the last 2,700 years.
pub(crate) fn floor_quotient(dividend: Expr, divisor: i64) -> Expr {
    const LIFT: i64 = 1_000_000;
    (dividend + lit(LIFT * divisor)) / lit(divisor) - lit(LIFT)
}

fn day_number(civil_micros: i64) -> i32 {
    i32::try_from(civil_micros.div_euclid(MICROS_PER_DAY)).unwrap_or(i32::MAX)
}

fn date(day: i32) -> Result<Date> {
    Span::new()
        .try_days(day)
        .and_then(|days| Date::constant(1970, 1, 1).checked_add(days))
        .map_err(|source| Error::Calendar { source })
}

/// A day as `YYYY-MM-DD`.
pub(crate) fn day_text(day: i32) -> String {
    date(day).map_or_else(|_| day.to_string(), |date| date.to_string())
}

/// An instant as RFC 3339 UTC.
pub(crate) fn instant_text(instant: Micros) -> String {
    Timestamp::from_microsecond(instant).map_or_else(|_| instant.to_string(), |at| at.to_string())
}

/// Whole days between two days, 0 where the second is the earlier.
pub(crate) fn days_between(first: i32, last: i32) -> u32 {
    u32::try_from(i64::from(last) - i64::from(first)).unwrap_or(0)
}

/// A window of whole days, `[first, first + length)`, and its equals before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) first: i32,
    pub(crate) length: i32,
}

impl Window {
    /// The first day after the window.
    pub(crate) fn end(self) -> i32 {
        self.first.saturating_add(self.length)
    }

    pub(crate) fn holds(self, day: i32) -> bool {
        self.index_of(day) == 0
    }

    /// 0 for days of this window, −1 for those of the window before, and so on.
    pub(crate) fn index_of(self, day: i32) -> i32 {
        day.saturating_sub(self.first)
            .div_euclid(self.length.max(1))
    }

    /// The first day of the window with the given index.
    pub(crate) fn first_of(self, index: i32) -> i32 {
        self.first.saturating_add(index.saturating_mul(self.length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600 * MICROS_PER_SECOND;

    #[test]
    fn days_are_found_across_clock_changes() {
        for zone in [
            "Europe/Berlin",
            "America/New_York",
            "Australia/Lord_Howe",
            "Asia/Kathmandu",
        ] {
            let days = Days::in_zone(zone).unwrap();
            let (from, to) = (
                days.start_of(19_640).unwrap(),
                days.start_of(20_060).unwrap(),
            );
            let mut finder = DayFinder::new(&days);
            for at in (from..to).step_by(usize::try_from(HOUR / 2).unwrap()) {
                let shown = Timestamp::from_microsecond(at).unwrap();
                let civil = shown.to_zoned(TimeZone::get(zone).unwrap()).date();
                let expected = (civil - Date::constant(1970, 1, 1)).get_days();
                assert_eq!(days.day_of(at), expected, "{zone} {shown}");
                assert_eq!(finder.day_of(at), expected, "{zone} {shown}");
            }
            assert_eq!(days.day_of(from), 19_640);
            assert_eq!(days.day_of(from - 1), 19_639);
        }
    }

    #[test]
    fn windows_are_numbered_backwards() {
        let window = Window {
            first: 100,
            length: 7,
        };
        assert_eq!(
            (
                window.index_of(99),
                window.index_of(100),
                window.index_of(107)
            ),
            (-1, 0, 1)
        );
        assert_eq!(window.first_of(-2), 86);
    }
}
