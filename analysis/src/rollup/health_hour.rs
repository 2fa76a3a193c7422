//! Health by the hour.
//!
//! | grain | app, environment, channel, platform, release, day, `hour` |
//! |---|---|
//! | `hour` | its first instant; hours are counted from the day's first instant |
//! | `events` | events that happened in it |
//! | `users` | users who were seen in it |
//! | `users_at_risk` | those of them who had not crashed in an earlier hour of the day |
//! | `crashed_users` | users whose first crash of the day came in it |
//! | `errored_users` | users of whom it saw an error |
//! | `sessions` | sessions that began in it, as far as the day's own events tell |
//! | `crashed_sessions`, `errored_sessions` | sessions of which it was told that they crashed, or that they had an error |
//! | `live` | events that were sent as they happened: all but imports |
//! | `late_1h` to `late_24h` | of those, events that arrived later than that after they happened |
//!
//! Merge rule: counts add up, but for users, who count once for each row in which they are seen. They
//! are ids as they were sent: whoever signs in within an hour counts twice in it.

use lake::Micros;

use super::day::{Day, Words};
use super::keyed::Keyed;
use super::names::NONE;

/// An hour.
pub(crate) const HOUR: Micros = 3_600_000_000;

/// The hours after which an event is late, in the order of the columns.
pub(crate) const LATE_HOURS: [i64; 6] = [1, 2, 4, 8, 16, 24];

/// Hours of a day at most: one more where clocks go back, and one that is cut short where they move by
/// half an hour.
const HOURS_MAX: i64 = 26;

/// Which hour of a day an instant lies in.
pub(super) fn hour_of(starts_at: Micros, at: Micros) -> u32 {
    let hour = at.saturating_sub(starts_at).div_euclid(HOUR);
    u32::try_from(hour.clamp(0, HOURS_MAX - 1)).unwrap_or(0)
}

/// An hour of a day, on one release.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct HealthHour {
    pub(super) events: i64,
    pub(super) users: i64,
    pub(super) users_at_risk: i64,
    pub(super) crashed_users: i64,
    pub(super) errored_users: i64,
    pub(super) sessions: i64,
    pub(super) crashed_sessions: i64,
    pub(super) errored_sessions: i64,
    pub(super) live: i64,
    pub(super) late: [i64; LATE_HOURS.len()],
}

impl HealthHour {
    /// Takes in an event that arrived so long after it happened; `None` for imports.
    pub(super) fn take(&mut self, delay: Option<Micros>) {
        self.events += 1;
        let Some(delay) = delay else {
            return;
        };
        self.live += 1;
        if delay > HOUR {
            for (late, hours) in self.late.iter_mut().zip(LATE_HOURS) {
                *late += i64::from(delay > hours * HOUR);
            }
        }
    }
}

/// Hours by cell and hour of the day.
pub(super) type Hours = Keyed<(u32, u32), HealthHour>;

/// Adds what users and sessions of a whole day say of its hours.
pub(super) fn count_people(day: &mut Day, words: Words) {
    let Day {
        hours,
        users,
        sessions,
        starts_at,
        ..
    } = day;
    let of_users = users.rows().iter().filter(|((_, user), _)| *user != NONE);
    for ((cell, _), user) in of_users {
        let first_crash = user.crashed_hours.trailing_zeros();
        for hour in bits(user.active_hours | user.crashed_hours) {
            let of_hour = hours.of((*cell, hour), HealthHour::default);
            if let Some(of_hour) = of_hour {
                of_hour.users += 1;
                of_hour.users_at_risk += i64::from(hour <= first_crash);
                of_hour.crashed_users += i64::from(hour == first_crash);
                of_hour.errored_users += i64::from(user.errored_hours >> hour & 1 != 0);
            }
        }
    }
    let mut told = |cell: u32, at: Micros, counts: [i64; 3]| {
        let of_hour = hours.of((cell, hour_of(*starts_at, at)), HealthHour::default);
        if let Some(of_hour) = of_hour {
            let [began, crashed, errored] = counts;
            of_hour.sessions = of_hour.sessions.saturating_add(began);
            of_hour.crashed_sessions = of_hour.crashed_sessions.saturating_add(crashed);
            of_hour.errored_sessions = of_hour.errored_sessions.saturating_add(errored);
        }
    };
    for ((cell, _), kept) in sessions.sessions.rows() {
        let began = kept.started_at.unwrap_or(kept.seen.0);
        // A session of an earlier day is told of again; it began there.
        if began >= *starts_at {
            told(*cell, began, [1, 0, 0]);
        }
        let crashed = kept.has_crashed(words.crashed);
        let errored = crashed || kept.broke || kept.errors > 0;
        told(*cell, kept.at, [0, i64::from(crashed), i64::from(errored)]);
    }
    for ((cell, _, status, began, errors), count) in &sessions.counted {
        let if_so = |so: bool| if so { *count } else { 0 };
        let crashed = *status == words.crashed;
        let counts = [*count, if_so(crashed), if_so(crashed || *errors > 0)];
        told(*cell, *began, counts);
    }
}

/// The places of the bits that are set.
pub(crate) fn bits(mut word: u32) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let place = word.trailing_zeros();
        word &= word.wrapping_sub(1);
        (place < u32::BITS).then_some(place)
    })
}
