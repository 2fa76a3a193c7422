//! When a job runs: cron in a zone. What the clock skips in spring runs as soon as it is over, and
//! what it shows twice in autumn runs once.

use std::str::FromStr as _;

use croner::Cron;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use lake::Micros;

/// The times of a job.
#[derive(Debug, Clone)]
pub(crate) struct Timetable {
    cron: Cron,
    zone: TimeZone,
}

impl Timetable {
    /// Reads the pattern of a job and a zone.
    ///
    /// # Errors
    /// A sentence that begins with the key at fault.
    pub(crate) fn parse((job, pattern): (&str, &str), zone: &str) -> Result<Self, String> {
        let cron = Cron::from_str(pattern.trim()).map_err(|error| {
            format!("{job}: {pattern:?} is no cron pattern such as \"*/10 * * * *\": {error}")
        })?;
        let zone = TimeZone::get(zone)
            .map_err(|_| format!("zone: {zone:?} is no IANA zone such as Europe/Berlin"))?;
        Ok(Self { cron, zone })
    }

    /// The first time after an instant; `None` where there is none any more.
    pub(crate) fn after(&self, at: Micros) -> Option<Micros> {
        let at = Timestamp::from_microsecond(at).ok()?;
        let zoned = at.to_zoned(self.zone.clone());
        let next = self.cron.find_next_occurrence(&zoned, false).ok()?;
        Some(next.timestamp().as_microsecond())
    }

    /// When to run next, by when it last ran. What was missed meanwhile is made up for at once, by
    /// one run; a job that never ran has missed nothing.
    pub(crate) fn next(&self, last: Option<Micros>, now: Micros) -> Option<Micros> {
        let missed = last
            .and_then(|last| self.after(last))
            .filter(|at| *at <= now);
        if missed.is_some() {
            Some(now)
        } else {
            self.after(now)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Micros {
        lake::parse_instant(text).unwrap()
    }

    fn shown(at: Option<Micros>) -> String {
        Timestamp::from_microsecond(at.unwrap())
            .unwrap()
            .to_string()
    }

    #[test]
    fn hours_are_those_of_the_zone_through_both_changes_of_the_clock() {
        let mondays = Timetable::parse(("health", "0 8 * * 1"), "Europe/Berlin").unwrap();
        let mut now = at("2026-03-22T00:00:00Z");
        let mut found = Vec::new();
        for _ in 0..3 {
            now = mondays.after(now).unwrap();
            found.push(shown(Some(now)));
        }
        assert_eq!(
            found,
            [
                "2026-03-23T07:00:00Z",
                "2026-03-30T06:00:00Z",
                "2026-04-06T06:00:00Z"
            ]
        );
        let skipped = Timetable::parse(("health", "30 2 * * *"), "Europe/Berlin").unwrap();
        let spring = skipped.after(at("2026-03-28T12:00:00Z"));
        assert!(
            shown(spring).starts_with("2026-03-29T01:"),
            "{}",
            shown(spring)
        );
        let first = skipped.after(at("2026-10-24T12:00:00Z")).unwrap();
        let second = skipped.after(first).unwrap();
        assert_eq!(shown(Some(first)), "2026-10-25T00:30:00Z");
        assert_eq!(shown(Some(second)), "2026-10-26T01:30:00Z");
    }

    #[test]
    fn downtime_is_made_up_for_once() {
        let often = Timetable::parse(("health", "*/10 * * * *"), "UTC").unwrap();
        let now = at("2026-05-03T12:03:00Z");
        let next = |last: Option<&str>| shown(often.next(last.map(at), now));
        assert_eq!(next(None), "2026-05-03T12:10:00Z");
        assert_eq!(next(Some("2026-05-03T12:00:00Z")), "2026-05-03T12:10:00Z");
        assert_eq!(next(Some("2026-05-01T00:00:00Z")), "2026-05-03T12:03:00Z");
        let again = often.next(Some(now), now + 1);
        assert_eq!(shown(again), "2026-05-03T12:10:00Z");
    }

    #[test]
    fn what_is_no_timetable_is_named() {
        let problem =
            |pattern: &str, zone: &str| Timetable::parse(("health", pattern), zone).unwrap_err();
        assert!(problem("every day", "UTC").starts_with("health: "));
        assert!(problem("61 * * * *", "UTC").starts_with("health: "));
        assert!(problem("0 8 * * 1", "Mars/Base").starts_with("zone: "));
    }
}
