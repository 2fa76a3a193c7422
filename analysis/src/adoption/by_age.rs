//! Releases on one axis: how far each had come so many days after it came out.

use lake::Micros;

use super::Known;
use crate::compare::Grounds;
use crate::days::{Days, Window, days_between};
use crate::facts::Facts;
use crate::findings::{AdoptionPoint, AgePoint, AgedSeries, Estimate, SameAge};
use crate::stats::proportion;

/// The axis is no shorter, so that a release of some days is seen beside what came of those before it.
const AXIS_DAYS_MIN: u32 = 14;

/// Adoption of releases that were seen, in the order given, by day and by age. The first of them gives
/// the axis its length: as many days as it is out, and no fewer than [`AXIS_DAYS_MIN`]; without it there
/// is none.
pub(crate) fn by_age(
    facts: &Facts,
    grounds: &Grounds<'_>,
    days: &Days,
    (window, as_of): (Window, Micros),
    releases: &[String],
) -> Vec<AgedSeries> {
    let place = |release: &String| facts.order.iter().position(|known| known == release);
    if releases.first().and_then(place).is_none() {
        return Vec::new();
    }
    let known = Known::of(facts, grounds, days, (window, as_of));
    let out_of = |release: &String| known.out(place(release)?);
    let axis = releases.first().and_then(out_of).map(|out| {
        let age = days_between(out, window.end());
        age.max(AXIS_DAYS_MIN)
    });
    releases
        .iter()
        .filter_map(|release| {
            let rank = place(release)?;
            let series = known.series(rank, release);
            let first_seen = super::first_day(facts, days, release);
            let out = known.out(rank);
            let by_age = out.zip(axis).map_or_else(Vec::new, |(out, axis)| {
                let points = series.points.iter();
                let aged = points.filter_map(|point| {
                    let since = i32::try_from(point.days_since_first_seen).ok()?;
                    let day = first_seen.saturating_add(since);
                    let age_days = u32::try_from(day.saturating_sub(out)).ok()?;
                    Some(AgePoint {
                        age_days,
                        day: point.day.clone(),
                        on_release: point.on_release,
                        share: share_of(point),
                    })
                });
                aged.filter(|point| point.age_days < axis).collect()
            });
            Some(AgedSeries {
                first_day: out.map(crate::days::day_text),
                by_age,
                series,
            })
        })
        .collect()
}

/// The share of a day's users on a release. Everybody is counted, so it has no interval.
pub(crate) fn share_of(point: &AdoptionPoint) -> Estimate {
    Estimate {
        value: Some(point.share),
        n: point.total,
        ..Estimate::default()
    }
}

/// The others of some releases at the age that the first has on its last day, and how far it is from
/// them, with the interval that the days' users would have as a sample of those who come; those that are not known at that age are left out.
pub(crate) fn same_age(releases: &[AgedSeries]) -> Vec<SameAge> {
    let Some((own, others)) = releases.split_first() else {
        return Vec::new();
    };
    let Some(now) = own.by_age.last() else {
        return Vec::new();
    };
    let then = |other: &AgedSeries| {
        let mut points = other.by_age.iter();
        let then = points.find(|point| point.age_days == now.age_days)?;
        Some(SameAge {
            release: other.series.release.clone(),
            day: then.day.clone(),
            share: then.share.clone(),
            change: proportion::difference(
                now.on_release,
                now.share.n,
                then.on_release,
                then.share.n,
            ),
        })
    };
    others.iter().filter_map(then).collect()
}
