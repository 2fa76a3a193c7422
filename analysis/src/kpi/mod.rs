//! The KPIs of a weekly report, each for the window asked about, the one before and its history.

mod measure;

use crate::days::{Window, day_text};
use crate::facts::Facts;
use crate::findings::{Change, Estimate, Kpi, MissingInput, Reading, WeekPoint};
use crate::metric::{self, Metric};
use crate::settings::Settings;
use crate::stats;

pub(crate) use measure::{Measure, has_input, is_of_lifecycle, min_n};

/// The days of a week.
const WEEK_DAYS: i32 = 7;

/// The KPIs in the registry's order, and what to send for those without any input.
pub(crate) fn all(
    facts: &Facts,
    settings: &Settings,
    windows: i32,
) -> (Vec<Kpi>, Vec<MissingInput>) {
    let first_index = first_window_with_data(facts, windows);
    let mut missing = Vec::new();
    let kpis = metric::weekly_kpis()
        .map(|metric| {
            let kpi = kpi(metric, facts, settings, first_index);
            if kpi.reading == Reading::NoInput {
                missing.push(MissingInput {
                    metric: metric.id.to_owned(),
                    send: metric.fed_by.to_owned(),
                });
            }
            kpi
        })
        .collect();
    (kpis, missing)
}

/// The index of the oldest window of the history: data begin in it, or it is the oldest known.
pub(crate) fn first_window_with_data(facts: &Facts, windows: i32) -> i32 {
    let index = first_day(facts).map_or(0, |day| facts.window.index_of(day));
    index.clamp(1 - windows.max(1), 0)
}

/// The first day with data.
fn first_day(facts: &Facts) -> Option<i32> {
    let feedback = facts.feedback.pieces.first().map(|piece| piece.day);
    let events = facts.activity.users_by_day.keys().next().copied();
    feedback.into_iter().chain(events).min()
}

/// Whether a metric grows with the days that it is taken over, so that a window of which data cover only
/// the end is not held against a whole one.
fn adds_up(metric: &Metric) -> bool {
    let summed = [
        metric::ACTIVE_USERS.id,
        metric::SESSIONS.id,
        metric::SESSIONS_PER_USER.id,
        metric::CRASH_FREE_USERS.id,
        metric::FEEDBACK_VOLUME.id,
        metric::FEEDBACK_PER_THOUSAND.id,
    ];
    summed.contains(&metric.id) || is_of_lifecycle(metric)
}

fn kpi(metric: &'static Metric, facts: &Facts, settings: &Settings, first_index: i32) -> Kpi {
    let input = has_input(metric, facts);
    let nothing = || Kpi {
        metric: metric.id.to_owned(),
        now: Estimate::default(),
        before: Estimate::default(),
        change: None,
        reading: Reading::NoInput,
        history: Vec::new(),
    };
    if !input {
        return nothing();
    }
    let at = |index: i32| Measure::of(metric, facts, index);
    // The first week of an app is shown beside its second, short as it may be.
    let is_week = facts.window.length == WEEK_DAYS;
    let begins_within = first_day(facts).is_some_and(|day| day > facts.window.first_of(-1));
    let begins_within = begins_within && !is_week;
    let is_comparable = first_index < 0 && !(begins_within && adds_up(metric));
    let (now, before) = (
        at(0),
        if is_comparable {
            at(-1)
        } else {
            Measure::Absent
        },
    );
    let change = now.difference(&before);
    let (now, before) = (now.estimate(), before.estimate());
    let min_n = min_n(metric, settings);
    let reading = read(change.as_ref(), &now, &before, min_n);
    let history = (first_index..=0)
        .map(|index| point(facts.window, index, &at(index)))
        .collect();
    Kpi {
        metric: metric.id.to_owned(),
        now,
        before,
        change,
        reading,
        history,
    }
}

/// A KPI that had input at some time is never said to have none.
fn read(change: Option<&Change>, now: &Estimate, before: &Estimate, min_n: u64) -> Reading {
    match stats::reading(change, now, before, min_n) {
        Reading::NoInput => Reading::InsufficientData,
        reading => reading,
    }
}

fn point(window: Window, index: i32, measure: &Measure) -> WeekPoint {
    let estimate = measure.estimate();
    WeekPoint {
        week: day_text(window.first_of(index)),
        value: estimate.value,
        n: estimate.n,
    }
}

/// The ratings by stars, one star first; a rating between two stars goes to the lower one.
pub(crate) fn stars(facts: &Facts, index: i32) -> [u64; 5] {
    let mut split = [0; 5];
    for piece in facts
        .feedback
        .on_days(|day| facts.window.index_of(day) == index)
    {
        let Some(rating) = piece.rating() else {
            continue;
        };
        let star = [5.0, 4.0, 3.0, 2.0, 1.0]
            .iter()
            .position(|least| rating >= *least);
        if let Some(count) = star.and_then(|from_best| split.get_mut(4 - from_best)) {
            *count += 1;
        }
    }
    split
}

/// Whether a metric is a plain count, compared without an interval.
pub(crate) fn is_count(metric: &Metric) -> bool {
    let counts = [
        metric::ACTIVE_USERS.id,
        metric::DAILY_ACTIVE_USERS.id,
        metric::WEEKLY_ACTIVE_USERS.id,
        metric::MONTHLY_ACTIVE_USERS.id,
        metric::SESSIONS.id,
        metric::FEEDBACK_VOLUME.id,
    ];
    counts.contains(&metric.id) || is_of_lifecycle(metric)
}
