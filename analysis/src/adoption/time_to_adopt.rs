//! How long users take to move to a release or a newer one.

use std::collections::BTreeMap;

use super::people::{People, UserDay};
use crate::findings::{TimeToAdopt, TimeToShare};
use crate::stats::survival::{Ended, kaplan_meier_days};

/// The shares whose times are told.
const SHARES: [f64; 3] = [0.1, 0.5, 0.9];

/// Fewer eligible users than this bear no figure.
const ELIGIBLE_MIN: u64 = 30;

/// The time to adopt the release at `place`, which came out on day `out`, from the days before `end`.
/// `None` with too few eligible users.
pub(super) fn of(people: &People, place: usize, out: i32, end: i32) -> Option<TimeToAdopt> {
    let mut ended: BTreeMap<u32, Ended> = BTreeMap::new();
    let (mut eligible, mut adopted) = (0, 0);
    for days in people.users() {
        let Some((waited, moved)) = waited(days, place, out, end) else {
            continue;
        };
        let ended = ended.entry(waited).or_default();
        eligible += 1;
        if moved {
            adopted += 1;
            ended.events += 1;
        } else {
            ended.censored += 1;
        }
    }
    if eligible < ELIGIBLE_MIN {
        return None;
    }
    let curve = kaplan_meier_days(&ended);
    let until = SHARES
        .into_iter()
        .map(|share| {
            let found = curve.time_until(share);
            TimeToShare {
                share,
                days: found.time.and_then(whole_days),
                low: found.low.and_then(whole_days),
                high: found.high.and_then(whole_days),
            }
        })
        .collect();
    Some(TimeToAdopt {
        eligible,
        adopted,
        until,
    })
}

/// Days that a user waited, and whether the wait ended with the release; `None` for users who were
/// not there after it came out.
///
/// The first active day is the first in the weeks of history that were read.
fn waited(days: &[UserDay], place: usize, out: i32, end: i32) -> Option<(u32, bool)> {
    let known = days.get(..days.partition_point(|seen| seen.day < end))?;
    let (first, last) = (known.first()?.day, known.last()?.day);
    let eligible_from = first.max(out);
    let moved = known
        .iter()
        .find(|seen| seen.newest.is_some_and(|newest| newest >= place));
    if last < eligible_from {
        return None;
    }
    let until = moved.map_or(last, |seen| seen.day.max(eligible_from));
    Some((
        crate::days::days_between(eligible_from, until),
        moved.is_some(),
    ))
}

/// Times came from whole days.
fn whole_days(time: f64) -> Option<u32> {
    (0.0..=f64::from(u32::MAX)).contains(&time).then(|| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within the bounds of u32"
        )]
        let days = time as u32;
        days
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(user: u32, day: i32, newest: usize) -> UserDay {
        UserDay {
            user,
            day,
            newest: Some(newest),
        }
    }

    #[test]
    fn a_wait_runs_from_when_one_could_until_one_did_or_was_last_seen() {
        // Came out on day 10; the place is 1.
        let check = |days: &[UserDay], expected| {
            assert_eq!(waited(days, 1, 10, 30), expected, "{days:?}");
        };
        check(&[day(0, 2, 0), day(0, 14, 1)], Some((4, true)));
        check(&[day(0, 2, 0), day(0, 14, 2)], Some((4, true)));
        check(&[day(0, 12, 1)], Some((0, true)));
        check(&[day(0, 12, 0), day(0, 13, 1)], Some((1, true)));
        check(&[day(0, 2, 0), day(0, 14, 0)], Some((4, false)));
        check(
            &[day(0, 2, 0), day(0, 14, 0), day(0, 30, 1)],
            Some((4, false)),
        );
        check(&[day(0, 2, 0), day(0, 9, 0)], None);
        check(&[day(0, 31, 1)], None);
        // A tester before the day waits not at all.
        check(&[day(0, 8, 1), day(0, 20, 1)], Some((0, true)));
    }

    #[test]
    fn without_anyone_lost_the_times_are_those_of_the_sorted_waits() {
        // User u moves after u / 10 days; all stay.
        let days = (0..100_u32).flat_map(|user| {
            let moved = 10 + i32::try_from(user / 10).unwrap();
            [day(user, 1, 0), day(user, moved, 1), day(user, 29, 1)]
        });
        let found = of(&People::new(days), 1, 10, 30).unwrap();
        assert_eq!((found.eligible, found.adopted), (100, 100));
        let times: Vec<Option<u32>> = found.until.iter().map(|until| until.days).collect();
        assert_eq!(times, [Some(0), Some(4), Some(8)]);
        for until in &found.until {
            assert!(until.low <= until.days && until.days <= until.high);
        }
    }
}
