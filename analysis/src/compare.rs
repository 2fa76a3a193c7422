//! A release against its baseline: which days are compared, which metrics, and when a difference
//! is called worse.
//!
//! **Days.** Crash-free sessions are compared over the same days, those since the release came into
//! use on which both have sessions: what happens to everybody at once then cancels out. Ratings are
//! compared each in its own first days, as many as the release has behind it: the people still on
//! the old version when the new one is out are the ones who do not update, and rate worse than that
//! version ever did (in real store reviews 33 % low ratings against 21 % in its own first days).
//! Where both have ratings over the same days as well, a fail needs them to point the same way.
//!
//! **Judgement.** Each look at a metric of a release is one test of several, so a fail needs the
//! interval at level 0.05 ÷ tests (Bonferroni; Dunn 1961) to exclude 0 on the bad side, and an effect
//! worth acting on. The adjusted interval is the 95 % interval with its distance to the estimate
//! stretched by the ratio of the normal quantiles. `warn`: the plain 95 % interval excludes 0 on the
//! bad side.

use std::collections::BTreeMap;

use statrs::distribution::{ContinuousCDF as _, Normal};

use crate::facts::Facts;
use crate::facts::feedback::Ratings;
use crate::facts::sessions::Crashes;
use crate::findings::{Change, Estimate, Verdict};
use crate::metric::{self, Direction, Metric};
use crate::settings::Settings;
use crate::stats;

/// A release is compared over at most so many days.
pub(crate) const COMPARED_DAYS_MAX: i32 = 28;

/// A release has come into use on the first day on which it has this share of the day's data.
const IN_USE_SHARE: f64 = 0.01;

/// A baseline needs this share of the data in the fortnight before the release and since.
const BASELINE_SHARE: f64 = 0.05;

const BASELINE_DAYS_BEFORE: i32 = 14;

/// One metric of a release beside its baseline's.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Compared {
    pub(crate) metric: &'static Metric,
    pub(crate) now: Estimate,
    pub(crate) before: Estimate,
    pub(crate) change: Option<Change>,
    pub(crate) min_n: u64,
    /// The same days point the other way.
    pub(crate) contradicted: bool,
}

/// A release beside its baseline.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) baseline: String,
    /// The first day on which the release was in use.
    pub(crate) first_day: i32,
    /// The day after the last one compared.
    pub(crate) end: i32,
    pub(crate) metrics: Vec<Compared>,
}

/// Counts by release and day.
type Cells<T> = BTreeMap<String, BTreeMap<i32, T>>;

/// The data that comparisons are made of.
#[derive(Debug)]
pub(crate) struct Grounds<'a> {
    facts: &'a Facts,
    settings: &'a Settings,
    ratings: Cells<Ratings>,
    /// What decides which release is in use: sessions, active users where there are none, else
    /// feedback.
    traffic: Cells<u64>,
}

impl<'a> Grounds<'a> {
    pub(crate) fn new(facts: &'a Facts, settings: &'a Settings) -> Self {
        let mut ratings: Cells<Ratings> = BTreeMap::new();
        let mut pieces: Cells<u64> = BTreeMap::new();
        for piece in &facts.feedback.pieces {
            let release = piece.release_name().to_owned();
            ratings
                .entry(release.clone())
                .or_default()
                .entry(piece.day)
                .or_default()
                .add(piece);
            *pieces
                .entry(release)
                .or_default()
                .entry(piece.day)
                .or_default() += 1;
        }
        let sessions: Cells<u64> = facts
            .sessions
            .by_release_day
            .iter()
            .map(|(release, days)| {
                (
                    release.clone(),
                    days.iter()
                        .map(|(day, crashes)| (*day, crashes.all))
                        .collect(),
                )
            })
            .collect();
        let mut users: Cells<u64> = BTreeMap::new();
        for ((release, day), count) in &facts.activity.users_by_release_day {
            users
                .entry(release.clone())
                .or_default()
                .insert(*day, *count);
        }
        let traffic = [sessions, users, pieces]
            .into_iter()
            .find(|cells| !cells.is_empty())
            .unwrap_or_default();
        Self {
            facts,
            settings,
            ratings,
            traffic,
        }
    }

    /// Share of the data on `release` in the days `[from, end)`.
    pub(crate) fn share(&self, release: &str, from: i32, end: i32) -> f64 {
        let end = end.max(from);
        let sum = |days: &BTreeMap<i32, u64>| -> u64 { days.range(from..end).map(|d| d.1).sum() };
        let all: u64 = self.traffic.values().map(sum).sum();
        let own = self.traffic.get(release).map_or(0, sum);
        if all == 0 {
            0.0
        } else {
            own as f64 / all as f64
        }
    }

    /// The first day on which the release had a hundredth of the day's data; its first day of all
    /// where it never had. A handful of testers weeks ahead does not count as coming into use.
    pub(crate) fn in_use_from(&self, release: &str) -> Option<i32> {
        let days = self.traffic.get(release)?;
        let first = days.keys().next().copied();
        days.keys()
            .copied()
            .find(|day| self.share(release, *day, day.saturating_add(1)) >= IN_USE_SHARE)
            .or(first)
    }

    /// The ratings that a release had in so many of its own first days, as far as they lie before `end`,
    /// and these days, the last of them excluded; `None` of one that was not in use by then.
    pub(crate) fn first_ratings(
        &self,
        release: &str,
        days: i32,
        end: i32,
    ) -> Option<((i32, i32), Ratings)> {
        let from = self.in_use_from(release).filter(|from| *from < end)?;
        let end = from.saturating_add(days).min(end);
        Some(((from, end), self.ratings_on(release, from, end)))
    }

    /// Compares a release with its baseline, with what happened before `end`.
    pub(crate) fn compare(&self, release: &str, end: i32) -> Option<Comparison> {
        let first_day = self.in_use_from(release).filter(|first| *first < end)?;
        let baseline = self.baseline(release, first_day, end)?;
        let end = end.min(first_day.saturating_add(COMPARED_DAYS_MAX));
        let metrics = vec![
            self.crash_free(release, &baseline, first_day, end),
            self.low_rating(release, &baseline, first_day, end),
            self.rating_mean(release, &baseline, first_day, end),
        ];
        Some(Comparison {
            baseline,
            first_day,
            end,
            metrics,
        })
    }

    /// The nearest release before it that holds enough of the data; never `unknown`.
    fn baseline(&self, release: &str, first_day: i32, end: i32) -> Option<String> {
        let place = self.facts.order.iter().position(|known| known == release)?;
        let from = first_day.saturating_sub(BASELINE_DAYS_BEFORE);
        let earlier = self.facts.order.get(..place)?;
        earlier
            .iter()
            .rev()
            .find(|r| self.share(r, from, end) >= BASELINE_SHARE)
            .cloned()
    }

    fn crash_free(&self, release: &str, baseline: &str, from: i32, end: i32) -> Compared {
        let cells = &self.facts.sessions.by_release_day;
        let days = |name: &str| cells.get(name).cloned().unwrap_or_default();
        let (mine, theirs) = (days(release), days(baseline));
        let (mut now, mut before) = (Crashes::default(), Crashes::default());
        for (day, crashes) in mine.range(from..end) {
            if let Some(other) = theirs.get(day) {
                now = now.plus(*crashes);
                before = before.plus(*other);
            }
        }
        Compared {
            metric: &metric::CRASH_FREE_SESSIONS,
            now: stats::proportion::estimate(now.free(), now.all),
            before: stats::proportion::estimate(before.free(), before.all),
            change: stats::proportion::difference(now.free(), now.all, before.free(), before.all),
            min_n: self.settings.min_n.sessions,
            contradicted: false,
        }
    }

    fn ratings_on(&self, release: &str, from: i32, end: i32) -> Ratings {
        let mut sum = Ratings::default();
        for (_, ratings) in self
            .ratings
            .get(release)
            .into_iter()
            .flat_map(|d| d.range(from..end.max(from)))
        {
            sum.moments = sum.moments.plus(&ratings.moments);
            sum.low += ratings.low;
        }
        sum
    }

    /// The release's ratings, the baseline's in its own first days, the baseline's over the same days.
    fn rating_sides(&self, release: &str, base: &str, from: i32, end: i32) -> [Ratings; 3] {
        let first = self.first_ratings(base, end.saturating_sub(from), end);
        [
            self.ratings_on(release, from, end),
            first.map_or_else(Ratings::default, |(_, ratings)| ratings),
            self.ratings_on(base, from, end),
        ]
    }

    fn low_rating(&self, release: &str, baseline: &str, from: i32, end: i32) -> Compared {
        let [now, before, same_days] = self.rating_sides(release, baseline, from, end);
        let difference =
            |other: &Ratings| stats::proportion::difference(now.low, now.n(), other.low, other.n());
        self.rated(
            &metric::LOW_RATING,
            (
                stats::proportion::estimate(now.low, now.n()),
                stats::proportion::estimate(before.low, before.n()),
            ),
            (difference(&before), difference(&same_days)),
            same_days.n(),
        )
    }

    fn rating_mean(&self, release: &str, baseline: &str, from: i32, end: i32) -> Compared {
        let [now, before, same_days] = self.rating_sides(release, baseline, from, end);
        let difference = |other: &Ratings| stats::mean::difference(&now.moments, &other.moments);
        self.rated(
            &metric::RATING_MEAN,
            (now.moments.estimate(), before.moments.estimate()),
            (difference(&before), difference(&same_days)),
            same_days.n(),
        )
    }

    fn rated(
        &self,
        metric: &'static Metric,
        (now, before): (Estimate, Estimate),
        (change, same_days): (Option<Change>, Option<Change>),
        same_days_n: u64,
    ) -> Compared {
        let min_n = self.settings.min_n.ratings;
        let contradicted = same_days_n >= min_n
            && same_days.is_some_and(|change| harm(metric, change.absolute) <= 0.0);
        Compared {
            metric,
            now,
            before,
            change,
            min_n,
            contradicted,
        }
    }
}

impl Compared {
    /// Whether there is enough on each side to judge.
    pub(crate) fn is_judged(&self) -> bool {
        self.change.is_some() && self.now.n >= self.min_n && self.before.n >= self.min_n
    }

    /// How many of its own 95 % margins the change is wide.
    pub(crate) fn strength(&self) -> Option<f64> {
        let change = self.change.as_ref()?;
        let margin = self.margin(change).filter(|margin| *margin > 0.0)?;
        Some(change.absolute.abs() / margin)
    }

    /// Judges the metric as one of `tests` looks.
    pub(crate) fn verdict(&self, tests: usize) -> Verdict {
        let Some(change) = self.change.as_ref().filter(|_| self.is_judged()) else {
            return Verdict::InsufficientData;
        };
        let harm_now = harm(self.metric, change.absolute);
        let Some(margin) = self.margin(change).filter(|_| harm_now > 0.0) else {
            return Verdict::Pass;
        };
        if harm_now <= margin {
            return Verdict::Pass;
        }
        let stretched = margin * stretch(tests);
        if harm_now > stretched && self.is_worth_acting_on(harm_now) && !self.contradicted {
            Verdict::Fail
        } else {
            Verdict::Warn
        }
    }

    /// The distance from the estimate to the end of its interval on the good side.
    fn margin(&self, change: &Change) -> Option<f64> {
        let end = match self.metric.direction {
            Direction::UpIsGood => change.high,
            _ => change.low,
        }?;
        Some((change.absolute - end).abs())
    }

    /// Harm below these sizes is not worth a fail however sure: a tenth of the baseline's own bad
    /// rate (and 2 points for low ratings), a tenth of a star.
    fn is_worth_acting_on(&self, harm_now: f64) -> bool {
        let before = self.before.value.unwrap_or_default();
        if self.metric.id == metric::RATING_MEAN.id {
            harm_now >= 0.1
        } else if self.metric.id == metric::LOW_RATING.id {
            harm_now >= (0.1 * before).max(0.02)
        } else {
            harm_now >= 0.1 * (1.0 - before)
        }
    }
}

/// A change's size in the bad direction.
pub(crate) fn harm(metric: &Metric, absolute: f64) -> f64 {
    if metric.direction == Direction::UpIsGood {
        -absolute
    } else {
        absolute
    }
}

/// How much wider than at 95 % an interval is that holds for `tests` looks together.
fn stretch(tests: usize) -> f64 {
    let tests = u32::try_from(tests.max(1)).map_or(f64::from(u32::MAX), f64::from);
    Normal::standard().inverse_cdf(1.0 - stats::TAIL / tests) / stats::Z
}

/// The judgement of a release from those of its metrics: the worst among those that could be made.
pub(crate) fn worst(verdicts: impl Iterator<Item = Verdict>) -> Verdict {
    verdicts
        .filter(|verdict| *verdict != Verdict::InsufficientData)
        .max()
        .unwrap_or(Verdict::InsufficientData)
}
