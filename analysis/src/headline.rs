//! What to say first: at most three claims, strongest first.

use crate::compare::{Compared, Comparison};
use crate::facts::Facts;
use crate::findings::{AdoptionSeries, Claim, Kpi, Reading, Verdict};
use crate::kpi::is_count;
use crate::metric::{self, Direction};
use crate::releases::Releases;

const CLAIMS_MAX: usize = 3;

/// The claims: releases that got worse, or that none did; the KPI that moved most for its
/// uncertainty; how far the newest release has come. Where nothing could be compared, that is said.
pub(crate) fn claims(
    facts: &Facts,
    releases: &Releases,
    kpis: &[Kpi],
    adoption: &[AdoptionSeries],
) -> Vec<Claim> {
    let mut claims = release_claims(releases);
    claims.extend(moved(kpis));
    if claims.is_empty() {
        let n = |id: &str| {
            kpis.iter()
                .find(|kpi| kpi.metric == id)
                .map_or(0, |kpi| kpi.now.n)
        };
        claims.push(Claim::TooFewData {
            feedback: n(metric::FEEDBACK_VOLUME.id),
            sessions: n(metric::SESSIONS.id),
        });
    }
    claims.truncate(CLAIMS_MAX - 1);
    claims.extend(newest(facts, adoption));
    claims
}

fn release_claims(releases: &Releases) -> Vec<Claim> {
    let mut worse: Vec<(f64, &str, &Comparison, &Compared)> = releases
        .recent
        .iter()
        .filter_map(|(release, comparison)| {
            let compared = comparison
                .metrics
                .iter()
                .find(|compared| compared.verdict(releases.tests) == Verdict::Fail)?;
            Some((compared.strength()?, release.as_str(), comparison, compared))
        })
        .collect();
    worse.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let claims: Vec<Claim> = worse
        .into_iter()
        .filter_map(|(_, release, comparison, compared)| {
            Some(Claim::ReleaseWorse {
                release: release.to_owned(),
                baseline: comparison.baseline.clone(),
                metric: compared.metric.id.to_owned(),
                now: compared.now.clone(),
                before: compared.before.clone(),
                change: compared.change.clone()?,
            })
        })
        .collect();
    let judged: Vec<String> = releases
        .recent
        .iter()
        .filter(|(_, comparison)| comparison.metrics.iter().any(Compared::is_judged))
        .map(|(release, _)| release.clone())
        .collect();
    if claims.is_empty() && !judged.is_empty() {
        return vec![Claim::NoReleaseWorse { compared: judged }];
    }
    claims
}

/// The KPI with the largest change for the width of its interval.
fn moved(kpis: &[Kpi]) -> Option<Claim> {
    let mut best: Option<(f64, &Kpi)> = None;
    for kpi in kpis {
        // What is counted has no interval, and what is neither good nor bad is no headline.
        let is_told = metric::by_id(&kpi.metric)
            .is_some_and(|metric| !is_count(metric) && metric.direction != Direction::Neutral);
        if !is_told || !matches!(kpi.reading, Reading::Rose | Reading::Fell) {
            continue;
        }
        let Some(change) = &kpi.change else { continue };
        let Some((low, high)) = change.low.zip(change.high).filter(|(low, high)| high > low) else {
            continue;
        };
        let strength = change.absolute.abs() / (high - low);
        if best.is_none_or(|(known, _)| strength > known) {
            best = Some((strength, kpi));
        }
    }
    let (_, kpi) = best?;
    Some(Claim::KpiMoved {
        metric: kpi.metric.clone(),
        reading: kpi.reading,
        now: kpi.now.clone(),
        before: kpi.before.clone(),
        change: kpi.change.clone()?,
    })
}

fn newest(facts: &Facts, adoption: &[AdoptionSeries]) -> Option<Claim> {
    let series = facts
        .order
        .iter()
        .rev()
        .find_map(|release| adoption.iter().find(|series| series.release == *release))?;
    let last = series.points.last()?;
    Some(Claim::Adoption {
        release: series.release.clone(),
        unit: series.unit.clone(),
        share: last.share,
        days: last.days_since_first_seen,
        days_to_half: series.days_to_half,
    })
}
