//! Adoption by day: the drawing, and the rows behind it.
//!
//! The findings go back to the day on which a release was first seen, which may be years. The page
//! shows the last weeks; the CSV table holds every day.

use analysis::findings::{AdoptionPoint, AdoptionSeries};

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
            StepLine {
                name: clean(&series.release),
                first_seen: first.map(|point| point.day.clone()),
                points: points.iter().map(|p| (p.day.clone(), p.share)).collect(),
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
    step_lines("adoption", &title, &lines, &days)
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
    }
}
