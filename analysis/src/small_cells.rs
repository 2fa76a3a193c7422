//! Nothing is said of very few users: what a report of a segment leaves out before it leaves the house.
//!
//! A segment, and a release, a feature or a cohort within it, may hold so few people that a figure tells
//! what one of them did. Cells that rest on fewer users (or sessions, pieces of feedback, answers) than
//! [`crate::SegmentRules::users_min`] say nothing, as if too few data had come; rows of so few users
//! are not there. A report of everybody is shown whole: that is what the team itself looks at.

use std::collections::BTreeSet;

use crate::findings::{
    Claim, Estimate, FeatureFigure, FeatureRow, Grain, Kpi, PastFigure, Reading, ReleaseRow,
    WeeklyFindings,
};
use crate::kpi::is_of_lifecycle;
use crate::metric;

/// Takes the small cells out.
pub(crate) fn leave_out(findings: &mut WeeklyFindings, least: u64) {
    let is_small = |n: u64| is_small(n, least);
    whole_of_parts(findings, least);
    findings.kpis.iter_mut().for_each(|found| kpi(found, least));
    for split in [&mut findings.ratings.now, &mut findings.ratings.before] {
        // One star that is missing would tell itself from the sum.
        if split.iter().any(|n| is_small(*n)) {
            *split = [0; 5];
        }
    }
    findings.releases.retain_mut(|row| {
        release(row, least);
        let people = row.active_users.max(row.feedback_authors);
        !is_small(people)
    });
    let is_listed = |release: &str| findings.releases.iter().any(|row| row.release == release);
    findings.headline.retain(|claim| match claim {
        Claim::ReleaseWorse { release, .. } | Claim::Adoption { release, .. } => is_listed(release),
        _ => true,
    });
    for series in &mut findings.adoption {
        series
            .points
            .retain(|point| !is_small(point.on_release) && !is_small(point.total));
        series.time_to_adopt.take_if(|time| is_small(time.adopted));
        series.forecast.take_if(|forecast| is_small(forecast.n));
    }
    findings.adoption.retain(|series| !series.points.is_empty());
    findings.upgrades.flows.retain(|flow| !is_small(flow.users));
    findings
        .upgrades
        .behind
        .retain(|behind| !is_small(behind.users));
    findings
        .active_days
        .retain(|days| !is_small(days.users) && !is_small(days.users_before));
    findings
        .retention
        .cohorts
        .retain(|cohort| !is_small(cohort.users));
    for cohort in &mut findings.retention.cohorts {
        cohort
            .returned
            .retain(|returned| !is_small(returned.share.n));
    }
    findings.features.rows.retain_mut(|row| {
        feature(row, least);
        !is_small(row.users.now.n) && !is_small(row.users.before.n)
    });
    findings
        .features
        .unused
        .rows
        .retain(|row| !is_small(row.users));
    findings.phrases.retain(|phrase| {
        !is_small(phrase.users) && !is_small(phrase.low_users) && !is_small(phrase.high_users)
    });
    findings
        .history
        .retain(|figure| !is_small(figure.estimate.n));
}

/// What adds up is hidden together: a part that is missing alone would tell itself from the others.
/// New, returning and resurrected users are the active ones; returning and dormant those of before.
fn whole_of_parts(findings: &mut WeeklyFindings, least: u64) {
    let is_part = |id: &str| metric::by_id(id).is_some_and(is_of_lifecycle);
    let mut parts: Vec<&mut Kpi> = findings.kpis.iter_mut().collect();
    parts.retain(|kpi| is_part(&kpi.metric));
    let sides: [fn(&mut Kpi) -> &mut Estimate; 2] = [|kpi| &mut kpi.now, |kpi| &mut kpi.before];
    for of in sides {
        if parts.iter_mut().any(|kpi| is_small(of(kpi).n, least)) {
            parts.iter_mut().for_each(|kpi| hide(of(kpi)));
        }
    }
    let points = parts.iter().flat_map(|kpi| &kpi.history);
    let small: BTreeSet<String> = points
        .filter(|point| is_small(point.n, least))
        .map(|point| point.week.clone())
        .collect();
    for point in parts.iter_mut().flat_map(|kpi| &mut kpi.history) {
        if small.contains(&point.week) {
            (point.value, point.n) = (None, 0);
        }
    }
    let span = |figure: &PastFigure| (figure.grain, figure.start.clone());
    let parts = findings.history.iter().filter(|past| is_part(&past.metric));
    let small: BTreeSet<(Grain, String)> = parts
        .filter(|past| is_small(past.estimate.n, least))
        .map(span)
        .collect();
    findings
        .history
        .retain(|past| !(is_part(&past.metric) && small.contains(&span(past))));
}

fn kpi(found: &mut Kpi, least: u64) {
    estimate(&mut found.now, least);
    estimate(&mut found.before, least);
    let is_shown = found.now.value.is_some() && found.before.value.is_some();
    if found.change.is_some() && !is_shown {
        found.change = None;
        found.reading = Reading::InsufficientData;
    }
    let history = found.history.iter_mut();
    for point in history.filter(|point| is_small(point.n, least)) {
        (point.value, point.n) = (None, 0);
    }
}

fn release(row: &mut ReleaseRow, least: u64) {
    let cells = [
        (&mut row.rating, &mut row.rating_change),
        (&mut row.low_rating, &mut row.low_rating_change),
        (&mut row.crash_free_sessions, &mut row.crash_free_change),
    ];
    for (cell, change) in cells {
        if estimate(cell, least) {
            *change = None;
        }
    }
}

fn feature(row: &mut FeatureRow, least: u64) {
    let figures = [
        &mut row.users,
        &mut row.eligible_share,
        &mut row.repeat_share,
        &mut row.kept_share,
    ];
    for FeatureFigure {
        now,
        before,
        change,
        reading,
    } in figures
    {
        if [now, before]
            .map(|cell| estimate(cell, least))
            .contains(&true)
        {
            *change = None;
            *reading = Reading::InsufficientData;
        }
    }
    if estimate(&mut row.depth, least) {
        row.depth_p90 = None;
    }
    if estimate(&mut row.first_use_days, least) {
        row.first_users = 0;
    }
}

/// Empties a cell that rests on too few; whether it did.
fn estimate(cell: &mut Estimate, least: u64) -> bool {
    let is_small = is_small(cell.n, least);
    if is_small {
        hide(cell);
    }
    is_small
}

fn hide(cell: &mut Estimate) {
    *cell = Estimate::default();
}

fn is_small(n: u64, least: u64) -> bool {
    n > 0 && n < least
}
