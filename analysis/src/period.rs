//! The window of a report: whole civil days in a zone, most often a week.
//!
//! A day is as long as its zone makes it: 23 to 25 hours where clocks change, so a week may have 167
//! or 169. Windows are half-open, and each begins where the one before it ends.

use jiff::civil::{Date, ISOWeekDate, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use lake::Micros;

/// Why a window could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PeriodError {
    /// The text names no week.
    #[error("{0:?} names no week: write an ISO week like 2026-W40 or a day like 2026-09-28")]
    NoWeek(String),
    /// ISO weeks begin on Monday, the report's weeks do not.
    #[error(
        "{0} is an ISO week, which begins on Monday, but weeks here begin on {1:?}: name a day"
    )]
    NotMonday(String, Weekday),
    /// Beyond the years that can be reckoned with.
    #[error("the window lies beyond the calendar")]
    OutOfRange(#[source] jiff::Error),
}

/// A half-open window of whole days.
#[derive(Debug, Clone, PartialEq)]
pub struct Period {
    /// First instant.
    pub from: Micros,
    /// First instant after it.
    pub to: Micros,
    /// The zone of the days.
    pub zone: TimeZone,
    /// First day.
    pub first_day: Date,
    /// Last day.
    pub last_day: Date,
    /// ISO week such as `2026-W40` when the window is one, Monday to Sunday; else `None`.
    pub iso_week: Option<String>,
}

impl Period {
    /// The window from the first instant of `first_day` to the end of `last_day`, both in `zone`.
    ///
    /// # Errors
    /// [`PeriodError::OutOfRange`] at the ends of the calendar, and when the last day is before the
    /// first.
    pub fn of_days(first_day: Date, last_day: Date, zone: &TimeZone) -> Result<Self, PeriodError> {
        if last_day < first_day {
            let error = jiff::Error::from_args(format_args!("{last_day} is before {first_day}"));
            return Err(PeriodError::OutOfRange(error));
        }
        let after = last_day.tomorrow().map_err(PeriodError::OutOfRange)?;
        let iso = first_day.iso_week_date();
        let week = shift(first_day, 6).is_ok_and(|sunday| sunday == last_day)
            && iso.weekday() == Weekday::Monday;
        Ok(Self {
            from: start_of(first_day, zone)?,
            to: start_of(after, zone)?,
            zone: zone.clone(),
            first_day,
            last_day,
            iso_week: week.then(|| format!("{:04}-W{:02}", iso.year(), iso.week())),
        })
    }

    /// The window of as many days just before this one.
    ///
    /// # Errors
    /// [`PeriodError::OutOfRange`] at the beginning of the calendar.
    pub fn previous(&self) -> Result<Self, PeriodError> {
        self.nth_before(1)
    }

    /// The window `k` times its own number of days earlier; itself for 0.
    ///
    /// # Errors
    /// [`PeriodError::OutOfRange`] at the beginning of the calendar.
    pub fn nth_before(&self, k: u32) -> Result<Self, PeriodError> {
        let back = -self.length().saturating_mul(i64::from(k));
        Self::of_days(
            shift(self.first_day, back)?,
            shift(self.last_day, back)?,
            &self.zone,
        )
    }

    /// Its days, oldest first.
    #[must_use]
    pub fn days(&self) -> Vec<Date> {
        self.first_day
            .series(Span::new().days(1))
            .take_while(|day| *day <= self.last_day)
            .collect()
    }

    /// Whether the instant lies in it.
    #[must_use]
    pub fn contains(&self, instant: Micros) -> bool {
        self.from <= instant && instant < self.to
    }

    /// Whether it was over at `as_of`.
    #[must_use]
    pub fn is_complete(&self, as_of: Micros) -> bool {
        self.to <= as_of
    }

    /// The name of the zone as reports show it.
    #[must_use]
    pub fn zone_name(&self) -> String {
        self.zone.iana_name().unwrap_or("UTC").to_owned()
    }

    fn length(&self) -> i64 {
        i64::from((self.last_day - self.first_day).get_days()) + 1
    }
}

/// The latest week that was over at `as_of`, beginning on `week_start`.
///
/// # Errors
/// [`PeriodError::OutOfRange`] beyond the calendar.
pub fn last_complete_week(
    as_of: Micros,
    zone: &TimeZone,
    week_start: Weekday,
) -> Result<Period, PeriodError> {
    let today = day_of(as_of, zone)?;
    week_with(today, zone, week_start)?.previous()
}

/// The week that `text` names: an ISO week (`2026-W40`), or the week that holds a day
/// (`2026-09-28`).
///
/// # Errors
/// [`PeriodError::NoWeek`] for any other text, [`PeriodError::NotMonday`] for an ISO week where
/// weeks begin on another day, [`PeriodError::OutOfRange`] beyond the calendar.
pub fn week_of(text: &str, zone: &TimeZone, week_start: Weekday) -> Result<Period, PeriodError> {
    let text = text.trim();
    let no_week = || PeriodError::NoWeek(text.to_owned());
    let Some((year, week)) = text.split_once("-W") else {
        let day: Date = text.parse().map_err(|_| no_week())?;
        return week_with(day, zone, week_start);
    };
    if week_start != Weekday::Monday {
        return Err(PeriodError::NotMonday(text.to_owned(), week_start));
    }
    let (year, week) = (
        year.parse().map_err(|_| no_week())?,
        week.parse().map_err(|_| no_week())?,
    );
    let monday = ISOWeekDate::new(year, week, Weekday::Monday)
        .map_err(|_| no_week())?
        .date();
    week_with(monday, zone, week_start)
}

/// The week that holds `day`, beginning on `week_start`.
///
/// # Errors
/// [`PeriodError::OutOfRange`] beyond the calendar.
pub fn week_with(day: Date, zone: &TimeZone, week_start: Weekday) -> Result<Period, PeriodError> {
    let first_day = shift(day, -i64::from(day.weekday().since(week_start)))?;
    Period::of_days(first_day, shift(first_day, 6)?, zone)
}

/// The civil day of an instant in a zone.
///
/// # Errors
/// [`PeriodError::OutOfRange`] beyond the calendar.
pub fn day_of(instant: Micros, zone: &TimeZone) -> Result<Date, PeriodError> {
    let instant = Timestamp::from_microsecond(instant).map_err(PeriodError::OutOfRange)?;
    Ok(zone.to_datetime(instant).date())
}

/// The first instant of a civil day: midnight, or where the clocks skip it the moment after the gap.
///
/// # Errors
/// [`PeriodError::OutOfRange`] beyond the calendar.
pub fn start_of(day: Date, zone: &TimeZone) -> Result<Micros, PeriodError> {
    let zoned = day
        .to_zoned(zone.clone())
        .map_err(PeriodError::OutOfRange)?;
    Ok(zoned.timestamp().as_microsecond())
}

fn shift(day: Date, days: i64) -> Result<Date, PeriodError> {
    let span = Span::new()
        .try_days(days)
        .map_err(PeriodError::OutOfRange)?;
    day.checked_add(span).map_err(PeriodError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lake::parse_instant;

    const DAYS: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn hours(period: &Period) -> f64 {
        (period.to - period.from) as f64 / 3.6e9
    }

    #[test]
    fn the_last_complete_week_begins_on_any_day() {
        // 2026-10-01 is a Thursday.
        let as_of = parse_instant("2026-10-01T12:00:00Z").unwrap();
        for start in DAYS {
            let week = last_complete_week(as_of, &zone("Europe/Berlin"), start).unwrap();
            assert_eq!(week.first_day.weekday(), start);
            assert_eq!(week.days().len(), 7);
            assert!(week.is_complete(as_of));
            let next = week.nth_before(0).unwrap();
            assert_eq!(next, week);
            let following =
                week_with(shift(week.first_day, 7).unwrap(), &week.zone, start).unwrap();
            assert!(
                !following.is_complete(as_of),
                "{start:?}: a later week is complete"
            );
            assert_eq!(following.from, week.to);
            assert_eq!(week.iso_week.is_some(), start == Weekday::Monday);
        }
        let week = last_complete_week(as_of, &zone("Europe/Berlin"), Weekday::Monday).unwrap();
        assert_eq!(week.iso_week.as_deref(), Some("2026-W39"));
        assert_eq!(week.first_day.to_string(), "2026-09-21");
        assert_eq!(week.last_day.to_string(), "2026-09-27");
    }

    #[test]
    fn a_week_is_complete_from_its_last_instant_on() {
        let zone = zone("America/New_York");
        let end = parse_instant("2026-09-28T04:00:00Z").unwrap();
        let at = last_complete_week(end, &zone, Weekday::Monday).unwrap();
        let before = last_complete_week(end - 1, &zone, Weekday::Monday).unwrap();
        assert_eq!(at.to, end);
        assert_eq!(before.to, at.from);
        assert!(at.contains(at.from) && !at.contains(at.to));
    }

    #[test]
    fn weeks_where_clocks_change_are_shorter_or_longer() {
        for (name, day, expected) in [
            ("Europe/Berlin", "2026-03-29", 167.0),
            ("Europe/Berlin", "2026-10-25", 169.0),
            ("America/New_York", "2026-03-08", 167.0),
            ("America/New_York", "2026-11-01", 169.0),
            ("Australia/Lord_Howe", "2026-04-05", 168.5),
            ("Australia/Lord_Howe", "2026-10-04", 167.5),
            ("Asia/Kathmandu", "2026-03-29", 168.0),
        ] {
            for start in DAYS {
                let week = week_of(day, &zone(name), start).unwrap();
                assert!(
                    (hours(&week) - expected).abs() < 1e-9,
                    "{name} {day} {start:?}"
                );
                let before = week.previous().unwrap();
                assert_eq!(before.to, week.from);
                assert_eq!(before.days().len(), 7);
            }
        }
        let kathmandu = week_of("2026-W40", &zone("Asia/Kathmandu"), Weekday::Monday).unwrap();
        assert_eq!(
            kathmandu.from,
            parse_instant("2026-09-27T18:15:00Z").unwrap()
        );
    }

    #[test]
    fn a_day_without_midnight_begins_after_the_gap() {
        // Beirut's clocks went from 00:00 to 01:00 on 2022-03-27.
        let beirut = zone("Asia/Beirut");
        let day = "2022-03-27".parse().unwrap();
        assert_eq!(
            start_of(day, &beirut).unwrap(),
            parse_instant("2022-03-26T22:00:00Z").unwrap()
        );
        let week = week_with(day, &beirut, Weekday::Monday).unwrap();
        assert!((hours(&week) - 167.0).abs() < 1e-9);
    }

    #[test]
    fn weeks_have_names() {
        let utc = TimeZone::UTC;
        let week = week_of("2026-W53", &utc, Weekday::Monday).unwrap();
        assert_eq!(week.first_day.to_string(), "2026-12-28");
        assert_eq!(week_of("2027-01-03", &utc, Weekday::Monday).unwrap(), week);
        assert_eq!(week.iso_week.as_deref(), Some("2026-W53"));
        assert_eq!(week.zone_name(), "UTC");
        for bad in [
            "2025-W53",
            "2026-W0",
            "2026-W54",
            "W40",
            "last",
            "2026-13-01",
            "2026-WW",
            "",
        ] {
            assert!(
                matches!(
                    week_of(bad, &utc, Weekday::Monday),
                    Err(PeriodError::NoWeek(_))
                ),
                "{bad}"
            );
        }
        let sunday = week_of("2026-W40", &utc, Weekday::Sunday);
        assert!(matches!(sunday, Err(PeriodError::NotMonday(..))));
    }

    #[test]
    fn earlier_windows_follow_without_gap() {
        let week = week_of("2026-W14", &zone("Europe/Berlin"), Weekday::Monday).unwrap();
        let mut later = week.clone();
        for k in 1..=13 {
            let earlier = week.nth_before(k).unwrap();
            assert_eq!(earlier.to, later.from, "{k} weeks before");
            later = earlier;
        }
        let month = Period::of_days(
            "2026-03-01".parse().unwrap(),
            "2026-03-31".parse().unwrap(),
            &zone("Europe/Berlin"),
        )
        .unwrap();
        assert_eq!(month.days().len(), 31);
        assert_eq!(month.previous().unwrap().last_day.to_string(), "2026-02-28");
        assert_eq!(month.iso_week, None);
    }
}
