//! What to say of a release first: how it is judged, how far it has come, and what is new in what its
//! users say.

use crate::adoption;
use crate::findings::{
    Check, HealthFindings, MetricBeside, Reading, ReleaseClaim, ReleaseFindings, ReleaseThemes,
    Verdict,
};
use crate::stats;

/// The claims, at most three, in the order in which a reader asks; of a release from which nothing came,
/// that alone.
pub(super) fn claims(found: &ReleaseFindings) -> Vec<ReleaseClaim> {
    if found.adoption.is_empty() && found.ratings.rows.is_empty() && found.themes.is_none() {
        let record = found.record.as_ref();
        return vec![ReleaseClaim::NotSeen {
            release: found.release.clone(),
            planned_at: record.and_then(|record| record.planned_at.clone()),
            released_at: record.and_then(|record| record.released_at.clone()),
        }];
    }
    let claims = [
        Some(judged(&found.health)),
        reached(found),
        said(found.themes.as_ref()).or_else(|| rated(found)),
    ];
    claims.into_iter().flatten().collect()
}

fn judged(health: &HealthFindings) -> ReleaseClaim {
    let is_one = |check: &&Check| check.verdict == health.verdict && check.change.is_some();
    let of_verdict = || health.checks.iter().filter(is_one);
    let by = match health.verdict {
        Verdict::InsufficientData => None,
        _ => of_verdict()
            .find(|check| check.critical)
            .or_else(|| of_verdict().next()),
    };
    ReleaseClaim::Judged {
        release: health.release.clone(),
        verdict: health.verdict,
        state: health.state,
        reason: health.reason.clone(),
        baseline: health.baseline.clone(),
        users: health.data.users,
        by: by.map(|check| MetricBeside {
            metric: check.metric.clone(),
            reading: stats::reading(
                check.change.as_ref(),
                &check.now,
                &check.before,
                check.min_n,
            ),
            now: check.now.clone(),
            before: check.before.clone(),
            change: check.change.clone(),
        }),
    }
}

/// How far it has come on its last day, beside the release before it that is known at the same age.
fn reached(found: &ReleaseFindings) -> Option<ReleaseClaim> {
    let own = found.adoption.first()?;
    let last = own.series.points.last()?;
    Some(ReleaseClaim::Reached {
        release: own.series.release.clone(),
        unit: own.series.unit.clone(),
        age_days: own.by_age.last().map(|point| point.age_days),
        day: last.day.clone(),
        share: adoption::share_of(last),
        before: found.same_age.first().cloned(),
    })
}

/// Of the themes that more users say than before, the one that is least by chance.
fn said(themes: Option<&ReleaseThemes>) -> Option<ReleaseClaim> {
    let is_news = |standing: &str| matches!(standing, "new" | "rising");
    let news = themes?.themes.iter();
    let news = news.filter(|theme| is_news(&theme.standing));
    let theme = news.max_by(|a, b| {
        let z = |z: Option<f64>| z.unwrap_or(0.0);
        z(a.z).total_cmp(&z(b.z)).then_with(|| b.name.cmp(&a.name))
    })?;
    Some(ReleaseClaim::Said {
        theme: theme.name.clone(),
        standing: theme.standing.clone(),
        share: theme.share.clone(),
        share_before: theme.share_before.clone(),
        change: theme.change.clone(),
        low_users: theme.low_users,
        high_users: theme.high_users,
    })
}

/// How it is rated, where enough people rated both: what moved before what did not.
fn rated(found: &ReleaseFindings) -> Option<ReleaseClaim> {
    let compared = &found.ratings.compared;
    let has = |readings: &[Reading]| compared.iter().find(|by| readings.contains(&by.reading));
    let by =
        has(&[Reading::Rose, Reading::Fell]).or_else(|| has(&[Reading::NoDetectableChange]))?;
    Some(ReleaseClaim::Rated {
        release: found.release.clone(),
        baseline: found.ratings.baseline.clone()?,
        by: by.clone(),
    })
}
