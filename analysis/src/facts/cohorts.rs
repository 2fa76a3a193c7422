//! Who came back after so many days, of the users who came in the same week or on the same release.

use std::collections::BTreeMap;

use jiff::civil::Weekday;
use lake::Micros;

use crate::error::Result;
use crate::facts::Question;
use crate::facts::firsts::{First, Firsts};
use crate::facts::presence::Presence;
use crate::facts::spans::{RETENTION_DAYS, SPAN, Spans};

/// Of the users of whom it can be said, those who came back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Returned {
    pub(crate) eligible: u64,
    pub(crate) back: u64,
}

impl Returned {
    fn add(&mut self, is_eligible: bool, is_back: bool) {
        self.eligible += u64::from(is_eligible);
        self.back += u64::from(is_eligible && is_back);
    }
}

/// A cohort after so many days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct After {
    /// On that day.
    pub(crate) on: Returned,
    /// On that day or later.
    pub(crate) from: Returned,
    /// In that span of 24 hours.
    pub(crate) rolling: Returned,
}

/// Users who came together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cohort {
    pub(crate) users: u64,
    /// After each of [`RETENTION_DAYS`].
    pub(crate) after: [After; RETENTION_DAYS.len()],
}

/// The users who came in the whole weeks of the windows known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cohorts {
    pub(crate) all: Cohort,
    /// By the first day of the week of the first event.
    pub(crate) by_week: BTreeMap<i32, Cohort>,
    /// By the number of the name of the first event's release.
    pub(crate) by_release: BTreeMap<u32, Cohort>,
}

/// What can be said of a user by now.
#[derive(Debug, Clone, Copy)]
struct Horizon {
    /// The first day that is not over.
    day: i32,
    /// The first instant that is not known.
    instant: Micros,
}

impl Cohorts {
    pub(crate) fn of(
        question: &Question<'_>,
        presence: &Presence,
        (firsts, spans): (&Firsts, &Spans),
    ) -> Result<Self> {
        let starts_on = question.settings.week_start.weekday();
        let known = question.known_days().0;
        let horizon = Horizon {
            day: question.first_day_open(),
            instant: question.span()?.1.min(question.known_until()),
        };
        let mut cohorts = Self::default();
        for (user, days) in presence.users() {
            let Some(first) = firsts.of(user) else {
                continue;
            };
            let week = first_of_week(first.day, starts_on);
            if week < known {
                continue;
            }
            let back = |place| spans.is_back(user, place);
            let after = after(first, days, back, horizon);
            cohorts.all.add(&after);
            cohorts.by_week.entry(week).or_default().add(&after);
            let of_release = cohorts.by_release.entry(first.release).or_default();
            of_release.add(&after);
        }
        Ok(cohorts)
    }
}

impl Cohort {
    fn add(&mut self, user: &[After; RETENTION_DAYS.len()]) {
        self.users += 1;
        for (sum, user) in self.after.iter_mut().zip(user) {
            for (sum, user) in [
                (&mut sum.on, user.on),
                (&mut sum.from, user.from),
                (&mut sum.rolling, user.rolling),
            ] {
                sum.eligible += user.eligible;
                sum.back += user.back;
            }
        }
    }
}

/// What became of one user: of the first event, the days on which the user was active, and in which
/// spans.
fn after(
    first: First,
    days: &[(u32, i32)],
    is_back_in: impl Fn(usize) -> bool,
    horizon: Horizon,
) -> [After; RETENTION_DAYS.len()] {
    let mut all = [After::default(); RETENTION_DAYS.len()];
    let last = days.last().map_or(first.day, |(_, day)| *day);
    for (place, (after, n)) in all.iter_mut().zip(RETENTION_DAYS).enumerate() {
        let day = first.day.saturating_add(n);
        let is_over = day < horizon.day;
        let is_active = days.binary_search_by_key(&day, |(_, day)| *day).is_ok();
        after.on.add(is_over, is_active);
        after.from.add(is_over, last >= day);
        let end = i64::from(n) + 1;
        let is_over = first.at.saturating_add(end * SPAN) <= horizon.instant;
        after.rolling.add(is_over, is_back_in(place));
    }
    all
}

/// The first day of the week that holds a day. Day 0 was a Thursday.
fn first_of_week(day: i32, starts_on: Weekday) -> i32 {
    const THURSDAY: i32 = 3;
    let start = i32::from(starts_on.to_monday_zero_offset());
    let since = day.saturating_add(THURSDAY - start).rem_euclid(7);
    day.saturating_sub(since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_where_the_settings_say() {
        // 2026-03-01 was a Sunday, day 20513.
        assert_eq!(crate::days::day_text(20_513), "2026-03-01");
        let of = |day, weekday| first_of_week(day, weekday);
        assert_eq!(of(20_513, Weekday::Monday), 20_507);
        assert_eq!(of(20_514, Weekday::Monday), 20_514);
        assert_eq!(of(20_513, Weekday::Sunday), 20_513);
        assert_eq!(of(20_512, Weekday::Sunday), 20_506);
        assert_eq!(of(-1, Weekday::Monday), -3, "a Wednesday");
    }

    #[test]
    fn a_user_counts_below_the_line_once_the_day_is_over() {
        let first = First {
            at: 100 * SPAN + SPAN / 2,
            day: 100,
            release: 1,
        };
        let days = [(5, 100), (5, 103), (5, 109)];
        let of = |day: i32| {
            let horizon = Horizon {
                day,
                instant: i64::from(day) * SPAN,
            };
            after(first, &days, |place| place == 1, horizon)
        };
        let returned = |eligible, back| Returned { eligible, back };
        // Day 3 is over as day 104 begins; the third span ends at noon of that day.
        assert_eq!(of(103)[1].on, Returned::default());
        assert_eq!(of(104)[1].on, returned(1, 1));
        assert_eq!(of(104)[1].rolling, Returned::default());
        assert_eq!(of(105)[1].rolling, returned(1, 1));
        let [one, _, seven, ..] = of(108);
        assert_eq!((one.on, one.from), (returned(1, 0), returned(1, 1)));
        assert_eq!((seven.on, seven.from), (returned(1, 0), returned(1, 1)));
        assert_eq!(of(108)[3], After::default(), "day 14 has not come");
    }
}
