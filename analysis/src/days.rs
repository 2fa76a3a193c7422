//! Civil days of a zone as plain numbers: days since 1970-01-01 by the zone's own clock. All
//! bucketing by day or week goes through here, in Rust as in Polars expressions, so that both
//! agree on days of 23, 24 or 25 hours.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use lake::Micros;
use polars::prelude::{Expr, lit, when};

use crate::error::{Error, Result};

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

    /// The expression that gives the day of an instant column, for instants in `[from, to)`.
    pub(crate) fn day_expression(&self, instant: Expr, from: Micros, to: Micros) -> Expr {
        let offset = |at: Timestamp| i64::from(self.zone.to_offset(at).seconds());
        let Ok(start) = Timestamp::from_microsecond(from) else {
            return floor_quotient(instant, MICROS_PER_DAY);
        };
        let mut shift = lit(offset(start) * MICROS_PER_SECOND);
        for transition in self.zone.following(start) {
            let at = transition.timestamp();
            if at.as_microsecond() >= to {
                break;
            }
            shift = when(instant.clone().gt_eq(lit(at.as_microsecond())))
                .then(lit(
                    i64::from(transition.offset().seconds()) * MICROS_PER_SECOND
                ))
                .otherwise(shift);
        }
        floor_quotient(instant + shift, MICROS_PER_DAY)
    }
}

/// The quotient rounded down, as [`i64::div_euclid`]. Integer division rounds towards 0, so the
/// dividend is lifted above 0 first: by enough for anything that happened in the last 2,700 years.
fn floor_quotient(dividend: Expr, divisor: i64) -> Expr {
    const LIFT: i64 = 1_000_000;
    (dividend + lit(LIFT * divisor)) / lit(divisor) - lit(LIFT)
}

fn day_number(civil_micros: i64) -> i32 {
    i32::try_from(civil_micros.div_euclid(MICROS_PER_DAY)).unwrap_or(i32::MAX)
}

fn date(day: i32) -> Result<Date> {
    Date::constant(1970, 1, 1)
        .checked_add(Span::new().days(day))
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

    /// The expression that gives the window index of a day column.
    pub(crate) fn index_expression(self, day: Expr) -> Expr {
        floor_quotient(
            day - lit(i64::from(self.first)),
            i64::from(self.length.max(1)),
        )
    }

    /// The first day of the window with the given index.
    pub(crate) fn first_of(self, index: i32) -> i32 {
        self.first.saturating_add(index.saturating_mul(self.length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{Column, DataFrame, IntoLazy as _, col};

    const HOUR: i64 = 3_600 * MICROS_PER_SECOND;

    #[test]
    fn expression_and_calendar_agree_across_clock_changes() {
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
            let instants: Vec<i64> = (from..to)
                .step_by(usize::try_from(HOUR / 2).unwrap())
                .collect();
            let expected: Vec<i64> = instants
                .iter()
                .map(|&at| i64::from(days.day_of(at)))
                .collect();
            let frame =
                DataFrame::new(instants.len(), vec![Column::new("at".into(), instants)]).unwrap();
            let found = frame
                .lazy()
                .select([days.day_expression(col("at"), from, to).alias("day")])
                .collect()
                .unwrap();
            let found: Vec<i64> = found
                .column("day")
                .unwrap()
                .i64()
                .unwrap()
                .into_no_null_iter()
                .collect();
            assert!(found == expected, "{zone}");
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
