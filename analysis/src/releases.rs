//! Releases seen in the window: who uses them, how they are rated, how they compare.

use std::collections::{BTreeMap, BTreeSet};

use crate::adoption::{self, Unit};
use crate::compare::{COMPARED_DAYS_MAX, Comparison, Grounds, worst};
use crate::days::{Days, Window, day_text};
use crate::facts::Facts;
use crate::facts::activity::Active;
use crate::facts::feedback::Ratings;
use crate::findings::{ReleaseRow, Verdict};
use crate::metric;
use crate::scan::UNKNOWN;
use crate::settings::Settings;
use crate::stats;

/// A release needs this share of the data to be compared, in the window's days since it came into
/// use: a release of last week is not lost in a window of four.
const COMPARED_SHARE: f64 = 0.05;

/// The releases of a window and what was found when they were compared.
#[derive(Debug)]
pub(crate) struct Releases {
    /// Newest first, `unknown` last.
    pub(crate) rows: Vec<ReleaseRow>,
    /// By release; those that are new enough to be news.
    pub(crate) recent: BTreeMap<String, Comparison>,
    /// Looks at a metric of a release in this report.
    pub(crate) tests: usize,
}

impl Releases {
    pub(crate) fn of(facts: &Facts, settings: &Settings, days: &Days, window: Window) -> Self {
        let grounds = Grounds::new(facts, settings);
        let comparisons: BTreeMap<String, Comparison> = facts
            .order
            .iter()
            .filter(|release| {
                let from = grounds
                    .in_use_from(release)
                    .unwrap_or(window.first)
                    .max(window.first);
                grounds.share(release, from, window.end()) >= COMPARED_SHARE
            })
            .filter_map(|release| Some((release.clone(), grounds.compare(release, window.end())?)))
            .collect();
        let tests = comparisons
            .values()
            .flat_map(|comparison| &comparison.metrics)
            .filter(|compared| compared.is_judged())
            .count();
        let rows = rows(facts, days, window, &comparisons, tests);
        let oldest_news = window.end().saturating_sub(COMPARED_DAYS_MAX);
        let recent = comparisons
            .into_iter()
            .filter(|(_, comparison)| comparison.first_day >= oldest_news)
            .collect();
        Self {
            rows,
            recent,
            tests,
        }
    }
}

/// What the window holds of one release.
#[derive(Debug, Default)]
struct InWindow<'a> {
    active: Active,
    authors: BTreeSet<&'a str>,
    ratings: Ratings,
}

fn rows(
    facts: &Facts,
    days: &Days,
    window: Window,
    comparisons: &BTreeMap<String, Comparison>,
    tests: usize,
) -> Vec<ReleaseRow> {
    let mut found: BTreeMap<&str, InWindow<'_>> = BTreeMap::new();
    for (release, active) in &facts.activity.by_release {
        found.entry(release).or_default().active = *active;
    }
    for piece in facts.feedback.on_days(|day| window.holds(day)) {
        let release = found.entry(piece.release_name()).or_default();
        release.authors.insert(&piece.author);
        release.ratings.add(piece);
    }
    let unit = Unit::of(facts);
    let total = match unit {
        Unit::ActiveUsers => facts.activity.window_users(),
        Unit::FeedbackAuthors => {
            let authors: BTreeSet<&str> = facts
                .feedback
                .on_days(|day| window.holds(day))
                .map(|piece| piece.author.as_str())
                .collect();
            authors.len() as u64
        }
    };
    let newest_first = facts
        .order
        .iter()
        .rev()
        .map(String::as_str)
        .chain([UNKNOWN]);
    newest_first
        .filter_map(|release| {
            let found = found.get(release)?;
            let comparison = comparisons.get(release);
            let mut row = row(facts, days, release, found, comparison, tests);
            let own = match unit {
                Unit::ActiveUsers => row.active_users,
                Unit::FeedbackAuthors => row.feedback_authors,
            };
            row.share = (total > 0).then(|| own as f64 / total as f64);
            row.share_unit = unit.as_str().to_owned();
            row.days_to_half = adoption::days_to_half(facts, days, release, window);
            Some(row)
        })
        .collect()
}

fn row(
    facts: &Facts,
    days: &Days,
    release: &str,
    found: &InWindow<'_>,
    comparison: Option<&Comparison>,
    tests: usize,
) -> ReleaseRow {
    let first_seen = facts
        .first_seen
        .get(release)
        .map(|at| day_text(days.day_of(*at)));
    let released_at = facts.notes.get(release).and_then(|note| note.released_at);
    let crashes = facts
        .sessions
        .of_release(release, |day| facts.window.holds(day));
    let verdicts: Vec<(&str, Verdict)> = comparison
        .iter()
        .flat_map(|comparison| &comparison.metrics)
        .map(|compared| (compared.metric.id, compared.verdict(tests)))
        .collect();
    let change = |id: &str| {
        let metrics = &comparison?.metrics;
        metrics
            .iter()
            .find(|compared| compared.metric.id == id)?
            .change
            .clone()
    };
    ReleaseRow {
        release: release.to_owned(),
        first_seen,
        released_on: released_at.map(|at| day_text(days.day_of(at))),
        active_users: found.active.users,
        sessions: found.active.sessions,
        feedback_authors: found.authors.len() as u64,
        share: None,
        share_unit: String::new(),
        days_to_half: None,
        rating: found.ratings.moments.estimate(),
        low_rating: stats::proportion::estimate(found.ratings.low, found.ratings.n()),
        crash_free_sessions: stats::proportion::estimate(crashes.free(), crashes.all),
        baseline: comparison.map(|comparison| comparison.baseline.clone()),
        rating_change: change(metric::RATING_MEAN.id),
        low_rating_change: change(metric::LOW_RATING.id),
        crash_free_change: change(metric::CRASH_FREE_SESSIONS.id),
        verdict: worst(verdicts.iter().map(|(_, verdict)| *verdict)),
        worse_by: verdicts
            .iter()
            .filter(|(_, verdict)| matches!(verdict, Verdict::Warn | Verdict::Fail))
            .map(|(id, _)| (*id).to_owned())
            .collect(),
    }
}
