//! The findings of the release report: one release from its first day on, beside the releases before it.
//!
//! It is composed. What is said of health, adoption, ratings, themes, features, plan and delivery is
//! what the command that asks for it alone says as of the same moment; decided here are the days that
//! are looked at, which earlier releases stand beside it, and what is said first.

mod headline;
mod start;

use lake::{Micros, Snapshot};

use crate::adoption;
use crate::beside::beside;
use crate::compare::{COMPARED_DAYS_MAX, Compared, Grounds};
use crate::days::{Days, Window, day_text, instant_text};
use crate::error::Result;
use crate::facts::stages::{deadline, stages};
use crate::facts::{Facts, Question};
use crate::features;
use crate::feedback::themes_of_tables;
use crate::findings::{
    AgedSeries, DeploymentRow, FeatureRow, MetricBeside, RatedRelease, ReleaseFindings,
    ReleaseRatings, ReleaseShown, ReleaseThemes, RolloutStage, Scope, ScoreCard,
};
use crate::releases::Releases;
use crate::scan::Tables;
use crate::score_card::score_card;
use crate::settings::Settings;
use crate::stats;
use crate::{delivery, health, metric, release_shown, scope, verdict_history, versions};

use start::Start;

/// How many days before the window are known: those of the earlier releases.
const KNOWN_DAYS: i32 = 26 * 7;

/// So many earlier releases stand beside it.
const EARLIER_MAX: usize = 3;

/// An earlier release needs this share of the data of its own first four weeks.
const EARLIER_SHARE: f64 = 0.02;

/// What a release of an app came to: from its first day on, at most 90 days, to the last whole day before
/// `as_of`; its health is that of `as_of`.
///
/// # Errors
/// [`crate::Error::UnknownRelease`] where nothing is known of it, [`crate::Error::Scan`] and
/// [`crate::Error::Rollup`] when files cannot be read, [`crate::Error::Record`] when a stored record
/// does not hold what it should, [`crate::Error::Zone`] for an unknown zone.
pub fn release(
    snapshot: &Snapshot,
    settings: &Settings,
    release: &str,
    as_of: Micros,
) -> Result<ReleaseFindings> {
    of_tables(&Tables::of(snapshot), settings, release, as_of)
}

pub(crate) fn of_tables(
    tables: &Tables,
    settings: &Settings,
    release: &str,
    as_of: Micros,
) -> Result<ReleaseFindings> {
    let start = Start::of(&Question::of_moment(tables, settings, as_of)?, release)?;
    let ((health, themes), found) = beside(
        || {
            let health = health::of_tables(tables, settings, release, as_of)?;
            Ok((health, themes(tables, settings, (release, &start), as_of)?))
        },
        || Found::of(tables, settings, (release, &start), as_of),
    )?;
    let history = verdict_history::of_tables(tables, settings, Some(release), as_of)?;
    let mut findings = ReleaseFindings {
        scope: found.scope,
        release: release.to_owned(),
        first_day: start.first_day.map(|(day, _)| day_text(day)),
        first_day_by: start.first_day.map(|(_, by)| by.to_owned()),
        earlier: found.earlier,
        headline: Vec::new(),
        record: found.record,
        stages: found.stages,
        deadline: found.deadline,
        deployments: found.deployments,
        score_card: found.score_card,
        same_age: adoption::same_age(&found.adoption),
        adoption: found.adoption,
        health,
        verdicts: history.verdicts,
        ratings: found.ratings,
        themes,
        features: found.features,
    };
    findings.headline = headline::claims(&findings);
    Ok(findings)
}

/// What users of the release talk about, beside those of the releases before it in the days known.
fn themes(
    tables: &Tables,
    settings: &Settings,
    (release, start): (&str, &Start),
    as_of: Micros,
) -> Result<Option<ReleaseThemes>> {
    let window = Window {
        first: start.window.first.saturating_sub(KNOWN_DAYS),
        length: start.window.length.saturating_add(KNOWN_DAYS),
    };
    let period = Days::in_zone(&settings.zone)?.period(window)?;
    let themes = themes_of_tables(tables, settings, &period, (release, None, &[]), as_of)?;
    Ok(Some(themes).filter(|themes| themes.unmatched.n > 0))
}

/// What is found in events, feedback and records.
struct Found {
    scope: Scope,
    earlier: Vec<String>,
    record: Option<ReleaseShown>,
    stages: Vec<RolloutStage>,
    deadline: Option<String>,
    deployments: Vec<DeploymentRow>,
    score_card: Option<ScoreCard>,
    adoption: Vec<AgedSeries>,
    ratings: ReleaseRatings,
    features: Vec<FeatureRow>,
}

impl Found {
    fn of(
        tables: &Tables,
        settings: &Settings,
        (release, start): (&str, &Start),
        as_of: Micros,
    ) -> Result<Self> {
        let (days, window) = (Days::in_zone(&settings.zone)?, start.window);
        let windows = (KNOWN_DAYS / window.length.max(1)).saturating_add(2);
        let question = Question::new(tables, settings, days, (window, windows), as_of)?;
        let facts = Facts::load(&question)?;
        let grounds = Grounds::new(&facts, settings);
        let earlier = earlier(&facts, &grounds, release, window.end());
        let beside: Vec<String> = std::iter::once(release.to_owned())
            .chain(earlier.iter().cloned())
            .collect();
        let releases = Releases::of(&facts, settings, &question.days, window);
        let since = start.first_day.map_or(window.first, |(day, _)| day);
        let record = release_shown::of_question(&question, release)?;
        let items: Vec<String> = record.iter().flat_map(scope_of).collect();
        let (stages, deadline) = rollout(&facts, release, as_of);
        Ok(Self {
            scope: scope::scope(&question, &facts, &question.days.period(window)?),
            deployments: delivery::deployments_of(&question, &facts, &releases, (release, since))?,
            score_card: score_card(&question, &facts, Some(release))?,
            adoption: adoption::by_age(&facts, &grounds, &question.days, (window, as_of), &beside),
            ratings: ratings(&grounds, &beside, window.end()),
            features: features::of_release(&question, &facts, (release, &items))?,
            earlier,
            record,
            stages,
            deadline,
        })
    }
}

/// The items of a release's scope.
fn scope_of(shown: &ReleaseShown) -> impl Iterator<Item = String> {
    shown.scope.iter().map(|item| item.item_id.clone())
}

/// The releases that it stands beside: the nearest before it that were in use, the newest first;
/// pre-releases are left out.
fn earlier(facts: &Facts, grounds: &Grounds<'_>, release: &str, end: i32) -> Vec<String> {
    let place = facts.order.iter().position(|known| known == release);
    let before = facts.order.get(..place.unwrap_or(0)).unwrap_or_default();
    let was_in_use = |known: &&String| {
        let Some(from) = grounds.in_use_from(known) else {
            return false;
        };
        let four_weeks = from.saturating_add(COMPARED_DAYS_MAX).min(end);
        grounds.share(known, from, four_weeks) >= EARLIER_SHARE
    };
    let before = before.iter().rev();
    let whole = before.filter(|known| !versions::is_pre_release(known));
    whole
        .filter(was_in_use)
        .take(EARLIER_MAX)
        .cloned()
        .collect()
}

/// The stages of its rollout, and by when everybody is to have it.
fn rollout(facts: &Facts, release: &str, as_of: Micros) -> (Vec<RolloutStage>, Option<String>) {
    let sent = facts.notes.get(release).map(|note| note.stages.as_slice());
    let sent = sent.unwrap_or_default();
    let stages = stages(sent).into_iter().map(|(at, share)| RolloutStage {
        at: instant_text(at),
        share,
        has_begun: at <= as_of,
    });
    (stages.collect(), deadline(sent).map(instant_text))
}

/// How the first of some releases is rated beside the others, each in as many first days as the first
/// has behind it.
fn ratings(grounds: &Grounds<'_>, releases: &[String], end: i32) -> ReleaseRatings {
    let Some(release) = releases.first() else {
        return ReleaseRatings::default();
    };
    let days = grounds.in_use_from(release).map_or(0, |from| {
        end.saturating_sub(from).clamp(0, COMPARED_DAYS_MAX)
    });
    let rows = releases.iter().filter_map(|release| {
        let ((first, end), ratings) = grounds.first_ratings(release, days, end)?;
        Some(RatedRelease {
            release: release.clone(),
            first_day: day_text(first),
            last_day: day_text(end.saturating_sub(1)),
            rating: ratings.moments.estimate(),
            low_rating: stats::proportion::estimate(ratings.low, ratings.n()),
        })
    });
    let mut rows: Vec<RatedRelease> = rows.collect();
    if rows.iter().all(|row| row.rating.n == 0) {
        rows.clear();
    }
    let comparison = grounds.compare(release, end);
    let of_ratings = [metric::RATING_MEAN.id, metric::LOW_RATING.id];
    let compared = of_ratings.iter().filter_map(|id| {
        let mut metrics = comparison.iter().flat_map(|found| &found.metrics);
        metrics.find(|compared| compared.metric.id == *id)
    });
    ReleaseRatings {
        days: days.unsigned_abs(),
        rows,
        compared: compared.map(told).collect(),
        baseline: comparison.map(|comparison| comparison.baseline),
    }
}

fn told(compared: &Compared) -> MetricBeside {
    MetricBeside {
        metric: compared.metric.id.to_owned(),
        now: compared.now.clone(),
        before: compared.before.clone(),
        change: compared.change.clone(),
        reading: stats::reading(
            compared.change.as_ref(),
            &compared.now,
            &compared.before,
            compared.min_n,
        ),
    }
}
