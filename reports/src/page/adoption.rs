//! Adoption by day: the drawing, the rows behind it, and where each release stands.
//!
//! The findings go back to the day on which a release was first seen, which may be years. The page
//! shows the last weeks; the CSV table holds every day.

use analysis::findings::{AdoptionPoint, AdoptionSeries, TimeToShare};

use crate::chart::{StepLine, step_lines};
use crate::day;
use crate::number;
use crate::text::clean;
use crate::wording;

/// Days on the page.
const DAYS_MAX: usize = 42;

/// One release.
pub(crate) struct SeriesView {
    pub(crate) release: String,
    pub(crate) half: String,
    pub(crate) points: Vec<PointView>,
}

/// One day of a release.
pub(crate) struct PointView {
    pub(crate) day: String,
    pub(crate) on_release: String,
    pub(crate) total: String,
    pub(crate) share: String,
    pub(crate) newer: String,
    pub(crate) sessions: String,
    pub(crate) offered: String,
}

/// Where one release stands.
pub(crate) struct StandView {
    pub(crate) release: String,
    pub(crate) stage: String,
    pub(crate) rollout: String,
    /// Days until a tenth, half and nine in ten, each with its interval.
    pub(crate) until: Vec<(String, String)>,
    pub(crate) eligible: String,
    pub(crate) ahead: String,
    pub(crate) ahead_interval: String,
    pub(crate) ahead_why: String,
}

/// The days up to the last of the window that any release has a point on, at most [`DAYS_MAX`].
fn days_shown(adoption: &[AdoptionSeries], last_day: &str) -> Vec<String> {
    let days = day::up_to(last_day, DAYS_MAX);
    let first = adoption
        .iter()
        .flat_map(|series| &series.points)
        .map(|point| &point.day)
        .min();
    match first {
        Some(first) => days.into_iter().filter(|day| day >= first).collect(),
        None => Vec::new(),
    }
}

fn shown<'a>(series: &'a AdoptionSeries, days: &[String]) -> Vec<&'a AdoptionPoint> {
    series
        .points
        .iter()
        .filter(|point| days.binary_search(&point.day).is_ok())
        .collect()
}

/// The drawing; empty where there is nothing to draw.
pub(crate) fn chart(adoption: &[AdoptionSeries], last_day: &str) -> String {
    let days = days_shown(adoption, last_day);
    let lines: Vec<StepLine> = adoption
        .iter()
        .map(|series| {
            let points = shown(series, &days);
            let first = points.iter().find(|point| point.days_since_first_seen == 0);
            let place = |point: &AdoptionPoint| days.binary_search(&point.day).ok();
            let points = points.iter();
            StepLine {
                name: clean(&series.release),
                first_seen: first.and_then(|point| place(point)),
                points: points.filter_map(|p| Some((place(p)?, p.share))).collect(),
            }
        })
        .filter(|line| !line.points.is_empty())
        .collect();
    let (Some(first), false) = (adoption.first(), lines.is_empty()) else {
        return String::new();
    };
    let title = format!(
        "Share of {} on each release by day",
        wording::share_unit(&first.unit)
    );
    let places: Vec<String> = days.iter().map(|day| day::short(day)).collect();
    step_lines("adoption", &title, &lines, &places)
}

/// The rows behind the drawing.
pub(crate) fn rows(adoption: &[AdoptionSeries], last_day: &str) -> Vec<SeriesView> {
    let days = days_shown(adoption, last_day);
    adoption
        .iter()
        .map(|series| SeriesView {
            release: clean(&series.release),
            half: match series.days_to_half {
                Some(count) => format!(
                    "half after {}",
                    wording::counted(count.into(), "day", "days")
                ),
                None => "half not reached".to_owned(),
            },
            points: shown(series, &days).into_iter().map(point).collect(),
        })
        .collect()
}

fn point(point: &AdoptionPoint) -> PointView {
    PointView {
        day: day::long(&point.day),
        on_release: number::count(point.on_release),
        total: number::count(point.total),
        share: number::percent(point.share),
        newer: absent(point.on_release_or_newer.map(number::count)),
        sessions: absent(point.session_share.map(number::percent)),
        offered: absent(point.share_of_offered.map(number::percent)),
    }
}

fn absent(text: Option<String>) -> String {
    text.unwrap_or_else(|| number::ABSENT.to_owned())
}

/// Where each release stands, how long its users take, and where it will be in a week.
pub(crate) fn stands<'a>(adoption: impl Iterator<Item = &'a AdoptionSeries>) -> Vec<StandView> {
    adoption.map(stand).collect()
}

fn stand(series: &AdoptionSeries) -> StandView {
    let last = series.points.last();
    let offered = last.and_then(|point| point.offered.zip(point.share_of_offered));
    let rollout = series.rollout.as_deref().map(wording::rollout);
    let time = series.time_to_adopt.as_ref();
    let until = time.map_or(&[][..], |time| time.until.as_slice());
    let ahead = series.forecast.as_ref();
    StandView {
        release: clean(&series.release),
        stage: absent(series.stage.map(|stage| stage.as_str().to_owned())),
        rollout: match (rollout, offered) {
            (Some(path), Some((offered, share))) => format!(
                "{path}: {} of the {} offered it",
                number::percent(share),
                number::percent_short(offered)
            ),
            (Some(path), None) => path,
            (None, _) => number::ABSENT.to_owned(),
        },
        until: (0..3)
            .map(|place| until.get(place).map_or_else(not_known, days_until))
            .collect(),
        eligible: time.map_or_else(
            || number::ABSENT.to_owned(),
            |time| {
                format!(
                    "{} of {} users",
                    number::count(time.adopted),
                    number::count(time.eligible)
                )
            },
        ),
        ahead: absent(ahead.map(|ahead| {
            format!(
                "{} on {}",
                number::percent(ahead.share),
                day::short(&ahead.day)
            )
        })),
        ahead_interval: ahead.map_or_else(String::new, |ahead| {
            format!(
                "80 %: {} to {}; {} on {}, n = {}",
                number::percent(ahead.low),
                number::percent(ahead.high),
                number::percent(ahead.share_now),
                day::short(&ahead.from_day),
                number::count(ahead.n)
            )
        }),
        ahead_why: ahead.map_or_else(String::new, |ahead| wording::forecast_record(&ahead.record)),
    }
}

fn not_known() -> (String, String) {
    (number::ABSENT.to_owned(), String::new())
}

fn days_until(until: &TimeToShare) -> (String, String) {
    let days = |days: Option<u32>| days.map(|days| number::count(days.into()));
    let interval = match (days(until.low), days(until.high)) {
        (Some(low), Some(high)) => format!("95 %: {low} to {high}"),
        (Some(low), None) => format!("95 %: {low} or more"),
        (None, _) => String::new(),
    };
    match until.days {
        Some(count) => (wording::counted(count.into(), "day", "days"), interval),
        None => ("not reached".to_owned(), interval),
    }
}
