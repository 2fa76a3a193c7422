//! The forecast of shares on a release or a newer one, seven days ahead, from an app's own history.

use std::collections::BTreeMap;

use super::people::People;
use crate::days::day_text;
use crate::findings::{ForecastRecord, ShareForecast};
use crate::forecast::back_test::{Forecast, Score, run};
use crate::forecast::{Curve, Horizon, Point, exposure_days};

/// The same weekday a week on: what weekdays do to shares is then alike on both.
const HORIZON: Horizon = Horizon {
    periods: 7,
    days: 7.0,
};

/// A day with fewer active users than this is no point of a curve.
const DAY_USERS_MIN: u64 = 30;

/// The forecasts to show, by place of the release, and how all forecasts of the app did. `out` are the
/// days on which the releases came out, where that was seen; `last_day` is the last whole day known.
pub(super) fn forecasts(
    people: &People,
    out: &[Option<i32>],
    last_day: i32,
) -> (BTreeMap<usize, ShareForecast>, ForecastRecord) {
    let curves: Vec<Curve> = out
        .iter()
        .enumerate()
        .map(|(place, out)| curve(people, place, *out, last_day))
        .collect();
    let Some(first_day) = people.shares(0).map(|(day, _, _)| day).next() else {
        return (BTreeMap::new(), ForecastRecord::default());
    };
    // A week apart, so that each forecast's outcome is known at the next.
    let mut origins: Vec<i32> = std::iter::successors(Some(last_day), |day| day.checked_sub(7))
        .take_while(|day| *day >= first_day)
        .collect();
    origins.reverse();
    let made = run(&curves, &origins, HORIZON);
    let users: BTreeMap<i32, u64> = people.shares(0).map(|(day, _, all)| (day, all)).collect();
    let shown = made
        .iter()
        .filter(|made| made.origin == last_day && made.shown)
        .filter_map(|made| {
            let n = users.get(&last_day).copied()?;
            Some((made.release, shown(made, n)?))
        })
        .collect();
    (shown, record(&Score::of(&made)))
}

fn curve(people: &People, place: usize, out: Option<i32>, last_day: i32) -> Curve {
    let Some(out) = out else {
        return Curve::default();
    };
    let points = people
        .shares(place)
        .filter(|(day, _, all)| *day <= last_day && *all >= DAY_USERS_MIN)
        .map(|(day, newer, all)| Point {
            period: day,
            exposure_days: exposure_days(f64::from(day.saturating_sub(out)) + 0.5, 1.0),
            share: newer as f64 / all as f64,
        })
        .collect();
    Curve::new(points)
}

fn shown(made: &Forecast, n: u64) -> Option<ShareForecast> {
    let (low, high) = made.interval?;
    Some(ShareForecast {
        from_day: day_text(made.origin),
        day: day_text(made.origin.saturating_add(HORIZON.periods)),
        share_now: made.share,
        n,
        share: made.step.share,
        low,
        high,
        method: made.step.method.as_str().to_owned(),
        record: record(&made.score_then),
    })
}

fn record(score: &Score) -> ForecastRecord {
    ForecastRecord {
        n: score.n,
        error: score.mean_error(),
        naive_error: score.naive_mean_error(),
        intervals: score.intervals,
        held: score.held,
    }
}
