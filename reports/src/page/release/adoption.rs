//! How far the release has come, beside the earlier ones on one axis.

use analysis::findings::{AgedSeries, ReleaseFindings};
use analysis::metric::Unit;

use super::super::adoption::{self, StandView};
use crate::chart::{StepLine, step_lines};
use crate::day;
use crate::number;
use crate::text::clean;
use crate::wording;

/// The section.
pub(super) struct AdoptionView {
    pub(super) chart: String,
    pub(super) unit: &'static str,
    pub(super) why_no_chart: &'static str,
    /// The releases on the axis, with the first day of each.
    pub(super) days: Vec<(String, String)>,
    pub(super) points: Vec<AgeView>,
    pub(super) age: String,
    pub(super) same_age: Vec<SameAgeView>,
    pub(super) stands: Vec<StandView>,
}

/// One release at one age.
pub(super) struct AgeView {
    pub(super) release: String,
    pub(super) age: String,
    pub(super) day: String,
    pub(super) on_release: String,
    pub(super) share: String,
    pub(super) n: String,
}

/// A release at the age of the one under report.
pub(super) struct SameAgeView {
    pub(super) release: String,
    pub(super) day: String,
    pub(super) share: String,
    pub(super) n: String,
    pub(super) change: String,
}

pub(super) fn view(findings: &ReleaseFindings) -> AdoptionView {
    let found = &findings.adoption;
    let own = found
        .first()
        .and_then(|own| own.by_age.last().zip(Some(own)));
    let mut same_age: Vec<SameAgeView> = own
        .iter()
        .map(|(point, own)| SameAgeView {
            release: clean(&own.series.release),
            day: day::long(&point.day),
            share: number::estimate(Unit::Rate, &point.share),
            n: number::count(point.share.n),
            change: String::new(),
        })
        .collect();
    same_age.extend(findings.same_age.iter().map(|then| SameAgeView {
        release: clean(&then.release),
        day: day::long(&then.day),
        share: number::estimate(Unit::Rate, &then.share),
        n: number::count(then.share.n),
        change: wording::same_age(then),
    }));
    AdoptionView {
        chart: chart(found),
        unit: found
            .first()
            .map_or("users", |one| wording::share_unit(&one.series.unit)),
        why_no_chart: match (found.is_empty(), own.is_some()) {
            (true, _) => {
                "Nothing came from this release: send its version as release with events or feedback."
            }
            (false, false) => {
                "It was there when the data began, so nobody saw it arrive: there is no first day to count from."
            }
            (false, true) => "",
        },
        days: found
            .iter()
            .filter_map(|one| {
                Some((
                    clean(&one.series.release),
                    day::long(one.first_day.as_deref()?),
                ))
            })
            .collect(),
        points: found.iter().flat_map(points).collect(),
        age: own.map_or_else(String::new, |(point, _)| {
            wording::counted(point.age_days.into(), "day", "days")
        }),
        same_age: if findings.same_age.is_empty() {
            Vec::new()
        } else {
            same_age
        },
        stands: adoption::stands(found.iter().map(|one| &one.series)),
    }
}

fn points(one: &AgedSeries) -> impl Iterator<Item = AgeView> {
    one.by_age.iter().map(|point| AgeView {
        release: clean(&one.series.release),
        age: number::count(point.age_days.into()),
        day: day::long(&point.day),
        on_release: number::count(point.on_release),
        share: number::estimate(Unit::Rate, &point.share),
        n: number::count(point.share.n),
    })
}

/// The drawing; empty where there is nothing to draw.
fn chart(found: &[AgedSeries]) -> String {
    let place = |age: u32| usize::try_from(age).ok();
    let lines: Vec<StepLine> = found
        .iter()
        .map(|one| {
            let points = one.by_age.iter();
            StepLine {
                name: clean(&one.series.release),
                points: points
                    .filter_map(|point| Some((place(point.age_days)?, point.share.value?)))
                    .collect(),
                first_seen: None,
            }
        })
        .filter(|line| !line.points.is_empty())
        .collect();
    let last = lines
        .iter()
        .flat_map(|line| &line.points)
        .map(|point| point.0);
    let Some(last) = last.max() else {
        return String::new();
    };
    let places: Vec<String> = (0..=last).map(|age| format!("day {age}")).collect();
    step_lines("by-age", &wording::axis_title(found), &lines, &places)
}
